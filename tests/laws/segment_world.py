"""Random segments, and people whose fragments join and part, whose events come late and whose consents change.

Two ways of knowing who is in which segment: a small decider that evaluates a customer only when somebody touched it or
when its answer's time has run out, and the whole lake asked anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from hypothesis import strategies as st
from tests.laws.profile_equipment import START, TRAITS, ZONES, histories, trait

from itda.base.instant import DAY, HOUR, NEVER
from itda.base.windows import Buckets
from itda.consent import ledger
from itda.consent.definition import SUBJECT_WIDE, ConsentEvent, ConsentKey
from itda.consent.standing import Consents
from itda.engine.membership import Membership
from itda.events.event import Event
from itda.profiles.definition import DECLARED, TraitDef
from itda.profiles.events import Events, Test
from itda.profiles.fold import Fold, FragmentState
from itda.segments.definition import GROUPS, Group, Segment, hidden_traits
from itda.segments.evaluate import Seen, Segments
from itda.segments.operators import Tested
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest

FRAGMENTS = tuple(bytes([n]) * 16 for n in range(1, 5))
CURRENCY = "USD"
DEFINED = [
    *TRAITS,
    trait("orders_5h", "count", of="orders", window="5 hours"),
    trait("revenue_20h", "sum", of="orders", window="20 hours"),
    trait("last_order_h", "recency", of="orders", unit="hours"),
    trait("last_order_4d", "last", of="orders", window="4 days"),
    TraitDef(name="tier", kind=DECLARED),
    TraitDef(name="city", kind=DECLARED),
]
_TEXTS = ("tea", "rice", "gold", "web", "store", "spring", "09")


class Consented(msgspec.Struct, frozen=True):
    """Somebody says yes or no."""

    event: ConsentEvent


class Moved(msgspec.Struct, frozen=True):
    """Identity says anew whose the fragments are: a customer per fragment."""

    owners: tuple[int, ...]


class Told(msgspec.Struct, frozen=True):
    """An event of a fragment."""

    fragment: bytes
    event: Event


class World(msgspec.Struct, frozen=True):
    """All that happens, in log order, each at its log time."""

    zone: str
    segments: list[Segment]
    happened: list[tuple[int, Told | Consented | Moved]]


# ── Definitions ───────────────────────────────────────────────────────────────────────────────────────────────────


def _tests() -> st.SearchStrategy[Test]:
    numbers = st.sampled_from([0, 1, 2, 3, 5, 9, 12.5, 20, 100])
    return st.one_of(
        st.builds(lambda n: Test(at_least=n), numbers),
        st.builds(lambda n: Test(at_most=n), numbers),
        st.builds(lambda a, b: Test(at_least=min(a, b), at_most=max(a, b)), numbers, numbers),
        st.builds(lambda value: Test(equals=value), st.one_of(numbers, st.sampled_from(_TEXTS))),
        st.builds(lambda value: Test(unlike=value), st.one_of(numbers, st.sampled_from(_TEXTS))),
        st.builds(lambda a, b: Test(one_of=(a, b)), numbers, st.sampled_from(_TEXTS)),
        st.builds(lambda is_there: Test(set=is_there), st.booleans()),
    )


_WINDOWS = st.sampled_from(["", "3 hours", "26 hours", "1 days", "4 days", "11 days"])
_WHERE = st.dictionaries(
    st.sampled_from(["category", "price", "products[].sku", "tags", "event.channel", "deep.inner"]),
    st.one_of(_tests(), st.sampled_from(_TEXTS), st.just(5)),
    max_size=2,
)
_EVENTS = st.builds(
    lambda name, channel, where: Events(name=name, channel=channel, where=where),
    st.sampled_from(
        [
            "Page Viewed",
            "Product Viewed",
            ("Product Viewed", "Order Completed"),
            ("Page Viewed", "Store Visited"),
            (),
            (),
        ]
    ),
    st.sampled_from([(), (), "web", "store"]),
    st.one_of(st.just({}), st.just({}), _WHERE),
)
_COUNT = st.one_of(st.none(), st.integers(0, 3))


def _leaves(others: Sequence[str]) -> st.SearchStrategy[Tested]:
    names = [definition.name for definition in DEFINED]
    found: list[st.SearchStrategy[Any]] = [
        st.builds(
            lambda name, test: TraitTest(trait=name, **msgspec.structs.asdict(test)), st.sampled_from(names), _tests()
        ),
        st.builds(lambda *of: EventsTest(events=of[0], window=of[1], at_least=of[2], at_most=of[3]),
                  _EVENTS, _WINDOWS, _COUNT, _COUNT),
        st.builds(lambda channel, status: ConsentTest(purpose="ad_receive", channel=channel, status=status),
                  st.sampled_from(["email", "sms"]), st.sampled_from(["granted", "withdrawn", "unknown"])),
    ]  # fmt: skip
    if others:
        found.append(st.builds(lambda name: InSegment(segment=name), st.sampled_from(others)))
    return st.one_of(found)


def _groups(others: Sequence[str]) -> st.SearchStrategy[Group]:
    def grouped(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Group]:
        some, one = st.lists(parts, max_size=2), st.lists(parts, min_size=1, max_size=2)
        return st.builds(
            lambda words, first, *rest: Group(**dict(zip(words, map(tuple, (first, *rest)), strict=True))),
            st.permutations(GROUPS), one, some, some,
        )  # fmt: skip

    return grouped(st.recursive(_leaves(others), grouped, max_leaves=4))


@st.composite
def definitions(draw: st.DrawFn) -> list[Segment]:
    found: list[Segment] = []
    for name in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        where = draw(_groups([segment.name for segment in found]))
        found.append(Segment(name=name, where=where))
    return found


# ── What happens ──────────────────────────────────────────────────────────────────────────────────────────────────


@st.composite
def worlds(draw: st.DrawFn, most: int = 18) -> World:
    _, events = draw(histories(most))
    zone = draw(st.sampled_from(ZONES))
    dates = Buckets(zone).days
    happened: list[tuple[int, Told | Consented | Moved]] = []
    at = START
    for index, event in enumerate(events):
        at = event.received_at
        fragment = draw(st.sampled_from(FRAGMENTS))
        event.local_date = dates.of(event.occurred_at)
        event.properties |= draw(_MORE) if event.name.endswith("Viewed") else {}
        if draw(st.integers(0, 6)) == 0:
            event.name, event.type, event.properties = "Customer Identified", "identify", draw(_SAID)
        happened.append((at, Told(fragment, event)))
        what = draw(st.integers(0, 5))
        if what == 0:
            happened.append((at, Moved(tuple(draw(st.lists(st.integers(0, 3), min_size=4, max_size=4))))))
        elif what == 1:
            happened.append((at, Consented(_consent(draw, index, at))))
    return World(zone, draw(definitions()), happened)


_MORE = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.sampled_from([[], ["tea", "gold"], [1, None], "tea", {"a": 1}, [["rice"]]]),
        "products": st.sampled_from([[], [{"sku": "tea"}, {"sku": None}], [{}], "none", [{"sku": ["gold", 5]}]]),
        "deep": st.sampled_from([{"inner": "tea"}, {"inner": None}, {"inner": 20.0}, {}, "x"]),
    },
)
_SAID = st.fixed_dictionaries(
    {},
    optional={"tier": st.sampled_from(["gold", "tea", 5, None, True]), "city": st.sampled_from(["web", "", ["rice"]])},
)


def _consent(draw: st.DrawFn, index: int, at: int) -> ConsentEvent:
    fragment = draw(st.sampled_from(FRAGMENTS))
    contact = draw(st.sampled_from([SUBJECT_WIDE, FRAGMENTS[0]]))
    channel = draw(st.sampled_from(["email", "sms", "any"]))
    action = draw(st.sampled_from(["grant", "withdraw", "refuse", "request"]))
    purpose = draw(st.sampled_from(["ad_receive", "location"]))
    if purpose == "location":
        contact, channel = SUBJECT_WIDE, "any"
    key = ConsentKey("shop", fragment, contact, purpose, channel)
    late = draw(st.sampled_from([0, 0, 3 * DAY]))
    return ConsentEvent(id=index.to_bytes(16, "big"), key=key, action=action, occurred_at=at - late, recorded_at=at)


# ── Live: evaluated when touched, or when its time has run out ───────────────────────────────────────────────────


def fold_of(world: World) -> Fold:
    return Fold(DEFINED, world.zone, CURRENCY, hidden=hidden_traits(world.segments))


class Live:
    """What a decider keeps: states per fragment, consents, and each customer's answers with their time."""

    def __init__(self, world: World) -> None:
        self.fold = fold_of(world)
        self.segments = Segments(world.segments, self.fold)
        self.owners = {fragment: n for n, fragment in enumerate(FRAGMENTS)}
        self.states: dict[bytes, FragmentState] = {}
        self.acts: list[ConsentEvent] = []
        self.members: dict[int, dict[str, bool]] = {}
        self.wake: dict[int, int] = {}

    def take(self, what: Told | Consented | Moved, at: int) -> None:
        if isinstance(what, Told):
            state = self.states.setdefault(what.fragment, self.fold.new())
            event = what.event
            said = (
                [(name, value, False) for name, value in event.properties.items()] if event.type == "identify" else []
            )
            self.fold.absorb(state, event, event.properties, said, event.position)
            self.states[what.fragment] = self.fold.decode(self.fold.encode(state))
            kind = (event.name, event.channel, event.source, event.type)
            self.touch(self.owners[what.fragment], at, self.segments.rests.touched(kind))
        elif isinstance(what, Consented):
            self.acts.append(what.event)
            self.touch(self.owners[what.event.key.fragment], at, self.segments.rests.by_consent)
        else:
            before = self.grouped()
            self.owners = dict(zip(FRAGMENTS, what.owners, strict=True))
            after = self.grouped()
            for customer in before.keys() | after.keys():
                if before.get(customer) != after.get(customer):
                    self.touch(customer, at, frozenset(self.segments.by_name))

    def touch(self, customer: int, at: int, names: frozenset[str]) -> None:
        """Answer these segments anew; the others stand, and the customer wakes at the earliest of both."""
        mine = [fragment for fragment, owner in self.owners.items() if owner == customer]
        if not any(fragment in self.states for fragment in mine):
            self.members.pop(customer, None)
            self.wake.pop(customer, None)
            return
        known = self.members.setdefault(customer, {})
        if len(known) < len(self.segments.by_name):
            names = frozenset(self.segments.by_name)
        found = self.segments.answers(self.seen(mine), at, names)
        for name, answer in found.items():
            known[name] = answer.is_member
        until = min((NEVER if each.valid_until is None else each.valid_until for each in found.values()), default=NEVER)
        standing = NEVER if len(found) == len(self.segments.by_name) else self.wake.get(customer, NEVER)
        self.wake[customer] = min(until, standing)

    def seen(self, fragments: Sequence[bytes]) -> Seen:
        states = [self.states[fragment] for fragment in fragments if fragment in self.states]
        acts = [act for act in self.acts if act.key.fragment in fragments]
        consents = Consents(ledger.fold(acts))
        pairs = self.segments.rests.consents
        return Seen(state=self.fold.combine(states), consents={pair: consents.standing(*pair).status for pair in pairs})

    def pass_to(self, at: int) -> None:
        """Time passes: who is due wakes, at the very time that was said."""
        while True:
            due = min(((until, customer) for customer, until in self.wake.items() if until <= at), default=None)
            if due is None:
                return
            self.touch(due[1], due[0], frozenset(self.segments.by_name))

    def grouped(self) -> dict[int, frozenset[bytes]]:
        groups: dict[int, set[bytes]] = {}
        for fragment, owner in self.owners.items():
            groups.setdefault(owner, set()).add(fragment)
        return {owner: frozenset(mine) for owner, mine in groups.items()}

    def who(self, name: str) -> set[bytes]:
        return {written(customer) for customer, known in self.members.items() if known[name]}


def written(customer: int) -> bytes:
    return bytes([customer]) * 4


# ── Batch: the lake as it is, asked anew ─────────────────────────────────────────────────────────────────────────


class Lake:
    """Rows, whose they are, and what the ledger says, in a DuckDB."""

    def __init__(self, world: World) -> None:
        self._world, self._fold = world, fold_of(world)
        self._segments = {segment.name: segment for segment in world.segments}
        self._rows: list[dict[str, Any]] = []
        self._acts: list[ConsentEvent] = []
        self.owners = {fragment: n for n, fragment in enumerate(FRAGMENTS)}
        self.duck = duckdb.connect(config={"threads": "1"})

    def take(self, what: Told | Consented | Moved) -> None:
        if isinstance(what, Told):
            event = msgspec.structs.asdict(what.event)
            row = {name: event[name] for name in
                   ("event_id", "source", "channel", "name", "type", "occurred_at", "local_date")}  # fmt: skip
            self._rows.append(
                row
                | {"fragment": what.fragment}
                | {part: msgspec.json.encode(event[part]).decode() for part in ("properties", "context")}
            )
        elif isinstance(what, Consented):
            self._acts.append(what.event)
        else:
            self.owners = dict(zip(FRAGMENTS, what.owners, strict=True))

    def at(self, now: int) -> Membership:
        schema = pa.schema([*((name, pa.string()) for name in ("event_id", "source", "channel", "name", "type")),
                            ("occurred_at", pa.int64()), ("local_date", pa.int32()), ("fragment", pa.binary()),
                            ("properties", pa.string()), ("context", pa.string())])  # fmt: skip
        self.duck.register("lake", pa.Table.from_pylist(self._rows, schema=schema))
        owners = [{"fragment": fragment, "customer": written(owner)} for fragment, owner in self.owners.items()]
        self.duck.register("customer_of", pa.Table.from_pylist(owners))
        self.duck.register("consent_of", pa.Table.from_pylist(list(self._consents()), schema=pa.schema(
            [("customer", pa.binary()), ("purpose", pa.string()), ("channel", pa.string()), ("status", pa.string())]
        )))  # fmt: skip
        return Membership(self.duck, self._segments, self._fold, Buckets(self._world.zone), CURRENCY, {}, now)

    def _consents(self) -> Iterator[dict[str, Any]]:
        for owner in set(self.owners.values()):
            mine = [act for act in self._acts if self.owners[act.key.fragment] == owner]
            consents = Consents(ledger.fold(mine))
            for about in (("ad_receive", "email"), ("ad_receive", "sms"), ("location", "any")):
                status = consents.standing(*about).status
                yield {"customer": written(owner), "purpose": about[0], "channel": about[1], "status": status}

    def close(self) -> None:
        with contextlib.suppress(duckdb.Error):
            self.duck.close()


def instants(draw: Any, since: int, until: int, wakes: Sequence[int], most: int) -> list[int]:
    """Times in [since, until): some at random, some right at and right before what was said to be the time."""
    edges = [at for wake in wakes for at in (wake - 1, wake) if since <= at < until]
    spread = draw(st.lists(st.integers(since, max(since, until - 1)), max_size=most))
    chosen = draw(st.lists(st.sampled_from(edges), max_size=most)) if edges else []
    return sorted({*spread, *chosen})


REACH = 16 * DAY + 3 * HOUR
