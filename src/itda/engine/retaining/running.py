"""A run of retention: what is due goes from the lake file by file, then people; each file is one transaction.

Whatever interrupts a run, what it did is whole: a file's rows and the record of whom they concerned are written
together, and the next run goes on with what is left. The pipeline is told of them at the end, each once for all files;
who goes on with a run that was interrupted tells first of whom it was not told. A rule that is new, or says something
else than before, is told of by the first daily run and carried out by the next: nobody's slip of the pen destroys
anything overnight.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from itda.access.actor import Actor
from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.base.instant import LocalDates
from itda.consent.retention import NEVER_DUE, Rule
from itda.engine import duties
from itda.engine.app import App, Done
from itda.engine.compactor import Compactor
from itda.engine.dedupe import key, seed_of
from itda.engine.keyring import RETENTION as STANDARD
from itda.engine.refolding.told import records
from itda.engine.requests.deadlines import DESTROYED_WITHIN
from itda.engine.requests.opening import RETENTION, OpenRequest
from itda.engine.retaining import looking
from itda.engine.retaining.changing import Changing
from itda.engine.retaining.judging import Judge, digest
from itda.engine.work import Work
from itda.events.event import ORDINALS
from itda.store import retention
from itda.store.arrays import byteas
from itda.store.database import Connection, Database
from itda.store.intake import PostgresIntake
from itda.store.keyed import KEYS_OF
from itda.store.lake import manifest
from itda.store.lake.files import LakeFile
from itda.store.lake.reader import LakeReader
from itda.store.ports import KeyRow
from itda.store.retention import Mark, RunRow
from itda.store.vault import Cipher, Vault
from itda.workspace.definition import Workspace
from itda.workspace.retention import laws_of

MOST_PEOPLE = 2_000
"""So many requests of one rule in one run; the others follow a day later."""
MOST_UNTOLD = 50_000
"""So many fragments are kept with a run until the pipeline is told of them; more are told of before the end."""
_KIND, _MOST_DUTIES = "destroy", 10_000
DAILY = "upkeep"
_ACTOR = Actor(name=DAILY, role="admin", system="engine")
_log = logging.getLogger(__name__)


def _of_run(run: int) -> str:
    return f"run:{run}"


def _of_rule(name: str) -> str:
    return f"rule:{name}"


class Opened(Protocol):
    """What is needed of an open shop."""

    db: Database
    vault: Vault
    workspace: Workspace

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...

    @property
    def intake(self) -> PostgresIntake:
        """The log's door."""
        ...

    @property
    def lake(self) -> LakeReader:
        """For reading."""
        ...

    def renew(self) -> None:
        """Go by the files as they are now."""
        ...


class AskRetention(msgspec.Struct, frozen=True):
    """Have what is due destroyed now, and not with the next daily run."""

    permission: ClassVar[str] = "retention.run"

    def carry_out(self, work: Work) -> Done[int]:
        """The number of the run; it is carried out by whoever keeps the lake."""
        if not work.workspace.retention:
            raise Refused(Fault(what="no rule says how long anything is kept", cure="write retention.yaml"))
        made = retention.ask(work.connection, work.actor.name, work.now)
        return Done(made, audit={"run": made})


class NoteRetention(msgspec.Struct, frozen=True):
    """Note what a run destroyed."""

    permission: ClassVar[str] = "retention.run"
    run: int
    counts: dict[str, int]
    """Rule → events, values or requests of people."""
    announced: tuple[str, ...]
    """Rules that were new: nothing was destroyed by them yet."""
    left: dict[str, int]
    """Rule → people for whom another run is needed."""
    marks: tuple[tuple[str, Mark], ...]
    owed: tuple[str, ...] = ()
    """Rules of which something is due still: each is a duty of its own until a run leaves nothing of it."""

    def carry_out(self, work: Work) -> Done[RunRow | None]:
        """Note it; the audit keeps it."""
        told = {"counts": self.counts, "announced": self.announced, "left": self.left}
        retention.mark(work.connection, self.marks)
        retention.end(work.connection, self.run, msgspec.json.encode(told).decode(), work.now)
        wanted = {_of_rule(name) for name in self.owed}
        for owed in duties.open_ones(work.connection, _KIND, limit=_MOST_DUTIES):
            if owed.about == _of_run(self.run) or (owed.about.startswith(_of_rule("")) and owed.about not in wanted):
                duties.settle(work.connection, owed.id, told | {"run": self.run}, work.now)
            wanted.discard(owed.about)
        for about in sorted(wanted):
            duties.owe(work.connection, _KIND, work.now + DESTROYED_WITHIN, about=about, at=work.now)
        return Done(retention.one(work.connection, self.run), audit={"run": self.run, **told})


def look(shop: Opened, compactor: Compactor, is_round: bool, now: int) -> None:
    """A run that somebody asked for; when it is a round of upkeep, else today's. By retention.yaml as it is now."""
    with shop.db.connection() as connection:
        is_asked = retention.waiting(connection) is not None
    if is_asked or is_round:
        shop.renew()
        keep_up(shop, compactor, now, is_daily=is_round)


def keep_up(shop: Opened, compactor: Compactor, now: int, *, is_daily: bool = False) -> RunRow | None:
    """The run that somebody asked for; with `is_daily` else today's, where there was none. None: nothing is to do."""
    dates = LocalDates(shop.workspace.zone)
    with shop.db.connection() as connection:
        run = retention.waiting(connection)
        if run is None and is_daily and shop.workspace.retention:
            last = retention.lately(connection, 1)
            if not last or dates.of(last[0].ended_at or 0) < dates.of(now):
                run = retention.one(connection, retention.ask(connection, DAILY, now))
        if run is not None:
            if run.began_at is not None:
                duties.owe(connection, _KIND, run.asked_at + DESTROYED_WITHIN, about=_of_run(run.id), at=now)
            retention.begin(connection, run.id, now)
    return None if run is None else _Run(shop, compactor, run, now).done()


class _Run:
    """One run."""

    def __init__(self, shop: Opened, compactor: Compactor, run: RunRow, now: int) -> None:
        self._shop, self._compactor, self._run, self._now = shop, compactor, run, now
        self._counts: Counter[str] = Counter(_told(run).get("counts", {}))
        """What this run destroyed by each rule, before it was interrupted too."""
        self._untold: set[bytes] = set()
        """Whom it concerned of whom the pipeline was not told yet, as it is kept with the run."""
        self._left: dict[str, int] = {}
        self._waits: list[str] = []
        """Rules about the lake that were not carried out in every file yet."""
        self._seed = seed_of(shop.vault)
        self._laws = laws_of(shop.workspace.country)

    def done(self) -> RunRow | None:
        """Do it, and note what it came to."""
        shop = self._shop
        self._tell()  # of whom a run that was interrupted did not
        with shop.db.connection() as connection:
            rules, announced = self._rules(retention.marks(connection))
        owed = self._due_by(announced)
        marks: list[tuple[str, Mark]] = [
            (rule.name, Mark(digest(rule, self._laws), NEVER_DUE, 0)) for rule in announced
        ]
        if any(rule.is_of_lake for rule in rules):
            marks += self._events(rules)
            self._tell()
        for rule in rules:
            if not rule.is_of_lake:
                self._people(rule)
                marks.append((rule.name, Mark(digest(rule, self._laws), NEVER_DUE, 0)))
        note = NoteRetention(
            self._run.id, dict(self._counts), tuple(rule.name for rule in announced), self._left, tuple(marks),
            (*owed, *self._waits, *self._left),
        )  # fmt: skip
        if self._counts or announced:
            _log.info("retention: %s; announced: %s", dict(self._counts), list(note.announced))
        return shop.app.act(note, _ACTOR, "a term is over").value

    def _rules(self, marks: Mapping[str, Mark]) -> tuple[list[Rule], list[Rule]]:
        """Those to be carried out, and those that a daily run only tells of: it never met them as they are now."""
        rules = list(self._shop.workspace.retention)
        if self._run.asked_by != DAILY:
            return rules, []
        new = [rule for rule in rules if rule.name not in marks or marks[rule.name].digest != digest(rule, self._laws)]
        return [rule for rule in rules if rule not in new], new

    def _due_by(self, announced: Sequence[Rule]) -> list[str]:
        """Those of the rules that are only told of by which something is due already."""
        shop = self._shop
        if not announced:
            return []
        with shop.lake.snapshot() as snapshot, shop.db.connection() as connection:
            judge = looking.judge(connection, snapshot, shop.workspace, self._now, announced)
            found = {name: one.n for name, one in looking.due(judge, snapshot).items()} if judge.rules else {}
            for rule in announced:
                if not rule.is_of_lake:
                    found[rule.name] = len(looking.inactive(connection, snapshot, shop.workspace, self._now, rule))
        return [name for name, n in found.items() if n]

    def _events(self, rules: Sequence[Rule]) -> list[tuple[str, Mark]]:
        shop = self._shop
        self._compactor.settle()
        with shop.lake.snapshot() as snapshot, shop.db.connection() as connection:
            judge = looking.judge(connection, snapshot, shop.workspace, self._now, rules)
            until = min(snapshot.tail_from, (manifest.decided(connection) + 1) * ORDINALS)
            wanted = [
                file
                for file in judge.chosen(snapshot.files)
                if looking.is_anything_due(judge, looking.parts(snapshot, file))
            ]
        decided = [file for file in wanted if file.max_position < until]  # whoever follows the log was there already
        done = [self._file(judge, file) for file in decided]
        reached = judge.reached(until)
        if all(done) and len(decided) == len(wanted):
            return reached
        self._waits = [name for name, _ in reached]
        return []

    def _file(self, judge: Judge, file: LakeFile) -> bool:
        """Write one file anew without what is due; whether that could be looked at."""
        shop = self._shop
        change = Changing(judge, self._ciphers, self._permanent, LocalDates(shop.workspace.zone))

        def also(connection: Connection) -> bool:
            self._note(connection, before + change.counts, self._untold | change.fragments)
            return bool(change.fragments)

        before = Counter(self._counts)
        is_changed = self._compactor.rewrite(file, change, also)
        self._counts = before
        if is_changed:
            self._counts = before + change.counts
            self._untold |= change.fragments
        if len(self._untold) >= MOST_UNTOLD:
            self._tell()
        return is_changed or not change.fragments

    def _tell(self) -> None:
        """Have the profiles folded anew of whom it concerned, as is kept with the run; in one transaction with that."""
        shop = self._shop
        shop.intake.prepare(self._now)
        with shop.db.connection() as connection:
            kept = retention.held(connection, self._run.id)
            fragments = {bytes.fromhex(one) for one in _told(kept).get(retention.UNTOLD, ())} if kept else set()
            for record in records(self._run.id, sorted(fragments)):
                position = shop.intake.append_in(connection, [record], self._now).position
                retention.reach(connection, self._run.id, position)
            if fragments:
                self._note(connection, self._counts)
        self._untold.clear()

    def _people(self, rule: Rule) -> None:
        shop = self._shop
        with shop.lake.snapshot() as snapshot, shop.db.connection() as connection:
            found = looking.inactive(connection, snapshot, shop.workspace, self._now, rule)
        done = 0
        for left, one in zip(range(len(found), 0, -1), found, strict=True):
            if done == MOST_PEOPLE:
                self._left[rule.name] = left
                break
            who = ids.customer_text(one.customer)
            try:
                shop.app.act(OpenRequest(kind="erase", who=who, via=RETENTION, only=one.only), _ACTOR, rule.name)
            except Refused as error:  # shared by many, or erased meanwhile: nobody's time is over
                _log.info("somebody whose time is over is left: %s", error)
                continue
            self._counts[rule.name] += 1
            done += 1
            with shop.db.connection() as connection:
                self._note(connection, self._counts)

    def _note(self, connection: Connection, counts: Mapping[str, int], untold: Collection[bytes] = ()) -> None:
        """Keep what came so far with it: whoever goes on counts from there, and tells of whom nobody was told."""
        told: dict[str, Any] = {"counts": counts}
        if untold:
            told[retention.UNTOLD] = sorted(one.hex() for one in untold)
        retention.note(connection, self._run.id, msgspec.json.encode(told).decode())

    def _ciphers(self, fragments: Sequence[bytes]) -> Mapping[bytes, Cipher]:
        if not fragments:
            return {}
        with self._shop.db.connection() as connection:
            rows = connection.execute(KEYS_OF, [byteas(list(fragments))], binary=True).fetchall()
        living = [key for key in (KeyRow(*row) for row in rows) if key.retention == STANDARD]
        return {key.fragment: self._shop.vault.unwrap(key.fragment, key.wrapped_key, STANDARD) for key in living}

    def _permanent(self, source: str, event_id: str) -> bytes:
        return key(source, event_id, self._seed)


def _told(run: RunRow) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(run.told) if run.told else {}
    return found
