"""A shop, opened: what the terminal, Python and the doors hold in their hands.

    with itda.open("shop") as shop:
        shop.customer("membership:1").traits
        shop.timeline("membership:1")          # a polars.DataFrame

Opening starts the embedded database or attaches to it, brings the schema up to date and loads the workspace's key.
It works while the shop is served and while it is not: a command's events are then processed here, in this process.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.engine import backlog, frames, occupancy, settling
from itda.engine.app import App, Command, Question
from itda.engine.applying import standing
from itda.engine.backup import gate
from itda.engine.desks import Desks
from itda.engine.local_user import local_actor
from itda.engine.naming import identifier, named
from itda.engine.questions import views
from itda.store import keys, migrate, workspace_key
from itda.store.database import Database
from itda.store.embedded import Lease
from itda.store.intake import PostgresIntake
from itda.store.time_keys import QuarantineKeys
from itda.workspace.definition import Workspace
from itda.workspace.load import load

if TYPE_CHECKING:
    import polars as pl

    from itda.engine.applying.diff import DiffView
    from itda.engine.applying.doing import Outcome
    from itda.engine.commands.identity import Decided
    from itda.engine.deciding.decider import Decider
    from itda.engine.pipeline import Pipeline
    from itda.engine.questions.metric import ReportView
    from itda.engine.replay import Report
    from itda.engine.staff import Login, Staff
    from itda.engine.upkeep import Upkeep
    from itda.measure.definition import By
    from itda.store.lake.reader import LakeReader

Result = TypeVar("Result")
Progress = Callable[[int, int | None], None]
Days = int | None


def clock() -> int:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1000


def open(path: Path | str = ".", *, actor: Actor | None = None) -> Shop:  # noqa: A001 - a shop is opened, by that name
    """Open the workspace in a folder. Use it as a context manager, or `close` it.

    `actor` is who the access log and the audit name; by default the user of this machine, at the door
    they came by: the terminal's where a command was typed, else Python's.
    """
    return Shop(load(Path(path)), actor or local_actor())


def _silent(_done: int, _total: int | None) -> None:
    pass


class Shop(Desks):
    """One open workspace."""

    def __init__(self, workspace: Workspace, actor: Actor, *, is_restored: bool = False) -> None:
        self.written = self.workspace = workspace
        """What the files say, and what holds: of what is applied, that which was applied last, at this position."""
        self.applied_at: int | None = None
        self.actor = actor
        self.path: Path = workspace.path
        self.run_dir = workspace.data_dir / "run"
        self.log_dir = workspace.data_dir / "logs"
        self.vault = workspace_key.load(workspace.data_dir)
        self._lease = None if workspace.database_url else Lease(workspace.data_dir / "pg")
        url = workspace.database_url or (self._lease.url if self._lease else "")
        self.db = Database(url, workspace.schema)
        try:
            migrate.migrate(self.db)
            workspace_key.bind(self.db, self.vault)
            if not is_restored:  # whoever reopens it
                gate.check(self.db, workspace.data_dir, self.vault)
            self._hold()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; the last one to do so stops the embedded one."""
        for held in ("intake", "lake"):
            if held in self.__dict__:
                getattr(self, held).close()
        self.db.close()
        if self._lease is not None:
            self._lease.close()

    def renew(self) -> None:
        """Go by what was applied last; of the rest by the files as they are now, or as they were while faulty."""
        with contextlib.suppress(Refused):
            self.written = load(self.path)
        self._hold()

    def _hold(self) -> None:
        held = standing.in_force(self.db, self.written)
        self.workspace, self.applied_at = held.workspace, held.position
        if "app" in self.__dict__:
            self.app.workspace = self.workspace

    def _begin(self) -> None:
        """Whoever first processes or decides applies what is found; nobody does by what is no more than written."""
        if self.workspace.is_lost:
            raise Refused(*self.workspace.unsuited)
        if self.applied_at is None and standing.apply_first(self.db, self.workspace, clock()):
            self.applied_at = 0
        elif self.applied_at is None:
            self._hold()

    def revive(self) -> None:
        """Start the embedded database again when it died."""
        if self._lease is not None:
            self._lease.restart()

    @cached_property
    def lake(self) -> LakeReader:
        """The lake of this shop, for reading."""
        from itda.store.lake.reader import LakeReader  # noqa: PLC0415 - loads the scanning engines

        return LakeReader(self.db, self.workspace.lake_dir)

    @cached_property
    def intake(self) -> PostgresIntake:
        """The first part of the log."""
        return PostgresIntake(self.db, self.vault)

    @cached_property
    def app(self) -> App:
        """Where questions are asked and commands are carried out."""
        return App(self.db, self.workspace, self.vault, self.lake, clock)

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """Ask a question; the access log names the actor of this shop."""
        return self.app.ask(question, self.actor, reason)

    def act(self, command: Command[Result], reason: str) -> Result:
        """Carry a command out, and wait until what it wrote into the log is processed."""
        done = self.app.act(command, self.actor, reason)
        self.settle()
        return done.value

    # ── Questions ────────────────────────────────────────────────────────────────────────────────────────────────

    def status(self) -> views.StatusView:
        """How the shop stands."""
        from itda.engine.questions.status import Status  # noqa: PLC0415

        return self.ask(Status())

    def overview(self) -> views.OverviewView:
        """The console's first page: channels, orders and revenue."""
        from itda.engine.questions.overview import Overview  # noqa: PLC0415

        return self.ask(Overview())

    def keys(self) -> dict[str, str]:
        """The write key of each source that takes live events."""
        return {name: self.vault.write_key(name) for name, source in self.workspace.sources.items()
                if source.kind == "tracking"}  # fmt: skip

    def customer(self, who: str, *, at: str = "", as_known: str = "") -> views.ProfileView:
        """The customer by `kind:value` or id; `at` a past day or time by today's knowledge, or `as_known` then."""
        from itda.engine.questions import past  # noqa: PLC0415

        found = self.ask(past.question(named(who, self._kinds), at, as_known, self.workspace.zone))
        if found is None:
            raise Refused(f"no customer has {who}")
        return found

    def traits(self, who: str) -> pl.DataFrame:
        """The traits of a customer: name, kind, value (JSON), source, at, unit."""
        return frames.frame(self.customer(who).traits, frames.TRAITS)

    def search(self, text: str, limit: int = 50) -> pl.DataFrame:
        """Customers by name or by any identifier: id, name, matched, identifiers, events, last_at."""
        from itda.engine.questions.profile import CustomerSearch  # noqa: PLC0415

        return frames.frame(self.ask(CustomerSearch(text, limit)), frames.FOUND)

    def timeline(self, who: str, limit: int = 100) -> pl.DataFrame:
        """The latest events of a customer over all channels, newest first."""
        from itda.engine.questions.timeline import Timeline  # noqa: PLC0415

        return frames.frame(self.ask(Timeline(named(who, self._kinds), limit=limit)).events, frames.TIMELINE)

    def why(self, a: str, b: str) -> views.WhyView:
        """Why two identifiers are one customer, or are not."""
        from itda.engine.questions.why import Why  # noqa: PLC0415

        return self.ask(Why(identifier(a, self._kinds), identifier(b, self._kinds)))

    def history(self, who: str, limit: int = 100) -> views.HistoryView:
        """How a customer came about: what joined, parted and moved, why and by whom, newest first."""
        from itda.engine.questions.history import History  # noqa: PLC0415

        return self.ask(History(named(who, self._kinds), limit))

    def hubs(self) -> pl.DataFrame:
        """Identifiers that too many share: kind, value, hub, neighbours, steward, reason, first_at."""
        return frames.frame(self.hub_list(), frames.HUBS)

    def hub_list(self, limit: int = 200) -> list[views.HubView]:
        """The same as values."""
        from itda.engine.questions.hubs import Hubs  # noqa: PLC0415

        return self.ask(Hubs(limit))

    def metric(self, name: str, *, by: By = "", since: str = "", until: str = "", window: Days = None) -> pl.DataFrame:
        """One metric: series, part, value, n, d, low, high. Days as 2026-11-22; `window` in days."""
        return frames.frame(self.report(name, by=by, since=since, until=until, window=window).rows, frames.MEASURED)

    def report(self, name: str, *, by: By = "", since: str = "", until: str = "", window: Days = None) -> ReportView:
        """The same as a value, with its meaning, and the whole beside the parts."""
        from itda.engine.questions.metric import Measure  # noqa: PLC0415

        return self.ask(Measure(name, by, since, until, window))

    def quality(self) -> pl.DataFrame:
        """Data quality per day of receipt and source."""
        from itda.engine.questions.quality import Quality  # noqa: PLC0415

        return frames.frame(self.ask(Quality()).lines, frames.QUALITY)

    def quarantine(
        self, *, source: str | None = None, reason: str | None = None, limit: int = 50, before: int | None = None
    ) -> views.QuarantineView:
        """Refused events, newest first."""
        from itda.engine.questions.quarantine import QuarantineList  # noqa: PLC0415

        return self.ask(QuarantineList(source=source, reason=reason, limit=limit, before=before))

    def refused(self, limit: int = 1000) -> pl.DataFrame:
        """Refused events as a frame, newest first."""
        return frames.frame(self.quarantine(limit=limit).lines, frames.QUARANTINE)

    @property
    def _kinds(self) -> tuple[str, ...]:
        return tuple(kind.name for kind in self.workspace.policy.kinds)

    # ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    def cut(self, a: str, b: str, *, reason: str) -> Decided:
        """Say that two identifiers are not one customer. `is_new` is False where that was decided already."""
        from itda.engine.commands.identity import Cut  # noqa: PLC0415

        return self.act(Cut(identifier(a, self._kinds), identifier(b, self._kinds)), reason)

    def join(self, a: str, b: str, *, reason: str) -> Decided:
        """Say that two identifiers are one customer. `is_new` is False where that was decided already."""
        from itda.engine.commands.identity import Join  # noqa: PLC0415

        return self.act(Join(identifier(a, self._kinds), identifier(b, self._kinds)), reason)

    def confirm_hub(self, identifier_text: str, *, reason: str) -> Decided:
        """Say that many people share an identifier: nothing is joined through it, without the wait."""
        from itda.engine.commands.identity import ConfirmHub  # noqa: PLC0415

        return self.act(ConfirmHub(identifier(identifier_text, self._kinds)), reason)

    def clear_hub(self, identifier_text: str, *, reason: str) -> Decided:
        """Say that an identifier is one customer's, however many it seems to touch."""
        from itda.engine.commands.identity import ClearHub  # noqa: PLC0415

        return self.act(ClearHub(identifier(identifier_text, self._kinds)), reason)

    def take_back(self, a: str, b: str, *, reason: str) -> Decided:
        """Take back what was decided about two identifiers, or about one named twice: as if it had never been."""
        from itda.engine.commands.identity import TakeBack  # noqa: PLC0415

        return self.act(TakeBack(identifier(a, self._kinds), identifier(b, self._kinds)), reason)

    def replay_quarantine(
        self, positions: Sequence[int] = (), *, source: str | None = None, reason: str | None = None
    ) -> int:
        """Put refused events into the log again; how many."""
        from itda.engine.questions.quarantine import ReplayQuarantine  # noqa: PLC0415

        command = ReplayQuarantine(positions=tuple(positions), source=source, reason=reason)
        return self.act(command, "replay after the cure")

    def import_file(self, source: str, path: Path | str, progress: Progress = _silent) -> views.ImportView:
        """Bring a file of a source into the log. It goes on where it was interrupted; twice is once."""
        from itda.engine.importer import import_file  # noqa: PLC0415

        return import_file(self, source, Path(path), progress)

    def diff(self, *, back: bool = False, days: int = 7, members: int = 0) -> DiffView:
        """What applying the files would do; with `back`, what returning to the version before would."""
        from itda.engine.applying import doing  # noqa: PLC0415 - loads everything that is decided by

        return doing.diff(self, is_back=back, days=days, members=members)

    def apply(self, foreseen: DiffView, *, reason: str, back: bool = False, progress: Progress = _silent) -> Outcome:
        """Do what a diff foresaw, and return when it is carried out. `Conflict` where something else was applied."""
        from itda.engine.applying import doing  # noqa: PLC0415 - loads everything that is decided by

        return doing.apply(self, foreseen, is_back=back, reason=reason, progress=progress)

    def replay(self, *, verify: bool, progress: Progress = _silent) -> Report:
        """Rebuild from lake and keys; with `verify` beside the living data, to compare."""
        from itda.engine.replay import replay  # noqa: PLC0415

        return replay(self, verify=verify, progress=progress)

    @cached_property
    def staff(self) -> Staff:
        """Logins and sessions of the console."""
        from itda.engine.staff import Staff  # noqa: PLC0415 - only a served shop has visitors

        return Staff(self.db, self.vault, clock, rules=lambda: self.workspace.staff)

    def first_login(self) -> Login | None:
        """The administrator's login, made when nobody has one yet: its password is told only here. Else None."""
        return self.staff.first(self.actor)

    # ── Processing ───────────────────────────────────────────────────────────────────────────────────────────────

    def served_by(self) -> str | None:
        """Who serves this shop now, None when nobody does. Where several do, with the roles of each."""
        return occupancy.server(self.db)

    def pipeline(self, *, has_reader: bool = False) -> Pipeline:
        """A pipeline on this shop; running it makes it the one writer. `has_reader`: with a process that reads."""
        from itda.engine import processing  # noqa: PLC0415 - loads everything a chunk needs

        self._begin()
        return processing.pipeline(self.db, self.intake, self.workspace, self.vault, has_reader=has_reader)

    def decider(self) -> Decider:
        """A decider on this shop; stepping makes it the one decider."""
        from itda.engine.deciding import making  # noqa: PLC0415 - loads everything that is decided by

        self._begin()
        return making.decider(self.db, self.lake, self.intake, self.workspace, self.vault, clock)

    def drain(self) -> int:
        """Process and decide what waits, in this process, as far as nobody serves it; the number of frames handled."""
        return settling.drain(self)

    def settle(self, progress: Progress = _silent) -> None:
        """Return when everything that was in the log at the call is processed, here or by who serves the shop."""
        settling.settle(self, progress)

    def positions(self) -> tuple[int, int]:
        """Frames processed and decided, and frames acknowledged, by position."""
        return backlog.positions(self.db)

    def upkeep(self) -> Upkeep:
        """What compacts the lake and drops what has had its time: the work of the compactor's process."""
        from itda.engine.auditing.upkeep import AuditUpkeep  # noqa: PLC0415
        from itda.engine.compactor import Compactor  # noqa: PLC0415 - loads the scanning engines
        from itda.engine.requests.rounds import regular, soon  # noqa: PLC0415
        from itda.engine.retaining.running import look  # noqa: PLC0415
        from itda.engine.upkeep import Upkeep  # noqa: PLC0415

        compactor = Compactor(self.db, self.workspace.lake_dir)
        audit = AuditUpkeep(self.db, self.workspace, clock)
        months = QuarantineKeys(self.db, self.vault)
        rounds = (partial(regular, self), lambda _now: keys.clear_out(self.db))
        return Upkeep(compactor, self.intake, months, clock, audit, rounds, partial(look, self), partial(soon, self))
