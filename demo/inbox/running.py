"""The inbox beside the demo, in a process of its own that ends with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Self

from itda.base.errors import Unavailable

_ROOT = Path(__file__).parents[2]
_STOP_S = 5.0


class Inbox:
    """Starts the inbox on entry, stops it on exit. `smtp_port` takes mail; `url` shows it."""

    def __init__(self, folder: Path, port: int) -> None:
        """`folder`: the shop's. `port`: the shop's door, beside which the inbox looks for its own; 0: any."""
        wanted = (port + 25, port + 80) if port else (0, 0)
        kept, unreachable = folder / ".itda" / "inbox", folder / "files" / "unreachable.json"
        self._command = [sys.executable, "-m", "demo.inbox", str(kept), str(unreachable), *map(str, wanted)]
        self._process: subprocess.Popen[bytes] | None = None
        self.smtp_port = 0
        self.url = ""

    def __enter__(self) -> Self:
        self._process = process = subprocess.Popen(  # noqa: S603 - our own module
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, start_new_session=True
        )
        line = process.stdout.readline() if process.stdout is not None else b""
        if not line:
            self.__exit__()
            raise Unavailable("the inbox could not be started; its words stand above")
        said = json.loads(line)
        self.smtp_port, self.url = said["smtp"], f"http://127.0.0.1:{said['pages']}"
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
