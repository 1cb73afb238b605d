"""What a change would do before it is done: the same pure functions over what is recorded, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from itda.base.instant import DAY
from itda.engine.deciding import people
from itda.engine.deciding.beginning import Beginning
from itda.engine.deciding.choosing import Chooser
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.membership import Change
from itda.engine.deciding.people import Clusters, Customer
from itda.engine.deciding.step import occurred
from itda.engine.deciding.travel import Happened, Told, Traveller, in_order
from itda.engine.gate import SEED, Gate
from itda.engine.work import Work
from itda.journeys.definition import Journey
from itda.journeys.happening import SegmentEntered, SegmentLeft
from itda.journeys.position import decode
from itda.profiles.events import words
from itda.store.consents import states_of
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import PositionRow
from itda.store.engagement_sql import EngagementWrites
from itda.store.lake.block import OWN_MARK
from itda.store.lake.following import FULL
from itda.store.lake.reader import Snapshot
from itda.workspace.definition import Workspace

_AT_ONCE = 500


class Course(msgspec.Struct):
    """What came of a journey. `sent`, `held` and `dropped` are what the gate says of its messages now."""

    entered: int = 0
    held_out: int = 0
    """Of those, in the holdout: they are sent nothing."""
    exited: int = 0
    """Of people who are in it already."""
    sent: int = 0
    held: int = 0
    dropped: Counter[str] = msgspec.field(default_factory=Counter)
    """Why → how many."""


class Foresight:
    """One look ahead, in the transaction of a question. `held` are the definitions after it; `now` is log time."""

    def __init__(self, work: Work, after: Workspace, held: Definitions, now: int) -> None:
        self._work = work
        self._held = held
        self._now = now
        self._store = EngagementStore(None, work.connection)
        self._seed = work.vault.seed(SEED)
        gate = Gate(after.consent, self._seed, after.country, after.granting)
        self._chooser = Chooser(gate, after.messages, work.vault, self._seed, after.languages[0], after.policy.accounts)

    def past(self, snapshot: Snapshot, journeys: Sequence[Journey], days: int) -> dict[str, Course]:
        """What these journeys would have done with the events of the last days, had they been in force."""
        shown = [self._held.segments.by_name[name] for name in self._held.shown]
        definitions = Definitions(shown, journeys, (), self._held.fold)
        happened: dict[bytes, list[Happened]] = {}
        for row in _rows(snapshot, definitions, self._now - days * DAY):
            if definitions.listeners((row["name"], row["channel"], row["source"], row["type"])).is_for_journeys:
                happened.setdefault(row["fragment"], []).append(Happened(row["received_at"], occurred(row)))
        of = Clusters(self._store.clusters(sorted(happened)))
        found = {journey.name: Course() for journey in journeys}
        for customers in self._customers(definitions, of, {of.of[one] for one in happened if one in of.of}):
            told = Told()
            for one in customers:
                own = [each for fragment in one.fragments for each in happened.get(fragment, ())]
                self._travel(Traveller(definitions, one, (), self._seed, told), one, own, Change())
            self._count(found, told, customers)
        return found

    def at_once(self, moved: Mapping[bytes, tuple[set[str], set[str]]]) -> dict[str, Course]:
        """What comes of journeys as customers come into changed segments and go out: customer → (in, out)."""
        definitions, heard = self._held, self._held.heard
        concerned = {one for one, (came, went) in moved.items() if heard.intersection(came | went)}
        of = Clusters(self._store.clusters(sorted(concerned)))
        found = {journey.name: Course() for journey in definitions.entering}
        for customers in self._customers(definitions, of, concerned):
            rows = self._stored(definitions, customers, {one.id: heard & moved[one.id][0] for one in customers})
            told = Told()
            for one in customers:
                own = [decode(row.state) for row in rows.values() if row.fragment in one.fragments]
                came, went = moved[one.id]
                change = Change(tuple(sorted(heard & came)), tuple(sorted(heard & went)))
                self._travel(Traveller(definitions, one, own, self._seed, told), one, (), change)
            self._count(found, told, customers)
        return found

    def _customers(self, definitions: Definitions, of: Clusters, wanted: Iterable[bytes]) -> Iterator[list[Customer]]:
        ids = sorted(set(wanted) & of.members.keys())
        for start in range(0, len(ids), _AT_ONCE):
            yield people.loaded(
                self._store, definitions, of.members, ids[start : start + _AT_ONCE],
                lambda fragments: states_of(self._work.connection, fragments),
            )  # fmt: skip

    def _stored(
        self, definitions: Definitions, customers: Sequence[Customer], entered: Mapping[bytes, Iterable[str]]
    ) -> dict[bytes, PositionRow]:
        """What may still change for these customers, and what has a say in whether they enter by these segments."""
        fragments = sorted({fragment for one in customers for fragment in one.fragments})
        beginning = Beginning(definitions, self._seed)
        for one in customers:
            for name in entered[one.id]:
                beginning.joins(one, name, self._now)
        rows = {row.id: row for row in self._store.watched(fragments, self._now)}
        rows |= {row.id: row for row in self._store.positions_by_id(sorted(beginning.keys))}
        return rows | {row.id: row for row in self._store.alike(beginning.alike)}

    def _travel(self, traveller: Traveller, one: Customer, happened: Sequence[Happened], change: Change) -> None:
        """Put it all to one customer, as the decider does; whoever is moved by a definition comes late."""
        for each in in_order(happened, change, one.id, self._now, lambda _: True):
            if isinstance(each.what, SegmentEntered | SegmentLeft) or happened:
                traveller.meets(each)

    def _count(self, found: dict[str, Course], told: Told, customers: Sequence[Customer]) -> None:
        for _, move in told.moves:
            position = told.positions[move.position_id]
            course = found.setdefault(position.journey, Course())
            if move.what == "entered":
                course.entered += 1
                course.held_out += position.arm == "holdout"
            elif move.what == "exited" and not any(
                other.what == "entered" and other.position_id == move.position_id for _, other in told.moves
            ):
                course.exited += 1
        if not told.intents:
            return
        owners = {fragment: one for one in customers for fragment in one.fragments}
        intents = [msgspec.structs.replace(intent, at=self._now) for intent in told.intents]
        unwritten = EngagementWrites(position_before=0, position_after=0, epoch=0, log_time=self._now, resolved=0)
        self._chooser.chosen(self._store, self._work.connection, intents, owners, self._now, unwritten)
        for row in unwritten.outbox:
            course = found[row.journey]
            if row.status == "queued":
                course.sent += 1
            elif row.status == "held":
                course.held += 1
            else:
                course.dropped[row.reasons] += 1


def _rows(snapshot: Snapshot, definitions: Definitions, since: int) -> list[dict[str, Any]]:
    """Events by the names that journeys listen to, received since then, in log order."""
    names = sorted({name for events in definitions.selectors for name in words(events.name)})
    if not names:
        return []
    wanted = pc.field("name").isin(pa.array(names)) & (pc.field("received_at") >= since)
    found: list[dict[str, Any]] = snapshot.table(list(FULL), wanted).sort_by("position").to_pylist()
    return [row for row in found if not row["source"].startswith(OWN_MARK)]
