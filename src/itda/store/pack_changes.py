"""Changes of packs and waivers as they are kept: proposed with their rehearsal, and once activated never changed."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.store.database import Connection

_COLUMNS = "id, digest, body, rehearsal, proposed_at, proposed_by, activated_at, activated_by, public_key, signature"
_LATEST = f"select {_COLUMNS} from pack_change where activated_at is not null order by activated_at desc, id limit %s"
_WAITING = f"select {_COLUMNS} from pack_change where activated_at is null order by proposed_at desc, id limit %s"
_ONE = f"select {_COLUMNS} from pack_change where id = %s for update"
_ADD = (
    f"insert into pack_change ({_COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
    " on conflict (id) do update set rehearsal = excluded.rehearsal where pack_change.activated_at is null"
)
_ACTIVATE = (
    "update pack_change set activated_at = %s, activated_by = %s, public_key = %s, signature = %s"
    " where id = %s and activated_at is null"
)


class PackChange(msgspec.Struct, frozen=True):
    """One change. Times are microseconds UTC; `activated_at` is None while it waits."""

    id: bytes
    digest: bytes
    body: str
    rehearsal: str
    proposed_at: int
    proposed_by: str
    activated_at: int | None = None
    activated_by: str = ""
    public_key: bytes | None = None
    signature: bytes | None = None


def latest(connection: Connection, most: int = 1) -> list[PackChange]:
    """Those that were activated, the last one first."""
    return [_read(row) for row in connection.execute(_LATEST.encode(), [most]).fetchall()]


def waiting(connection: Connection, most: int = 20) -> list[PackChange]:
    """Those that were proposed and not activated, the last one first."""
    return [_read(row) for row in connection.execute(_WAITING.encode(), [most]).fetchall()]


def one(connection: Connection, made: bytes) -> PackChange | None:
    """A change by its id, held until the transaction ends."""
    row = connection.execute(_ONE.encode(), [made]).fetchone()
    return None if row is None else _read(row)


def add(connection: Connection, change: PackChange) -> None:
    """Keep a change; one that waits already keeps its first proposer and gets the new rehearsal."""
    connection.execute(_ADD.encode(), [getattr(change, name) for name in change.__struct_fields__])


def activate(connection: Connection, made: bytes, at: int, by: str, key: bytes, signature: bytes) -> None:
    """Note that a change was activated."""
    connection.execute(_ACTIVATE, [at, by, key, signature, made])


def _read(row: tuple[Any, ...]) -> PackChange:
    made, digest, body, rehearsal, proposed_at, proposed_by, activated_at, activated_by, key, signature = row
    return PackChange(
        bytes(made), bytes(digest), body, rehearsal, proposed_at, proposed_by, activated_at, activated_by,
        None if key is None else bytes(key), None if signature is None else bytes(signature),
    )  # fmt: skip
