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
    named = {event.position: _nodes(event, here) for event in telling}
    group = _grouped([*before, *links(reading.events, here), *named.values()])
    own = {position: group[nodes[0]] for position, nodes in named.items()}
    asked = set(own.values())
    paused = store.paused(sorted({one for one in group if isinstance(one, bytes) and group[one] in asked}))
    theirs = {group[one] for one in paused}
    gone = {position for position, whose in own.items() if whose in theirs}
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
    reading.keep(kept)
    return True


def _grouped(told: Iterable[Sequence[Node]]) -> dict[Node, Node]:
    """Each with one that stands for all it is named together with, over any number of events (by union and find)."""
    above: dict[Node, Node] = {}

    def top(one: Node) -> Node:
        while (higher := above.setdefault(one, one)) != one:
            above[one] = one = above[higher]
        return one

    for nodes in told:
        first = top(nodes[0])
        for other in nodes[1:]:
            above[top(other)] = first
    return {one: top(one) for one in above}


def _nodes(event: Prepared, here: Mapping[Pair, Known]) -> list[Node]:
    return [here[pair].fragment if pair in here else pair for pair in event.identifiers]


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
