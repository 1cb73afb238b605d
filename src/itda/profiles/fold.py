"""The fold: what is kept of one fragment's events, and the answers it gives.

`absorb` is on the path of every event: which traits look at it is found once per (name, channel, source) and kept as
a tuple of plain functions. States merge (a customer is the combination of its fragments). Buckets that no window will
ever reach again are dropped by log time, not by when somebody looked, so the canonical form of a state is a function
of the events absorbed and of nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from itda.base.windows import Buckets
from itda.profiles import orders
from itda.profiles.computed import Computed, ready
from itda.profiles.definition import DECLARED, TraitDef
from itda.profiles.events import AROUND, HOUR, OF_THE_EVENT, Happened, Matcher, cares
from itda.profiles.kind import LIMIT, Spilled, Step, TraitKind
from itda.profiles.orders import Order
from itda.profiles.traits import TraitState
from itda.profiles.view import Answers, TraitAnswer

REFS = 32
"""References on a page: `recent` holds fewer after every full page was taken."""
_REF = struct.Struct("<qq")
_PAGE_BYTES = REFS * _REF.size
_PLANS = 4096
"""Distinct (name, channel, source) whose plans are kept; names come from outside and have no end."""


Plan = tuple[tuple[Step, ...], bool]
"""What the events of one (name, channel, source) do to a state: the traits' steps, and whether they are orders."""


class Declared(msgspec.Struct, array_like=True, gc=False):
    """What was last said of a person: `value` is JSON, or the sealed bytes of it (see `trait_label`)."""

    at: int
    event_id: str
    value: Any
    is_sealed: bool
    source: str


class FragmentState(msgspec.Struct, array_like=True, gc=False):
    """The fold of one fragment's events. Times are microseconds UTC."""

    events: int = 0
    first_at: int = 1 << 62
    last_at: int = -(1 << 62)
    log_time: int = 0
    """The greatest received_at absorbed: no answer is asked for an earlier time."""
    pruned_at: int = -1
    """The hour of log time up to which buckets out of window are gone."""
    pages: int = 0
    """Full pages of references taken out so far."""
    recent: bytes = b""
    """(occurred_at, log position) of the latest absorbed events, 16 bytes each, little endian, in log order."""
    are_orders_spilled: bool = False
    channels: dict[str, int] = {}
    declared: dict[str, Declared] = {}
    orders: dict[str, Order] = {}
    states: dict[str, TraitState] = {}
    """State of each computed trait by its definition's key."""


_DECLARED_AT = FragmentState.__struct_fields__.index("declared")
_encoder = msgspec.msgpack.Encoder()
_sorted = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(FragmentState)


def trait_label(name: str) -> str:
    """The label under which a declared personal trait's value (its JSON) is sealed with the fragment's key."""
    return f"trait:{name}"


def refs(page: bytes) -> list[tuple[int, int]]:
    """(occurred_at, log position) pairs of packed references."""
    return list(_REF.iter_unpack(page))


class Fold:
    """The workspace's traits, compiled. `order_scopes` maps a source to its order scope; others are their own.

    `hidden` are computed traits that others rest on (the event tests of segments): kept, and shown to nobody.
    """

    def __init__(
        self,
        traits: Sequence[TraitDef],
        zone: str,
        currency: str = "KRW",
        order_scopes: Mapping[str, str] | None = None,
        limit: int = LIMIT,
        hidden: Sequence[TraitDef] = (),
    ) -> None:
        self.traits = tuple(traits)
        self._buckets = Buckets(zone)
        self._currency = currency
        self._scopes = dict(order_scopes or {})
        self._limit = limit
        self._computed = [
            ready(trait, self._buckets, currency, limit) for trait in self.traits if trait.kind != DECLARED
        ]
        self._named = {trait.definition.name: trait for trait in self._computed}
        unseen = [ready(trait, self._buckets, currency, limit) for trait in hidden]
        over_events = [trait for trait in (*self._computed, *unseen) if trait.arguments.of == "events"]
        self._keyed = {trait.key: trait for trait in over_events}
        self._over_events = list(self._keyed.values())  # the same meaning twice is one state
        windows = [(trait.key, trait.kind, trait.context) for trait in self._over_events if trait.context.window]
        self._windows = {key: (kind, context) for key, kind, context in windows}
        self._plans: dict[tuple[str, str, str], Plan] = {}

    def new(self) -> FragmentState:
        """A state that met no event: the identity of `combine`."""
        return FragmentState()

    def absorb(
        self,
        state: FragmentState,
        event: Happened,
        plain: dict[str, Any],
        declared: Sequence[tuple[str, Any, bool]],
        position: int,
        contacts: bytes = b"",
    ) -> None:
        """Take one event into the state, in place.

        `plain` are the event's unsealed properties. `declared` are (trait, value, whether the value is sealed bytes).
        `contacts` are the addresses that it carries (`orders.contacts`); asked of orders only.
        """
        at, received_at, channel = event.occurred_at, event.received_at, event.channel
        state.events += 1
        if at < state.first_at:  # noqa: PLR1730 - the path of every event: a comparison costs a tenth of a call
            state.first_at = at
        if at > state.last_at:  # noqa: PLR1730 - the same
            state.last_at = at
        if received_at > state.log_time:  # noqa: PLR1730 - the same
            state.log_time = received_at
        channels = state.channels
        channels[channel] = channels.get(channel, 0) + 1
        state.recent += _REF.pack(at, position)
        key = (event.name, channel, event.source)
        steps, is_order = self._plans.get(key) or self._plan(*key)
        states = state.states
        for step in steps:
            step(states, event, plain)
        if steps and received_at - at > 3_600_000_000:  # noqa: PLR2004 - an hour late may lie before what was pruned
            state.pruned_at = -1
        if is_order:
            self._order(state, event, plain, contacts)
        for trait, value, is_sealed in declared:
            held = state.declared.get(trait)
            if held is None or (at, event.event_id) >= (held.at, held.event_id):
                state.declared[trait] = Declared(at, event.event_id, value, is_sealed, event.source)

    def remember(self, state: FragmentState, first_at: int, last_at: int) -> None:
        """Take into the state, in place, when events whose term is over were seen: of them nothing else is known."""
        state.first_at = min(state.first_at, first_at)
        state.last_at = max(state.last_at, last_at)

    def reads(self, name: str, channel: str, source: str) -> bool:
        """Whether anything looks at the properties of such events."""
        chosen = [trait for trait in self._over_events if cares(trait.events, name, channel, source)]
        paths = {path for trait in chosen for path in (getattr(trait.arguments, "value", ""), *trait.events.where)}
        paths = {path for path in paths if not path.startswith(AROUND)}
        return name in orders.NAMES or not paths <= {"", HOUR, *OF_THE_EVENT}

    @cached_property
    def surroundings(self) -> frozenset[str]:
        """What of an event's surroundings anything looks at, by its first word, such as `campaign`."""
        paths = [str(getattr(trait.arguments, "value", "")) for trait in self._over_events]
        return frozenset(path.split(".")[1] for path in paths if path.startswith(AROUND))

    def full_page(self, state: FragmentState) -> tuple[int, bytes] | None:
        """Take the oldest full page of references out, if there is one: its number from 0, and its bytes.

        Ask after every event, or until None: a state can have more than one after a long chunk.
        """
        if len(state.recent) < _PAGE_BYTES:
            return None
        number, page = state.pages, state.recent[:_PAGE_BYTES]
        state.recent = state.recent[_PAGE_BYTES:]
        state.pages += 1
        return number, page

    def is_spilled(self, state: FragmentState) -> bool:
        """Whether some of its answers have to come from the lake."""
        return state.are_orders_spilled or any(type(held) is Spilled for held in state.states.values())

    def encode(self, state: FragmentState) -> bytes:
        """The state as bytes, without what no window will reach again."""
        hour = self._buckets.hour(state.log_time)
        if state.pruned_at < hour:
            self._prune(state, hour)
        return _encoder.encode(state)

    def decode(self, encoded: bytes) -> FragmentState:
        """The state of `encode`."""
        return _decoder.decode(encoded)

    def canonical(self, state: FragmentState, opened: Callable[[str, bytes], Any] | None = None) -> bytes:
        """Bytes that are equal for equal states, to compare a rebuild with. `opened` gives a sealed trait's value."""
        state = self.decode(_encoder.encode(state))  # what pruning takes away may be another state's too
        self._prune(state, self._buckets.hour(state.log_time))
        plain: list[Any] = msgspec.to_builtins(state, str_keys=True, builtin_types=(bytes,))
        if opened is not None:
            declared = {
                name: (held.at, held.event_id, opened(name, held.value), held.source) if held.is_sealed else held
                for name, held in state.declared.items()
            }
            plain.append(msgspec.to_builtins(declared, builtin_types=(bytes,)))
            plain[_DECLARED_AT] = {}
        return _sorted.encode(plain)

    def combine(self, states: Iterable[FragmentState]) -> FragmentState:
        """One state that holds what all of these hold; they stay as they are. References come in log order."""
        total = FragmentState(channels={}, declared={}, orders={}, states={})
        for state in states:
            self._add(total, state)
        pairs = sorted(refs(total.recent), key=lambda pair: pair[1])
        total.recent = b"".join(_REF.pack(*pair) for pair in pairs)
        return total

    def answers(self, state: FragmentState, now: int) -> Answers:
        """Every trait's answer at `now`: declared ones as they were said, computed ones in the order of definition."""
        declared = [self._declared(name, held) for name, held in sorted(state.declared.items())]
        computed = [answer for trait in self._computed for answer in self._answer(trait, state, now)]
        return Answers(declared, computed)

    def computed(self, name: str) -> Computed | None:
        """A computed trait of the workspace by its name; None where there is none."""
        return self._named.get(name)

    @property
    def keys(self) -> list[str]:
        """The keys of every trait over events that states are kept of, hidden ones too."""
        return list(self._keyed)

    @property
    def shown_keys(self) -> list[str]:
        """Those of traits that people defined."""
        return [trait.key for trait in self._computed if trait.key in self._keyed]

    def keyed(self, key: str) -> Computed:
        """A trait over events by its definition's key, hidden ones too."""
        return self._keyed[key]

    def orders(self, state: FragmentState) -> list[Order]:
        """The orders that count."""
        return [order for order in state.orders.values() if orders.is_order(order)]

    def _plan(self, name: str, channel: str, source: str) -> Plan:
        if len(self._plans) >= _PLANS:
            self._plans.clear()
        chosen = [trait for trait in self._over_events if cares(trait.events, name, channel, source)]
        steps = tuple(_tested(trait.matches, trait.step) if trait.matches else trait.step for trait in chosen)
        plan = self._plans[name, channel, source] = (steps, name in orders.NAMES)
        return plan

    def _order(self, state: FragmentState, event: Happened, plain: dict[str, Any], contacts: bytes) -> None:
        if state.are_orders_spilled:
            return
        written = plain.get("order_scope")
        scope = written if isinstance(written, str) and written else self._scopes.get(event.source, event.source)
        orders.absorb(state.orders, event, plain, scope, self._currency, contacts)
        if len(state.orders) > self._limit:
            state.are_orders_spilled = True
            state.orders = {}

    def _prune(self, state: FragmentState, hour: int) -> None:
        for key in list(state.states):
            held = state.states[key]
            windowed = self._windows.get(key)
            if windowed is not None and type(held) is not Spilled:
                kind, context = windowed
                kind.prune(held, context.span(state.log_time)[0])
        state.pruned_at = hour

    def _add(self, total: FragmentState, state: FragmentState) -> None:
        total.events += state.events
        total.first_at = min(total.first_at, state.first_at)
        total.last_at = max(total.last_at, state.last_at)
        total.log_time = max(total.log_time, state.log_time)
        total.pages += state.pages
        total.recent += state.recent
        total.are_orders_spilled |= state.are_orders_spilled
        for channel, n in state.channels.items():
            total.channels[channel] = total.channels.get(channel, 0) + n
        for name, said in state.declared.items():
            known = total.declared.get(name)
            if known is None or (said.at, said.event_id, said.source) > (known.at, known.event_id, known.source):
                total.declared[name] = said
        orders.merge(total.orders, state.orders)
        kept, states = self._keyed, total.states
        for key, held in state.states.items():
            trait = kept.get(key)
            if trait is not None:
                mine = states.get(key)
                states[key] = held if mine is None else _merged(trait.kind, mine, held)

    def _declared(self, name: str, held: Declared) -> TraitAnswer:
        return TraitAnswer(
            name=name, kind=DECLARED, value=held.value, is_sealed=held.is_sealed, source=held.source, at=held.at
        )

    def _answer(self, trait: Computed, state: FragmentState, now: int) -> list[TraitAnswer]:
        name, kind = trait.definition.name, trait.definition.kind
        if trait.arguments.of == "orders":
            return self._of_orders(trait, state, now)
        if trait.is_spilled(state):
            return [TraitAnswer(name=name, kind=kind, value=None, is_spilled=True)]
        unit = getattr(trait.arguments, "unit", "")
        return [TraitAnswer(name=name, kind=kind, value=trait.value(state, now), unit=unit)]

    def _of_orders(self, trait: Computed, state: FragmentState, now: int) -> list[TraitAnswer]:
        name, kind = trait.definition.name, trait.definition.kind
        is_money = kind == "sum"
        unit = "minor" if is_money else getattr(trait.arguments, "unit", "")
        currency = self._currency if is_money else ""
        if state.are_orders_spilled:
            return [TraitAnswer(name=name, kind=kind, value=None, unit=unit, currency=currency, is_spilled=True)]
        chosen = trait.asked(state, now)
        value = trait.kind.of_orders(chosen, trait.arguments, trait.context, now)
        answers = [TraitAnswer(name=name, kind=kind, value=value, unit=unit, currency=currency)]
        if is_money:
            others = sorted((found, amount) for found, amount in orders.revenue(chosen).items() if found != currency)
            answers += [
                TraitAnswer(name=f"{name}.{found}", kind=kind, value=amount, unit=unit, currency=found)
                for found, amount in others
            ]
        return answers


def _merged(kind: TraitKind, a: Any, b: Any) -> Any:
    return Spilled() if type(a) is Spilled or type(b) is Spilled else kind.merge(a, b)


def _tested(matches: Matcher, step: Step) -> Step:
    """The step of the events that pass a test."""

    def tested(states: dict[str, Any], event: Happened, plain: dict[str, Any]) -> None:
        if matches(event, plain):
            step(states, event, plain)

    return tested
