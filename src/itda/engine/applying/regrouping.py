"""What other rules of identity would make of everybody: who would be joined and who parted, and whom that touches.

The very code that repairs the past is run over what is stored, its writes kept in memory and thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from itda.base.ids import customer_text
from itda.engine.deciding import people
from itda.engine.deciding.definitions import Definitions
from itda.engine.held import is_cut
from itda.engine.questions import standing
from itda.engine.reconsidering import IDENTITY, Reconsidering
from itda.engine.resolver import Resolver
from itda.engine.work import Work
from itda.identity.policy import IdentityPolicy
from itda.store.arrays import byteas
from itda.store.consents import states_of
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import IdentifierRow
from itda.store.pipeline_store import ReadStore
from itda.store.ports import NodeRow, PolicyRow
from itda.store.trial import Trial

_PORTION = 2_000
_AT_ONCE = 500
_BIGGEST = 10
_LOG = "select position, log_time from cursor where name = 'pipeline'"
_EVENTS = "select fragment, events from fragment where fragment = any(%b)"
_MEMBERS = "select segment, customer from segment_member where customer = any(%b)"
_SIZES = "select segment, count(*) from segment_member where segment = any(%s) group by 1"
_TRAVELLING = "select journey, count(*) from journey_position where exited_at is null and fragment = any(%b) group by 1"


class Regrouped(msgspec.Struct, frozen=True):
    """A customer who would be made of several, or be several."""

    customer: str
    """The id: after a join of the whole, before a split of what is split."""
    parts: int
    """Customers of today that would be in it; or customers that it would be."""
    identifiers: int
    events: int


class SegmentTouched(msgspec.Struct, frozen=True):
    """A segment whose members would change as customers do."""

    name: str
    members: int
    would_be: int
    come: int
    """Customers who would be in it, and no part of them is: they enter the journeys that begin with it."""
    go: int
    """Customers who are in it, and no part of them would be."""


class JourneyTouched(msgspec.Struct, frozen=True):
    """People on their way in a journey who would be joined with others, or parted."""

    journey: str
    people: int


class IdentityMoves(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of customers."""

    customers: int
    """Today."""
    would_be: int
    joined: int
    """Customers of today that would be one with another; `joined_into` customers."""
    joined_into: int
    split: int
    """Customers of today that would be more than one: `split_into` customers."""
    split_into: int
    identifiers: int
    """That would be of another customer."""
    silenced: int
    """Identifiers that would join nobody any more: hubs, values that nobody owns."""
    freed: int
    """Identifiers that join nobody today and would again."""
    most_joined: list[Regrouped]
    """The ten with the most events."""
    most_split: list[Regrouped]
    segments: list[SegmentTouched]
    journeys: list[JourneyTouched]


def tried(work: Work, policy: IdentityPolicy) -> dict[bytes, NodeRow]:
    """Every identifier that would stand otherwise under these rules, as it would; nothing is written."""
    row = work.connection.execute(_LOG).fetchone()
    position, log_time = (int(row[0]), int(row[1])) if row else (0, 0)
    trial = Trial(ReadStore(work.connection), PolicyRow(IDENTITY, position, policy.version, "", log_time))
    by_them = Reconsidering(trial, work.vault, policy, Resolver(trial, policy), portion=_PORTION)
    while (writes := by_them.writes(position, log_time, 0)) is not None:
        trial.commit(writes)
    return trial.nodes_changed


def moves(work: Work, policy: IdentityPolicy, definitions: Definitions, now: int) -> IdentityMoves:
    """What these rules would make of customers, and of segments and journeys by these definitions at `now`."""
    before, after = _touched(work, tried(work, policy))
    looking = _Looking(work, _clusters(before.values()), _clusters(after.values()))
    joined, split = looking.parts()
    customers = standing.counted(work.connection)
    return IdentityMoves(
        customers=customers,
        would_be=customers - len(looking.then) + len(looking.would),
        joined=len(set[bytes]().union(*joined.values())),
        joined_into=len(joined),
        split=len(split),
        split_into=len(set[bytes]().union(*split.values())),
        identifiers=sum(row.customer != before[one].customer for one, row in after.items()),
        silenced=sum(not is_cut(before[one]) and is_cut(row) for one, row in after.items()),
        freed=sum(is_cut(before[one]) and not is_cut(row) for one, row in after.items()),
        most_joined=looking.biggest(joined, looking.would),
        most_split=looking.biggest(split, looking.then),
        segments=looking.segments(definitions, {one: row.kind for one, row in after.items()}, now),
        journeys=looking.journeys(),
    )


def _touched(work: Work, changed: Mapping[bytes, NodeRow]) -> tuple[dict[bytes, NodeRow], dict[bytes, NodeRow]]:
    """Every identifier of a customer that changes, as it stands and as it would."""
    store = ReadStore(work.connection)
    stored = {row.fragment: row for part in _parts(sorted(changed)) for row in store.nodes(part)}
    moved = [
        one
        for one, row in changed.items()
        if (row.customer, is_cut(row)) != (stored[one].customer, is_cut(stored[one]))
    ]
    customers = {row.customer for one in moved for row in (stored[one], changed[one])}
    homes = {row.component for part in _parts(sorted(customers)) for row in store.nodes(part)}
    homes.update(stored[one].component for one in moved)
    before: dict[bytes, NodeRow] = {}
    for part in _parts(sorted(homes)):
        before.update((row.fragment, row) for row in store.components(part).nodes)
    after = {one: changed.get(one, row) for one, row in before.items()}
    own = [one for one, row in before.items() if row.customer in customers or after[one].customer in customers]
    return {one: before[one] for one in own}, {one: after[one] for one in own}


def _clusters(rows: Iterable[NodeRow]) -> dict[bytes, list[bytes]]:
    """The identifiers of each customer; what joins nobody is none."""
    found: dict[bytes, list[bytes]] = {}
    for row in rows:
        if not is_cut(row):
            found.setdefault(row.customer, []).append(row.fragment)
    return found


def _across(clusters: Mapping[bytes, list[bytes]], others: Mapping[bytes, list[bytes]]) -> dict[bytes, set[bytes]]:
    """The others that a cluster's identifiers are of, where they are several."""
    owner = {one: customer for customer, members in others.items() for one in members}
    found = {customer: {owner[one] for one in members if one in owner} for customer, members in clusters.items()}
    return {customer: parts for customer, parts in found.items() if len(parts) > 1}


def _parts(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


class _Looking:
    """What hangs on customers as they are (`then`) and as they would be (`would`): those with an event."""

    def __init__(self, work: Work, then: dict[bytes, list[bytes]], would: dict[bytes, list[bytes]]) -> None:
        self._work = work
        self._events: dict[bytes, int] = {}
        for part in _parts(sorted({one for side in (then, would) for members in side.values() for one in members})):
            self._events.update(work.connection.execute(_EVENTS, [byteas(part)], binary=True).fetchall())
        self.then, self.would = self._heard(then), self._heard(would)
        self._changed = [
            {customer for customer, members in one.items() if set(members) != set(other.get(customer, ()))}
            for one, other in ((self.then, self.would), (self.would, self.then))
        ]

    def _heard(self, clusters: dict[bytes, list[bytes]]) -> dict[bytes, list[bytes]]:
        """Those with an event: an identifier that was only ever named beside others is nobody yet."""
        return {one: members for one, members in clusters.items() if not self._events.keys().isdisjoint(members)}

    def parts(self) -> tuple[dict[bytes, set[bytes]], dict[bytes, set[bytes]]]:
        """Of each customer who would be made of several of today's: those. Of each of today's in several: those."""
        return _across(self.would, self.then), _across(self.then, self.would)

    def biggest(self, parts: Mapping[bytes, set[bytes]], members: Mapping[bytes, list[bytes]]) -> list[Regrouped]:
        """Those with the most events."""
        rows = []
        for customer, of in parts.items():
            own = members[customer]
            events = sum(self._events.get(one, 0) for one in own)
            rows.append(Regrouped(customer_text(customer), len(of), len(own), events))
        return sorted(rows, key=lambda row: (-row.events, -row.parts, row.customer))[:_BIGGEST]

    def segments(self, definitions: Definitions, kinds: Mapping[bytes, str], now: int) -> list[SegmentTouched]:
        """Who would come into segments and go out because of who is whom."""
        were, are = self._changed
        connection, names = self._work.connection, definitions.shown
        stands: set[tuple[str, bytes]] = set()
        for part in _parts(sorted(were | are)):
            rows = connection.execute(_MEMBERS, [byteas(part)], binary=True).fetchall()
            stands.update((name, customer) for name, customer in rows if name in names)
        would = {(name, one) for name, one in self._answers(definitions, kinds, sorted(are), now)}
        sizes: dict[str, int] = dict(connection.execute(_SIZES, [list(names)]).fetchall())
        come = would - self._carried(stands, self.then, self.would)
        go = stands - self._carried(would, self.would, self.then)
        found = []
        for name in names:
            counts = (sum(each[0] == name for each in side) for side in (stands, would, come, go))
            stood, stand, came, went = counts
            if came or went or stood != stand:
                size = sizes.get(name, 0)
                found.append(SegmentTouched(name, size, size - stood + stand, came, went))
        return found

    def _carried(
        self, members: set[tuple[str, bytes]], whose: Mapping[bytes, list[bytes]], others: Mapping[bytes, list[bytes]]
    ) -> set[tuple[str, bytes]]:
        """The members of segments, as those of the other grouping who have an identifier of theirs."""
        owner = {one: customer for customer, own in others.items() for one in own}
        return {(name, owner[one]) for name, customer in members for one in whose.get(customer, ()) if one in owner}

    def _answers(
        self, definitions: Definitions, kinds: Mapping[bytes, str], customers: Sequence[bytes], now: int
    ) -> Iterator[tuple[str, bytes]]:
        store, connection = EngagementStore(None, self._work.connection), self._work.connection
        for part in _parts(customers):
            members = {
                customer: [IdentifierRow(one, kinds[one], customer) for one in sorted(self.would[customer])]
                for customer in part
            }
            loaded = people.loaded(store, definitions, members, part, lambda each: states_of(connection, each))
            for one in loaded:
                at = max(now, one.state.log_time)
                answers = definitions.segments.answers(people.seen(one, definitions.consents), at, definitions.shown)
                yield from ((name, one.id) for name, told in answers.items() if told.is_member)

    def journeys(self) -> list[JourneyTouched]:
        """Who is on the way in a journey and would be somebody else, or with somebody else."""
        were, _ = self._changed
        fragments = sorted({one for customer in were for one in self.then[customer]})
        found: dict[str, int] = {}
        for part in _parts(fragments):
            for journey, number in self._work.connection.execute(_TRAVELLING, [byteas(part)]).fetchall():
                found[journey] = found.get(journey, 0) + number
        return [JourneyTouched(name, number) for name, number in sorted(found.items())]
