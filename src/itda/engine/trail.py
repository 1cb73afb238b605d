"""What was looked at and what was changed: the rows of access_log and audit_event, and the check that none was altered.

`payload_sha256` is over the canonical JSON of the whole row but its sequence; `auditing` chains it. No row holds a
personal value: subjects are fragment ids, and a question's or command's arguments are a keyed fingerprint.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from itda.access.actor import Actor
from itda.base.canonical import canonical
from itda.store.arrays import byteas
from itda.store.database import Connection
from itda.store.vault import Cipher

Decision = Literal["allowed", "forbidden", "refused"]

SUBJECTS_INLINE = 1000
"""Above this many, a row holds one 32-byte hash over all of them, sorted, in their place."""

_AT_ONCE = 2_000

_REASON_LABEL = "audit reason"

ACCESS_COLUMNS = (
    "at", "actor", "role", "session", "address", "system", "action", "question", "subjects", "subject_count",
    "purpose", "reason", "fingerprint", "result_count", "decision",
)  # fmt: skip
AUDIT_COLUMNS = (
    "at", "actor", "role", "session", "address", "system", "command", "reason", "decision", "payload", "position",
)  # fmt: skip


class Hashed(msgspec.Struct, frozen=True):
    """More subjects than are held in memory: SHA-256 over all of them, sorted, and how many there are."""

    sha256: bytes
    count: int


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
    subjects: tuple[bytes, ...] | Hashed = ()
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


class Looked(msgspec.Struct, frozen=True):
    """One table looked through from its newest row backwards. `altered` is the newest row that is not as written."""

    table: str
    rows: int
    since: int | None
    """The time of the oldest row looked at, in microseconds UTC; None where every row was."""
    altered: int | None


def sealed_reason(cipher: Cipher, fragment: bytes, reason: str) -> str:
    """A reason written about a person, as the audit keeps it: readable as long as the fragment's key lives."""
    return base64.b64encode(cipher.seal(fragment, _REASON_LABEL, reason.encode(errors="replace"))).decode()


def opened_reason(cipher: Cipher, fragment: bytes, kept: str) -> str:
    """What `sealed_reason` sealed. `Unsealable` for anything else."""
    return cipher.open(fragment, _REASON_LABEL, base64.b64decode(kept)).decode()


def write_access(connection: Connection, look: Access) -> None:
    """Write one row of the access log, in the caller's transaction."""
    inline, count = _subjects(look.subjects)
    values = [
        look.at, *_who(look.actor), look.action, look.question, inline, count, look.purpose, _held(look.reason),
        look.fingerprint, look.result_count, look.decision,
    ]  # fmt: skip
    names = ", ".join((*ACCESS_COLUMNS, "payload_sha256"))
    connection.execute(
        f"insert into access_log ({names}) values (%s, %s, %s, %s, %s, %s, %s, %s, %b, "
        "%s, %s, %s, %s, %s, %s, %s)".encode(),
        [*values[:8], byteas(inline), *values[9:], row_sha256(ACCESS_COLUMNS, values)],
        prepare=True,
    )


def _subjects(told: tuple[bytes, ...] | Hashed) -> tuple[list[bytes], int]:
    if isinstance(told, Hashed):
        return [told.sha256], told.count
    subjects = sorted(set(told))
    if len(subjects) <= SUBJECTS_INLINE:
        return subjects, len(subjects)
    return [hashlib.sha256(b"".join(subjects)).digest()], len(subjects)


def write_change(connection: Connection, change: Change) -> None:
    """Write one row of the audit, in the caller's transaction."""
    payload = canonical({**change.payload, "fingerprint": change.fingerprint.hex()})
    values = [
        change.at, *_who(change.actor), change.command, _held(change.reason), change.decision, payload, change.position,
    ]  # fmt: skip
    names = ", ".join((*AUDIT_COLUMNS, "payload_sha256"))
    connection.execute(
        f"insert into audit_event ({names}) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)".encode(),
        [*values, row_sha256(AUDIT_COLUMNS, values)],
    )


def look_through(connection: Connection, is_enough: Callable[[], bool] = lambda: False) -> list[Looked]:
    """Work the hashes of both tables out again, newest row first, in bounded memory.

    A table is left at its first altered row, or as soon as it `is_enough`.
    """
    tables = (("audit_event", AUDIT_COLUMNS), ("access_log", ACCESS_COLUMNS))  # there are far more looks than changes
    return [_looked(connection, table, names, is_enough) for table, names in tables]


def _looked(connection: Connection, table: str, names: tuple[str, ...], is_enough: Callable[[], bool]) -> Looked:
    query = f"select seq, payload_sha256, {', '.join(names)} from {table} order by seq desc"
    looked = 0
    with connection.cursor(name=f"trail_{table}") as rows:
        rows.itersize = _AT_ONCE
        for seq, written, *values in rows.execute(query.encode()):
            looked += 1
            if row_sha256(names, values) != bytes(written):
                return Looked(table, looked, values[0], seq)
            if looked % _AT_ONCE == 0 and is_enough():
                return Looked(table, looked, values[0], None)
    return Looked(table, looked, None, None)


def _held(text: str) -> str:
    """What somebody wrote, as far as PostgreSQL can hold it."""
    return text.encode(errors="replace").decode().replace("\0", "\ufffd")


def _who(actor: Actor) -> tuple[str, str, str, str, str]:
    return actor.name, actor.role, actor.session, actor.address, actor.system


def row_sha256(names: Sequence[str], values: Sequence[Any]) -> bytes:
    """SHA-256 over the canonical JSON (RFC 8785) of a row: bytes as hexadecimal digits, times as whole numbers."""
    contents = {name: plain(value) for name, value in zip(names, values, strict=True)}
    return hashlib.sha256(canonical(contents)).digest()


def plain(value: Any) -> Any:
    """A value of a row as JSON tells it: bytes as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    return [plain(item) for item in value] if isinstance(value, list) else value
