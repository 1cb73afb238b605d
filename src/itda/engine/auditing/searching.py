"""Who looked at what and who changed what: the access log and the audit as one list, newest first, and as a file.

A row names its subjects by fragment; one that is about more people than a row holds cannot be asked for one of them:
how many such rows there are is told beside what was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import msgspec

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.engine import trail
from itda.engine.app import Answer
from itda.engine.auditing.streams import ACCESS, AUDIT, Stream
from itda.engine.questions.whose import normal
from itda.engine.work import Work

_AT_ONCE = 2_000
_SEALED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_LOOKS = (
    "select 'access', seq, at, actor, role, address, system, action, question, subject_count, result_count, decision,"
    " purpose, reason, ''::bytea from access_log"
)
_CHANGES = (
    "select 'audit', seq, at, actor, role, address, system, 'change', command, 0, 0, decision, '', reason, payload"
    " from audit_event"
)
BY = {
    "staff": "role not in ('customer', 'machine') and system <> 'engine'",
    "customers": "role = 'customer'",
    "machines": "role = 'machine'",
    "itself": "system = 'engine'",
}
"""Sort of who looks and acts → its rows: who has a login or a terminal, customers, keys, and Itda's own jobs."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One look or change. `at` is in microseconds UTC; `action` of a change is `change`."""

    stream: str
    seq: int
    at: int
    actor: str
    role: str
    address: str
    system: str
    action: str
    name: str
    """The question or the command."""
    subjects: int
    results: int
    decision: str
    purpose: str
    reason: str
    """Empty where it is sealed: it is about a person, and shown where that person is."""
    is_sealed: bool
    told: dict[str, str | int | bool] = {}
    """What a change was about, as it noted it: a login and its role, a platform, a month. Never a personal value."""


class Trail(msgspec.Struct, frozen=True):
    """Lines, newest first. `before` asks for the next ones; None where there are no more."""

    lines: list[Line]
    before: str | None
    unnamed: int = 0
    """Of a search for a person: looks at so many at once that they are not named one by one."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: empty is all. `subject` is (kind, value) or a customer's id; times are microseconds UTC."""

    actor: str = ""
    subject: tuple[str, str] | str = ""
    since: int | None = None
    until: int | None = None
    action: str = ""
    by: str = ""
    """One of `BY`."""


class SearchTrail(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at and changed. `Refused` where the subject is nobody, or nobody is of that sort."""

    permission: ClassVar[str] = "audit.read"
    action: ClassVar[str] = "search"
    wanted: Wanted = Wanted()
    before: str = ""
    limit: int = 50

    def answer(self, work: Work) -> Answer[Trail]:
        """The lines of one page."""
        if self.wanted.by and self.wanted.by not in BY:
            raise Refused(Fault(what=f"nobody is of the sort {self.wanted.by!r}", cure=f"one of {', '.join(BY)}"))
        fragments = _fragments(work, self.wanted.subject)
        parts, values = list[str](), list[Any]()
        for stream, query in ((ACCESS, _LOOKS), (AUDIT, _CHANGES)):
            where, given = _where(stream, self.wanted, fragments)
            if where is not None:
                older, place = _older(stream, self.before)
                parts.append(f"({query} where {where} and {older} order by at desc, seq desc limit %s)")
                values += [*given, *place, self.limit + 1]
        found = []
        if parts:
            query = f"select * from ({' union all '.join(parts)}) as found order by 3 desc, 1, 2 desc limit %s"
            found = work.connection.execute(query.encode(), [*values, self.limit + 1]).fetchall()
        lines = [_line(row) for row in found[: self.limit]]
        more = f"{lines[-1].at}-{lines[-1].stream}-{lines[-1].seq}" if len(found) > self.limit else None
        unnamed = _unnamed(work, self.wanted) if fragments else 0
        return Answer(Trail(lines, more, unnamed), subjects=tuple(fragments or ()), count=len(lines))


def _line(row: Sequence[Any]) -> Line:
    *told, reason, payload = row
    is_sealed = row[0] == AUDIT.name and _SEALED.fullmatch(reason) is not None
    names = (
        "stream", "seq", "at", "actor", "role", "address", "system", "action", "name", "subjects", "results",
        "decision", "purpose",
    )  # fmt: skip
    line = Line(**dict(zip(names, told, strict=True)), reason="" if is_sealed else reason, is_sealed=is_sealed)
    return msgspec.structs.replace(line, told=_about(payload)) if payload else line


def _about(payload: bytes) -> dict[str, str | int | bool]:
    noted = msgspec.json.decode(payload, type=dict[str, Any])
    return {name: value for name, value in noted.items() if isinstance(value, str | int) and name != "fingerprint"}


def _fragments(work: Work, subject: tuple[str, str] | str) -> list[bytes] | None:
    """Every fragment of the customer, as they are joined now; None where nobody is asked for."""
    if not subject:
        return None
    if isinstance(subject, str):
        one = ids.customer_bytes(subject)
    else:
        value = normal(work, *subject)
        row = None if value is None else work.key(subject[0], value)
        if row is None:
            raise Refused(f"nobody here is known by this {subject[0]}")
        one = row.fragment
    rows = work.connection.execute(
        "select fragment from identifier where customer = (select customer from identifier where fragment = %s)", [one]
    ).fetchall()
    return sorted({one, *(bytes(fragment) for (fragment,) in rows)})


def _where(stream: Stream, wanted: Wanted, fragments: list[bytes] | None) -> tuple[str | None, list[Any]]:
    """The condition on a table and its values; None where no row of it is wanted."""
    tests, values = ["true"], list[Any]()
    if wanted.actor:
        tests.append("actor = %s")
        values.append(wanted.actor)
    if wanted.by:
        tests.append(BY[wanted.by])
    for test, bound in (("at >= %s", wanted.since), ("at < %s", wanted.until)):
        if bound is not None:
            tests.append(test)
            values.append(bound)
    if wanted.action:
        if (wanted.action == "change") != (stream is AUDIT):
            return None, []
        if stream is ACCESS:
            tests.append("action = %s")
            values.append(wanted.action)
    if fragments is not None and stream is ACCESS:
        tests.append("subjects && %s::bytea[]")
        values.append(fragments)
    elif fragments is not None:
        tests.append("encode(payload, 'escape') like any(%s)")
        values.append([f"%{one.hex()}%" for one in fragments])
    return " and ".join(tests), values


def _older(stream: Stream, before: str) -> tuple[str, list[Any]]:
    """What comes after the last line of the page before, in the order of time, stream and number."""
    if not before:
        return "true", []
    try:
        at, last, seq = before.split("-")
        place = [int(at), int(seq)]
    except ValueError:
        raise Refused("this is no place in the audit") from None
    if stream.name == last:
        return "(at, seq) < (%s, %s)", place
    return ("at < %s" if stream.name < last else "at <= %s"), place[:1]


def _unnamed(work: Work, wanted: Wanted) -> int:
    where, values = _where(ACCESS, msgspec.structs.replace(wanted, subject=""), None)
    if where is None:
        return 0
    row = work.connection.execute(
        f"select count(*) from access_log where {where} and subject_count > %s".encode(),
        [*values, trail.SUBJECTS_INLINE],
    ).fetchone()
    return int(row[0]) if row else 0


class _Span(msgspec.Struct, frozen=True):
    since: int | None
    until: int | None


class ExportTrail:
    """Every row of both tables with its link, told to `into` line by line as JSON, so that others can verify them."""

    permission: ClassVar[str] = "audit.review"
    action: ClassVar[str] = "export"

    def __init__(self, into: Callable[[bytes], object], since: int | None = None, until: int | None = None) -> None:
        self.asked = _Span(since, until)
        self._into = into

    def answer(self, work: Work) -> Answer[int]:
        """How many rows."""
        wanted, done = Wanted(since=self.asked.since, until=self.asked.until), 0
        for stream in (ACCESS, AUDIT):
            where, values = _where(stream, wanted, None)
            columns = ", ".join(f"r.{name}" for name in (*stream.columns, stream.written))
            query = (
                f"select r.seq, l.day, l.hash, {columns} from {stream.table} r"
                f" left join chain_link l on l.stream = '{stream.name}' and l.seq = r.seq where {where} order by r.seq"
            )
            with work.connection.cursor(name=f"trail_{stream.name}") as rows:
                rows.itersize = _AT_ONCE
                for seq, day, link, *told in rows.execute(query.encode(), values):
                    contents = dict(zip((*stream.columns, stream.written), told, strict=True))
                    row = {"stream": stream.name, "seq": seq, "day": day, "link": link, **contents}
                    self._into(_json(row))
                    done += 1
        return Answer(done, count=done)


def _json(row: dict[str, Any]) -> bytes:
    return msgspec.json.encode({name: trail.plain(value) for name, value in row.items()})
