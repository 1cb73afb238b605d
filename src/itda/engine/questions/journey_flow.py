"""How many went which way through a journey, and who went last. Times: microseconds UTC."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.questions import person, places
from itda.engine.questions.person import Member
from itda.engine.questions.profile import found_customer
from itda.engine.questions.views import FoundCustomer
from itda.engine.work import Work

_WAYS = """
    select p.version, w.before, w.step, w.what = 'exited' and p.exit_reason <> 'finished', p.exit_reason, count(*)
    from journey_position p join (
      select position_id, step, what, lag(step) over (partition by position_id order by seq) as before
      from journey_path where what in ('entered', 'moved', 'exited')) w on w.position_id = p.id
    where p.journey = %s and w.before is not null group by 1, 2, 3, 4, 5
"""
_LATEST = """
    select id, fragment, version, arm, step, entered_at, due_at, goal_at, messaged_at, exited_at, exit_reason
    from journey_position where journey = %(name)s and %(at)s::bigint is null or journey = %(name)s
      and (entered_at, id) < (%(at)s, %(id)s)
    order by entered_at desc, id desc limit %(limit)s
"""


class WayView(msgspec.Struct, frozen=True):
    """How many went from one step to another of the same version."""

    version: str
    step: str
    then: str
    count: int


class DropView(msgspec.Struct, frozen=True):
    """How many went out at a step without having come to an `exit`: goal, left or merged."""

    version: str
    step: str
    reason: str
    count: int


class FlowView(msgspec.Struct, frozen=True):
    """The ways of everybody who was ever in a journey."""

    ways: list[WayView]
    drops: list[DropView]


class JourneyFlow(msgspec.Struct, frozen=True):
    """The ways through one journey, in numbers."""

    permission: ClassVar[str] = "journey.read"
    name: str

    def answer(self, work: Work) -> Answer[FlowView]:
        """Empty where nobody was in it."""
        ways: dict[tuple[str, str, str], int] = {}
        drops: list[DropView] = []
        for version, before, step, is_out, reason, count in work.connection.execute(_WAYS, [self.name]).fetchall():
            if is_out:
                drops.append(DropView(version, step, reason, count))
            else:
                key = (version, before, step)
                ways[key] = ways.get(key, 0) + count
        told = [WayView(*key, count) for key, count in sorted(ways.items())]
        return Answer(FlowView(told, sorted(drops, key=lambda one: (one.version, one.step, one.reason))), count=1)


class TravellerView(msgspec.Struct, frozen=True):
    """One person in one journey. `customer` is None where they were erased."""

    customer: FoundCustomer | None
    position: str
    """Hex of the position's id."""
    version: str
    arm: str
    step: str
    entered_at: int
    due_at: int | None
    goal_at: int | None
    messaged_at: int | None
    exited_at: int | None
    exit_reason: str | None


class TravellersView(msgspec.Struct, frozen=True):
    """A page of people, the latest entry first. `next` is the cursor of the page after it, empty on the last."""

    people: list[TravellerView]
    next: str


class JourneyPeople(msgspec.Struct, frozen=True):
    """Who came into a journey, a page at a time. `before` is the `next` of the page before."""

    permission: ClassVar[str] = "customer.search"
    name: str
    before: str = ""
    limit: int = 20

    def answer(self, work: Work) -> Answer[TravellersView]:
        """The page; `Refused` where the cursor is none."""
        at, key = places.read(self.before)
        asked = {"name": self.name, "at": at, "id": key, "limit": self.limit + 1}
        rows = work.connection.execute(_LATEST, asked).fetchall()
        shown = rows[: self.limit]
        owners: dict[bytes, bytes] = {}
        own: dict[bytes, list[Member]] = {}
        for member in person.load(work, sorted({bytes(row[1]) for row in shown})) if shown else ():
            owners[member.fragment] = member.customer
            own.setdefault(member.customer, []).append(member)
        people = []
        for key_of, fragment, *rest in shown:
            customer = owners.get(bytes(fragment))
            found = found_customer(work, customer, own[customer], "journey") if customer is not None else None
            people.append(TravellerView(found, bytes(key_of).hex(), *rest))
        following = places.written(shown[-1][5], bytes(shown[-1][0])) if len(rows) > self.limit else ""
        return Answer(TravellersView(people, following), tuple(sorted(own)), len(people))
