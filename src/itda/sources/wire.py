"""The wire: request bodies of the tracking API, as the Segment spec and the clients that speak it write them.

A body is decoded in one go; where one item of a batch breaks the types, item by item, so that it alone is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from itda.events.event import ORDINALS
from itda.sources.nesting import shallow

LARGEST_EVENT = 32 * 1024
"""Bytes of one event (Segment's limit)."""
LARGEST_IMPORTED = 1024 * 1024
"""Bytes of one event of a file: many lines may make one order."""
MOST_ITEMS = ORDINALS >> 4
"""Events of one body: the log counts ORDINALS of them in a frame."""

_ABSENT = msgspec.Raw(b"")
Id = str | int | float | None


class Item(msgspec.Struct, gc=False, rename="camel"):
    """One call as it came. What is not read here (integrations, version …) is of no use to us."""

    type: str | None = None
    event: str | None = None
    message_id: Id = None
    user_id: Id = None
    anonymous_id: Id = None
    previous_id: Id = None
    group_id: Id = None
    name: str | None = None
    category: str | None = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: msgspec.Raw = _ABSENT
    identifiers: dict[str, Any] | None = None
    """Ours: values by kind of identifier, for doors that map their rows (file imports)."""


class Bad(msgspec.Struct):
    """An item that is no event at all: why, and its bytes."""

    reason: str
    detail: str
    raw: bytes


class Body(msgspec.Struct):
    """What one request held. `size` is each item's bytes; for small bodies decoded at once their average."""

    items: list[Item | Bad]
    sizes: list[int] | int
    sent_at: Any = None
    context: bytes = b""
    is_single: bool = False
    raws: list[msgspec.Raw] = []
    """The bytes of each item of a batch, where somebody asked already."""

    def raw(self, index: int, body: bytes) -> bytes:
        """The bytes of one item of a batch."""
        if not self.raws:
            self.raws = _LOOSE.decode(body).batch
        return bytes(self.raws[index])


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[Item]
    sent_at: Any = None
    context: msgspec.Raw = _ABSENT


class _LooseBatch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: Any = None
    context: msgspec.Raw = _ABSENT


class Replayed(msgspec.Struct):
    """A refused event that comes again after the cure: `received_at` is when it came first, which its clock needs."""

    received_at: int
    body: msgspec.Raw


_BATCH = msgspec.json.Decoder(_Batch)
_LOOSE = msgspec.json.Decoder(_LooseBatch)
_ITEM = msgspec.json.Decoder(Item)
_REPLAYED = msgspec.json.Decoder(Replayed)
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def replay_body(raw: bytes, received_at: int) -> bytes:
    """The body of a record with the call `replay`."""
    return msgspec.json.encode(Replayed(received_at, msgspec.Raw(raw)))


def read_replay(body: bytes) -> Replayed:
    """Read such a body back."""
    return _REPLAYED.decode(body)


def read(call: str, body: bytes, largest: int = LARGEST_EVENT) -> Body:
    """The items of a body, none larger than `largest`. Never raises: what cannot be read is `Bad`."""
    if call != "batch":
        return Body([read_item(body, largest)], len(body), is_single=True)
    raws, sizes = list[msgspec.Raw](), list[int]()
    try:
        if len(body) > LARGEST_EVENT:
            raws = _LOOSE.decode(body).batch
            sizes = [len(raw) for raw in raws]
            if len(sizes) > MOST_ITEMS or max(sizes, default=0) > largest:
                return _read_loose(body, largest)
        batch = _BATCH.decode(body)
    except NOT_JSON:
        return _read_loose(body, largest)
    items: list[Item | Bad] = batch.batch  # type: ignore[assignment]  # a list of items only
    size = len(body) // max(len(items), 1)
    return Body(items, sizes or size, batch.sent_at, bytes(batch.context), raws=raws)


def _read_loose(body: bytes, largest: int) -> Body:
    try:
        batch = _LOOSE.decode(body)
    except NOT_JSON as error:
        if isinstance(error, RecursionError) and (whole := shallow(body)) is not body:
            return _read_loose(whole, largest)
        return Body([bad(error, body)], len(body))
    raws = [bytes(raw) for raw in batch.batch]
    found = checked(raws, read_item, body, batch.sent_at, bytes(batch.context), largest)
    found.raws = batch.batch
    return found


def checked(
    raws: list[bytes],
    read_one: Callable[[bytes, int], Item | Bad],
    body: bytes,
    sent_at: Any,
    context: bytes = b"",
    largest: int = LARGEST_EVENT,
) -> Body:
    """A body read item by item, those over the limit left unread."""
    if len(raws) > MOST_ITEMS:
        return Body([Bad("size", f"the batch has over {MOST_ITEMS:,} events", body[:LARGEST_EVENT])], len(body))
    return Body([read_one(raw, largest) for raw in raws], [len(raw) for raw in raws], sent_at, context)


def read_item(raw: bytes, largest: int) -> Item | Bad:
    """One call, or why it is none."""
    if len(raw) > largest:
        return too_large(raw, largest)
    try:
        return _ITEM.decode(raw)
    except NOT_JSON as error:
        return bad(error, raw)


def too_large(raw: bytes, largest: int = LARGEST_EVENT) -> Bad:
    """The verdict on an event over the limit."""
    return Bad("size", f"the event has {len(raw):,} bytes; {largest:,} are the limit", raw)


def bad(error: Exception, raw: bytes) -> Bad:
    """Why bytes are no event."""
    if isinstance(error, RecursionError):
        return Bad("properties", "nested too deep to be read", raw)
    if isinstance(error, msgspec.ValidationError):
        return Bad("shape", f"wrong type: {error}", raw)  # names types and places, never values
    return Bad("json", "not JSON in UTF-8", raw)
