"""A writer that follows other rules in small portions and is killed in the midst of it: `… SHOP PORTIONS`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import msgspec

import itda


def main() -> None:
    """Take over, settle so many portions, and be gone as by `kill -9`."""
    with itda.open(Path(sys.argv[1])) as shop:
        pipeline = shop.pipeline()
        pipeline._bounds = msgspec.structs.replace(pipeline._bounds, reconsidered=3)
        while pipeline.step():
            pass
        for _ in range(int(sys.argv[2])):
            assert pipeline.reconsider()
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
