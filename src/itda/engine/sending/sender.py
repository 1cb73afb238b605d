"""The sender: takes messages out of the outbox, hands them to the server, and writes down what became of them.

At most so many are on their way at once as connections can take soon: whatever ends this process leaves no more than
those uncertain. A server that is away is asked again after a wait that doubles; meanwhile one message at a time finds
out, and everything else stays in the outbox as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from itda.access.actor import Actor
from itda.base.errors import Conflict, Unavailable
from itda.channels.definition import Outcome
from itda.engine.sending.after import Pace
from itda.engine.sending.departure import Departing, Leaving, Left, leave
from itda.engine.sending.outcomes import Ended, recover, settle
from itda.engine.sending.smtp import SmtpPool
from itda.engine.work import Work
from itda.store import outbox
from itda.store.database import Connection, Database, reported
from itda.store.intake import PostgresIntake

if TYPE_CHECKING:
    from itda.engine.sending.after import After

_log = logging.getLogger(__name__)
_ACTOR = Actor(name="sender", role="machine", system="engine")
SEND = 0x17DA02
"""Advisory lock class of who sends; the object is the schema's name, hashed."""
_ALONE = "select pg_try_advisory_lock(%s, hashtext(current_schema()))"


class Limits(msgspec.Struct, frozen=True):
    """How the sender waits and how much it takes on. Seconds."""

    per_connection: int = 3
    """Messages on their way for each connection: one is given, the next are ready."""
    patience_s: float = 20.0
    """A message that found no connection so long after its decision goes back, to be decided anew."""
    fresh_s: float = 55.0
    """So does one that the server had not asked for by then: a decision holds for a minute (X-02)."""
    sure_s: float = 0.2
    """One that the server asks for later goes only if nobody took a consent away, or stopped all use, meanwhile."""
    idle_s: float = 0.2
    behind_s: float = 0.02
    away_s: float = 1.0
    longest_away_s: float = 60.0
    parting_s: float = 4.0
    """What messages on their way are given when the sender is to stop."""
    settled: int = 200
    """Outcomes written in one transaction."""
    pace: Pace = Pace()


class Parts(msgspec.Struct, frozen=True):
    """What a sender is made of. `clock` gives microseconds UTC."""

    db: Database
    intake: PostgresIntake
    leaving: Leaving
    clock: Callable[[], int]
    limits: Limits = Limits()


class Sender:
    """One sender, for one event loop. Run it, or `drain` it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool = SmtpPool(parts.leaving.channel)
        self._slots = asyncio.Semaphore(parts.leaving.channel.connections)
        self._ended: asyncio.Queue[Ended] = asyncio.Queue()
        self._flying: dict[bytes, asyncio.Task[None]] = {}
        self._unsettled: set[bytes] = set()
        self._freed = asyncio.Event()
        self._alone: Connection | None = None
        self._away_s = 0.0
        self._ask_at = 0.0
        self._waited_since: float | None = None

    async def run(self, is_stopping: Callable[[], bool]) -> None:
        """Send what is due until asked to stop. `Conflict` where another sender is at work."""
        settling = asyncio.create_task(self._settle_on())
        try:
            while not is_stopping():
                _see_to(settling)
                try:
                    left = await self._step()
                except Unavailable as error:
                    _log.warning("waiting: %s", error)
                    await asyncio.sleep(min(error.retry_after_s, 5.0))
                    continue
                await self._rest(left)
        finally:
            await self._part(settling)

    async def drain(self) -> int:
        """Send everything that is due now, once; the number of messages that were decided on."""
        settling = asyncio.create_task(self._settle_on())
        found = 0
        try:
            while True:
                _see_to(settling)
                left = await self._step()
                if left is not None:
                    found += left.found
                    if left.is_behind or (not left.found and not self._flying):
                        return found
                elif self._away_s and not self._flying:
                    return found
                await asyncio.sleep(0.001)
        finally:
            await self._part(settling)

    # ── out ──

    async def _step(self) -> Left | None:
        """Take what is due, as much as there is room for; None where there is none."""
        if self._alone is None or self._alone.closed:
            await asyncio.to_thread(self._take_over)
        most = self._room()
        if not most:
            return None
        if self._parts.leaving.proving.is_due():
            await asyncio.to_thread(self._parts.leaving.proving.renew)
        left = await asyncio.to_thread(self._leave, most)
        for departing in left.going:
            self._unsettled.add(departing.attempt)
            self._flying[departing.message] = asyncio.create_task(self._fly(departing))
        return left

    async def _rest(self, left: Left | None) -> None:
        limits = self._parts.limits
        if left is not None and left.is_behind:
            self._tell_behind()
            await asyncio.sleep(limits.behind_s)
            return
        self._waited_since = None
        if left is None or not left.found:
            self._freed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._freed.wait(), limits.idle_s)

    def _room(self) -> int:
        """How many more may be on their way."""
        loop, limits, channel = asyncio.get_running_loop(), self._parts.limits, self._parts.leaving.channel
        if self._away_s:
            return 1 if not self._flying and loop.time() >= self._ask_at else 0
        most = channel.connections * limits.per_connection
        if channel.rate:
            most = max(1, min(most, int(channel.rate * limits.patience_s / 2)))
        room = most - len(self._unsettled)
        return room if room > most // 2 or not self._flying else 0

    def _take_over(self) -> None:
        """Be the one sender, and end what the one before left behind."""
        if self._alone is not None:
            self._alone.close()
        parts = self._parts
        connection = parts.db.connect(autocommit=True, name=f"itda sender {parts.db.schema}")
        row = connection.execute(_ALONE, [SEND]).fetchone()
        if row is None or not row[0]:
            connection.close()
            raise Conflict("another sender is at work")
        now = parts.clock()
        parts.intake.prepare(now)
        try:
            with parts.db.connection() as own:
                left = recover(self._work(own, now), self._unsettled, parts.limits.pace)
        except BaseException:
            connection.close()
            raise
        self._alone = connection
        unsure = sum(one.status == "uncertain" for one in left.values())
        if left:
            _log.warning("%d attempts had no outcome: %d uncertain; see itda message", len(left), unsure)

    def _leave(self, most: int) -> Left:
        parts, connection = self._parts, self._alone
        if connection is None:
            raise Unavailable("the sender's connection is lost")
        with reported(), connection.transaction():  # under the lock of the one sender, or not at all
            return leave(connection, parts.leaving, parts.clock(), most)

    async def _fly(self, departing: Departing) -> None:
        """Give one message to the server, and note what became of it."""
        try:
            outcome = await self._given(departing)
        except Exception:  # noqa: BLE001 - whether it went is not known, and somebody is told so
            _log.exception("a message on its way broke our own code: %s", departing.message.hex())
            outcome = Outcome(result="uncertain", detail="our own fault while it was given to the server")
        finally:
            self._flying.pop(departing.message, None)
            self._freed.set()
        self._ended.put_nowait(
            Ended(departing.attempt, departing.message, departing.tries, outcome, self._parts.clock())
        )

    async def _given(self, departing: Departing) -> Outcome:
        since = asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(self._slots.acquire(), self._parts.limits.patience_s)
        except TimeoutError:
            return Outcome(result="retry", detail="no connection became free", is_server_down=True)
        try:
            outcome = await self._pool.deliver(departing.request, lambda: self._why_not(departing, since))
        finally:
            self._slots.release()
        self._hear(outcome)
        return outcome

    async def _why_not(self, departing: Departing, since: float) -> str:
        """Why a message whose decision was at `since` is not given to the server that asks for it now."""
        limits, waited_s = self._parts.limits, asyncio.get_running_loop().time() - since
        if waited_s > limits.fresh_s:
            return "it took too long to get here"
        if waited_s < limits.sure_s:
            return ""
        try:
            return await asyncio.to_thread(self._asked, departing.message)
        except Unavailable:
            return "nobody knows whether it still may go"

    def _asked(self, message: bytes) -> str:
        with self._parts.db.connection() as connection:
            return outbox.why_not(connection, message)

    def _hear(self, outcome: Outcome) -> None:
        """Learn from an outcome whether the server is there; say so once when that changes."""
        limits = self._parts.limits
        channel = self._parts.leaving.channel
        if outcome.is_server_down:
            if not self._away_s:
                _log.warning(
                    "the mail server %s:%d takes nothing now (%s); messages wait in the outbox",
                    channel.host, channel.port, outcome.detail,
                )  # fmt: skip
            self._away_s = min(max(limits.away_s, self._away_s * 2), limits.longest_away_s)
            self._ask_at = asyncio.get_running_loop().time() + self._away_s
        elif self._away_s:
            _log.info("the mail server %s:%d answers again", channel.host, channel.port)
            self._away_s = 0.0

    # ── and back ──

    async def _settle_on(self) -> None:
        """Write outcomes down as they come; while the database is away they are kept."""
        while True:
            ended = [await self._ended.get()]
            while not self._ended.empty() and len(ended) < self._parts.limits.settled:
                ended.append(self._ended.get_nowait())
            while True:
                try:
                    await asyncio.to_thread(self._settle, ended)
                    break
                except (Unavailable, Conflict) as error:
                    _log.warning("waiting with %d outcomes: %s", len(ended), error)
                    await asyncio.sleep(self._parts.limits.away_s)
            self._unsettled.difference_update(one.attempt for one in ended)
            self._freed.set()
            for _ in ended:
                self._ended.task_done()

    def _settle(self, ended: list[Ended]) -> dict[bytes, After]:
        parts = self._parts
        now = parts.clock()
        parts.intake.prepare(now)
        with parts.db.connection() as connection:
            return settle(self._work(connection, now), ended, parts.limits.pace)

    def _work(self, connection: Connection, now: int) -> Work:
        leaving = self._parts.leaving
        return Work(
            connection, leaving.workspace, leaving.vault, leaving.lake, now=now, actor=_ACTOR, reason="sending",
            intake=self._parts.intake,
        )  # fmt: skip

    async def _part(self, settling: asyncio.Task[None]) -> None:
        """Let what is on its way arrive, write it down, and close everything."""
        limits = self._parts.limits
        if self._flying:
            await asyncio.wait(self._flying.values(), timeout=limits.parting_s)
        for task in list(self._flying.values()):
            task.cancel()
        try:
            await asyncio.wait_for(self._ended.join(), limits.parting_s)
        except TimeoutError:
            _log.warning("%d outcomes could not be written: they will be uncertain", self._ended.qsize())
        settling.cancel()
        await asyncio.gather(settling, return_exceptions=True)
        await self._pool.close()
        if self._alone is not None:
            self._alone.close()
            self._alone = None

    def _tell_behind(self) -> None:
        """Say once a minute that the decider holds the messages up."""
        now = asyncio.get_running_loop().time()
        if self._waited_since is None:
            self._waited_since = now
        elif now - self._waited_since > 60.0:  # noqa: PLR2004 - a minute
            self._waited_since = now
            _log.warning("messages wait: what was in the log a second ago is not decided on yet")


def _see_to(settling: asyncio.Task[None]) -> None:
    """Fail with what ended the writing of outcomes: without it nothing more may leave."""
    if settling.done():
        settling.result()
