"""What would come of it if other definitions were applied: what differs, who comes and goes, what would be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from itda.engine import membership, unfolded
from itda.engine.app import Answer
from itda.engine.applying import difference
from itda.engine.applying.difference import ChangeView
from itda.engine.applying.foreseen import Course, Foresight
from itda.engine.applying.regrouping import IdentityMoves, moves
from itda.engine.deciding.applying import TRAIT, InForce, in_force
from itda.engine.work import Work
from itda.journeys.definition import Journey
from itda.journeys.steps.send import Send
from itda.store import releases
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import AppliedRow
from itda.store.lake.reader import Snapshot
from itda.workspace.definition import Workspace
from itda.workspace.kept import CONSENT, with_kept

_LOG_TIME = "select log_time from cursor where name = 'decider'"
_MEMBERS = "select customer from segment_member where segment = %s"
_IN_FLIGHT = "select journey, count(*) from journey_position where exited_at is null and journey = any(%s) group by 1"
_WAITING = (
    "select message, count(*) from outbox where status in ('queued', 'held', 'retry') and message = any(%s)"
    " group by 1 order by 1"
)


class SegmentMoves(msgspec.Struct, frozen=True):
    """One segment: how many are in it, would be, come in and go out. `came` and `went` are the first of them (hex)."""

    name: str
    members: int
    would_be: int
    come: int
    go: int
    came: list[str] = []
    went: list[str] = []


class JourneyCourse(msgspec.Struct, frozen=True):
    """What would come of a journey; `sent`, `held` and `dropped` as the gate would say now."""

    name: str
    entered: int
    held_out: int
    """Of those who entered, in the holdout: they are sent nothing."""
    exited: int
    sent: int
    held: int
    dropped: dict[str, int]
    """Why → how many."""


class InFlight(msgspec.Struct, frozen=True):
    """People in a journey that changes (they finish on the version they entered) or goes (they are taken out)."""

    journey: str
    people: int
    is_gone: bool


class WaitingView(msgspec.Struct, frozen=True):
    """Messages that wait to be sent, of one that changes (they leave as it says then) or goes (they are dropped)."""

    message: str
    waiting: int
    is_gone: bool


class DiffView(msgspec.Struct, frozen=True, kw_only=True):
    """What applying these definitions would do. Nothing was written."""

    position: int | None
    """Of what is in force; None where nothing was applied yet: the files hold as they are."""
    version: str
    """Of what would be."""
    changes: list[ChangeView]
    segments: list[SegmentMoves]
    at_once: list[JourneyCourse]
    """What comes of journeys as customers come into changed segments and go out."""
    past: list[JourneyCourse]
    """What new and changed journeys would have done with the events of the last days."""
    days: int
    in_flight: list[InFlight]
    waiting: list[WaitingView]
    unfolded: list[str]
    """Traits, segments and journeys that rest on a past which is not folded: it has to be, from the lake, first."""
    rows: int
    """Rows of the lake that would be folded for them; 0 where none are."""
    identity: IdentityMoves | None = None
    """What becomes of customers where identity.yaml changes; None where it does not."""
    unsuited: list[str] = []
    """Why what is in force does not suit the files: nothing is sent until something else is applied."""


class Diff(msgspec.Struct, frozen=True):
    """What these files (path → text) would do; `members` is how many customers are named, `days` how far back."""

    permission: ClassVar[str] = "definitions.read"
    texts: dict[str, str]
    days: int = 7
    members: int = 0

    def answer(self, work: Work) -> Answer[DiffView]:
        """Hold what is in force against them."""
        after = with_kept(work.workspace, self.texts)
        changes = difference.changes(work.workspace, after)
        snapshot = work.lake.within(work.connection)
        looking = _Looking(work, after, snapshot)
        segments = looking.segments(self.members) if changes else []
        looked_at = _looked_at(after, changes)
        gone = [one.name for one in changes if one.kind == "journey" and one.what != "added"]
        said = [one.name for one in changes if one.kind == "message" and one.what != "added"]
        there = {journey.name for journey in after.journeys}
        at_once = looking.foresight.at_once(looking.moved)
        past = looking.foresight.past(snapshot, looked_at, self.days)
        view = DiffView(
            position=releases.position(work.connection),
            version=difference.version(after),
            changes=changes,
            segments=segments,
            at_once=[one for one in _told(at_once) if one.entered or one.exited],
            past=_told(past),
            days=self.days,
            in_flight=[
                InFlight(name, people, name not in there)
                for name, people in sorted(work.connection.execute(_IN_FLIGHT, [gone]).fetchall())
            ],
            waiting=[
                WaitingView(name, number, name not in after.messages)
                for name, number in work.connection.execute(_WAITING, [said]).fetchall()
            ],
            unfolded=looking.unfolded,
            rows=snapshot.rows if looking.unfolded else 0,
            identity=looking.identity() if after.policy != work.workspace.policy else None,
            unsuited=[str(fault) for fault in work.workspace.unsuited],
        )
        return Answer(view, count=len(changes))


class _Looking:
    """One look at everybody."""

    def __init__(self, work: Work, after: Workspace, snapshot: Snapshot) -> None:
        self._work = work
        self._after = after
        self._snapshot = snapshot
        row = work.connection.execute(_LOG_TIME).fetchone()
        self._now = int(row[0]) if row else 0
        fold = after.fold()
        missing = unfolded.keys(work.connection, fold)
        stored = EngagementStore(None, work.connection).applied()
        stored = [row for row in stored if row.kind != TRAIT] + [AppliedRow(TRAIT, key, "", "", 0) for key in missing]
        self._held: InForce = in_force(stored, after.segments, after.journeys, fold, self._now)
        self.foresight = Foresight(work, after, self._held.definitions, self._now)
        self.moved: dict[bytes, tuple[set[str], set[str]]] = {}
        """Customer → the changed segments they come into, and those they go out of."""
        self.unfolded = unfolded.names(after, fold, missing)

    def segments(self, most: int) -> list[SegmentMoves]:
        """Who comes into each changed segment and who goes out, by the lake; the first so many are named."""
        held, work = self._held, self._work
        changed = [name for name in held.definitions.shown if name in held.renewing]
        waiting = list(held.waiting)
        with membership.at(self._snapshot, work.connection, self._after, self._now) as lake:
            found = [self._moves(name, set(lake.members(name)), most) for name in [*changed, *waiting]]
        gone = [name for name in held.gone if name not in waiting]
        return found + [self._moves(name, set(), most) for name in gone]

    def identity(self) -> IdentityMoves:
        """What becomes of customers by the rules of identity, and so of segments and journeys."""
        return moves(self._work, self._after.policy, self._held.definitions, self._now)

    def _moves(self, name: str, then: set[bytes], most: int) -> SegmentMoves:
        now = {bytes(one) for (one,) in self._work.connection.execute(_MEMBERS, [name]).fetchall()}
        came, went = then - now, now - then
        for customers, place in ((came, 0), (went, 1)):
            for customer in customers:
                self.moved.setdefault(customer, (set(), set()))[place].add(name)
        first = [[one.hex() for one in sorted(customers)[:most]] for customers in (came, went)]
        return SegmentMoves(name, len(now), len(then), len(came), len(went), *first)


def _looked_at(after: Workspace, changes: Sequence[ChangeView]) -> list[Journey]:
    """The journeys whose course a change alters: themselves, what they say, or the rules of what may be said."""
    own = {one.name for one in changes if one.kind == "journey"}
    said = {one.name for one in changes if one.kind == "message"}
    is_every = any(one.kind == CONSENT for one in changes)
    return [
        journey
        for journey in after.journeys
        if is_every
        or journey.name in own
        or any(isinstance(step.does, Send) and step.does.message in said for step in journey.steps)
    ]


def _told(courses: dict[str, Course]) -> list[JourneyCourse]:
    return [
        JourneyCourse(name, one.entered, one.held_out, one.exited, one.sent, one.held, dict(one.dropped.most_common()))
        for name, one in sorted(courses.items())
    ]
