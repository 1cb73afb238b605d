"""The served shop beside the demo: `itda serve` in a process of its own, as anybody would start it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from itda.base.errors import Unavailable

_START_S = 60.0
_STOP_S = 20.0


class Served:
    """Starts to serve on entry, stops on exit. `url` is where; `login` what the first start said, else None."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command = [sys.executable, "-m", "itda.cli", "-w", str(folder), "--json", "serve", "--port", str(port)]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.login: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        process = subprocess.Popen(  # noqa: S603 - our own module
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
        )
        self._process = process
        try:
            said = self._first_line(process)
        except BaseException:
            self.__exit__()
            raise
        self.url = said["url"]
        if said["password"]:
            self.login = (said["login"], said["password"])
        return self

    def _first_line(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        if process.stdout is None:
            raise Unavailable("the served shop says nothing")
        line = process.stdout.readline()
        if not line:
            raise Unavailable("the shop could not be served; its words stand above")
        said: dict[str, Any] = json.loads(line)
        return said

    def wait(self) -> None:
        """Stay until it ends by itself; Ctrl-C ends the wait too."""
        if self._process is not None:
            self._process.wait()

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
