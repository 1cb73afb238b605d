"""One step of the decider: a portion of the log, who joined or parted, and passing time, put to everybody concerned.

Customers do not depend on one another, so they are gone through some hundreds at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec

from itda.base.instant import LocalDates
from itda.consent.heard import TAKEN
from itda.engine.deciding import people
from itda.engine.deciding.acts import Acts
from itda.engine.deciding.aside import Aside
from itda.engine.deciding.choosing import Chooser
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.journeying import Journeying
from itda.engine.deciding.membership import Before, Change, answered
from itda.engine.deciding.outcomes import End, ended
from itda.engine.deciding.people import Clusters, Customer
from itda.engine.deciding.touched import Touched, touched
from itda.engine.deciding.travel import Happened, Joined, Told, Traveller
from itda.engine.moving import position_row
from itda.engine.recent import Recent
from itda.journeys.happening import Occurred, Outcome
from itda.journeys.position import decode
from itda.store.consents import states_of
from itda.store.database import Connection
from itda.store.engagement import EngagementStore, Resolved
from itda.store.engagement_rows import NEVER, AsideRow, AskedRow, DeclinedRow, WakeRow
from itda.store.engagement_sql import EngagementWrites
from itda.store.lake.block import LATE, others_of
from itda.store.lake.following import Portion
from itda.store.requests import stopped

_NOTHING = Change()
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
    back: list[AsideRow] = []
    """Of people that were put aside, those with whom to go on."""
    missed: list[dict[str, Any]] = []
    """The rows of the lake that came for them meanwhile, in log order."""
    stopping: list[bytes] = []
    """Fragments of people who leave everything: they asked for it."""


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
    at_once: int = 500
    """Customers gone through together."""


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
        self._due: set[bytes] = set()
        """Customers whose wait may be over."""
        self._aside = Aside(situation.store, given.back, writes)

    def run(self, connection: Connection) -> None:
        """Go through everybody concerned, in the transaction of the step."""
        given, situation = self._given, self._in
        found = touched(situation.definitions, given.portion, situation.known)
        rows = [*given.missed, *found.rows]
        self._outcomes(rows)
        self._events(rows)
        self._of = Clusters(situation.store.clusters(sorted(self._concerned(found))))
        spoken = {event.key.fragment for event in situation.acts.record(connection, found.rows, self._of)}
        acted = {row["fragment"] for row in found.rows if row["name"] in TAKEN}
        spoken |= acted & self._of.of.keys()  # also where a door wrote the act before its event came by
        situation.acts.pass_time(connection, given.log_time)
        self._join()
        names = self._names(found, spoken)
        self._due = {self._of.of[one] for one in given.due if one in self._of.of}
        happened = {self._of.of[one] for one in self._happened if one in self._of.of}
        concerned = names.keys() | self._due | happened | self._former.keys()
        concerned |= {self._of.of[row.fragment] for row in given.back if row.fragment in self._of.of}
        concerned |= {self._of.of[one] for one in given.stopping if one in self._of.of}
        self._of.stop(stopped(connection, self._of.of))
        self._turn_away(sorted(concerned & self._of.nobody))
        everybody = sorted(concerned - self._of.nobody)
        for start in range(0, len(everybody), situation.at_once):
            self._batch(connection, everybody[start : start + situation.at_once], names, found)
        self._gone()
        self._write()
        self.writes.erased += found.erased
        self.writes.stopping += given.stopping
        for fragments in (found.strangers, found.segments):
            for fragment in fragments:
                situation.known.put(fragment, True)

    # ── who is concerned ──

    def _concerned(self, found: Touched) -> set[bytes]:
        given = self._given
        return {
            *found.segments,
            *found.strangers,
            *found.refolded,
            *(row["fragment"] for row in found.rows),
            *(other for row in found.rows if row["name"] in TAKEN for other in others_of(row["others"])),
            *self._happened,
            *given.due,
            *given.stopping,
            *given.renewed,
            *(row.fragment for row in given.back),
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
        back = (row.fragment for row in self._given.back)
        anew = (*waking, *self._given.renewed, *back, *found.refolded)
        for one in (*new, *self._former, *(of[one] for one in anew if one in of)):
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
        customers = self._aside.going(customers, of.members)
        asks = bool(situation.definitions.consents or situation.definitions.journeys)
        ledger = partial(states_of, connection) if asks else None
        alone, faulty = self._aside.alone, self._aside.faulty
        here = people.loaded(situation.store, situation.definitions, of.members, customers, ledger, alone)
        here = [one for one in here if one.id not in faulty] if faulty else here
        before = self._before(customers)
        changes: dict[bytes, Change] = {}
        for one in here:
            if one.id in names and not one.last_at:  # only ever named beside others: nobody yet
                self.writes.members_gone += [(name, one.id) for name in before[one.id].members]
            elif one.id in names:
                wanted = names[one.id]
                if before[one.id].wake is None:
                    wanted = None
                with alone(one, "segments"):
                    changes[one.id] = answered(
                        situation.definitions, one, before[one.id], wanted, self._given.log_time, self.writes
                    )
        if situation.definitions.journeys:
            moving = [one for one in here if one.id not in faulty and self._is_moving(one, changes)]
            self._journeying().go_on(connection, moving, changes, partial(self._is_late, found), self.writes)

    def _journeying(self) -> Journeying:
        situation, log_time = self._in, self._given.log_time
        return Journeying(
            situation.store, situation.definitions, situation.chooser, situation.seed, log_time,
            min(self._first_at, log_time), self._happened, self._aside, self.told,
        )  # fmt: skip

    def _is_moving(self, one: Customer, changes: dict[bytes, Change]) -> bool:
        """Whether anything may have happened to them in journeys."""
        return (
            one.id in self._due
            or one.id in self._former
            or self._aside.is_back(one.id)
            or changes.get(one.id, _NOTHING) != _NOTHING
            or any(fragment in self._happened for fragment in one.fragments)
        )

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
            owner = Customer(row.fragment, self._of.members[row.fragment])
            with self._aside.alone(owner, "journeys"):
                position = decode(row.state)
                Traveller(self._in.definitions, owner, [position], self._in.seed, self.told).leave(self._given.log_time)

    def _write(self) -> None:
        """Where those who moved are now, what of theirs waits though they are out, who was not let in, who is aside."""
        self._aside.write(self._of.of, self._of.nobody)
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

    def _is_late(self, found: Touched, customer: Customer, name: str) -> bool:
        """Whether somebody came into a segment by what is past, or by what is meant by it now."""
        own, renewing = customer.fragments, self._in.renewing
        if any(one in found.segments or one in found.strangers or one in found.refolded for one in own) and not any(
            one in found.on_time for one in own
        ):
            return True
        return name in renewing and customer.id > renewing[name]


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
