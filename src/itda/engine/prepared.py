"""An event made ready for the writer: whatever follows from the event and the definitions alone is worked out here.

So it can be done ahead of the writer, in a process of its own: nothing in it depends on what is stored.
"""

from __future__ import annotations

from typing import Any

import msgspec

from itda.base.instant import text
from itda.engine.dedupe import key
from itda.engine.rules import Rules
from itda.events import places
from itda.events.concealed import conceal
from itda.events.contracts import declared
from itda.events.event import Event, EventType, Refusal
from itda.events.normalise import reader
from itda.profiles.household import Word, findable
from itda.store.lake.block import PERMANENT, FirstRow
from itda.text.personal import PersonalKind, may_hold

Pair = tuple[str, str]
"""An identifier: its kind and its normalised value."""

_JSON = msgspec.json.Encoder()
_PACKED = msgspec.msgpack.Encoder()
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
"""The whole numbers that MessagePack holds."""
_REMEMBERED = 8192
_REMEMBERED_BYTES = 8 << 20
"""Of contexts as JSON."""
_Context = tuple[dict[str, Any], bytes, bytes, dict[str, Any] | None, tuple[PersonalKind, ...], dict[str, Any] | None]
"""A context as it came, its two parts as JSON, of the clear one what traits look at, what was taken out of it, and the
context without what tells where somebody was (None where nothing does)."""
_MOST_RANKED = 8
"""Identifiers of one event whose order is remembered; events with more are rare, and may be large."""
_NOWHERE: _Context = ({}, b"{}", b"", None, (), None)
"""An event without a context: nothing clear, nothing sealed."""


class _Kind(msgspec.Struct, frozen=True):
    """What is the same of all events of one name, channel and source."""

    reads: bool
    """Something looks at their properties."""
    is_presence: bool
    """As a whole they tell where somebody was."""
    places: frozenset[str]
    """Their fields that a contract says do."""


class Prepared(msgspec.Struct, array_like=True, gc=False):
    """One event, as the writer needs it. What traits look at has the name it has in an `Event`."""

    row: int
    """Its number among the rows that the lake's first half has of this reading."""
    event_id: str
    name: str
    type: EventType
    source: str
    channel: str
    occurred_at: int
    received_at: int
    local_date: int
    position: int
    identifiers: list[Pair] = []
    """Those that somebody owns, each once, the strongest first."""
    key: bytes = b""
    """What it is deduplicated by; empty where it has no id of its own."""
    plain: dict[str, Any] | None = None
    """Its plain properties, where a trait or the order fold reads them."""
    sealed: bytes = b""
    """JSON of what is to be sealed; empty for nothing."""
    said: list[tuple[str, Any, bool]] | None = None
    """Of an identify call: (trait, value, whether it is to be sealed)."""
    missing: int = 0
    """Fields its contract expects that it lacks."""
    has_drifted: bool = False
    """It carries fields its contract does not name."""
    flags: int = 0
    """LATE, CLAMPED, PERMANENT and OWN_ID, as in the lake."""
    unreadable: tuple[str, ...] = ()
    """The kind of each value it carries that is no identifier of its kind."""
    shares: dict[Word, str] | None = None
    """Of an identify call: what a household shares, and is found by."""
    context: dict[str, Any] | None = None
    """Of its clear surroundings what a trait looks at; None where it carries none of that."""
    concealed: tuple[PersonalKind, ...] = ()
    """Personal values in texts that its contract calls plain, and that are sealed therefore."""

    is_presence: bool = False
    """All of it tells where somebody was."""
    elsewhere: Prepared | None = None
    """The same without what of it tells where somebody was; None where nothing does."""
    is_unplaced: bool = False
    """It is such an event: somebody paused the use of where they are."""

    @property
    def is_permanent(self) -> bool:
        """Whether its key is never forgotten."""
        return self.flags & PERMANENT != 0


class Preparing:
    """Prepares events, one after the other. `seed` is the dedupe's. Pure but for what it remembers."""

    def __init__(self, rules: Rules, seed: int) -> None:
        self._rules = rules
        self._seed = seed
        self._contexts: dict[int, _Context] = {}
        self._surroundings = rules.fold.surroundings
        self._phone = reader("phone", rules.country)
        self._left_bytes = _REMEMBERED_BYTES
        self._ranked: dict[tuple[Pair, ...], list[Pair]] = {}
        self._kinds: dict[tuple[str, str, str], _Kind] = {}

    def event(self, event: Event, rows: list[FirstRow]) -> Prepared | Refusal:
        """The event made ready, its row added to `rows`; or its refusal where every identifier is nobody's."""
        named = tuple(event.identifiers)
        identifiers = self._ranked.get(named)
        if identifiers is None:
            identifiers = self._rank(named)
        if not identifiers:
            return _nobodys(event)
        kind = (event.name, event.channel, event.source)
        about = self._kinds.get(kind)
        if about is None:
            about = self._learn(*kind)
        known = self._known(event)
        made = self._made(event, known, identifiers, rows, about.reads)
        if about.is_presence:
            made.is_presence = True
            return made
        context = known[5]
        if context is not None or places.holds(event.properties, about.places):
            left = places.without(event.properties, about.places)
            context = event.context if context is None else context
            unplaced = msgspec.structs.replace(event, properties=left, context=context)
            made.elsewhere = self._made(unplaced, self._known(unplaced), identifiers, rows, about.reads)
            made.elsewhere.is_unplaced = True
        return made

    def _known(self, event: Event) -> _Context:
        """What there is to know of an event's context; one object serves many events."""
        context = event.context
        if not context:
            return _NOWHERE
        known = self._contexts.get(id(context))
        return known if known is not None and known[0] is context else self._remember(context, event.local_date)

    def _made(
        self, event: Event, known: _Context, identifiers: list[Pair], rows: list[FirstRow], reads: bool
    ) -> Prepared:
        name, source, channel, kind = event.name, event.source, event.channel, event.type
        plain, closed, quality = self._rules.contracts.split(event)
        if reads or kind == "identify":
            plain, closed = _portable(plain, closed)
        _, clear, shut, around, concealed, _ = known
        open_text = _JSON.encode(plain)
        if may_hold(open_text):
            plain, closed, of_it = conceal(plain, closed)
            open_text, concealed = _JSON.encode(plain), (*concealed, *of_it)
        if closed:
            written = _JSON.encode(closed)
            sealed = b'{"properties":%b,"context":%b}' % (written, shut) if shut else b'{"properties":%b}' % written
        else:
            sealed = b'{"context":%b}' % shut if shut else b""
        said = declared(plain, closed) if kind == "identify" else None
        flags = event.is_late | event.is_clamped << 1 | event.is_permanent << 2 | event.has_own_id << 3
        number = len(rows)
        rows.append((
            event.position, event.event_id, source, channel, name, kind, event.occurred_at, event.received_at,
            event.local_date, open_text, clear, flags,
        ))  # fmt: skip
        return Prepared(
            number,
            event.event_id,
            name,
            kind,
            source,
            channel,
            event.occurred_at,
            event.received_at,
            event.local_date,
            event.position,
            identifiers,
            key(source, event.event_id, self._seed) if event.has_own_id else b"",
            plain if reads else None,
            sealed,
            said,
            quality.missing,
            quality.drift,
            flags,
            event.unreadable,
            None if said is None else findable({name: value for name, value, _ in said}, self._phone) or None,
            around,
            concealed,
        )

    def _rank(self, named: tuple[Pair, ...]) -> list[Pair]:
        found = self._rules.policy.ranked(named)
        if len(named) <= _MOST_RANKED:
            if len(self._ranked) >= _REMEMBERED:
                self._ranked.clear()
            self._ranked[named] = found
        return found

    def _remember(self, context: dict[str, Any], local_date: int) -> _Context:
        """What there is to know of a context; keeping it keeps its id its own."""
        clear, shut = self._rules.contracts.split_context(context, local_date)
        written = _JSON.encode(clear)
        concealed: tuple[PersonalKind, ...] = ()
        if may_hold(written):
            clear, shut, of_it = conceal(clear, shut)
            written, concealed = _JSON.encode(clear), tuple(of_it)
        around = {name: clear[name] for name in self._surroundings.intersection(clear)} or None
        nowhere = places.without(context) if places.holds(context) else None
        known = (context, written, _JSON.encode(shut) if shut else b"", around, concealed, nowhere)
        size = len(known[1]) + len(known[2])
        self._left_bytes -= size
        if len(self._contexts) >= _REMEMBERED or self._left_bytes < 0:
            self._contexts.clear()
            self._left_bytes = _REMEMBERED_BYTES - size
        self._contexts[id(context)] = known
        return known

    def _learn(self, name: str, channel: str, source: str) -> _Kind:
        if len(self._kinds) >= _REMEMBERED:
            self._kinds.clear()
        named = self._rules.contracts.places.get(name, frozenset())
        is_presence = places.is_presence(name, channel) or "*" in named
        found = _Kind(self._rules.fold.reads(name, channel, source), is_presence, named)
        self._kinds[name, channel, source] = found
        return found


def _portable(plain: dict[str, Any], closed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both as they are, or with whole numbers too large to be handed on as texts: they are codes, no amounts."""
    try:
        _PACKED.encode((plain, closed))
    except OverflowError:
        return _spelt(plain), _spelt(closed)
    return plain, closed


def _spelt(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spelt(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spelt(item) for item in value]
    return str(value) if isinstance(value, int) and not _LEAST <= value <= _MOST else value


def _nobodys(event: Event) -> Refusal:
    """The refusal of an event whose every identifier is a value that nobody owns."""
    kinds = ", ".join(sorted({kind for kind, _ in event.identifiers})) or "none"
    return Refusal(
        reason="identity",
        detail=f"no identifier that belongs to one person (given: {kinds})",
        source=event.source,
        channel=event.channel,
        received_at=event.received_at,
        position=event.position,
        name=event.name,
        raw=wire(event),
        is_permanent=event.is_permanent,
    )


def wire(event: Event) -> bytes:
    """An event written again as it could have come, for quarantine."""
    spoken = {
        "type": event.type,
        "messageId": event.event_id if event.has_own_id else None,
        "timestamp": text(event.occurred_at),
        "traits" if event.type in {"identify", "group"} else "properties": event.properties,
        "context": event.context,
        "identifiers": dict(event.identifiers),
        "event" if event.type == "track" else "name": event.name,
    }
    return _JSON.encode({key: value for key, value in spoken.items() if value is not None})
