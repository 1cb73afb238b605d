"""What names somebody who was erased, and is older than that, is refused whichever door it comes by (X-08).

Of such a thing nothing is kept but that it came: it holds what was to be forgotten. What our own shop says of somebody
erased is refused whatever its time, as long as they did not come back: a message that was under way is no return.
"""

from __future__ import annotations

from collections.abc import Iterable

from itda.engine.keyring import Found
from itda.engine.prepared import Pair, Prepared
from itda.engine.reading import Reading
from itda.events.event import Refusal
from itda.sources.definition import OWN

REASON = "erased"


def turn_away(reading: Reading, found: Found) -> set[Pair]:
    """Take such events out of a reading and refuse them; the identifiers that the others name."""
    kept, gone = list[Prepared](), list[Prepared]()
    for event in reading.events:
        named = [pair for pair in event.identifiers if pair in found.erased]
        is_refused = any(event.occurred_at <= found.erased[pair] or _is_ours(event, pair, found) for pair in named)
        (gone if is_refused else kept).append(event)
        if is_refused:
            reading.refusals.append(_refusal(event, sorted({kind for kind, _ in named})))
    if gone:
        keys = {event.key for event in gone}
        reading.keep(kept)
        reading.dedupe_keys = [one for one in reading.dedupe_keys if one not in keys]
        reading.permanent_ids = [one for one in reading.permanent_ids if one not in keys]
    return {pair for event in kept for pair in event.identifiers}


def nobody(found: Found, pairs: Iterable[Pair]) -> bool:
    """Whether one of these was erased and did not come back: nobody can decide anything about it."""
    return any(pair in found.erased and pair in found.absent for pair in pairs)


def _is_ours(event: Prepared, pair: Pair, found: Found) -> bool:
    return event.source == OWN.name and pair in found.absent


def _refusal(event: Prepared, kinds: list[str]) -> Refusal:
    return Refusal(
        reason=REASON,
        detail=f"names somebody who was erased after it happened (by: {', '.join(kinds)}); nothing of it is kept",
        source=event.source,
        channel=event.channel,
        received_at=event.received_at,
        position=event.position,
        name=event.name,
        raw=b"",
        is_permanent=event.is_permanent,
    )
