"""Waits until the shop has nothing more to say: no journey's wait is under way, no mail is due."""

from __future__ import annotations

import time

from itda.cli import terminal
from itda.engine.obliging.round import CarryOutDuties
from itda.engine.questions.journeys import Journeys
from itda.engine.questions.messages import MessageList
from itda.engine.shop import Shop

_LONGEST_S = 120.0
_LOOK_S = 0.25
_ON_ITS_WAY = ("queued", "attempting")


def settle(shop: Shop) -> None:
    """Return when everything that is in the log is processed."""
    with terminal.progress("Processing") as step:
        shop.settle(progress=step)


def wait(shop: Shop) -> None:
    """Return when nobody waits in a journey and every mail that is due has gone, or after two minutes."""
    settle(shop)
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


def owe_nothing(shop: Shop) -> None:
    """Return when the letters that are owed are written, gone and settled: a served shop does so every minute."""
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until:
        done = shop.act(CarryOutDuties(), "the end of the demo's day")
        if done.letters:
            wait(shop)
        elif done.is_away:
            time.sleep(_LOOK_S)
        elif not done.settled:
            return


def _open(shop: Shop) -> int:
    """People who wait in a journey, and mails on their way."""
    waiting = sum(journey.active for journey in shop.ask(Journeys()))
    counts = shop.ask(MessageList(limit=0)).counts
    return waiting + sum(counts.get(status, 0) for status in _ON_ITS_WAY)
