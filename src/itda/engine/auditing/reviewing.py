"""The monthly review of the access log (KR-48): what each operator did in a month, and what stands out of it.

Standing out is a reason to ask, no more. An operator who looked at three times as many people as the one in the middle,
looks at night, one person looked up again and again, marked customers, exports that serve no campaign: each is
counted, with the rows that show it found by `itda audit search`.
"""

from __future__ import annotations

import hashlib
from datetime import date
from statistics import median
from typing import Any, ClassVar

import msgspec

from itda.base import ids
from itda.base.errors import Conflict, Misused, Refused
from itda.base.instant import DAY, LocalDates, date_to_day, day_to_date
from itda.engine import duties
from itda.engine.app import Answer, Done
from itda.engine.work import Work
from itda.store.database import Connection

KIND = "access_review"
NIGHT_FROM, NIGHT_UNTIL = 22, 6
"""Hours of the workspace's zone."""
TIMES_THE_MIDDLE = 3
FEWEST_PEOPLE = 100
"""Who looked at fewer people in the month does not stand out by their number."""
MANY_TIMES = 20
"""Looks at one person in the month, by one operator."""
ONE_PERSON = 20
"""A look at more identifiers than this is a list, and about no one person."""
MARKED = "vip"
"""The segment whose members count as marked, where the workspace has it."""
_DUE_DAYS = 10
"""The review of a month is due so many days after it."""
_SPAN = "at >= %(since)s and at < %(until)s and role <> 'customer'"

_OPERATORS = f"""
select actor, role, count(*), sum(subject_count)::bigint, count(*) filter (where action = 'export'),
  count(*) filter (where action = 'export' and purpose = ''),
  count(*) filter (where hour >= {NIGHT_FROM} or hour < {NIGHT_UNTIL}),
  count(*) filter (where decision <> 'allowed')
from (select *, extract(hour from to_timestamp(at / 1e6) at time zone %(zone)s) as hour
      from access_log where {_SPAN}) looks
group by actor, role order by actor, role
"""
_AGAIN = f"""
select actor, i.customer, count(distinct l.seq) from access_log l, unnest(l.subjects) as one (fragment)
join identifier i on i.fragment = one.fragment
where {_SPAN} and l.subject_count <= {ONE_PERSON} and l.action in ('view', 'search')
group by actor, i.customer having count(distinct l.seq) >= {MANY_TIMES} order by 3 desc, 1 limit 100
"""
_OF_MARKED = f"""
select actor, count(distinct l.seq) from access_log l, unnest(l.subjects) as one (fragment)
join identifier i on i.fragment = one.fragment
join segment_member m on m.customer = i.customer and m.segment = '{MARKED}'
where {_SPAN} and l.subject_count <= {ONE_PERSON} group by actor order by 1
"""


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """What one operator did. `looks` are rows of the access log, `people` those in them, each time anew."""

    actor: str
    role: str
    looks: int
    people: int
    exports: int
    exports_without_campaign: int
    at_night: int
    not_let: int


class Standout(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to ask about. `kind`: volume, night, marked, export, again."""

    kind: str
    actor: str
    count: int
    customer: str = ""


class Signed(msgspec.Struct, frozen=True):
    """Who looked at the report of a month, and what they found."""

    at: int
    reviewer: str
    findings: str
    report_sha256: str


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a month, `2026-10` in the workspace's zone; `sha256` is of all that it says."""

    month: str
    operators: list[Operator]
    standouts: list[Standout]
    sha256: str = ""
    signed: list[Signed] = []
    begins: str | msgspec.UnsetType = msgspec.UNSET
    """The month of the first look that is kept, where there is one; no part of what is signed."""


class ReviewAccess(msgspec.Struct, frozen=True):
    """The report of a month."""

    permission: ClassVar[str] = "audit.read"
    month: str

    def answer(self, work: Work) -> Answer[Review]:
        """The report. `Misused` where it is no month."""
        made = _made(work, self.month)
        rows = work.connection.execute(
            "select at, reviewer, findings, report_sha256 from access_review where month = %s order by seq",
            [self.month],
        ).fetchall()
        signed = [Signed(at, reviewer, findings, bytes(told).hex()) for at, reviewer, findings, told in rows]
        people = {ids.customer_bytes(one.customer) for one in made.standouts if one.customer}
        return Answer(
            msgspec.structs.replace(made, signed=signed, begins=_begins(work)),
            subjects=tuple(sorted(people)),
            count=len(made.operators),
        )


class SignReview(msgspec.Struct, frozen=True):
    """Say that one looked at the report of a month that is over, and what one found. The duty to do so is settled.

    `report` is the fingerprint of what was looked at; empty where it is looked at as it is signed.
    """

    permission: ClassVar[str] = "audit.review"
    month: str
    findings: str
    report: str = ""

    def carry_out(self, work: Work) -> Done[Review]:
        """The report as it was signed.

        `Refused` without findings, or where the month is not over; `Conflict` where the report is another by now.
        """
        if not self.findings.strip():
            raise Refused("say what was found, if only: nothing that stands out")
        if _span(work, self.month)[1] > work.now:
            raise Refused(f"{self.month} is not over")
        made = _made(work, self.month)
        if self.report and self.report != made.sha256:
            raise Conflict(f"the report of {self.month} is another by now: look at it again")
        row = [self.month, work.now, work.actor.name, self.findings, msgspec.json.encode(made).decode()]
        work.connection.execute(
            "insert into access_review (month, at, reviewer, findings, report, report_sha256)"
            " values (%s, %s, %s, %s, %s, %s)",
            [*row, bytes.fromhex(made.sha256)],
        )
        due = due_at(work.workspace.zone, self.month)
        owed = duties.owe(work.connection, KIND, due, about=self.month, at=work.now)
        duties.settle(work.connection, owed, {"report": made.sha256, "by": work.actor.name}, work.now)
        return Done(made, audit={"month": self.month, "report": made.sha256})


def last_month(zone: str, now: int) -> str:
    """The last month that is over, as 2026-10."""
    today = date.fromordinal(date(1970, 1, 1).toordinal() + LocalDates(zone).of(now))
    return month_before(f"{today:%Y-%m}")


def month_before(month: str) -> str:
    """The month before one: 2026-09 of 2026-10."""
    first = date.fromisoformat(f"{month}-01")
    year, number = (first.year, first.month - 1) if first.month > 1 else (first.year - 1, 12)
    return f"{year:04}-{number:02}"


def due_at(zone: str, month: str) -> int:
    """By when a month is to be reviewed, in microseconds UTC."""
    return _bounds(zone, month)[1] + _DUE_DAYS * DAY


def owe(connection: Connection, zone: str, now: int) -> bool:
    """Note that last month's access log is to be reviewed, where anybody looked at anything; whether it is owed."""
    told = last_month(zone, now)
    since, until = _bounds(zone, told)
    asked = f"select exists (select from access_log where {_SPAN})"
    if connection.execute(asked.encode(), {"since": since, "until": until}).fetchone() != (True,):
        return False
    duties.owe(connection, KIND, due_at(zone, told), about=told, at=now)
    return True


def _made(work: Work, month: str) -> Review:
    since, until = _span(work, month)
    asked = {"since": since, "until": until, "zone": work.workspace.zone}
    names = (
        "actor", "role", "looks", "people", "exports", "exports_without_campaign", "at_night", "not_let",
    )  # fmt: skip
    operators = [
        Operator(**dict(zip(names, row, strict=True)))
        for row in work.connection.execute(_OPERATORS.encode(), asked).fetchall()
    ]
    standouts = [*_outliers(operators), *_counted(operators), *_people(work, asked)]
    told = Review(month=month, operators=operators, standouts=standouts)
    return msgspec.structs.replace(told, sha256=hashlib.sha256(msgspec.json.encode(told)).hexdigest())


def _outliers(operators: list[Operator]) -> list[Standout]:
    """Who looked at far more people than the operator in the middle of the others."""
    found = []
    for one in operators:
        others = [other.people for other in operators if other is not one]
        if one.people >= FEWEST_PEOPLE and others and one.people > TIMES_THE_MIDDLE * median(others):
            found.append(Standout(kind="volume", actor=one.actor, count=one.people))
    return found


def _counted(operators: list[Operator]) -> list[Standout]:
    found = []
    for one in operators:
        if one.at_night and one.role != "machine":
            found.append(Standout(kind="night", actor=one.actor, count=one.at_night))
        if one.exports_without_campaign:
            found.append(Standout(kind="export", actor=one.actor, count=one.exports_without_campaign))
    return found


def _people(work: Work, asked: dict[str, Any]) -> list[Standout]:
    again = work.connection.execute(_AGAIN.encode(), asked).fetchall()
    found = [
        Standout(kind="again", actor=actor, count=count, customer=ids.customer_text(bytes(customer)))
        for actor, customer, count in again
    ]
    marked = work.connection.execute(_OF_MARKED.encode(), asked).fetchall()
    return [*found, *(Standout(kind="marked", actor=actor, count=count) for actor, count in marked)]


def _begins(work: Work) -> str | msgspec.UnsetType:
    row = work.connection.execute("select at from access_log where role <> 'customer' order by at limit 1").fetchone()
    return msgspec.UNSET if row is None else f"{day_to_date(LocalDates(work.workspace.zone).of(row[0])):%Y-%m}"


def _span(work: Work, month: str) -> tuple[int, int]:
    return _bounds(work.workspace.zone, month)


def _bounds(zone: str, month: str) -> tuple[int, int]:
    """When a month begins and ends, in microseconds UTC."""
    try:
        first = date.fromisoformat(f"{month}-01")
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        dates = LocalDates(zone)
        return dates.start(date_to_day(first)), dates.start(date_to_day(after))
    except (ValueError, OverflowError):
        raise Misused(f"{month!r} is no month: write it as 2026-10") from None
