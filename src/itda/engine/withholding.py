"""Where somebody is, is not taken in while they pause its use: not kept, and no part of anything that follows.

It is asked as an event is processed, of the customer whose it is then. An event that tells nothing else is refused, and
nothing of it is kept but that it came; of every other what tells it is left out, and counted (events/places.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from itda.engine.keyring import Known
from itda.engine.prepared import Pair, Prepared
from itda.engine.reading import Reading
from itda.events.event import Refusal
from itda.events.places import LOCATION
from itda.store.lake.block import only
from itda.store.ports import PipelineStore

Node = bytes | Pair
"""A fragment, or an identifier that has none yet."""


def links(events: Iterable[Prepared], here: Mapping[Pair, Known]) -> list[list[Node]]:
    """What events name together."""
    return [_nodes(event, here) for event in events if len(event.identifiers) > 1]


def withhold(reading: Reading, here: Mapping[Pair, Known], store: PipelineStore, before: Sequence[list[Node]]) -> bool:
    """Take out of a reading where those were who pause the use of it; whether anything was taken out.

    `before` are the links of the chunk that is being committed, which the store does not know yet.
    """
    telling = [event for event in reading.events if event.is_presence or event.elsewhere is not None]
    if not telling:
        return False
    joined = _joined([*before, *links(reading.events, here)])
    own = {event.position: _owners(event, here, joined) for event in telling}
    paused = store.paused(sorted({one for nodes in own.values() for one in nodes if isinstance(one, bytes)}))
    if not paused:
        return False
    gone = {event.position for event in telling if not paused.isdisjoint(own[event.position])}
    if not gone:
        return False
    kept = list[Prepared]()
    for event in reading.events:
        if event.position not in gone:
            kept.append(event)
        elif event.elsewhere is not None:
            kept.append(event.elsewhere)
        else:
            reading.refusals.append(_refusal(event))
    reading.events = kept
    if reading.lake:
        reading.lake = only(reading.lake, [event.row for event in kept])
        for number, event in enumerate(kept):
            event.row = number
    return True


def _joined(told: Sequence[list[Node]]) -> dict[Node, set[Node]]:
    """Each with all that it is named together with, over any number of events."""
    groups: dict[Node, set[Node]] = {}
    for link in told:
        whole = set(link).union(*(groups.get(one, ()) for one in link))
        for one in whole:
            groups[one] = whole
    return groups


def _nodes(event: Prepared, here: Mapping[Pair, Known]) -> list[Node]:
    return [here[pair].fragment if pair in here else pair for pair in event.identifiers]


def _owners(event: Prepared, here: Mapping[Pair, Known], joined: Mapping[Node, set[Node]]) -> set[Node]:
    own = _nodes(event, here)
    return set(own).union(*(joined.get(one, ()) for one in own))


def _refusal(event: Prepared) -> Refusal:
    return Refusal(
        reason=LOCATION,
        detail="tells where somebody was who paused the use of that; nothing of it is kept",
        source=event.source,
        channel=event.channel,
        received_at=event.received_at,
        position=event.position,
        name=event.name,
        raw=b"",
        is_permanent=event.is_permanent,
    )
