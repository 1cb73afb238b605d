"""What was looked at and what was changed: the rows of access_log and audit_event, and the check that none was altered.

`payload_sha256` is over the canonical JSON of the whole row but its sequence and chain. No row holds a personal value:
subjects are fragment ids, and a question's or command's arguments are a keyed fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from itda.access.actor import Actor
from itda.base.canonical import canonical
from itda.store.database import Connection

Decision = Literal["allowed", "forbidden", "refused"]

SUBJECTS_INLINE = 1000
"""Above this many, a row holds one 32-byte hash over all of them, sorted, in their place."""

_ACCESS = (
    "at", "actor", "role", "session", "address", "system", "action", "question", "subjects", "subject_count",
    "purpose", "reason", "fingerprint", "result_count", "decision",
)  # fmt: skip
_AUDIT = (
    "at", "actor", "role", "session", "address", "system", "command", "reason", "decision", "payload", "position",
)  # fmt: skip


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One look, before it is written."""

    at: int
    actor: Actor
    question: str
    fingerprint: bytes
    decision: Decision
    action: str = "view"
    purpose: str = ""
    reason: str = ""
    subjects: tuple[bytes, ...] = ()
    result_count: int = 0


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change, before it is written. `payload` is what the command wants remembered, without personal values."""

    at: int
    actor: Actor
    command: str
    fingerprint: bytes
    decision: Decision
    reason: str = ""
    payload: dict[str, Any] = {}
    position: int | None = None


class Altered(msgspec.Struct, frozen=True):
    """A row whose hash is not that of its contents."""

    table: str
    seq: int


def write_access(connection: Connection, look: Access) -> None:
    """Write one row of the access log, in the caller's transaction."""
    subjects = sorted(set(look.subjects))
    inline = subjects if len(subjects) <= SUBJECTS_INLINE else [hashlib.sha256(b"".join(subjects)).digest()]
    values = [
        look.at, *_who(look.actor), look.action, look.question, inline, len(subjects), look.purpose, _held(look.reason),
        look.fingerprint, look.result_count, look.decision,
    ]  # fmt: skip
    names = ", ".join((*_ACCESS, "payload_sha256"))
    connection.execute(
        f"insert into access_log ({names}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s::bytea[], "
        "%s, %s, %s, %s, %s, %s, %s)".encode(),
        [*values, _hash(_ACCESS, values)],
    )


def write_change(connection: Connection, change: Change) -> None:
    """Write one row of the audit, in the caller's transaction."""
    payload = canonical({**change.payload, "fingerprint": change.fingerprint.hex()})
    values = [
        change.at, *_who(change.actor), change.command, _held(change.reason), change.decision, payload, change.position,
    ]  # fmt: skip
    names = ", ".join((*_AUDIT, "payload_sha256"))
    connection.execute(
        f"insert into audit_event ({names}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)".encode(),
        [*values, _hash(_AUDIT, values)],
    )


def altered(connection: Connection, *, newest: int | None = None) -> Iterator[Altered]:
    """Rows of both tables that are not what was written, oldest first; of the `newest` so many, or of all."""
    for table, names in (("access_log", _ACCESS), ("audit_event", _AUDIT)):
        first = f"where seq > (select max(seq) from {table}) - {newest} " if newest is not None else ""
        query = f"select seq, payload_sha256, {', '.join(names)} from {table} {first}order by seq"
        with connection.cursor(name=f"trail_{table}") as rows:
            rows.itersize = 5000
            for seq, written, *values in rows.execute(query.encode()):
                if _hash(names, values) != bytes(written):
                    yield Altered(table=table, seq=seq)


def _held(text: str) -> str:
    """What somebody wrote, as far as PostgreSQL can hold it."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")


def _who(actor: Actor) -> tuple[str, str, str, str, str]:
    return actor.name, actor.role, actor.session, actor.address, actor.system


def _hash(names: Sequence[str], values: Sequence[Any]) -> bytes:
    contents = {name: _plain(value) for name, value in zip(names, values, strict=True)}
    return hashlib.sha256(canonical(contents)).digest()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [_plain(item) for item in value] if isinstance(value, list) else value
