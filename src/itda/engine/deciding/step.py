"""One step of the decider: a portion of the log, who joined or parted, and passing time, put to everybody concerned.

Customers do not depend on one another, so they are gone through some hundreds at a time.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from itda.base import ids
from itda.base.errors import Conflict, Unavailable
from itda.base.instant import LocalDates
from itda.consent.acts import NAMES
from itda.engine.deciding import people
from itda.engine.deciding.acts import Acts
from itda.engine.deciding.beginning import Beginning
from itda.engine.deciding.choosing import Chooser
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.membership import Before, Change, answered
from itda.engine.deciding.outcomes import End, ended
from itda.engine.deciding.people import Clusters, Customer
from itda.engine.deciding.touched import Touched, touched
from itda.engine.deciding.travel import Happened, Joined, Told, Traveller, in_order, unsent
from itda.engine.moving import position_row
from itda.engine.recent import Recent
from itda.journeys.happening import Occurred, Outcome
from itda.journeys.position import Position, decode
from itda.store.consents import states_of
from itda.store.database import Connection
from itda.store.engagement import EngagementStore, Resolved
from itda.store.engagement_rows import NEVER, AskedRow, DeclinedRow, PositionRow, WakeRow
from itda.store.engagement_sql import EngagementWrites
from itda.store.lake.block import LATE, others_of
from itda.store.lake.following import Portion

_log = logging.getLogger(__name__)

_AT_ONCE = 500
_json = msgspec.json.Decoder()


class Given(msgspec.Struct):
    """What a step is to deal with."""

    portion: Portion
    log_time: int
    """As far as the log is read with this portion."""
    resolved: list[Resolved] = []
    due: list[bytes] = []
    """Fragments of positions whose wait may be over."""
    waking: list[WakeRow] = []
    untold: list[AskedRow] = []
    """Messages that will not go, of which journeys do not know it yet."""
    renewed: list[bytes] = []
    """Customers whose turn it is to follow a changed segment."""


class Situation(msgspec.Struct, frozen=True):
    """What a step works with, the same for many."""

    store: EngagementStore
    definitions: Definitions
    acts: Acts
    chooser: Chooser
    seed: bytes
    known: Recent[bytes, bool]
    """Fragments whose customers were answered lately."""
    dates: LocalDates
    renewing: dict[str, bytes]
    """Segments whose meaning changed, and the customer up to whom that was carried out."""


class Step:
    """Everything that comes of what is given, gathered in `writes` and `told`."""

    def __init__(self, situation: Situation, given: Given, writes: EngagementWrites) -> None:
        self._in = situation
        self._given = given
        self.writes = writes
        self.told = Told()
        self._of = Clusters(())
        self._former: dict[bytes, set[bytes]] = {}
        self._happened: dict[bytes, list[Happened]] = {}
        self._first_at = NEVER

    def run(self, connection: Connection) -> None:
        """Go through everybody concerned, in the transaction of the step."""
        given, situation = self._given, self._in
        found = touched(situation.definitions, given.portion, situation.known)
        self._outcomes(found.rows)
        self._events(found.rows)
        self._of = Clusters(situation.store.clusters(sorted(self._concerned(found))))
        spoken = {event.key.fragment for event in situation.acts.record(connection, found.rows, self._of)}
        acted = {row["fragment"] for row in found.rows if row["name"] in NAMES}
        spoken |= acted & self._of.of.keys()  # also where a door wrote the act before its event came by
        situation.acts.pass_time(connection, given.log_time)
        self._join()
        names = self._names(found, spoken)
        moving = {self._of.of[one] for one in (*self._happened, *given.due) if one in self._of.of}
        concerned = names.keys() | moving | self._former.keys()
        self._turn_away(sorted(concerned & self._of.nobody))
        everybody = sorted(concerned - self._of.nobody)
        for start in range(0, len(everybody), _AT_ONCE):
            self._batch(connection, everybody[start : start + _AT_ONCE], names, found)
        self._gone()
        self._write()
        for fragments in (found.strangers, found.segments):
            for fragment in fragments:
                situation.known.put(fragment, True)

    # ── who is concerned ──

    def _concerned(self, found: Touched) -> set[bytes]:
        given = self._given
        return {
            *found.segments,
            *found.strangers,
            *(row["fragment"] for row in found.rows),
            *(other for row in found.rows if row["name"] in NAMES for other in others_of(row["others"])),
            *self._happened,
            *given.due,
            *given.renewed,
            *(row.customer for row in given.waking),
            *(one for change in given.resolved for cluster in change.after for one in cluster),
        }

    def _join(self) -> None:
        """Note of which customers each one was parts of before, and when they became one."""
        for change in self._given.resolved:
            joined = Happened(min(change.at, self._given.log_time), Joined())
            for one in {self._of.of[cluster[0]] for cluster in change.after if cluster[0] in self._of.of}:
                self._happened.setdefault(one, []).append(joined)
            was = {fragment: cluster[0] for cluster in change.before for fragment in cluster}
            for fragment in (one for cluster in change.after for one in cluster):
                customer = self._of.of.get(fragment)
                if customer is not None:
                    own = self._former.setdefault(customer, set())
                    if fragment in was:
                        own.add(was[fragment])

    def _names(self, found: Touched, spoken: Iterable[bytes]) -> dict[bytes, set[str] | None]:
        """Whose segments are to be answered, and which of them; None for all."""
        names: dict[bytes, set[str] | None] = {}
        if not self._in.definitions.shown:
            return names
        of = self._of.of
        for fragment, heard in found.segments.items():
            if fragment in of:
                _more(names, of[fragment], heard)
        for fragment in spoken:
            _more(names, of[fragment], self._in.definitions.of_consent)
        strangers = {of[fragment] for fragment in found.strangers if fragment in of} - names.keys()
        new = strangers - self._in.store.wakes(sorted(strangers)).keys()
        waking = (row.customer for row in self._given.waking)
        for one in (*new, *self._former, *(of[one] for one in (*waking, *self._given.renewed) if one in of)):
            names[one] = None
        return names

    # ── what happened ──

    def _outcomes(self, rows: Sequence[dict[str, Any]]) -> None:
        """What became of messages that journeys asked for."""
        told = ended(rows)
        asked = [*self._in.store.asked_by(sorted(told)), *self._given.untold]
        ids_ = sorted({row.position_id for row in asked if row.position_id is not None})
        positions = {row.id: row.fragment for row in self._in.store.positions_by_id(ids_)}
        for one in asked:
            if one.position_id is None or one.position_id not in positions:
                continue
            end = told.get(one.id) or End("unsent", self._given.log_time, self._given.log_time, one.reasons)
            outcome = Outcome(step=one.step, what=end.what, at=end.at, why=end.why)
            happened = Happened(end.log_at, outcome, one.position_id)
            self._happened.setdefault(positions[one.position_id], []).append(happened)
        self.writes.told += [row.id for row in self._given.untold]

    def _events(self, rows: Sequence[dict[str, Any]]) -> None:
        """The events that journeys listen to, by fragment."""
        for row in rows:
            kind = (row["name"], row["channel"], row["source"], row["type"])
            if self._in.definitions.listeners(kind).is_for_journeys:
                event = occurred(row)
                self._first_at = min(self._first_at, event.occurred_at)
                self._happened.setdefault(event.fragment, []).append(Happened(event.received_at, event))

    # ── one after the other ──

    def _batch(
        self, connection: Connection, customers: list[bytes], names: dict[bytes, set[str] | None], found: Touched
    ) -> None:
        situation, of = self._in, self._of
        asks = bool(situation.definitions.consents or situation.definitions.journeys)
        ledger = partial(states_of, connection) if asks else None
        here = people.loaded(situation.store, situation.definitions, of.members, customers, ledger)
        before = self._before(customers)
        changes: dict[bytes, Change] = {}
        for one in here:
            if one.id in names and not one.last_at:  # only ever named beside others: nobody yet
                self.writes.members_gone += [(name, one.id) for name in before[one.id].members]
            elif one.id in names:
                wanted = names[one.id]
                if before[one.id].wake is None:
                    wanted = None
                with _alone(one):
                    changes[one.id] = answered(
                        situation.definitions, one, before[one.id], wanted, self._given.log_time, self.writes
                    )
        if situation.definitions.journeys:
            self._travel(connection, here, changes, found)

    def _before(self, customers: list[bytes]) -> dict[bytes, Before]:
        asked = {*customers, *(was for one in customers for was in self._former.get(one, ()))}
        wakes = self._in.store.wakes(customers)
        stored: dict[bytes, dict[str, int]] = {}
        for row in self._in.store.members(sorted(asked)):
            stored.setdefault(row.customer, {})[row.segment] = row.since
        found = {}
        for one in customers:
            was: dict[str, int] = {}
            for other in self._former.get(one, ()):
                if other != one:
                    for name, since in stored.get(other, {}).items():
                        was[name] = min(since, was.get(name, since))
            found[one] = Before(stored.get(one, {}), was, wakes.get(one))
        return found

    def _gone(self) -> None:
        """Customers that are none any more leave nothing behind."""
        fragments = {one for change in self._given.resolved for cluster in change.before for one in cluster[:1]}
        gone = sorted(one for one in fragments if self._of.of.get(one, one) != one)
        woken = (row.customer for row in self._given.waking)
        self.writes.wakes_gone += [*gone, *(one for one in woken if self._of.of.get(one) != one)]
        if gone:
            self.writes.members_gone += [(row.segment, row.customer) for row in self._in.store.members(gone)]

    def _turn_away(self, nobody: list[bytes]) -> None:
        """What turned out to be no customer is in no segment, is not woken, and leaves every journey."""
        if not nobody:
            return
        self.writes.wakes_gone += nobody
        self.writes.members_gone += [(row.segment, row.customer) for row in self._in.store.members(nobody)]
        for row in self._in.store.watched(nobody, NEVER):
            owner, position = Customer(row.fragment, self._of.members[row.fragment]), decode(row.state)
            Traveller(self._in.definitions, owner, [position], self._in.seed, self.told).leave(self._given.log_time)

    # ── journeys ──

    def _travel(
        self, connection: Connection, here: list[Customer], changes: dict[bytes, Change], found: Touched
    ) -> None:
        due = {self._of.of[one] for one in self._given.due if one in self._of.of}
        nothing = Change()
        moving = [
            one
            for one in here
            if one.id in due
            or one.id in self._former
            or changes.get(one.id, nothing) != nothing
            or any(fragment in self._happened for fragment in one.fragments)
        ]
        positions = self._positions(moving, changes)
        travellers: dict[bytes, Traveller] = {}
        for one in moving:
            own = [position for fragment in one.fragments for position in positions.get(fragment, ())]
            traveller = Traveller(self._in.definitions, one, own, self._in.seed, self.told)
            with _alone(one):
                happened = [each for fragment in one.fragments for each in self._happened.get(fragment, ())]
                change = changes.get(one.id, nothing)
                for each in in_order(happened, change, one.id, self._given.log_time, self._lateness(one, found)):
                    traveller.meets(each)
            for fragment in one.fragments:
                travellers[fragment] = traveller
        self._choose(connection, {fragment: one for one in moving for fragment in one.fragments}, travellers)

    def _choose(
        self, connection: Connection, owners: dict[bytes, Customer], travellers: dict[bytes, Traveller]
    ) -> None:
        """Put what journeys want said to the gate; they learn of what does not go."""
        intents, self.told.intents = self.told.intents, []
        if not intents:
            return
        for intent, why in self._in.chooser.chosen(
            self._in.store, connection, intents, owners, self._given.log_time, self.writes
        ):
            traveller = travellers[intent.fragment]
            traveller.put(intent.position_id, unsent(intent, why))

    def _positions(self, moving: list[Customer], changes: dict[bytes, Change]) -> dict[bytes, list[Position]]:
        """What may still change for these customers, and of their past what has a say in whether they enter now."""
        fragments = sorted({fragment for one in moving for fragment in one.fragments})
        since = min(self._first_at, self._given.log_time)
        store = self._in.store
        rows: dict[bytes, PositionRow] = {row.id: row for row in store.watched(fragments, since)}
        beginning = Beginning(self._in.definitions, self._in.seed)
        for one in moving:
            change = changes.get(one.id)
            for name in change.entered if change is not None else ():
                beginning.joins(one, name, self._given.log_time)
            for each in (each for fragment in one.fragments for each in self._happened.get(fragment, ())):
                if isinstance(each.what, Occurred):
                    beginning.meets(one, each.what)
                elif isinstance(each.what, Joined):
                    own = set(one.fragments)
                    beginning.parts(one, (row for row in rows.values() if row.fragment in own))
        about = {each.about for one in fragments for each in self._happened.get(one, ()) if each.about}
        keys = sorted({*beginning.keys, *about})
        rows |= {row.id: row for row in (*store.positions_by_id(keys), *store.alike(beginning.alike))}
        found: dict[bytes, list[Position]] = {}
        for _, row in sorted(rows.items()):
            found.setdefault(row.fragment, []).append(self.told.positions.get(row.id) or decode(row.state))
        return found

    def _write(self) -> None:
        """Where those who moved are now, what of theirs waits though they are out, and who was not let in."""
        self.writes.positions += [position_row(position) for _, position in sorted(self.told.positions.items())]
        self.writes.exits += [
            (move.position_id, f"exited {move.reason}")
            for _, move in self.told.moves
            if move.what == "exited" and move.reason != "finished"
        ]
        declined: Counter[tuple[str, int, str]] = Counter()
        for (journey, why, log_at), n in self.told.declined.items():
            declined[journey, self._in.dates.of(log_at), why] += n
        self.writes.declined += [DeclinedRow(*key, n) for key, n in sorted(declined.items())]

    def _lateness(self, customer: Customer, found: Touched) -> Any:
        """Whether somebody came into a segment by what is past, or by what is meant by it now."""
        fragments = customer.fragments
        is_past = any(one in found.segments or one in found.strangers for one in fragments) and not any(
            one in found.on_time for one in fragments
        )
        renewing = self._in.renewing

        def is_late(name: str) -> bool:
            return is_past or (name in renewing and customer.id > renewing[name])

        return is_late


@contextlib.contextmanager
def _alone(customer: Customer) -> Iterator[None]:
    """Our own fault with one customer is told, and stops nobody else."""
    try:
        yield
    except (Conflict, Unavailable):
        raise
    except Exception:  # noqa: BLE001 - one customer must never stop the others
        _log.exception("a customer broke our own code and is passed over: %s", ids.customer_text(customer.id))


def occurred(row: dict[str, Any]) -> Occurred:
    """The event of a row of the lake, as journeys see it."""
    return Occurred(
        event_id=row["event_id"],
        name=row["name"],
        type=row["type"],
        source=row["source"],
        channel=row["channel"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        local_date=row["local_date"],
        position=row["position"],
        fragment=row["fragment"],
        properties=_json.decode(row["properties"]),
        is_late=bool(row["flags"] & LATE),
    )


def _more(names: dict[bytes, set[str] | None], customer: bytes, more: Iterable[str]) -> None:
    own = names.setdefault(customer, set())
    if own is not None:
        own.update(more)
