"""Every source: how fresh it is, how much came, what was refused, and of those that are fetched how that goes."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.instant import LocalDates, day_to_date
from itda.engine.alone import is_held
from itda.engine.app import Answer
from itda.engine.work import Work
from itda.sources.definition import FETCHED
from itda.store import fetches
from itda.store.fetches import FetchRun, FetchState

_DAYS = 7
_VOLUME = """
    select source, max(local_date) filter (where measure = 'accepted'),
      coalesce(sum(n) filter (where measure = 'accepted' and local_date > %(since)s), 0)::bigint,
      coalesce(sum(n) filter (where measure = 'duplicate' and local_date > %(since)s), 0)::bigint,
      coalesce(sum(n) filter (where measure like 'quarantined:%%' and local_date > %(since)s), 0)::bigint
    from quality group by source
"""


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """One source. Counts are of the last seven days of receipt; times in microseconds UTC, None: never."""

    name: str
    kind: str
    channel: str
    accepted: int = 0
    duplicate: int = 0
    refused: int = 0
    last_day: str = ""
    """The last day of receipt that brought an event; empty: none yet."""
    every: str = ""
    """When it is fetched; empty: when somebody asks, or it comes by itself."""
    is_fetched: bool = False
    due_at: int | None = None
    """When it is fetched next; None: when somebody asks."""
    standing: str = ""
    """Of what is fetched: `new`, `running`, `ok` or `failing`."""
    ended_at: int | None = None
    """When it was last fetched and all went well."""
    failures: int = 0
    """In a row."""
    error: str = ""
    """What went wrong last time."""
    last_run: FetchRun | None = None


class SourceState(msgspec.Struct, frozen=True):
    """One source that is fetched: how far, and its last runs, newest first."""

    source: SourceView
    cursor: str
    """The column it is read by; empty: it has none."""
    mark: str | None
    """Read up to this value of it."""
    runs: list[FetchRun]


class Sources(msgspec.Struct, frozen=True):
    """Every source of the workspace, in the order of their names."""

    permission: ClassVar[str] = "quality.read"

    def answer(self, work: Work) -> Answer[list[SourceView]]:
        """Definitions, counts of data quality, and the notes of who fetches."""
        views = _views(work)
        return Answer(views, count=len(views))


class OneSource(msgspec.Struct, frozen=True):
    """One source that is fetched."""

    permission: ClassVar[str] = "quality.read"
    name: str
    runs: int = 20

    def answer(self, work: Work) -> Answer[SourceState]:
        """How far it is, and what came of its last runs."""
        state = fetches.state(work.connection, self.name)
        view = next(view for view in _views(work) if view.name == self.name)
        runs = fetches.runs(work.connection, self.name, self.runs)
        return Answer(SourceState(view, state.cursor_column, state.mark_text, runs), count=1)


def _views(work: Work) -> list[SourceView]:
    today = LocalDates(work.workspace.zone).of(work.now)
    volumes = {row[0]: row[1:] for row in work.connection.execute(_VOLUME, {"since": today - _DAYS}).fetchall()}
    states, last = fetches.states(work.connection), fetches.last_runs(work.connection)
    views = []
    for name, source in sorted(work.workspace.sources.items()):
        day, accepted, duplicate, refused = volumes.get(name, (None, 0, 0, 0))
        state, run = states.get(name, FetchState(name)), last.get(name)
        is_fetched = source.kind in FETCHED
        views.append(
            SourceView(
                name=name, kind=source.kind, channel=source.channel, accepted=accepted, duplicate=duplicate,
                refused=refused, last_day=day_to_date(day).isoformat() if day is not None else "",
                every=source.every.written if source.every else "", is_fetched=is_fetched,
                due_at=state.next_at(source.every, work.workspace.zone) if is_fetched else None,
                standing=_standing(work, state, run) if is_fetched else "", ended_at=state.ended_at,
                failures=state.failures, error=state.error, last_run=run,
            )
        )  # fmt: skip
    return views


def _standing(work: Work, state: FetchState, run: FetchRun | None) -> str:
    """A run that was killed is not running, whatever its note says: it left the lock."""
    if (
        run is not None
        and run.outcome == "running"
        and is_held(work.connection, work.workspace.schema, "fetch", state.source)
    ):
        return "running"
    if state.failures:
        return "failing"
    return "ok" if state.ended_at is not None else "new"
