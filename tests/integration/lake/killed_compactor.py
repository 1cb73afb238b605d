"""Run as a program: compact once and be killed (SIGKILL) when a named point is passed for the nth time."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from itda.engine.compactor import Cadence, Compactor
from itda.store.database import Database


def main() -> None:
    url, schema, folder, point, times = sys.argv[1:]
    left = int(times)

    def heard(passed: str) -> None:
        nonlocal left
        left -= passed == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Compactor(Database(url, schema), Path(folder), Cadence(rows=1, step_rows=300), heard=heard).settle()


if __name__ == "__main__":
    main()
