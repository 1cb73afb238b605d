"""How long what is kept: each rule with what is due now, the last runs and the next."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec

from itda.base.instant import HOUR, LocalDates, day_to_date
from itda.consent.retention import NEVER_DUE, Rule, cuts, in_words, lengthened
from itda.engine.app import Answer
from itda.engine.questions.remembered import remembered
from itda.engine.retaining import looking
from itda.engine.retaining.judging import digest
from itda.engine.retaining.looking import Due
from itda.engine.retaining.views import RetentionView, RuleView, RunView
from itda.engine.work import Work
from itda.store import retention
from itda.store.retention import RunRow
from itda.workspace.retention import laws_of

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader

_RUNS = 10
Counted = TypeVar("Counted")


class Retention(msgspec.Struct, frozen=True):
    """Each rule with what is due now, the last runs, and when the next is."""

    permission: ClassVar[str] = "retention.read"

    def answer(self, work: Work) -> Answer[RetentionView]:
        """All of it; numbers only."""
        workspace, dates = work.workspace, LocalDates(work.workspace.zone)
        runs = retention.lately(work.connection, _RUNS)
        waits = retention.waiting(work.connection) is not None or retention.is_under_way(work.connection)
        rules, as_of = _looked(work, runs[0].id if runs else 0)
        next_at = dates.start(dates.of(runs[0].ended_at or 0) + 1) if runs else work.now
        view = RetentionView(rules, [_run(row) for row in runs], next_at if workspace.retention else None, waits, as_of)
        return Answer(view, count=len(rules))


def _looked(work: Work, run: int) -> tuple[list[RuleView], int]:
    """The rules with what is due, and as of when."""
    rules = [msgspec.to_builtins(rule) for rule in work.workspace.retention]
    of = msgspec.json.encode([run, rules, work.workspace.country, work.workspace.zone])
    return once_an_hour(work.lake, of, work.now, lambda: (rules_told(work), work.now))


def once_an_hour(reader: LakeReader, of: bytes, now: int, count: Callable[[], Counted]) -> Counted:
    """What was counted, told again within the hour for the same `of`: another run or rule is counted anew, at once.

    What is due is counted through the lake, which is too much for every look at a page.
    """
    return remembered(reader, f"retention {hashlib.sha256(of).hexdigest()}", now // HOUR, count)


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
        is_known = rule.name in marks and marks[rule.name].digest == digest(rule, laws)
        told.append(
            RuleView(
                name=rule.name, of=rule.of, about=_about(rule), sources=list(rule.sources), keep=rule.written,
                keep_months=rule.keep.months, keep_days=rule.keep.days,
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
