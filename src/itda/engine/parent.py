"""A child process ends with who started it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable


def when_gone(act: Callable[[], object], stdin: int = 0) -> None:
    """Do this once standard input has ended, beside what else goes on: then whoever held its other end is gone."""

    def wait() -> None:
        while os.read(stdin, 4096):
            pass
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()
