"""What was applied, version by version: the files with all that holds only from when it is applied.

Each is the row of `policy_version` at the log position that told of it; the one at the highest position is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from itda.base.errors import Fault, Refused
from itda.store.database import Connection

KIND = "workspace"
_LATEST = "select position, version, body, at from policy_version where kind = %s order by position desc limit %s"
_AT = (
    "select position, version, body, at from policy_version where kind = %s order by at > %s,"
    " case when at > %s then position else -position end limit 1"
)
"""The last that was applied by then; where none was, the first of all."""
_POSITION = "select max(position) from policy_version where kind = %s"
_ADD = (
    "insert into policy_version (kind, position, version, body, at, reached, settled_at)"
    " values (%s, %s, %s, %s, %s, '', %s) on conflict do nothing"
)
_ALONE = "select pg_advisory_xact_lock(hashtextextended('itda apply ' || current_schema(), 0))"


class Release(msgspec.Struct, frozen=True):
    """What was applied at a log position. `at` is log time; `texts` maps paths below the workspace to their text."""

    position: int
    version: str
    texts: dict[str, str]
    at: int


def latest(connection: Connection, most: int = 1) -> list[Release]:
    """The release in force, then those before it; `Refused` where one of them is no release."""
    return _read(connection.execute(_LATEST, [KIND, most]).fetchall())


def at(connection: Connection, moment: int) -> Release | None:
    """The release in force at a moment (log time); the first one where none was yet, None where there is none."""
    found = _read(connection.execute(_AT, [KIND, moment, moment]).fetchall())
    return found[0] if found else None


def _read(rows: Sequence[tuple[Any, ...]]) -> list[Release]:
    try:
        return [Release(position, version, msgspec.json.decode(body, type=dict[str, str]), at)
                for position, version, body, at in rows]  # fmt: skip
    except msgspec.DecodeError as error:
        what, cure = "what was applied last cannot be read", "apply what the files say: itda apply"
        raise Refused(Fault(what=what, cure=cure)) from error


def position(connection: Connection) -> int | None:
    """The position of the release in force; None where nothing was ever applied."""
    row = connection.execute(_POSITION, [KIND]).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def alone(connection: Connection) -> None:
    """Wait until nobody else applies; for the length of the transaction."""
    connection.execute(_ALONE)


def add(connection: Connection, release: Release) -> None:
    """Put a release into force; one that stands at its position already stays as it is."""
    body = msgspec.json.encode(release.texts, order="sorted").decode()
    connection.execute(_ADD, [KIND, release.position, release.version, body, release.at, release.at])
