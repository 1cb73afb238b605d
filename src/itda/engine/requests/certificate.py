"""What proves that a request was carried out: what was done, how much of it, what a law keeps; no personal value."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from itda.base.canonical import canonical
from itda.base.instant import text
from itda.engine.work import Work
from itda.store import holds
from itda.store.requests import RequestRow

_LAST = "select coalesce(max(seq), 0) from audit_event"
_TOLD = "select destination, told_at from receipt where request = %s and destination <> '' order by destination"


def drafted(subject: Sequence[bytes]) -> dict[str, Any]:
    """What can be said of a subject only while it is known: a commitment to it, and hashes of its keys."""
    keys = sorted(hashlib.sha256(b"itda key" + one).hexdigest()[:32] for one in subject)
    return committed(subject) | {"keys": keys}


def committed(subject: Sequence[bytes]) -> dict[str, Any]:
    """A salted commitment to a subject.

    Who holds the salt and the fragments can tell that they are meant; nobody can tell the fragments from it.
    """
    salt = secrets.token_bytes(16)
    commitment = hashlib.sha256(salt + b"".join(sorted(subject))).hexdigest()
    return {"subject": {"salt": salt.hex(), "sha256": commitment}}


def certificate(work: Work, row: RequestRow) -> str:
    """The certificate of a request, as canonical JSON."""
    last = work.connection.execute(_LAST).fetchone()
    said: dict[str, Any] = {
        "request": row.id.hex(),
        "kind": row.kind,
        "law": row.law,
        "opened_at": text(row.opened_at),
        "due_at": text(row.due_at),
        "finished_at": text(work.now),
        "via": row.via,
        "done": msgspec.json.decode(row.counts),
        "held": [
            {"law": one.law, "what": one.what, "records": one.rows, "until": text(one.until)}
            for one in holds.of(work.connection, row.id)
        ],
        "told": [
            {"destination": destination, "told_at": None if at is None else text(at)}
            for destination, at in work.connection.execute(_TOLD, [row.id]).fetchall()
        ],
        "by": work.actor.name,
        "log_position": row.position,
        "audit_after": last[0] if last else 0,
    }
    if row.certificate:
        drafted_before = msgspec.json.decode(row.certificate)
        said |= drafted_before | {"held": [*said["held"], *drafted_before.get("held", [])]}
    return canonical(said).decode()
