"""Acts that anybody may send and that add nothing: the ledger is only ever added to, so it must not be filled at will.

A key that stands in a page may ask for a consent and may take one away. What it says again changes nothing, whatever
comes before or after it, and is not written: a second request since the last other act, and a withdrawal when one as
late or later stands. Later withdrawals are written as they come, up to `MOST_A_DAY` of one consent; of a flood only
what changes how it stands, or is of today and an hour after the last.
"""

from __future__ import annotations

from collections.abc import Sequence

from itda.base.instant import DAY, HOUR
from itda.consent.definition import TAKES_AWAY, ConsentEvent
from itda.consent.ledger import JOINED, fold

MOST_A_DAY = 20
"""Withdrawals of one consent that are written within 24 hours without a further look; no person does more."""


def adds_nothing(event: ConsentEvent, past: Sequence[ConsentEvent]) -> bool:
    """Whether an act, or a copy of one, need not be written. `past`: all acts of the same key, in order of writing."""
    same = [one for one in past if (one.ground == JOINED) == (event.ground == JOINED)]
    if event.action == "request":
        return bool(same) and same[-1].action == "request"
    if event.action not in TAKES_AWAY:
        return False
    taken = [one for one in same if one.action in TAKES_AWAY]
    last = max((one.occurred_at for one in taken), default=None)
    if last is None or last < event.occurred_at:
        return last is not None and _is_flood(event, taken, last) and _is_taken([*past, event]) == _is_taken(past)
    return True


def _is_flood(event: ConsentEvent, taken: Sequence[ConsentEvent], last: int) -> bool:
    yesterday = event.recorded_at - DAY
    is_now = event.occurred_at > yesterday and event.occurred_at >= last + HOUR
    return not is_now and sum(one.recorded_at > yesterday for one in taken) >= MOST_A_DAY


def _is_taken(events: Sequence[ConsentEvent]) -> bool:
    return next(iter(fold(events).values())).status in ("refused", "withdrawn")
