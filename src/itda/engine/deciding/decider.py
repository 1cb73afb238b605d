"""The decider: follows the log behind the pipeline, and says who is in which segment and who goes where in a journey.

It has a cursor and an epoch of its own. A step is a portion of the log, and what it changes commits with the move of
the cursor or not at all; whatever interrupts it, its memory is thrown away. Log time passes with what was read, and
while nothing comes with the ticks of the log.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from typing import Any

import msgspec

from itda.base.errors import Unavailable
from itda.base.instant import LocalDates
from itda.engine.deciding.acts import Acts
from itda.engine.deciding.applying import InForce, in_force
from itda.engine.deciding.choosing import Chooser
from itda.engine.deciding.pace import Pace
from itda.engine.deciding.step import Given, Situation, Step
from itda.engine.moving import path_row, record
from itda.engine.recent import Recent
from itda.events.event import ORDINALS
from itda.journeys.definition import Journey
from itda.profiles.fold import Fold
from itda.segments.definition import Segment
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import AppliedRow, AsideRow
from itda.store.engagement_sql import EngagementWrites
from itda.store.intake import PostgresIntake
from itda.store.lake.following import Following, Portion

_log = logging.getLogger(__name__)

_IDLE_S = 0.01
_QUIET_S = 0.05
_QUIET_AFTER = 100
_TICK_S = 1.0
_BACKLOG = 1_000_000
"""Microseconds of log time that the pipeline is behind, from which on the machine is left to it."""
_SHARE = 4
"""Then a step is followed by a pause this many times as long: whoever has more to say by then is asked once."""
_LONGEST_PAUSE_S = 5.0

_CHANGES = ("members", "members_gone", "wakes", "wakes_gone", "applied", "positions", "declined", "outbox", "told",
            "aside", "aside_gone", "stopping", "erased")  # fmt: skip
"""Of what a step writes, what shows that something came of it."""


class Limits(msgspec.Struct, frozen=True):
    """About how much is dealt with in one step."""

    due: int = 2_000
    """Waits that are over."""
    waking: int = 5_000
    """Customers whom passing time brings."""
    resolved: int = 10_000
    """Changes of who is whom."""
    renewed: int = 1_000
    """Customers answered anew after a definition changed."""
    known: int = 150_000
    """Fragments remembered between steps."""
    back: int = 1_000
    """Fragments of people who were put aside and are gone on with."""
    at_once: int = 500
    """Customers gone through together."""
    rows: int = 20_000
    """Rows of the log."""
    patience_s: float = 10.0
    """So long a step may say nothing to the server."""


class Parts(msgspec.Struct, frozen=True):
    """What a decider is made of. `seed` keys ids and arms; `clock` gives microseconds UTC."""

    store: EngagementStore
    following: Following
    intake: PostgresIntake
    segments: list[Segment]
    journeys: list[Journey]
    fold: Fold
    acts: Acts
    chooser: Chooser
    seed: bytes
    dates: LocalDates
    clock: Callable[[], int]
    limits: Limits = Limits()


class _Memory(msgspec.Struct):
    """What the decider knows; thrown away whenever a step fails."""

    epoch: int
    in_force: InForce
    known: Recent[bytes, bool]
    stranded: bytes | None = b""
    """The fragment up to which people were looked for who cannot go on in their journey; None once all were."""


class Decider:
    """One decider. `step` after `step`; not for several threads at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._memory: _Memory | None = None
        self.pace = Pace(parts.limits.patience_s)
        self.position = 0
        """Of the last frame that is decided."""
        self.log_time = 0
        self._resolved = 0

    def step(self, *, is_tick: bool = False) -> bool:
        """Deal with what waits, up to a portion; False when nothing did. With `is_tick` time passes, too."""
        began = time.monotonic()
        try:
            memory = self._memory or self._take_over()
            given = self._given(memory, is_tick=is_tick)
            if given is None:
                return False
            something = self._commit(memory, given)
        except BaseException as error:
            self.forget()
            took_s = time.monotonic() - began
            if isinstance(error, Unavailable) and self.pace.took(took_s, is_done=False):
                _log.warning("a step took %.1f s, too long for the server: the next one is smaller", took_s)
            raise
        self.pace.took(time.monotonic() - began, is_done=True)
        return something

    def drain(self) -> int:
        """Deal with everything that waits now; the number of steps."""
        steps = 0
        while self.step(is_tick=True):
            steps += 1
        return steps

    def run(self, is_stopping: Callable[[], bool]) -> None:
        """Deal with what comes until asked to stop. `Conflict` when another took over; outages are waited out."""
        idle = 0
        ticked = time.monotonic()
        gc.freeze()
        while not is_stopping():
            try:
                is_tick = time.monotonic() - ticked >= _TICK_S
                if is_tick:
                    ticked = time.monotonic()
                began = time.monotonic()
                if self.step(is_tick=is_tick):
                    idle = 0
                    self._give_way(time.monotonic() - began, is_stopping)
                    continue
            except Unavailable as error:
                _log.warning("waiting: %s", error)
                time.sleep(min(error.retry_after_s, 5.0))
                continue
            idle += 1
            time.sleep(_IDLE_S if idle < _QUIET_AFTER else _QUIET_S)

    def _give_way(self, took_s: float, is_stopping: Callable[[], bool]) -> None:
        """While the pipeline itself has a backlog, pause: larger portions ask each customer once."""
        until = time.monotonic() + min(_LONGEST_PAUSE_S, _SHARE * took_s)
        while time.monotonic() < until and not is_stopping() and self._parts.store.backlog() > _BACKLOG:
            time.sleep(_QUIET_S)

    def close(self) -> None:
        """Let go of the store's connection."""
        self.forget()
        self._parts.store.close()

    def forget(self) -> None:
        """Throw everything in memory away; the next step becomes the decider anew."""
        self._memory = None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Segments that are not answered before a replay."""
        return self._memory.in_force.waiting if self._memory is not None else ()

    # ── what there is to do ──

    def _take_over(self) -> _Memory:
        parts = self._parts
        epoch, self.position, self.log_time, self._resolved = parts.store.acquire()
        parts.store.note(parts.fold.keys, parts.fold.shown_keys)
        found = in_force(parts.store.applied(), parts.segments, parts.journeys, parts.fold, self.log_time)
        self._memory = _Memory(epoch, found, Recent(parts.limits.known))
        return self._memory

    def _given(self, memory: _Memory, *, is_tick: bool) -> Given | None:
        """What the next step deals with; None where there is nothing to do."""
        store, limits, pace, found = self._parts.store, self._parts.limits, self.pace, memory.in_force
        is_behind = store.processed() > self.position
        is_new = bool(found.news or found.gone or found.renewing or memory.stranded is not None)
        if not (is_behind or is_tick or is_new):
            return None
        portion = self._parts.following.after(self.position) if is_behind else self._nothing()
        portion = portion.first(pace.of(limits.rows)) if pace.share > 1 else portion
        log_time = max(self.log_time, portion.log_time)
        if is_tick and not is_behind:
            log_time = max(log_time, self._passed())
        most_due, most_waking = pace.of(limits.due), pace.of(limits.waking)
        due = store.due(log_time, most_due + 1)
        if len(due) > most_due:
            log_time = min(log_time, due[most_due - 1][1] + 1)
        waking = store.waking(log_time, most_waking + 1)
        if len(waking) > most_waking:
            log_time = min(log_time, waking.pop().at)
        portion = portion.until(log_time)
        most_resolved = pace.of(limits.resolved)
        resolved = store.resolutions(self._resolved, portion.position, most_resolved + 1)
        if len(resolved) > most_resolved:  # who is whom comes first, in parts; then what happened to them
            return Given(
                portion=self._nothing(), log_time=self.log_time, resolved=resolved[:most_resolved],
                renewed=self._renewed(found),
            )  # fmt: skip
        back = store.asked_back(pace.of(limits.back))
        given = Given(
            portion=portion,
            log_time=log_time,
            resolved=resolved,
            due=[*(fragment for fragment, at in due if at < log_time), *self._stranded(memory)],
            waking=waking,
            untold=store.untold(most_due),
            renewed=self._renewed(found),
            back=back,
            missed=self._missed(back),
            stopping=store.stopping(most_due),
        )
        anything = (
            given.resolved, given.due, given.waking, given.untold, given.renewed, given.back, found.news, found.gone,
            given.stopping,
        )  # fmt: skip
        if portion.position > self.position or any(anything) or found.renewing:
            return given
        return None

    def _nothing(self) -> Portion:
        return Portion(self.position, self.position, self.log_time, is_end=True)

    def _passed(self) -> int:
        """Log time now, where everything in the log is decided and something waits for it; else what is known."""
        store, now = self._parts.store, self._parts.clock()
        if not store.due(now, 1) and not store.waking(now, 1):
            return self.log_time
        head = self._parts.intake.tick(now)
        return head.received_at if head.position == self.position else self.log_time

    def _stranded(self, memory: _Memory) -> list[bytes]:
        """Fragments of people whose journey was removed, or whose version of it nobody can follow any more."""
        if memory.stranded is None:
            return []
        definitions, limit = memory.in_force.definitions, self.pace.of(self._parts.limits.due)
        found = self._parts.store.stranded(sorted(definitions.passable), memory.stranded, limit)
        memory.stranded = found[-1] if len(found) == limit else None
        return found

    def _missed(self, back: list[AsideRow]) -> list[dict[str, Any]]:
        """What came for these people since they were put aside, up to where everybody else stands."""
        since = {row.fragment: row.position for row in back}
        if not since:
            return []
        rows = self._parts.following.of(sorted(since), min(since.values()), self.position)
        return [row for row in rows if row["position"] // ORDINALS > since[row["fragment"]]]

    def _renewed(self, found: InForce) -> list[bytes]:
        if not found.renewing:
            return []
        reached = min(row.reached for row in found.renewing.values())
        return self._parts.store.customers_after(reached, self.pace.of(self._parts.limits.renewed))

    # ── one step ──

    def _commit(self, memory: _Memory, given: Given) -> bool:
        """Whether anything came of it."""
        parts, found = self._parts, memory.in_force
        writes = EngagementWrites(
            position_before=self.position,
            position_after=given.portion.position,
            epoch=memory.epoch,
            log_time=given.log_time,
            resolved=given.resolved[-1].seq if given.resolved else self._resolved,
            segments_gone=found.gone,
        )
        renewing = {name: row.reached for name, row in found.renewing.items()}
        situation = Situation(
            parts.store, found.definitions, parts.acts, parts.chooser, parts.seed, memory.known, parts.dates, renewing,
            self.pace.of(parts.limits.at_once),
        )  # fmt: skip
        parts.store.patience_s = self.pace.patience_s
        now = parts.clock()
        parts.intake.prepare(now)
        with parts.store.step(writes) as connection:
            step = Step(situation, given, writes)
            step.run(connection)
            renewed = self._carried_out(found, given)
            writes.applied = [*{(row.kind, row.name, row.version): row for row in (*found.news, *renewed)}.values()]
            parts.store.end(writes)
            if step.told.moves:
                records = [record(fragment, move) for fragment, move in step.told.moves]
                told = parts.intake.append_in(connection, records, now).position
                writes.path = [path_row(move, told) for _, move in step.told.moves]
        is_moved = (writes.position_after, writes.resolved) != (self.position, self._resolved)
        self.position, self.log_time, self._resolved = writes.position_after, writes.log_time, writes.resolved
        found.news, found.gone = [], []
        found.renewing = {row.name: row for row in renewed if row.settled_at is None}
        return is_moved or any(getattr(writes, name) for name in _CHANGES)

    def _carried_out(self, found: InForce, given: Given) -> list[AppliedRow]:
        """How far changed segments are carried out with this step."""
        is_last = len(given.renewed) < self.pace.of(self._parts.limits.renewed)
        reached = b"" if is_last else given.renewed[-1]
        rows = []
        for row in found.renewing.values():
            further = max(row.reached, reached)
            settled_at = given.log_time if is_last else None
            rows.append(msgspec.structs.replace(row, reached=b"" if is_last else further, settled_at=settled_at))
        return rows
