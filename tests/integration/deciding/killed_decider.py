"""A decider in a process of its own, to be killed at any moment: `python killed_decider.py FOLDER AT`."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from tests.integration.deciding.world import World

import itda


def main(folder: str, at: str) -> None:
    """Decide row by row until nothing waits."""
    with itda.open(Path(folder)) as shop:
        world = World(shop)
        world.at = int(at)
        with contextlib.closing(world.decider(most_rows=1)) as decider:
            sys.stdout.write("deciding\n")
            sys.stdout.flush()
            decider.drain()


if __name__ == "__main__":
    main(*sys.argv[1:])
