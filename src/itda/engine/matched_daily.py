"""A served shop compares its customers once a day, in a process of its own that gives its memory back at the end."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol

import itda
from itda.access.actor import Actor
from itda.base.errors import ItdaError, Unavailable
from itda.base.instant import DAY
from itda.engine.app import App
from itda.engine.lean import without_pandas
from itda.engine.parent import when_gone
from itda.store.database import Database
from itda.workspace.definition import Workspace

_LOOK_S, _STEP_S, _PATIENCE_S = 600.0, 0.5, 10.0
_ACTOR = Actor(name="matching", role="admin", system="engine")
_LAST = """
select coalesce(max(at), 0), exists (select from steered where action = 'likely' and retracted_at is null)
from match_run
"""
_log = logging.getLogger(__name__)


class Served(Protocol):
    """A shop that is served."""

    path: Path
    db: Database
    workspace: Workspace

    @property
    def app(self) -> App:
        """For its clock."""
        ...


def keep_matched(shop: Served, stop: threading.Event) -> None:
    """Look every ten minutes whether a day has gone by since the last run or try, until told to stop."""
    tried_at = 0
    while not stop.wait(_LOOK_S):
        try:
            if is_due(shop, tried_at):
                tried_at = shop.app.clock()
                _run(shop.path, stop)
        except Unavailable as error:
            _log.warning("whether customers are to be compared cannot be told: %s", error)
        except Exception:  # noqa: BLE001 - what else this process does goes on
            _log.exception("a bug keeps customers from being compared")


def is_due(shop: Served, tried_at: int = 0) -> bool:
    """Whether nobody was compared for a day, nor was it tried, and the rules ask for anything.

    Where they ask for nothing (`join: never`, `review: never`) one more run takes back the links that stand.
    """
    with shop.db.connection() as connection:
        row = connection.execute(_LAST).fetchone()
    if row is None or shop.app.clock() - max(int(row[0]), tried_at) < DAY:
        return False
    matching = shop.workspace.policy.matching
    return matching.join is not None or matching.review is not None or bool(row[1])


def _run(path: Path, stop: threading.Event) -> None:
    """Run it; ended with the shop, or with this process, it has changed nothing."""
    command = [sys.executable, "-m", __name__, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:  # noqa: S603 - our own program
        while process.poll() is None:
            if stop.wait(_STEP_S):
                process.terminate()
                try:
                    process.wait(_PATIENCE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
    if process.returncode and not stop.is_set():
        _log.warning("comparing customers ended with %d; it is tried again in a day", process.returncode)


def main(path: str) -> int:
    """One run, by nobody in particular."""
    without_pandas()
    try:
        with itda.open(path, actor=_ACTOR) as shop:
            shop.review.refresh()
    except ItdaError as error:
        sys.stderr.write(f"customers cannot be compared: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    when_gone(lambda: os.kill(os.getpid(), signal.SIGTERM))
    sys.exit(main(sys.argv[1]))
