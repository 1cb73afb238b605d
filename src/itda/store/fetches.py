"""How far each source is fetched, and what came of it, in PostgreSQL. Marks move in the transaction of their events."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from itda.sources import schedule
from itda.sources.marks import Mark, MarkType
from itda.sources.schedule import Schedule
from itda.store.arrays import byteas
from itda.store.database import Connection

KEPT_RUNS = 100
"""Of each source."""
Outcome = Literal["running", "done", "stopped", "failed"]
_STATE = "source, cursor_column, mark_type, mark, began_at, ended_at, failures, failed_at, error"
_RUN = "source, began_at, ended_at, rows, events, refused, known, unordered, outcome, error"


class FetchState(msgspec.Struct, frozen=True):
    """Where a source is. Times in microseconds UTC; None: never."""

    source: str
    cursor_column: str = ""
    mark_type: MarkType | None = None
    mark_text: str | None = None
    began_at: int | None = None
    ended_at: int | None = None
    """Of the last run that ended well."""
    failures: int = 0
    """In a row."""
    failed_at: int | None = None
    error: str = ""

    @property
    def mark(self) -> Mark | None:
        """Read up to this value; None: nothing yet."""
        if self.mark_type is None or self.mark_text is None:
            return None
        return Mark(self.mark_type, self.mark_text)

    def next_at(self, every: Schedule | None, zone: str) -> int | None:
        """When it is fetched next, in microseconds UTC: 0 for at once, None where somebody has to ask.

        A run that was stopped or killed before it was through is begun again at once.
        """
        if (
            every is not None
            and not self.failures
            and self.began_at is not None
            and (self.ended_at or 0) < self.began_at
        ):
            return 0
        return schedule.next_at(every, zone, self.began_at, self.failures, self.failed_at)


class FetchRun(msgspec.Struct, frozen=True):
    """What one run brought. `known` facts were met again and left out; `unordered` rows have no cursor's value."""

    source: str
    began_at: int
    ended_at: int | None = None
    rows: int = 0
    events: int = 0
    refused: int = 0
    known: int = 0
    unordered: int = 0
    outcome: Outcome = "running"
    error: str = ""


class Counts(msgspec.Struct):
    """What a transaction adds to its run."""

    rows: int = 0
    events: int = 0
    refused: int = 0
    known: int = 0


class Seen(msgspec.Struct, frozen=True):
    """A fact that may be met again."""

    digest: bytes
    value: str
    place: Decimal | None


def state(connection: Connection, source: str) -> FetchState:
    """Where a source is."""
    row = connection.execute(f"select {_STATE} from source_state where source = %s", [source]).fetchone()
    return FetchState(source) if row is None else FetchState(*row)


def states(connection: Connection) -> dict[str, FetchState]:
    """Where every source is that was ever fetched."""
    rows = connection.execute(f"select {_STATE} from source_state").fetchall()
    return {row[0]: FetchState(*row) for row in rows}


def runs(connection: Connection, source: str, limit: int) -> list[FetchRun]:
    """The last runs, newest first."""
    rows = connection.execute(
        f"select {_RUN} from source_run where source = %s order by began_at desc limit %s", [source, limit]
    ).fetchall()
    return [FetchRun(*row) for row in rows]


def last_runs(connection: Connection) -> dict[str, FetchRun]:
    """The last run of every source."""
    rows = connection.execute(
        f"select distinct on (source) {_RUN} from source_run order by source, began_at desc"
    ).fetchall()
    return {row[0]: FetchRun(*row) for row in rows}


def begin(connection: Connection, source: str, now: int) -> int:
    """Begin a run; the time that names it. One that was killed is `stopped`: what it committed stays."""
    connection.execute(
        "update source_run set ended_at = %s, outcome = 'stopped' where source = %s and ended_at is null", [now, source]
    )
    row = connection.execute("select max(began_at) from source_run where source = %s", [source]).fetchone()
    began_at = now if row is None or row[0] is None else max(now, row[0] + 1)
    connection.execute("insert into source_run (source, began_at) values (%s, %s)", [source, began_at])
    connection.execute(
        "insert into source_state (source, began_at) values (%s, %s)"
        " on conflict (source) do update set began_at = excluded.began_at",
        [source, began_at],
    )
    connection.execute(
        "delete from source_run where source = %s and began_at <= "
        "(select began_at from source_run where source = %s order by began_at desc offset %s limit 1)",
        [source, source, KEPT_RUNS],
    )
    return began_at


def end(connection: Connection, source: str, began_at: int, now: int, outcome: Outcome) -> None:
    """The run is over, and nothing went wrong; `stopped` where it was told to stop before it was through."""
    connection.execute(
        "update source_run set ended_at = %s, outcome = %s where source = %s and began_at = %s",
        [now, outcome, source, began_at],
    )
    ended_at = now if outcome == "done" else None
    connection.execute(
        "update source_state set ended_at = coalesce(%s, ended_at), failures = 0, failed_at = null, error = ''"
        " where source = %s",
        [ended_at, source],
    )


def fail(connection: Connection, source: str, began_at: int, now: int, error: str) -> None:
    """The run went wrong; what it committed before stays."""
    connection.execute(
        "update source_run set ended_at = %s, outcome = 'failed', error = %s where source = %s and began_at = %s",
        [now, error, source, began_at],
    )
    connection.execute(
        "update source_state set failures = failures + 1, failed_at = %s, error = %s where source = %s",
        [now, error, source],
    )


def add(connection: Connection, source: str, began_at: int, counts: Counts) -> None:
    """Count what this transaction brings."""
    connection.execute(
        "update source_run set rows = rows + %s, events = events + %s, refused = refused + %s, known = known + %s"
        " where source = %s and began_at = %s",
        [counts.rows, counts.events, counts.refused, counts.known, source, began_at],
    )


def note_unordered(connection: Connection, source: str, began_at: int, count: int) -> None:
    """Rows that cannot be read in the order of the cursor, as they have no value of it."""
    connection.execute(
        "update source_run set unordered = %s where source = %s and began_at = %s", [count, source, began_at]
    )


def set_mark(connection: Connection, source: str, column: str, mark: Mark | None) -> None:
    """Move a source to this value of this column; None: to the beginning."""
    connection.execute(
        "insert into source_state (source, cursor_column, mark_type, mark) values (%s, %s, %s, %s)"
        " on conflict (source) do update set cursor_column = excluded.cursor_column, mark_type = excluded.mark_type,"
        " mark = excluded.mark",
        [source, column, mark.type if mark else None, mark.text if mark else None],
    )


def known(connection: Connection, source: str, digests: Sequence[bytes]) -> set[bytes]:
    """Which of these facts were taken already."""
    rows = connection.execute(
        "select digest from source_seen where source = %s and digest = any(%b)", [source, byteas(list(digests))]
    ).fetchall()
    return {bytes(row[0]) for row in rows}


def remember(connection: Connection, source: str, seen: Sequence[Seen]) -> None:
    """Keep facts that may be met again."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into source_seen (source, digest, value, place) values (%s, %s, %s, %s) on conflict do nothing",
            [(source, one.digest, one.value, one.place) for one in seen],
        )


def let_go(connection: Connection, source: str, last: str, begins: Decimal | None) -> None:
    """Forget the facts that are not met again: of less than `begins`, the place of the next reading's begin.

    Where values have no place, those of another value than the last one.
    """
    if begins is None:
        connection.execute("delete from source_seen where source = %s and value <> %s", [source, last])
    else:
        connection.execute("delete from source_seen where source = %s and place < %s", [source, begins])


def forget(connection: Connection, source: str) -> None:
    """Forget the facts that were taken: their ids alone tell whether they are new."""
    connection.execute("delete from source_seen where source = %s", [source])
