"""Rows for the audit's tables, and a database owner who writes past Itda."""

from __future__ import annotations

from itertools import count

from itda.access.actor import Actor
from itda.consent.definition import ADS, SUBJECT_WIDE, ConsentEvent, ConsentKey
from itda.consent.ledger import Reconfirm
from itda.engine import trail
from itda.store import consents
from itda.store.database import Connection, Database

NOW = 1_790_000_000_000_000
KIM = Actor(name="kim", role="admin", session="s1", address="203.0.113.9", system="console")
PERSON = b"p" * 16
_numbers = count(1)


def look(connection: Connection) -> None:
    trail.write_access(
        connection,
        trail.Access(
            at=NOW + next(_numbers), actor=KIM, question="Profile", fingerprint=b"f" * 16, decision="allowed", reason="왜",
            subjects=(PERSON,), result_count=1,
        ),
    )  # fmt: skip


def change(connection: Connection) -> None:
    trail.write_change(
        connection,
        trail.Change(
            at=NOW + next(_numbers), actor=KIM, command="Cut", fingerprint=b"f" * 16, decision="allowed", position=3
        ),
    )


def consent(connection: Connection) -> None:
    number = next(_numbers).to_bytes(16, "big")
    key = ConsentKey("A", PERSON, SUBJECT_WIDE, ADS, "email")
    event = ConsentEvent(id=number, key=key, action="grant", occurred_at=NOW, recorded_at=NOW, has_evidence=True)
    consents.write(connection, [consents.Act(event, evidence_sealed=b"sealed" + number)], Reconfirm())


WRITES = {"access_log": look, "audit_event": change, "consent_event": consent}


def filled(db: Database, rows: int) -> None:
    """So many rows in each of the three."""
    with db.connection() as connection:
        for _ in range(rows):
            for write in WRITES.values():
                write(connection)


def forge(db: Database, *statements: str) -> None:
    """What the owner of the database does with every trigger off."""
    with db.connection() as connection:
        connection.execute("set local session_replication_role = replica")
        for statement in statements:
            connection.execute(statement.encode())
