"""How long what is kept: each rule with what is due now, the last runs and the next."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from itda.base.instant import LocalDates, day_to_date
from itda.consent.retention import NEVER_DUE, Rule, cuts, in_words, lengthened
from itda.engine.app import Answer
from itda.engine.retaining import looking
from itda.engine.retaining.judging import digest
from itda.engine.retaining.looking import Due
from itda.engine.work import Work
from itda.store import retention
from itda.store.retention import RunRow
from itda.workspace.retention import laws_of

_RUNS = 10


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of retention.yaml."""

    name: str
    of: str
    about: list[str]
    """What it is about: names of events, a field, an attribute, kinds; none: everything of its sort."""
    sources: list[str]
    keep: str
    purpose: str
    words: str
    """All of it as one line."""
    longer: list[str]
    """Laws that keep some of it longer."""
    due_until: str
    """The last day that is due, as 2026-11-22; empty: nothing is."""
    due: int
    """Events to be looked through, people, or customers with such identifiers."""
    oldest_due: str
    is_new: bool
    """The next daily run tells of it; the one after carries it out."""
    held_until: str
    because: str


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run that ended. Times are microseconds UTC."""

    id: int
    by: str
    began_at: int
    ended_at: int
    counts: dict[str, int]
    announced: list[str]
    left: dict[str, int]


class RetentionView(msgspec.Struct, frozen=True):
    """How long what is kept."""

    rules: list[RuleView]
    runs: list[RunView]
    next_at: int | None
    """From when the next daily run may be; None: nothing says how long anything is kept."""
    is_under_way: bool


class Retention(msgspec.Struct, frozen=True):
    """Each rule with what is due now, the last runs, and when the next is."""

    permission: ClassVar[str] = "retention.read"

    def answer(self, work: Work) -> Answer[RetentionView]:
        """All of it; numbers only."""
        workspace, dates = work.workspace, LocalDates(work.workspace.zone)
        runs = retention.lately(work.connection, _RUNS)
        waits = retention.waiting(work.connection) is not None or retention.is_under_way(work.connection)
        rules = rules_told(work)
        next_at = dates.start(dates.of(runs[0].ended_at or 0) + 1) if runs else work.now
        view = RetentionView(rules, [_run(row) for row in runs], next_at if workspace.retention else None, waits)
        return Answer(view, count=len(rules))


def rules_told(work: Work) -> list[RuleView]:
    """The rules as they are written, with what is due."""
    workspace = work.workspace
    if not workspace.retention:
        return []
    dates = LocalDates(workspace.zone)
    laws, today = laws_of(workspace.country), dates.of(work.now)
    marks = retention.marks(work.connection)
    with work.lake.snapshot() as snapshot:
        judge = looking.judge(work.connection, snapshot, workspace, work.now)
        due = looking.due(judge, snapshot) if judge.rules else {}
        for rule in workspace.retention:
            if not rule.is_of_lake:
                found = looking.inactive(work.connection, snapshot, workspace, work.now, rule)
                oldest = dates.of(found[0].first_at) if found else None
                due[rule.name] = Due(len(found), oldest)
    told = []
    for rule in workspace.retention:
        last = cuts(rule, laws, today).latest
        is_known = rule.name in marks and marks[rule.name].digest == digest(rule)
        told.append(
            RuleView(
                name=rule.name, of=rule.of, about=_about(rule), sources=list(rule.sources), keep=rule.written,
                purpose=rule.purpose, words=in_words(rule, laws),
                longer=[f"{law.what}: {law.source}" for law in lengthened(rule, laws)],
                due_until=_day(last) if last > NEVER_DUE else "", due=due[rule.name].n,
                oldest_due=_day(due[rule.name].oldest_day), is_new=not is_known,
                held_until=_day(rule.held_until), because=rule.because,
            )
        )  # fmt: skip
    return told


def _about(rule: Rule) -> list[str]:
    field = [rule.field] if rule.field else []
    return [*field, *rule.names, *rule.kinds]


def _day(day: int | None) -> str:
    return "" if day is None else day_to_date(day).isoformat()


def _run(row: RunRow) -> RunView:
    told: dict[str, Any] = msgspec.json.decode(row.told or "{}")
    return RunView(
        id=row.id, by=row.asked_by, began_at=row.began_at or row.asked_at, ended_at=row.ended_at or row.asked_at,
        counts=told.get("counts", {}), announced=told.get("announced", []), left=told.get("left", {}),
    )  # fmt: skip
