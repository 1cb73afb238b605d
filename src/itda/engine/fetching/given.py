"""What every way of fetching is given, and the one way in which it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.bundle import Bundle
from itda.engine.former_ids import came_before
from itda.engine.importer import Importing
from itda.sources.definition import SourceDef
from itda.sources.mapping import USE, Mapper
from itda.sources.origins import variables
from itda.store import fetches
from itda.store.database import Connection, Database
from itda.store.fetches import Counts

Progress = Callable[[int, int | None], None]
"""Rows so far, of how many where that is known."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    source: SourceDef
    began_at: int
    """The time that names the run."""
    shop: Importing
    environment: Mapping[str, str]
    progress: Progress
    stopped: Callable[[], bool]

    @property
    def zone(self) -> str:
        """The workspace's."""
        return self.shop.workspace.zone

    @property
    def db(self) -> Database:
        """Ours."""
        return self.shop.db

    @property
    def now(self) -> int:
        """In microseconds UTC."""
        return self.shop.app.clock()

    @property
    def mapper(self) -> Mapper:
        """The source's mapping, compiled for this run."""
        return Mapper(self.source, self.zone, b"", self.began_at, key=self.shop.app.vault.seed(USE))

    @property
    def key(self) -> bytes:
        """The workspace's, for what is kept of facts."""
        return self.shop.app.vault.fingerprint(b"facts")

    @property
    def file(self) -> str:
        """The source's definition, to be named where it is wrong."""
        return f"sources/{self.source.name}.yaml"

    def secret(self, name: str) -> str:
        """What a variable of the environment holds; empty where none is named, `Refused` where it is not there."""
        if name and not self.environment.get(name):
            cure = f"set {name} where `itda` is started"
            raise Refused(Fault(what=f"{name} is not in the environment", cure=cure, file=self.file))
        return self.environment.get(name, "") if name else ""

    def without_secrets(self, text: str) -> str:
        """A message, with stars for each secret of this source in it, as it is or as an address quotes it."""
        for secret in filter(None, map(self.environment.get, variables(self.source.origin))):
            for form in (secret, quote(secret), quote(secret, safe=""), quote_plus(secret)):
                text = text.replace(form, "***")
        return text

    def append(self, connection: Connection, bundle: Bundle, known: int, rows: int) -> None:
        """Write a bundle into the log and count it, in the caller's transaction; the last thing before its commit."""
        counts = Counts(rows=rows, events=bundle.events, refused=bundle.refused, known=known)
        fetches.add(connection, self.source.name, self.began_at, counts)
        bundle.rename(came_before(connection, self.shop.app.vault, self.source.name))
        records = bundle.records(self.source.name)
        if records:
            # Its lock on the head of the log keeps other writers waiting until the commit.
            self.shop.intake.append_in(connection, records, self.now)
