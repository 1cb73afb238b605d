"""Runs of retention, and up to where each rule was carried out."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from itda.store.database import Connection

_COLUMNS = "id, asked_at, asked_by, began_at, ended_at, position, told"
UNTOLD = "untold"
"""In what a run came to so far: the fragments (hex) of whom the pipeline is to be told yet."""


class RunRow(msgspec.Struct, frozen=True):
    """A run. Times are microseconds UTC, None while it is not that far."""

    id: int
    asked_at: int
    asked_by: str
    began_at: int | None
    ended_at: int | None
    position: int | None
    told: str
    """JSON; of one that did not end what it came to so far, empty where it began nothing."""


class Mark(msgspec.Struct, frozen=True):
    """On which local day a rule was carried out, for what came in before `position` in the log.

    Which events were due on that day is what was looked through: by each name as its own term says.
    """

    digest: str
    day: int
    position: int


def ask(connection: Connection, by: str, now: int) -> int:
    """Have a run made; one of theirs that did not end is that one."""
    open_one = "select id from retention_run where ended_at is null and asked_by = %s order by id limit 1"
    row = connection.execute(open_one, [by]).fetchone()
    if row is None:
        row = connection.execute(
            "insert into retention_run (asked_at, asked_by) values (%s, %s) returning id", [now, by]
        ).fetchone()
    return int(row[0]) if row else 0


def begin(connection: Connection, run: int, now: int) -> None:
    """Note that a run began."""
    connection.execute("update retention_run set began_at = coalesce(began_at, %s) where id = %s", [now, run])


def reach(connection: Connection, run: int, position: int) -> None:
    """Note the frame of the log that a run wrote last."""
    connection.execute("update retention_run set position = %s where id = %s", [position, run])


def note(connection: Connection, run: int, told: str) -> None:
    """Note what a run came to so far."""
    connection.execute("update retention_run set told = %s where id = %s", [told, run])


def end(connection: Connection, run: int, told: str, now: int) -> None:
    """Note what a run came to."""
    connection.execute("update retention_run set ended_at = %s, told = %s where id = %s", [now, told, run])


def waiting(connection: Connection) -> RunRow | None:
    """The oldest run that has not ended."""
    row = connection.execute(
        f"select {_COLUMNS} from retention_run where ended_at is null order by id limit 1"
    ).fetchone()
    return None if row is None else RunRow(*row)


def one(connection: Connection, run: int) -> RunRow | None:
    """The run of this number."""
    row = connection.execute(f"select {_COLUMNS} from retention_run where id = %s", [run]).fetchone()
    return None if row is None else RunRow(*row)


def held(connection: Connection, run: int) -> RunRow | None:
    """The run of this number, for this transaction alone until it ends."""
    row = connection.execute(f"select {_COLUMNS} from retention_run where id = %s for update", [run]).fetchone()
    return None if row is None else RunRow(*row)


def lately(connection: Connection, limit: int) -> list[RunRow]:
    """The latest runs that ended, newest first."""
    found = connection.execute(
        f"select {_COLUMNS} from retention_run where ended_at is not null order by id desc limit %s", [limit]
    ).fetchall()
    return [RunRow(*row) for row in found]


def is_under_way(connection: Connection) -> bool:
    """Whether the lake has lost what the pipeline has not folded away yet."""
    row = connection.execute(
        "select coalesce(max(position), 0) > (select position from cursor where name = 'pipeline') from retention_run"
    ).fetchone()
    return bool(row and row[0])


def is_untold(connection: Connection) -> bool:
    """Whether a run that did not end changed the lake and has yet to tell the pipeline whose profiles it concerns."""
    row = connection.execute(
        "select exists (select from retention_run where ended_at is null and told <> '' and told::jsonb ? %s)", [UNTOLD]
    ).fetchone()
    return bool(row and row[0])


def marks(connection: Connection) -> dict[str, Mark]:
    """Where each rule stands, by its name."""
    found = connection.execute("select rule, digest, day, position from retention_mark").fetchall()
    return {rule: Mark(digest, day, position) for rule, digest, day, position in found}


def mark(connection: Connection, reached: Iterable[tuple[str, Mark]]) -> None:
    """Note where rules stand now."""
    for rule, at in reached:
        connection.execute(
            "insert into retention_mark values (%s, %s, %s, %s) on conflict (rule) do update set"
            " digest = excluded.digest, day = excluded.day, position = excluded.position",
            [rule, at.digest, at.day, at.position],
        )
