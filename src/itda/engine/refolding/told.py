"""Whose profiles are to be folded anew, on its way through the log: written with the change of the lake, in one go.

In the lake it is a row that names the fragments, so that whoever follows the log behind the pipeline answers their
segments anew as well.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.base.instant import LocalDates
from itda.engine.reading import RETAIN_CALL, Steered
from itda.store.lake.block import OWN_ID, STEWARD_CHANNEL, STEWARD_SOURCE, Row
from itda.store.ports import Record
from itda.store.vault import NO_FRAGMENT

RETAINED = "Retention Applied"
"""The event that it is in the lake."""
AT_ONCE = 1_000
"""Fragments of one record: folded anew in one transaction of the writer's."""


class Retained(msgspec.Struct, frozen=True):
    """What a record says (JSON): the run, and fragments in hex."""

    run: int
    fragments: tuple[str, ...]

    @property
    def ids(self) -> list[bytes]:
        """The fragments."""
        return [bytes.fromhex(one) for one in self.fragments]


def records(run: int, fragments: Sequence[bytes]) -> list[Record]:
    """The records that name these fragments, each for a frame of its own. Near ones together: they lie together."""
    ordered = [one.hex() for one in sorted(fragments)]
    told = [Retained(run, tuple(ordered[start : start + AT_ONCE])) for start in range(0, len(ordered), AT_ONCE)]
    return [Record(source=STEWARD_SOURCE, call=RETAIN_CALL, body=msgspec.json.encode(one)) for one in told]


def decode(body: bytes) -> Retained:
    """Read one back."""
    found = msgspec.json.decode(body, type=Retained)
    if any(len(one) != len(NO_FRAGMENT) for one in found.ids):
        raise ValueError("a fragment has 16 bytes")
    return found


def row(item: Steered, told: Retained, dates: LocalDates) -> Row:
    """The row of the lake that it is; it belongs to nobody."""
    return (
        item.position, f"retain:{item.position}", STEWARD_SOURCE, STEWARD_CHANNEL, RETAINED, "track", item.received_at,
        item.received_at, dates.of(item.received_at), NO_FRAGMENT, b"".join(sorted(told.ids)),
        msgspec.json.encode({"run": told.run}), b"{}", None, OWN_ID,
    )  # fmt: skip
