"""Fetches a source once: what is new in it goes into the log, with how far it was read, in the same transaction.

Killed anywhere, the next run goes on where the last transaction ended. What went wrong is noted, and told to whoever
asked; a source is fetched by one at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

import msgspec

from itda.base.errors import Broken, Fault, ItdaError, Misused
from itda.engine.alone import alone
from itda.engine.app import Done
from itda.engine.fetching import drops, resources, tables
from itda.engine.fetching.given import Given, Progress
from itda.engine.importer import Importing
from itda.engine.work import Work
from itda.sources import marks
from itda.sources.definition import FETCHED, SourceDef
from itda.sources.marks import Mark
from itda.sources.origins import DatabaseOrigin, DltOrigin, FolderOrigin, SftpOrigin
from itda.store import fetches
from itda.store.fetches import FetchRun
from itda.workspace.definition import Workspace
from itda.workspace.shape import nearest

LONGEST_ERROR = 500


class Fetch(msgspec.Struct, frozen=True):
    """Somebody asks for what is new in a source."""

    permission: ClassVar[str] = "source.import"
    source: str

    def carry_out(self, _work: Work) -> Done[None]:
        """Nothing but the audit: what is fetched goes into the log by itself."""
        return Done(None, audit={"source": self.source})


class Backfill(msgspec.Struct, frozen=True):
    """Read a source again from a value of its cursor on; None: from where its YAML begins."""

    permission: ClassVar[str] = "source.import"
    source: str
    column: str
    mark: Mark | None

    def carry_out(self, work: Work) -> Done[None]:
        """Move the mark. Facts taken before come again, and are told by their ids."""
        fetches.set_mark(work.connection, self.source, self.column, self.mark)
        fetches.forget(work.connection, self.source)
        return Done(None, audit={"source": self.source, "since": self.mark.text if self.mark else ""})


def fetch(
    shop: Importing,
    name: str,
    progress: Progress,
    *,
    stopped: Callable[[], bool] = lambda: False,
    environment: Mapping[str, str] = os.environ,
) -> FetchRun:
    """Fetch what is new in a source and say what it was. `stopped` is asked between transactions."""
    source = fetched_source(shop.workspace, name)
    with _alone(shop, name):
        now = shop.app.clock
        with shop.db.connection() as connection:
            began_at = fetches.begin(connection, name, now())
        given = Given(
            source=source, began_at=began_at, shop=shop, environment=environment, progress=progress, stopped=stopped
        )
        try:
            is_through = _read(given)
        except Exception as error:
            with shop.db.connection() as connection:
                fetches.fail(connection, name, began_at, now(), _told(error, given))
            raise
        with shop.db.connection() as connection:
            fetches.end(connection, name, began_at, now(), "done" if is_through else "stopped")
            return fetches.runs(connection, name, 1)[0]


def backfill(shop: Importing, name: str, since: str) -> None:
    """Move a source to a value of its cursor (empty: where its YAML begins); the next run reads from there."""
    source = fetched_source(shop.workspace, name)
    if not isinstance(source.origin, DatabaseOrigin | DltOrigin) or not source.origin.cursor:
        cure = "all that is not there yet is taken at the next run anyway"
        raise Misused(Fault(what=f"the source {name!r} has no cursor to move", cure=cure))
    with shop.db.connection() as connection:
        state = fetches.state(connection, name)
    try:
        like = state.mark_type if state.cursor_column == source.origin.cursor else None
        if like is None and isinstance(source.origin, DltOrigin):
            like = marks.of_json(since)
        mark = marks.read(since, like) if since else None
    except ValueError as error:
        raise Misused(Fault(what=str(error))) from None
    with _alone(shop, name):  # whoever is reading would set its own mark over it
        shop.app.act(Backfill(name, source.origin.cursor, mark), shop.actor, "read a source again")


def _alone(shop: Importing, name: str) -> AbstractContextManager[None]:
    cure = "wait until it is through; `itda source list` shows it"
    return alone(
        shop.db, "fetch", name, otherwise=Fault(what=f"the source {name!r} is being fetched already", cure=cure)
    )


def fetched_source(workspace: Workspace, name: str) -> SourceDef:
    """A source that is fetched, by its name."""
    known = [other.name for other in workspace.sources.values() if other.kind in FETCHED]
    source = workspace.sources.get(name)
    if source is None:
        cure = nearest(name, known, "name it in sources/ with kind: database")
        raise Misused(Fault(what=f"{name!r} is no source of this workspace", cure=cure))
    if source.kind not in FETCHED:
        cure = "bring files in with `itda import`" if source.kind == "file" else "what it has comes by itself"
        raise Misused(Fault(what=f"the source {name!r} is not fetched: it is kind: {source.kind}", cure=cure))
    return source


def _read(given: Given) -> bool:
    match given.source.origin:
        case DatabaseOrigin() as origin:
            return tables.read(given, origin)
        case FolderOrigin() as origin:
            return drops.take(given, drops.Folder(origin, given.file), origin.settled)
        case SftpOrigin() as origin:
            with drops.remote(given, origin) as place:
                return drops.take(given, place, origin.settled)
        case DltOrigin() as origin:
            return resources.read(given, origin)
        case _:
            raise Broken(f"the source {given.source.name} says not where its rows are")


def _told(error: Exception, given: Given) -> str:
    """What is kept of an error: ours in their own words, of a bug its name; no secret."""
    said = str(error) if isinstance(error, ItdaError) else f"a bug of ours: {type(error).__name__}"
    return given.without_secrets(said)[:LONGEST_ERROR]
