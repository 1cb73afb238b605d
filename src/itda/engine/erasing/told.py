"""An erasure on its way through the log: written by whoever carries out a request, carried out by the pipeline.

Its place in the log decides: what came before it goes, what comes after is somebody new. In the lake it is a row that
names the fragments that are gone, so that whoever follows the log behind the pipeline lets go of them as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from itda.base.instant import LocalDates
from itda.engine.reading import ERASE_CALL, Steered
from itda.store.lake.block import OWN_ID, STEWARD_CHANNEL, STEWARD_SOURCE, Row
from itda.store.ports import Record
from itda.store.vault import NO_FRAGMENT

ERASED = "Customer Erased"
"""The event that an erasure is in the lake."""
Cause = Literal["erasure", "retention", "restore"]


class Erasure(msgspec.Struct, frozen=True):
    """An erasure as its record's body says it (JSON). `request` and `fragments` are hex."""

    request: str
    fragments: tuple[str, ...]
    cause: Cause = "erasure"
    since: int = 0
    """Of one that is carried out again: log time at which it first was."""

    @property
    def ids(self) -> list[bytes]:
        """The fragments."""
        return [bytes.fromhex(one) for one in self.fragments]


class _Stated(msgspec.Struct, frozen=True):
    """What the lake says of an erasure in the clear."""

    request: str
    cause: Cause


def record(erasure: Erasure) -> Record:
    """The log record of an erasure. A frame that holds one holds nothing else."""
    return Record(source=STEWARD_SOURCE, call=ERASE_CALL, body=msgspec.json.encode(erasure))


def decode(body: bytes) -> Erasure:
    """Read an erasure back."""
    found = msgspec.json.decode(body, type=Erasure)
    bytes.fromhex(found.request)
    if any(len(one) != len(NO_FRAGMENT) for one in found.ids):
        raise ValueError("a fragment has 16 bytes")
    return found


def row(item: Steered, erasure: Erasure, fragments: Iterable[bytes], dates: LocalDates) -> Row:
    """The row of the lake that an erasure is; it belongs to nobody."""
    return (
        item.position, f"erase:{erasure.request}", STEWARD_SOURCE, STEWARD_CHANNEL, ERASED, "track", item.received_at,
        item.received_at, dates.of(item.received_at), NO_FRAGMENT, b"".join(sorted(fragments)),
        msgspec.json.encode(_Stated(erasure.request, erasure.cause)), b"{}", None, OWN_ID,
    )  # fmt: skip


def is_told(row: Any) -> bool:
    """Whether a row of the lake tells of an erasure."""
    return bool(row["name"] == ERASED and row["source"] == STEWARD_SOURCE)


def stripped(members: Sequence[Sequence[bytes]], gone: frozenset[bytes]) -> list[list[bytes]]:
    """Customers as lists of identifiers, without those that are gone.

    The first of a list is the customer's id: it stays where others are left, an id that leads to nobody.
    """
    left = []
    for customer, *others in members:
        still = [one for one in others if one not in gone]
        if customer not in gone or still:
            left.append([customer, *still])
    return left
