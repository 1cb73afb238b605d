"""A decider in a process of its own, to be killed at any moment."""

from __future__ import annotations

import contextlib
from multiprocessing.connection import Connection
from pathlib import Path

from tests.integration.deciding.world import World

import itda


def decide(folder: Path, at: int, begun: Connection) -> None:
    """Say that it begins, and decide row by row until nothing waits."""
    with itda.open(folder) as shop:
        world = World(shop)
        world.at = at
        with contextlib.closing(world.decider(most_rows=1)) as decider:
            begun.send("deciding")
            decider.drain()
