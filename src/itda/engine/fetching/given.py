"""What every way of fetching is given, and the one way in which it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from itda.engine.bundle import Bundle
from itda.sources.definition import FileMapping, SourceDef
from itda.store import fetches
from itda.store.database import Connection, Database
from itda.store.fetches import Counts
from itda.store.intake import PostgresIntake

Progress = Callable[[int, int | None], None]
"""Rows so far, of how many where that is known."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    source: SourceDef
    began_at: int
    """The time that names the run."""
    zone: str
    db: Database
    intake: PostgresIntake
    clock: Callable[[], int]
    environment: Mapping[str, str]
    progress: Progress
    stopped: Callable[[], bool]

    @property
    def file(self) -> str:
        """The source's definition, to be named where it is wrong."""
        return f"sources/{self.source.name}.yaml"

    @property
    def mapping(self) -> FileMapping:
        """How its rows become events."""
        if self.source.mapping is None:
            raise ValueError(f"the source {self.source.name} has no mapping")
        return self.source.mapping

    def secrets(self) -> list[str]:
        """What no message may hold."""
        names = (getattr(self.source.origin, name, "") for name in ("password_from",))
        return [secret for name in names if name and (secret := self.environment.get(name))]

    def append(self, connection: Connection, bundle: Bundle, known: int, rows: int) -> None:
        """Write a bundle into the log and count it, in the caller's transaction; the last thing before its commit."""
        counts = Counts(rows=rows, events=bundle.events, refused=bundle.refused, known=known)
        fetches.add(connection, self.source.name, self.began_at, counts)
        records = bundle.records(self.source.name)
        if records:
            # Its lock on the head of the log keeps other writers waiting until the commit.
            self.intake.append_in(connection, records, self.clock())
