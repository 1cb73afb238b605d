"""A compactor in a process of its own, killed (SIGKILL) when a named point is passed for the nth time."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from itda.engine.compactor import Cadence, Compactor
from itda.store.database import Database


def compact(url: str, schema: str, folder: Path, point: str, times: int) -> None:
    """Compact once, and be killed on the way."""
    left = times

    def heard(passed: str) -> None:
        nonlocal left
        left -= passed == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Compactor(Database(url, schema), folder, Cadence(rows=1, step_rows=300), heard=heard).settle()
