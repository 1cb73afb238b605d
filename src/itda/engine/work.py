"""What a question or a command works with: one transaction, the workspace, its keys and its lake, and who asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from itda.access.actor import Actor
from itda.base.errors import Broken
from itda.store.arrays import byteas
from itda.store.database import Connection
from itda.store.intake import PostgresIntake
from itda.store.ports import VALUE_LABEL, Appended, KeyRow, Record
from itda.store.vault import Cipher, Vault

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader
    from itda.workspace.definition import Workspace

_KEYS = "select blind, fragment, generation, kind, wrapped_key, value_sealed, retention from keyring "


class Work:
    """One question or command at work. Everything read and written through `connection` is one transaction.

    `now` is the time of asking, in microseconds UTC. Keys that are opened are remembered for this work only.
    """

    def __init__(
        self,
        connection: Connection,
        workspace: Workspace,
        vault: Vault,
        lake: LakeReader,
        *,
        now: int,
        actor: Actor,
        reason: str,
        intake: PostgresIntake | None = None,
    ) -> None:
        self.connection = connection
        self.workspace = workspace
        self.vault = vault
        self.lake = lake
        self.now = now
        self.actor = actor
        self.reason = reason
        self._intake = intake
        self._ciphers: dict[tuple[bytes, str], Cipher] = {}

    def key(self, kind: str, value: str, retention: str = "standard") -> KeyRow | None:
        """The living key row of an identifier, by its normalised value; None where it never came."""
        row = self.connection.execute(
            _KEYS + "where blind = %s and retention = %s order by generation desc limit 1",
            [self.vault.blind(kind, value), retention],
        ).fetchone()
        return None if row is None else KeyRow(*row)

    def keys(self, fragments: Iterable[bytes], retention: str = "standard") -> dict[bytes, KeyRow]:
        """The key rows of these fragments, by fragment, as far as they live."""
        rows = self.connection.execute(
            _KEYS + "where fragment = any(%b) and retention = %s", [byteas(list(fragments)), retention]
        ).fetchall()
        return {row.fragment: row for row in (KeyRow(*values) for values in rows)}

    def cipher(self, row: KeyRow) -> Cipher:
        """The cipher of a key row."""
        at = (row.fragment, row.retention)
        if at not in self._ciphers:
            self._ciphers[at] = self.vault.unwrap(row.fragment, row.wrapped_key, row.retention)
        return self._ciphers[at]

    def ciphers(self, fragments: Iterable[bytes], retention: str = "standard") -> dict[bytes, Cipher]:
        """The ciphers of these fragments; one whose key is destroyed is missing."""
        wanted = set(fragments)
        unknown = [fragment for fragment in wanted if (fragment, retention) not in self._ciphers]
        for row in self.keys(unknown, retention).values() if unknown else ():
            self.cipher(row)
        found = ((fragment, self._ciphers.get((fragment, retention))) for fragment in wanted)
        return {fragment: cipher for fragment, cipher in found if cipher is not None}

    def value(self, row: KeyRow) -> str:
        """The identifier's normalised value, unsealed."""
        return self.cipher(row).open(row.fragment, VALUE_LABEL, row.value_sealed).decode()

    def append(self, records: Sequence[Record]) -> Appended:
        """Write a frame to the log in this transaction: it counts when the transaction does."""
        if self._intake is None:
            raise Broken("this work reads; only a command appends to the log")
        return self._intake.append_in(self.connection, records, self.now)
