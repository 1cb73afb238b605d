"""A profile folded anew from the lake, for fragments that hold more than a state may keep."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.engine.work import Work
from itda.events.event import Event
from itda.profiles.fold import FragmentState
from itda.store.lake.block import OWN_MARK

_COLUMNS = (
    "position", "event_id", "source", "channel", "name", "type", "occurred_at", "received_at", "local_date",
    "properties",
)  # fmt: skip
_WITHOUT_END = 1 << 62


def refolded(work: Work, fragments: Sequence[bytes]) -> FragmentState:
    """What the lake says of these fragments, without a limit; what was said of the person is not in it."""
    fold = work.workspace.fold(_WITHOUT_END)
    state = fold.new()
    with work.lake.snapshot() as snapshot:
        table = snapshot.of_fragments(fragments, (*_COLUMNS, "context") if fold.surroundings else _COLUMNS)
    for row in table.sort_by("position").to_pylist():
        if row["source"].startswith(OWN_MARK):
            continue
        plain = msgspec.json.decode(row.pop("properties"))
        around = msgspec.json.decode(row.pop("context")) if fold.surroundings else {}
        event = Event(**row, identifiers=[], properties=plain, context=around)
        fold.absorb(state, event, plain, (), event.position)
    return state
