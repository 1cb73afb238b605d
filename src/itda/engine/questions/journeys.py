"""Who is where in the journeys, what became of them, and one person's path with its reasons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.ids import customer_text
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.person import Who
from itda.engine.work import Work
from itda.journeys.definition import Journey, decode
from itda.journeys.steps import kind_of
from itda.store.arrays import byteas

_APPLIED = "select body, retired_at is null from applied where kind = 'journey' order by name, at"
_ARMS = """
    select journey, version, arm, count(*), count(*) filter (where exited_at is null), count(messaged_at),
           count(goal_at), count(*) filter (where messaged_at <= goal_at)
    from journey_position where %(name)s in ('', journey) group by journey, version, arm order by journey, arm
"""
_EXITS = """
    select journey, exit_reason, count(*) from journey_position
    where exited_at is not null and %(name)s in ('', journey) group by journey, exit_reason
"""
_DECLINED = """
    select journey, why, sum(n)::bigint from journey_declined where %(name)s in ('', journey) group by journey, why
    order by journey, why
"""
_WAITING = """
    select version, step, count(*), min(due_at) from journey_position
    where journey = %s and exited_at is null group by version, step
"""
_REACHED = """
    select p.version, w.step, w.what, count(distinct w.position_id)
    from journey_path w join journey_position p on p.id = w.position_id
    where p.journey = %s group by p.version, w.step, w.what
"""
_POSITIONS = """
    select id, journey, version, arm, step, correlation,
           entered_at, due_at, goal_at, messaged_at, exited_at, exit_reason
    from journey_position where fragment = any(%(fragments)b) and %(name)s in ('', journey)
    order by entered_at desc, id limit %(limit)s
"""
_PATH = """
    select position_id, at, log_at, step, what, detail from journey_path
    where position_id = any(%b) order by position_id, seq
"""


class ArmView(msgspec.Struct, frozen=True):
    """How it went for those who were treated, or for those held out. `goal_after_message` is a part of `goal`."""

    arm: str
    entered: int = 0
    active: int = 0
    messaged: int = 0
    goal: int = 0
    goal_after_message: int = 0


class JourneySummary(msgspec.Struct, frozen=True):
    """One journey in numbers. entered = active + all that exited, by reason."""

    name: str
    label_ko: str
    label_en: str
    version: str
    """The one that people enter now; empty where none do."""
    entered: int
    active: int
    exited: dict[str, int]
    declined: dict[str, int]
    """Why somebody was not let in → how often: `late`, `uncorrelated`, `again`, `crowded`."""
    arms: list[ArmView]


class StepView(msgspec.Struct, frozen=True):
    """One step of one version."""

    name: str
    kind: str
    then: str
    otherwise: str
    says: str
    """Of a `send`: the message; of an `exit`: why; else empty."""
    reached: int
    """People who ever came to it."""
    waiting: int
    """People who are at it now."""
    next_due_at: int | None
    intended: int
    held_out: int
    messaged: int
    unsent: int


class VersionView(msgspec.Struct, frozen=True):
    """The steps of one version, in order; `is_current` where people enter it."""

    version: str
    is_current: bool
    steps: list[StepView]


class JourneyView(msgspec.Struct, frozen=True):
    """One journey with its steps, the current version first; of former ones those that people passed through."""

    summary: JourneySummary
    versions: list[VersionView]


class PathStep(msgspec.Struct, frozen=True):
    """One move. `detail` holds why, and what else there is to say of it."""

    at: int
    log_at: int
    step: str
    what: str
    detail: dict[str, Any]


class PathView(msgspec.Struct, frozen=True):
    """One person's way through one journey."""

    position: str
    """Hex of the position's id."""
    journey: str
    version: str
    arm: str
    step: str
    correlation: str
    entered_at: int
    due_at: int | None
    goal_at: int | None
    messaged_at: int | None
    is_goal_after_message: bool
    exited_at: int | None
    exit_reason: str | None
    path: list[PathStep]


class PersonPaths(msgspec.Struct, frozen=True):
    """A person's ways, the latest entry first."""

    customer: str
    journeys: list[PathView]


class Journeys(msgspec.Struct, frozen=True):
    """Every journey in numbers."""

    permission: ClassVar[str] = "journey.read"

    def answer(self, work: Work) -> Answer[list[JourneySummary]]:
        """By name; those that only former people were in, too."""
        found = _summaries(work, "")
        return Answer(found, count=len(found))


class JourneySteps(msgspec.Struct, frozen=True):
    """One journey, step by step."""

    permission: ClassVar[str] = "journey.read"
    name: str

    def answer(self, work: Work) -> Answer[JourneyView]:
        """`Refused` when there is none of that name."""
        known = _applied(work)
        summary = next((one for one in _summaries(work, self.name) if one.name == self.name), None)
        if summary is None:
            names = ", ".join(dict.fromkeys(journey.name for journey, _ in known)) or "none is applied yet"
            raise Refused(Fault(what=f"there is no journey {self.name!r}", cure=f"journeys here: {names}"))
        waiting = {row[:2]: row[2:] for row in work.connection.execute(_WAITING, [self.name]).fetchall()}
        counts = {row[:3]: row[3] for row in work.connection.execute(_REACHED, [self.name]).fetchall()}
        passed = {version for version, _, _ in counts}
        versions = [
            VersionView(
                journey.version, is_current, [_step(journey, n, waiting, counts) for n in range(len(journey.steps))]
            )
            for journey, is_current in known
            if journey.name == self.name and (is_current or journey.version in passed)
        ]
        versions.sort(key=lambda one: not one.is_current)
        return Answer(JourneyView(summary, versions), count=1)


class JourneyPaths(msgspec.Struct, frozen=True):
    """The ways of one customer through journeys, or through one. `who` is any id ever shown, or (kind, value)."""

    permission: ClassVar[str] = "customer.read"
    who: Who
    name: str = ""
    limit: int = 50

    def answer(self, work: Work) -> Answer[PersonPaths]:
        """The latest entry first; `Refused` when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            raise Refused("there is no such customer")
        asked = {"fragments": byteas(found.fragments), "name": self.name, "limit": self.limit}
        rows = work.connection.execute(_POSITIONS, asked).fetchall()
        paths: dict[bytes, list[PathStep]] = {row[0]: [] for row in rows}
        for key, at, log_at, step, what, detail in work.connection.execute(_PATH, [byteas(list(paths))]).fetchall():
            paths[key].append(PathStep(at, log_at, step, what, msgspec.json.decode(detail)))
        views = [_path(row, paths[row[0]]) for row in rows]
        return Answer(PersonPaths(customer_text(found.customer), views), tuple(found.fragments), count=len(views))


def _applied(work: Work) -> list[tuple[Journey, bool]]:
    """Every version of every journey that was ever in force, and whether people enter it now."""
    return [(decode(body), is_current) for body, is_current in work.connection.execute(_APPLIED).fetchall()]


def _summaries(work: Work, name: str) -> list[JourneySummary]:
    arms: dict[str, dict[str, ArmView]] = {}
    for journey, _, arm, *numbers in work.connection.execute(_ARMS, {"name": name}).fetchall():
        mine = arms.setdefault(journey, {})
        mine[arm] = _plus(mine.get(arm, ArmView(arm)), numbers)
    exits: dict[str, dict[str, int]] = {}
    for journey, reason, count in work.connection.execute(_EXITS, {"name": name}).fetchall():
        exits.setdefault(journey, {})[reason] = count
    declined: dict[str, dict[str, int]] = {}
    for journey, why, count in work.connection.execute(_DECLINED, {"name": name}).fetchall():
        declined.setdefault(journey, {})[why] = count
    current = {journey.name: journey for journey, _ in _applied(work)}
    entering = {journey.name: journey.version for journey, is_current in _applied(work) if is_current}
    names = sorted({*arms, *current}) if not name else [one for one in (name,) if one in arms or one in current]
    found = []
    for one in names:
        both = [arms.get(one, {}).get(arm, ArmView(arm)) for arm in ("treated", "holdout")]
        labels = (current[one].label_ko, current[one].label_en) if one in current else ("", "")
        found.append(
            JourneySummary(
                name=one,
                label_ko=labels[0],
                label_en=labels[1],
                version=entering.get(one, ""),
                entered=sum(arm.entered for arm in both),
                active=sum(arm.active for arm in both),
                exited=exits.get(one, {}),
                declined=declined.get(one, {}),
                arms=both,
            )
        )
    return found


def _plus(arm: ArmView, numbers: Iterable[int]) -> ArmView:
    entered, active, messaged, goal, after = numbers
    return ArmView(
        arm=arm.arm,
        entered=arm.entered + entered,
        active=arm.active + active,
        messaged=arm.messaged + messaged,
        goal=arm.goal + goal,
        goal_after_message=arm.goal_after_message + after,
    )


def _step(
    journey: Journey, n: int, waiting: dict[tuple[str, str], tuple[Any, ...]], counts: dict[tuple[str, str, str], int]
) -> StepView:
    step = journey.steps[n]
    version = journey.version

    def told(what: str) -> int:
        return counts.get((version, step.name, what), 0)

    there, due_at = waiting.get((version, step.name), (0, None))
    kind = kind_of(step.does).name
    return StepView(
        name=step.name,
        kind=kind,
        then=step.then,
        otherwise=step.otherwise,
        says=getattr(step.does, "message", "") or getattr(step.does, "why", ""),
        reached=(told("entered") if n == 0 else 0) + told("moved") + (told("exited") if kind == "exit" else 0),
        waiting=there,
        next_due_at=due_at,
        intended=told("intended"),
        held_out=told("held out"),
        messaged=told("messaged"),
        unsent=told("unsent"),
    )


def _path(row: tuple[Any, ...], path: list[PathStep]) -> PathView:
    key, journey, version, arm, step, correlation, entered_at, due_at, goal_at, messaged_at, exited_at, reason = row
    return PathView(
        position=key.hex(),
        journey=journey,
        version=version,
        arm=arm,
        step=step,
        correlation=correlation,
        entered_at=entered_at,
        due_at=due_at,
        goal_at=goal_at,
        messaged_at=messaged_at,
        is_goal_after_message=goal_at is not None and messaged_at is not None and messaged_at <= goal_at,
        exited_at=exited_at,
        exit_reason=reason,
        path=path,
    )
