"""Refusals: what could not be an event, with its reason, and its bytes as they are to be kept for a replay."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.events.children import of_guardian
from itda.events.classes import Node
from itda.events.contract import MAX_NAME
from itda.events.contracts import Contracts
from itda.events.event import Refusal
from itda.events.forbidden import masked, masked_bytes
from itda.events.names import STANDARD_NAMES
from itda.sources import wire
from itda.sources.surroundings import Known
from itda.sources.wire import Bad, Body, Item

POSTHOG = "posthog"
CHILD = "child"
"""The reason of what is about somebody under fourteen for whom no guardian consented."""
CALLS = frozenset({"track", *STANDARD_NAMES})


class Refuse(Exception):
    """Why an item is no event: a turn in the flow of decoding, caught item by item."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason)


class Where(msgspec.Struct, gc=False):
    """What the items of one record share."""

    source: str
    channel: str
    late_after: int
    is_permanent: bool
    received_at: int
    """Log time of the frame."""
    came_at: int
    """When it came first: log time, but for a replayed refusal."""
    call: str
    contexts: Known
    sent_at: int | None
    is_suspect: bool
    """The body has digits in the shape of a resident number."""
    may_grant: bool = False
    """Consents through the source count."""
    tells_age: bool = False
    """The body says how old somebody is."""


def refusal(
    contracts: Contracts, where: Where, body: Body, raw: bytes, index: int, position: int, why: Refuse
) -> Refusal:
    """The refusal of one item of a body."""
    item = body.items[index]
    if isinstance(item, Bad):
        own, name = item.raw, ""
    else:
        own = _bytes_of(item, index, where.call, raw, body)
        name = _readable_name(item)
    if why.reason == CHILD:
        return _of_guardian(where, item, name, position, why)
    if where.is_suspect or why.reason == "forbidden":
        own = _without_forbidden(own, contracts.root(name))
    return Refusal(
        reason=why.reason,
        detail=why.detail,
        source=where.source,
        channel=where.channel,
        received_at=where.received_at,
        position=position,
        name=name,
        raw=_standing_alone(own, where.call, body),
        is_permanent=where.is_permanent,
    )


def _of_guardian(where: Where, item: Item | Bad, name: str, position: int, why: Refuse) -> Refusal:
    """Of what a child did nothing is kept; of the guardian name and contact, to ask them."""
    said: dict[str, Any] = {}
    if not isinstance(item, Bad):
        for part in (item.traits, item.properties):
            said |= of_guardian(part or {})
    return Refusal(
        reason=why.reason, detail=why.detail, source=where.source, channel=where.channel,
        received_at=where.received_at, position=position, name=name, raw=msgspec.json.encode({"traits": said}),
        is_permanent=where.is_permanent,
    )  # fmt: skip


def _bytes_of(item: Item, index: int, call: str, raw: bytes, body: Body) -> bytes:
    """An item as it came; one of another wire in the shape it was given here, so that it can be replayed."""
    if call == POSTHOG:
        return msgspec.json.encode(msgspec.structs.replace(item, context=item.context or msgspec.Raw(b"{}")))
    return raw if body.is_single else body.raw(index, raw)


def _readable_name(item: Item) -> str:
    name = item.event if item.event is not None else STANDARD_NAMES.get(item.type or "", "")
    return masked("".join(sign for sign in name[:MAX_NAME] if sign.isprintable()).strip())  # type: ignore[no-any-return]  # a text for a text


def _without_forbidden(raw: bytes, root: Node) -> bytes:
    try:
        value = masked(msgspec.json.decode(raw))
    except wire.NOT_JSON:
        return masked_bytes(raw)
    if isinstance(value, dict):
        for part in ("properties", "traits"):
            fields = value.get(part)
            if isinstance(fields, dict):
                value[part] = {**fields, **dict.fromkeys(root.shape(fields).forbidden, "***")}
    return msgspec.json.encode(value)


def _standing_alone(raw: bytes, call: str, body: Body) -> bytes:
    """An item with what its call and its batch said for it, so that it can be replayed alone. Other bytes unchanged."""
    if body.is_single and call not in CALLS:
        return raw
    try:
        item = msgspec.json.decode(raw)
        shared = msgspec.json.decode(body.context) if body.context else None
    except wire.NOT_JSON:
        return raw
    if not isinstance(item, dict):
        return raw
    if call in CALLS:
        item["type"] = call
    if body.sent_at is not None:
        item.setdefault("sentAt", body.sent_at)
    if isinstance(shared, dict) and isinstance(item.get("context", {}), dict | None):
        item["context"] = {**shared, **(item.get("context") or {})}
    return msgspec.json.encode(item)
