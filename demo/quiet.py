"""Waits until the shop has nothing more to say: no journey's wait is under way, no mail is due."""

from __future__ import annotations

import time

from itda.cli import terminal
from itda.engine.questions.journeys import Journeys
from itda.engine.shop import Shop

_LONGEST_S = 120.0
_LOOK_S = 0.25
_DUE = "select count(*) from outbox where status in ('queued', 'attempting', 'retry') and not_before <= %s"


def wait(shop: Shop) -> None:
    """Return when nobody waits in a journey and every mail that is due has gone, or after two minutes."""
    shop.settle()
    until = time.monotonic() + _LONGEST_S
    with terminal.progress("Waiting for carts and mails") as step:
        most = 1
        while (open_ := _open(shop)) and time.monotonic() < until:
            most = max(most, open_)
            step(most - open_, most)
            time.sleep(_LOOK_S)
        step(most, most)
    if open_:
        terminal.note(f"  {open_:,} journeys or mails are still under way; see `itda journey`")


def _open(shop: Shop) -> int:
    waiting = sum(journey.active for journey in shop.ask(Journeys()))
    with shop.db.connection() as connection:
        row = connection.execute(_DUE, [time.time_ns() // 1000]).fetchone()
    return waiting + (int(row[0]) if row else 0)
