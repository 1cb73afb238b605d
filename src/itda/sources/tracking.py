"""From frames of the log to events and refusals: the one decoder of live calls and imported rows.

Every item of a frame gives exactly one result, so the ordinal of its log position is its place in the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from itda.base.instant import SECOND, LocalDates
from itda.events.classes import CODES, Node
from itda.events.contract import MAX_NAME
from itda.events.contracts import Contracts
from itda.events.event import ORDINALS, Event, Refusal
from itda.events.forbidden import find, masked, masked_bytes, may_hold
from itda.events.names import STANDARD_NAMES
from itda.sources import posthog, rows, wire
from itda.sources.clock import Clock, ClockFault
from itda.sources.identifiers import Finder, Found, Kind, written
from itda.sources.surroundings import Contexts, is_deep
from itda.sources.wire import Bad, Body, Item

MOST_PROPERTIES = 300
LONGEST_ID = 100
POSTHOG = "posthog"
_CALLS = frozenset({"track", *STANDARD_NAMES})
_NOTHING: dict[str, Any] = {}


class Source(Protocol):
    """What the decoder asks of a source's definition."""

    @property
    def channel(self) -> str:
        """Such as web, app or store."""
        ...

    @property
    def late_after_s(self) -> int:
        """Seconds after which an event is late."""
        ...


class Record(Protocol):
    """One request body of a frame."""

    @property
    def source(self) -> str:
        """Whose key it came with."""
        ...

    @property
    def call(self) -> str:
        """batch, track, identify …, or replay."""
        ...

    @property
    def body(self) -> bytes:
        """As it came."""
        ...

    @property
    def address(self) -> str:
        """The client's network address, truncated."""
        ...

    @property
    def is_permanent(self) -> bool:
        """Whether the events' ids are permanent keys."""
        ...


class Frame(Protocol):
    """One group commit of the log."""

    @property
    def position(self) -> int:
        """Of the frame, in the log."""
        ...

    @property
    def received_at(self) -> int:
        """Log time."""
        ...

    @property
    def records(self) -> Sequence[Record]:
        """Request bodies, in order."""
        ...


class _Refuse(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason)


class _Where(msgspec.Struct, gc=False):
    """What the items of one record share."""

    source: str
    channel: str
    late_after: int
    address: str
    is_permanent: bool
    received_at: int
    """Log time of the frame."""
    came_at: int
    """When it came first: log time, but for a replayed refusal."""
    call: str
    shared: bytes
    sent_at: int | None
    is_suspect: bool
    """The body has digits in the shape of a resident number."""


class Decoder:
    """Turns frames into events and refusals. Pure but for what it remembers; one per process."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        contracts: Contracts,
        paths: Iterable[Kind],
        dates: LocalDates,
        country: str,
    ) -> None:
        self._sources = sources
        self._contracts = contracts
        self._dates = dates
        self._finder = Finder(paths, country)
        self._contexts = Contexts(self._finder)
        self._clock = Clock()

    def unreadable(self) -> dict[tuple[str, str], int]:
        """Values that were no identifier of their kind, by (source, kind), since this was last asked."""
        counts = dict(self._finder.unreadable)
        self._finder.unreadable.clear()
        return counts

    def frame(self, frame: Frame) -> list[Event | Refusal]:
        """Everything a frame holds, in order; the result's index is the ordinal of its log position."""
        results: list[Event | Refusal] = []
        first = frame.position * ORDINALS
        for record in frame.records:
            if record.call == rows.CALL:
                results.append(self._row(record, frame.received_at, first + len(results)))
            else:
                self._record(record, frame.received_at, first, results)
        return results

    def _row(self, record: Record, received_at: int, position: int) -> Refusal:
        """A row of an imported file that its source's mapping could not take."""
        row = msgspec.json.decode(record.body, type=rows.RefusedRow)
        source = self._sources.get(record.source)
        return Refusal(
            reason="row",
            detail=f"line {row.line:,}: {row.detail}",
            source=record.source,
            channel=source.channel if source else "",
            received_at=received_at,
            position=position,
            name="",
            raw=masked_bytes(record.body) if may_hold(record.body) else record.body,
        )

    def _record(self, record: Record, received_at: int, first: int, results: list[Event | Refusal]) -> None:
        call, raw, came_at = record.call, record.body, received_at
        if call == "replay":
            replayed = wire.read_replay(raw)
            call, raw, came_at = "item", bytes(replayed.body), replayed.received_at
        source = self._sources.get(record.source)
        body = posthog.read(raw) if call == POSTHOG else wire.read(call, raw)
        where = _Where(
            record.source,
            source.channel if source else "",
            source.late_after_s * SECOND if source else 0,
            record.address,
            record.is_permanent,
            received_at,
            came_at,
            call,
            body.context,
            self._clock.sent(body.sent_at),
            may_hold(raw),
        )
        sizes, known, event = body.sizes, source is not None, self._event
        size = sizes if isinstance(sizes, int) else 0
        for index, item in enumerate(body.items):
            position = first + len(results)
            if item.__class__ is Bad or not known:
                results.append(self._refusal(where, body, raw, index, position, _unread(item, record.source)))
                continue
            try:
                results.append(event(item, where, position, size or sizes[index]))  # type: ignore[arg-type, index]  # Bad was told apart above; sizes is a list unless size
            except _Refuse as refuse:
                results.append(self._refusal(where, body, raw, index, position, refuse))

    def _event(self, item: Item, where: _Where, position: int, size: int) -> Event:
        call = where.call if where.call in _CALLS else item.type
        if call not in _CALLS:
            raise _Refuse("shape", "type: not one of track, identify, page, screen, group, alias")
        name, properties = _named(item, call)
        _measure(properties)
        source = where.source
        around = self._contexts.read(bytes(item.context), where.shared, where.address, source, where.channel)
        if around.fault is not None:
            raise _Refuse("shape", around.fault)
        if call == "identify" and not properties:
            properties = _traits_of(around.context)
        if where.is_suspect:
            _refuse_resident_numbers(item, name, properties, around.context)
        contract = self._contracts.get(name)
        if contract is not None and contract.is_wary:
            _refuse_forbidden(contract.root, properties)
        identifiers = self._identifiers(item, call, properties, around.found, source)
        occurred_at, is_clamped = self._when(item, where)
        if contract is not None and (broken := contract.fault(properties)) is not None:
            raise _Refuse("contract", broken)
        event_id = item.message_id
        if event_id.__class__ is not str or len(event_id) > LONGEST_ID:
            event_id = _id(event_id)
        return Event(
            event_id=event_id or f"@{position}",
            name=name,
            type=call,  # type: ignore[arg-type]  # one of _CALLS
            source=source,
            channel=where.channel,
            occurred_at=occurred_at,
            received_at=where.received_at,
            local_date=self._dates.of(occurred_at),
            position=position,
            identifiers=identifiers,
            properties=properties,
            context=around.context,
            has_own_id=event_id != "",
            is_permanent=where.is_permanent,
            is_late=where.came_at - occurred_at > where.late_after,
            is_clamped=is_clamped,
            size=size,
        )

    def _when(self, item: Item, where: _Where) -> tuple[int, bool]:
        sent_at = where.sent_at if item.sent_at is None else self._clock.sent(item.sent_at)
        try:
            return self._clock.when(item.timestamp, item.original_timestamp, sent_at, where.came_at)
        except ClockFault as fault:
            raise _Refuse("clock", str(fault)) from None

    def _identifiers(
        self, item: Item, call: str, properties: dict[str, Any], around: Found, source: str
    ) -> list[tuple[str, str]]:
        finder = self._finder
        identifiers = finder.in_item(item, source)
        below: Found = dict(around) if around else {}
        if call == "identify":
            finder.below("traits", properties, source, below)
        elif call != "group":  # a group's traits describe a company, not the person
            finder.below("properties", properties, source, below)
            if item.traits:
                finder.below("traits", item.traits, source, below)
        if below:
            identifiers.extend((kind, value) for kind, (_, value) in below.items())
        if not identifiers:
            raise _Refuse("identity", "no identifier that can be read: neither userId nor anonymousId nor any other")
        return identifiers

    def _refusal(self, where: _Where, body: Body, raw: bytes, index: int, position: int, why: _Refuse) -> Refusal:
        item = body.items[index]
        if isinstance(item, Bad):
            own, name = item.raw, ""
        else:
            own = _bytes_of(item, index, where.call, raw, body)
            name = _readable_name(item)
        if where.is_suspect or why.reason == "forbidden":
            own = _without_forbidden(own, self._contracts.root(name))
        return Refusal(
            reason=why.reason,
            detail=why.detail,
            source=where.source,
            channel=where.channel,
            received_at=where.received_at,
            position=position,
            name=name,
            raw=_standing_alone(own, where.call, body),
        )


def _bytes_of(item: Item, index: int, call: str, raw: bytes, body: Body) -> bytes:
    """An item as it came; one of another wire in the shape it was given here, so that it can be replayed."""
    if call == POSTHOG:
        return msgspec.json.encode(msgspec.structs.replace(item, context=item.context or msgspec.Raw(b"{}")))
    return raw if body.is_single else wire.raw_items(raw)[index]


def _unread(item: Item | Bad, source: str) -> _Refuse:
    return _Refuse(item.reason, item.detail) if isinstance(item, Bad) else _Refuse("source", f"no source {source!r}")


def _measure(properties: dict[str, Any]) -> None:
    if len(properties) > MOST_PROPERTIES:
        raise _Refuse("properties", f"{len(properties):,} properties; {MOST_PROPERTIES} are the limit")
    for value in properties.values():
        if (value.__class__ is dict or value.__class__ is list) and is_deep(value):
            raise _Refuse("properties", "nested too deep")


def _named(item: Item, call: str) -> tuple[str, dict[str, Any]]:
    """The event's name and properties: of a track its own, of other calls the standard name and what they carry."""
    if call == "track":
        name = item.event
        if not name or len(name) > MAX_NAME or not name.isprintable() or not (name := name.strip()):
            raise _Refuse("name", f"event: a track needs a name of at most {MAX_NAME} printable signs")
        return name, item.properties if item.properties is not None else _NOTHING
    if call == "identify":
        return STANDARD_NAMES[call], item.traits or item.properties or {}
    if call == "group":
        properties = dict(item.traits or _NOTHING)
        if item.group_id is not None:
            properties["group_id"] = written(item.group_id)
        return STANDARD_NAMES[call], properties
    properties = item.properties if item.properties is not None else {}
    if item.name is not None:
        properties.setdefault("name", item.name)
    if item.category is not None:
        properties.setdefault("category", item.category)
    return STANDARD_NAMES[call], properties


def _traits_of(context: dict[str, Any]) -> dict[str, Any]:
    """Some clients (RudderStack's) send the traits of an identify call in its context alone."""
    traits = context.get("traits")
    return traits if isinstance(traits, dict) else _NOTHING


def _id(own: str | float | None) -> str:
    """A messageId as text; one over 100 signs stands as its hash, so that it still tells events apart."""
    text = written(own) or ""
    return text if len(text) <= LONGEST_ID else "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _refuse_forbidden(root: Node, properties: dict[str, Any]) -> None:
    taboo = root.shape(properties).forbidden
    if taboo:
        raise _Refuse("forbidden", f"{taboo[0]}: may not be held")


def _refuse_resident_numbers(item: Item, name: str, properties: dict[str, Any], context: dict[str, Any]) -> None:
    parts: dict[str, Any] = {"event": name, "properties": properties, "context": context, "traits": item.traits}
    parts |= {"userId": item.user_id, "anonymousId": item.anonymous_id, "identifiers": item.identifiers}
    place = find(parts, CODES)
    if place is not None:
        raise _Refuse("forbidden", f"{place}: has the form of a resident registration number")


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
    if body.is_single and call not in _CALLS:
        return raw
    try:
        item = msgspec.json.decode(raw)
        shared = msgspec.json.decode(body.context) if body.context else None
    except wire.NOT_JSON:
        return raw
    if not isinstance(item, dict):
        return raw
    if call in _CALLS:
        item["type"] = call
    if body.sent_at is not None:
        item.setdefault("sentAt", body.sent_at)
    if isinstance(shared, dict) and isinstance(item.get("context", {}), dict | None):
        item["context"] = {**shared, **(item.get("context") or {})}
    return msgspec.json.encode(item)
