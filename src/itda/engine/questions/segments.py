"""Segments: how large each is and how fresh, who is in one, and why somebody is or is not. Times: microseconds UTC."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from itda.base import ids
from itda.base.errors import Fault, Misused, Refused
from itda.consent.standing import Consents
from itda.engine.app import Answer
from itda.engine.deciding.applying import SEGMENT, TRAIT, rests_on
from itda.engine.questions import person
from itda.engine.questions.person import Person, Who
from itda.engine.questions.profile import found_customer
from itda.engine.questions.remembered import remembered
from itda.engine.questions.views import FoundCustomer
from itda.engine.questions.whole import refolded
from itda.engine.work import Work
from itda.segments import explain
from itda.segments.definition import Segment
from itda.segments.evaluate import Segments
from itda.segments.operator import Seen
from itda.store import consents

_SIZES = "select segment, count(*) from segment_member group by segment"
_CURSOR = "select position, log_time from cursor where name = 'decider'"
_APPLIED = "select name, version, reached, settled_at from applied where kind = %s and retired_at is null"
_PAGE = "select customer, since from segment_member where segment = %s and customer > %s order by customer limit %s"
_SINCE = "select since from segment_member where segment = %s and customer = any(%s) order by since limit 1"
_IDS = 1 << 64
"""Ids are spread evenly: the first 8 bytes of one say how far along the order it stands."""

State = Literal["live", "renewing", "waiting", "new"]


class SegmentView(msgspec.Struct, frozen=True):
    """One segment as it stands."""

    name: str
    label_ko: str
    label_en: str
    members: int
    as_of: int
    """Log time up to which everything that happened, and all passing of time, shows in it; 0 before the first event."""
    state: State
    """`live`; `renewing` while a changed definition is carried out and the answers before it still stand in part;
    `waiting` for `itda replay`, which must fold the past it rests on; `new` until the decider has read it."""
    renewed_share: float | None
    """While it is renewing: how many customers follow the new definition, 0..1."""
    version: str


class MemberView(msgspec.Struct, frozen=True):
    """A customer in a segment, since a log time."""

    customer: FoundCustomer
    since: int


class MembersView(msgspec.Struct, frozen=True):
    """A page of members, in the order of their ids. `next` is the cursor of the page after it, empty on the last."""

    segment: str
    members: list[MemberView]
    next: str


class TestView(msgspec.Struct, frozen=True):
    """One line of a definition: a group's word (all, any, none), or a test, one deeper than its group."""

    depth: int
    word: str
    test: dict[str, Any]
    found: Any
    """What the test looked at: a trait's value, a count, a status."""
    holds: bool
    valid_until: int | None
    """When passing time alone may change it; None for never."""


class MembershipView(msgspec.Struct, frozen=True):
    """Whether a customer is in a segment now, and why."""

    segment: str
    customer: str
    is_member: bool
    valid_until: int | None
    since: int | None
    """Log time since which the customer is noted as a member; None where it is not."""
    tests: list[TestView]


class SegmentList(msgspec.Struct, frozen=True):
    """Every segment, in the order of the workspace."""

    permission: ClassVar[str] = "segment.read"

    def answer(self, work: Work) -> Answer[list[SegmentView]]:
        """The segments with their sizes."""
        segments, fold = work.workspace.segments, work.workspace.reading_fold
        row = work.connection.execute(_CURSOR).fetchone()
        position, log_time = (int(row[0]), int(row[1])) if row else (0, 0)
        sizes = remembered(work.lake, "segments", position, lambda: _sizes(work))
        applied = {name: tuple(rest) for name, *rest in work.connection.execute(_APPLIED, [SEGMENT]).fetchall()}
        traits = work.connection.execute(_APPLIED, [TRAIT]).fetchall()
        unfolded = {name for name, _, _, settled_at in traits if settled_at is None}
        versions = Segments(segments, fold).rests.versions
        found = []
        for segment in segments:
            is_waiting = bool(rests_on(segment, segments, fold) & unfolded)
            state, share = _state(applied.get(segment.name), versions[segment.name], is_waiting)
            found.append(
                SegmentView(segment.name, segment.label_ko or segment.name, segment.label_en or segment.name,
                            sizes.get(segment.name, 0), log_time, state, share, versions[segment.name])
            )  # fmt: skip
        return Answer(found, count=len(found))


class SegmentMembers(msgspec.Struct, frozen=True):
    """Who is in a segment, a page at a time. `after` is the `next` of the page before."""

    permission: ClassVar[str] = "customer.search"
    name: str
    after: str = ""
    limit: int = 50

    def answer(self, work: Work) -> Answer[MembersView]:
        """The page. `Misused` when there is no such segment, `Refused` where `after` is nobody's id."""
        segment = _named(work, self.name)
        try:
            after = ids.customer_bytes(self.after) if self.after else b""
        except ValueError:
            raise Refused(f"{self.after!r} is no place in this list") from None
        rows = work.connection.execute(_PAGE, [segment.name, after, self.limit + 1]).fetchall()
        shown = [(bytes(customer), int(since)) for customer, since in rows[: self.limit]]
        members = person.load(work, [customer for customer, _ in shown]) if shown else []
        own = {customer: [one for one in members if one.customer == customer] for customer, _ in shown}
        found = [
            MemberView(found_customer(work, customer, own[customer], "segment"), since)
            for customer, since in shown
            if own[customer]
        ]
        following = ids.customer_text(shown[-1][0]) if len(rows) > self.limit else ""
        view = MembersView(segment.name, found, following)
        return Answer(view, tuple(customer for customer, _ in shown), len(found))


class SegmentWhy(msgspec.Struct, frozen=True):
    """Why a customer is, or is not, in a segment."""

    permission: ClassVar[str] = "customer.read"
    name: str
    who: Who

    def answer(self, work: Work) -> Answer[MembershipView | None]:
        """The segment's tests of this customer now; None when nobody has that id or identifier."""
        segment = _named(work, self.name)
        found = person.find(work, self.who)
        if found is None:
            return Answer(None)
        fold = work.workspace.reading_fold
        segments = Segments(work.workspace.segments, fold)
        seen = _seen(work, found, segments)
        answer = segments.answers(seen, work.now, [segment.name])[segment.name]
        row = work.connection.execute(_SINCE, [segment.name, found.fragments]).fetchone()
        lines = explain.told(segments, fold, segment.name, seen, work.now)
        tests = [
            TestView(line.depth, line.word, line.test, line.found, line.answer.is_member, line.answer.valid_until)
            for line in lines
        ]
        view = MembershipView(
            segment.name, ids.customer_text(found.customer), answer.is_member, answer.valid_until,
            int(row[0]) if row else None, tests,
        )  # fmt: skip
        return Answer(view, tuple(found.fragments), 1)


def _named(work: Work, name: str) -> Segment:
    found = next((segment for segment in work.workspace.segments if segment.name == name), None)
    if found is None:
        known = ", ".join(segment.name for segment in work.workspace.segments)
        raise Misused(Fault(what=f"no segment is named {name!r}", cure=f"segments here: {known}" if known else ""))
    return found


def _sizes(work: Work) -> dict[str, int]:
    return {str(name): int(n) for name, n in work.connection.execute(_SIZES).fetchall()}


def _state(row: tuple[Any, ...] | None, version: str, is_waiting: bool) -> tuple[State, float | None]:
    if is_waiting:
        return "waiting", None
    if row is None or row[0] != version:
        return "new", None
    _, reached, settled_at = row
    if settled_at is not None:
        return "live", None
    return "renewing", int.from_bytes(bytes(reached)[:8].ljust(8, b"\0"), "big") / _IDS


def _seen(work: Work, found: Person, segments: Segments) -> Seen:
    fold = work.workspace.reading_fold
    state = fold.combine(fold.decode(member.state) for member in found.members if member.state is not None)
    if fold.is_spilled(state):
        state = msgspec.structs.replace(refolded(work, found.fragments), declared=state.declared)
    standing = Consents(consents.states_of(work.connection, found.fragments)).standing
    return Seen(state=state, consents={pair: standing(*pair).status for pair in segments.rests.consents})
