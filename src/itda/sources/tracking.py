"""From frames of the log to events and refusals: the one decoder of live calls and imported rows.

Every item of a frame gives exactly one result, so the ordinal of its log position is its place in the answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from itda.base.instant import SECOND, LocalDates
from itda.events.children import CONSENT, is_child, tells_age
from itda.events.classes import CODES
from itda.events.contract import MAX_NAME, Contract
from itda.events.contracts import Contracts
from itda.events.event import ORDINALS, Event, Refusal
from itda.events.forbidden import find, masked_bytes, may_hold
from itda.events.names import STANDARD_NAMES
from itda.sources import posthog, rows, wire
from itda.sources.clock import Clock, ClockFault
from itda.sources.identifiers import Finder, Found, Kind, written
from itda.sources.refusals import CALLS, CHILD, POSTHOG, Refuse, Where, refusal
from itda.sources.surroundings import Contexts, is_deep, is_flat
from itda.sources.wire import Bad, Item

MOST_PROPERTIES = 300
LONGEST_ID = 100
NAMES_REMEMBERED = 4096
"""Names come from outside and have no end."""
_NOTHING: dict[str, Any] = {}


class Source(Protocol):
    """What the decoder asks of a source's definition."""

    @property
    def channel(self) -> str:
        """Such as web, app or store."""
        ...

    @property
    def grants(self) -> bool:
        """Whether a consent through it counts."""
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
        self._calls = {call: (name, contracts.get(name)) for call, name in STANDARD_NAMES.items()}
        self._names: dict[str | None, tuple[str, Contract | None]] = {}
        """Of track calls: the name as it came → as it is kept, and its contract."""

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
        """A row that its source's mapping could not take."""
        row = msgspec.json.decode(record.body, type=rows.RefusedRow)
        source = self._sources.get(record.source)
        return Refusal(
            reason="row",
            detail=f"line {row.line:,}: {row.detail}" if row.line else row.detail,
            source=record.source,
            channel=source.channel if source else "",
            received_at=received_at,
            position=position,
            name="",
            raw=masked_bytes(record.body) if may_hold(record.body) else record.body,
            is_permanent=record.is_permanent,
        )

    def _record(self, record: Record, received_at: int, first: int, results: list[Event | Refusal]) -> None:
        call, raw, came_at = record.call, record.body, received_at
        if call == "replay":
            replayed = wire.read_replay(raw)
            call, raw, came_at = "item", bytes(replayed.body), replayed.received_at
        source = self._sources.get(record.source)
        largest = wire.LARGEST_IMPORTED if record.is_permanent else wire.LARGEST_EVENT
        body = posthog.read(raw) if call == POSTHOG else wire.read(call, raw, largest)
        channel = source.channel if source else ""
        where = Where(
            record.source,
            channel,
            source.late_after_s * SECOND if source else 0,
            record.is_permanent,
            received_at,
            came_at,
            call,
            self._contexts.around(body.context, record.address, channel),
            self._clock.sent(body.sent_at),
            may_hold(raw),
            source.grants if source else False,
            tells_age(raw),
        )
        sizes, known, event = body.sizes, source is not None, self._event
        size = sizes if isinstance(sizes, int) else 0
        for index, item in enumerate(body.items):
            position = first + len(results)
            try:
                if item.__class__ is Bad or not known:
                    raise _unread(item, record.source)
                results.append(event(item, where, position, size or sizes[index]))  # type: ignore[arg-type, index]  # Bad was told apart above; sizes is a list unless size
            except Refuse as refuse:
                results.append(refusal(self._contracts, where, body, raw, index, position, refuse))

    def _event(self, item: Item, where: Where, position: int, size: int) -> Event:
        call = where.call if where.call in CALLS else item.type
        if call == "track":
            name, contract = self._names.get(item.event) or self._name(item.event)
            properties = item.properties if item.properties is not None else _NOTHING
        elif call in CALLS:
            name, contract = self._calls[call]
            properties = _carried(item, call)
        else:
            raise Refuse("shape", "type: not one of track, identify, page, screen, group, alias")
        if len(properties) > MOST_PROPERTIES or not is_flat(properties):
            _measure(properties)
        around = where.contexts.known.get(bytes(item.context)) or self._contexts.read(item.context, where.contexts)
        if around.fault is not None:
            raise Refuse("shape", around.fault)
        if call == "identify" and not properties:
            properties = _traits_of(around.context)
        is_wary = contract is not None and contract.is_wary
        if is_wary or where.is_suspect or where.tells_age:
            self._refuse_forbidden(item, where, name, properties, around.context)
        identifiers = self._identifiers(item, call, properties, around.found)
        sent_at = where.sent_at if item.sent_at is None else self._clock.sent(item.sent_at)
        try:
            occurred_at, is_clamped = self._clock.when(item.timestamp, item.original_timestamp, sent_at, where.came_at)
        except ClockFault as fault:
            raise Refuse("clock", str(fault)) from None
        if contract is not None and not contract.validator.is_valid(properties) and (why := contract.fault(properties)):
            raise Refuse("contract", why)
        event_id = item.message_id
        if event_id.__class__ is not str or len(event_id) > LONGEST_ID:
            event_id = _id(event_id)
        return Event(
            event_id or f"@{position}",
            name,
            call,  # type: ignore[arg-type]  # one of CALLS
            where.source,
            where.channel,
            occurred_at,
            where.received_at,
            self._dates.of(occurred_at),
            position,
            identifiers,
            properties,
            around.context,
            has_own_id=event_id != "",
            is_permanent=where.is_permanent,
            is_late=where.came_at - occurred_at > where.late_after,
            is_clamped=is_clamped,
            size=size,
            unreadable=(*around.unreadable, *unreadable)
            if (unreadable := self._finder.unreadable)
            else around.unreadable,
        )

    def _refuse_forbidden(
        self, item: Item, where: Where, name: str, properties: dict[str, Any], context: dict[str, Any]
    ) -> None:
        if where.is_suspect:
            parts: dict[str, Any] = {"event": name, "properties": properties, "context": context, "traits": item.traits}
            parts |= {"userId": item.user_id, "anonymousId": item.anonymous_id, "identifiers": item.identifiers}
            place = find(parts, CODES)
            if place is not None:
                raise Refuse("forbidden", f"{place}: has the form of a resident registration number")
        taboo = self._contracts.root(name).shape(properties).forbidden
        if taboo:
            raise Refuse("forbidden", f"{taboo[0]}: may not be held")
        if where.tells_age:
            self._refuse_child((properties, item.traits, context.get("traits")), where)

    def _refuse_child(self, parts: Iterable[Any], where: Where) -> None:
        said = [part for part in parts if isinstance(part, dict)]
        if where.may_grant and any(part.get(CONSENT) is True for part in said):
            return
        if any(is_child(part, self._dates.of(where.received_at)) for part in said):
            raise Refuse(CHILD, "is of somebody under fourteen, and no guardian's consent was verified")

    def _name(self, written_name: str | None) -> tuple[str, Contract | None]:
        """A track's name and its contract, to be remembered."""
        name = written_name
        if not name or len(name) > MAX_NAME or not name.isprintable() or not (name := name.strip()):
            raise Refuse("name", f"event: a track needs a name of at most {MAX_NAME} printable signs")
        if len(self._names) >= NAMES_REMEMBERED:
            self._names.clear()
        found = self._names[written_name] = (name, self._contracts.get(name))
        return found

    def _identifiers(self, item: Item, call: str, properties: dict[str, Any], around: Found) -> list[tuple[str, str]]:
        finder = self._finder
        finder.unreadable.clear()
        identifiers = finder.in_item(item)
        below: Found = dict(around) if around else {}
        if call == "identify":
            finder.below("traits", properties, below)
        elif call != "group":  # a group's traits describe a company, not the person
            finder.below("properties", properties, below)
            if item.traits:
                finder.below("traits", item.traits, below)
        if below:
            identifiers.extend((kind, value) for kind, (_, value) in below.items())
        if not identifiers:
            raise Refuse("identity", "no identifier that can be read: neither userId nor anonymousId nor any other")
        return identifiers


def _unread(item: Item | Bad, source: str) -> Refuse:
    return Refuse(item.reason, item.detail) if isinstance(item, Bad) else Refuse("source", f"no source {source!r}")


def _measure(properties: dict[str, Any]) -> None:
    if len(properties) > MOST_PROPERTIES:
        raise Refuse("properties", f"{len(properties):,} properties; {MOST_PROPERTIES} are the limit")
    for value in properties.values():
        if (value.__class__ is dict or value.__class__ is list) and is_deep(value):
            raise Refuse("properties", "nested too deep")


def _carried(item: Item, call: str) -> dict[str, Any]:
    """What a call other than track carries, as properties."""
    if call == "identify":
        return item.traits or item.properties or {}
    if call == "group":
        properties = dict(item.traits or _NOTHING)
        if item.group_id is not None:
            properties["group_id"] = written(item.group_id)
        return properties
    properties = item.properties if item.properties is not None else {}
    if item.name is not None:
        properties.setdefault("name", item.name)
    if item.category is not None:
        properties.setdefault("category", item.category)
    return properties


def _traits_of(context: dict[str, Any]) -> dict[str, Any]:
    """Some clients (RudderStack's) send the traits of an identify call in its context alone."""
    traits = context.get("traits")
    return traits if isinstance(traits, dict) else _NOTHING


def _id(own: str | float | None) -> str:
    """A messageId as text; one over 100 signs stands as its hash, so that it still tells events apart."""
    text = written(own) or ""
    return text if len(text) <= LONGEST_ID else "sha256:" + hashlib.sha256(text.encode()).hexdigest()
