"""What is kept of children's guardians waits five days for their consent, and is gone then (PIPA art. 22-2)."""

from __future__ import annotations

from itda.engine.quarantining import refused_label
from itda.events.children import KEPT_FOR
from itda.sources.refusals import CHILD
from itda.store.database import Database
from itda.store.time_keys import month_cipher
from itda.store.vault import NO_FRAGMENT, Vault

_DUE = (
    "select position, key_month, octet_length(sealed) from quarantine"
    " where received_at <= %s and reason = %s and cut_from is null order by position limit 5000"
)
_EMPTY = "update quarantine set sealed = %s, cut_from = %s where position = %s"


def forget(db: Database, vault: Vault, now: int) -> int:
    """Empty what has waited long enough; how many. That it was refused, when and why, stays."""
    with db.connection() as connection:
        rows = connection.execute(_DUE, [now - KEPT_FOR, CHILD]).fetchall()
        for position, month, size in rows:
            cipher = month_cipher(connection, vault, month)
            sealed = cipher.seal(NO_FRAGMENT, refused_label(position), b"") if cipher is not None else b""
            connection.execute(_EMPTY, [sealed, size, position])
    return len(rows)
