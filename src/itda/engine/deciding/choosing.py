"""What journeys want said is put to the gate for the first time, and what may go or has to wait enters the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from itda.engine.deciding.people import Customer
from itda.journeys.intent import Intent
from itda.store.database import Connection
from itda.store.engagement_sql import EngagementWrites


class Gate(Protocol):
    """The one gate in front of every message."""

    def chosen(
        self,
        connection: Connection,
        intents: Sequence[Intent],
        owners: Mapping[bytes, Customer],
        now: int,
        writes: EngagementWrites,
    ) -> list[tuple[Intent, str]]:
        """Write what may go or has to wait into the outbox, and every decision; what does not go, and why.

        `owners` are customers by each of their fragments; `now` is log time.
        """
        ...


class NoMessages:
    """The gate of a workspace without messages: nothing goes."""

    def chosen(
        self,
        connection: Connection,
        intents: Sequence[Intent],
        owners: Mapping[bytes, Customer],
        now: int,
        writes: EngagementWrites,
    ) -> list[tuple[Intent, str]]:
        """Nothing goes."""
        _ = connection, owners, now, writes
        return [(intent, "NO_MESSAGE") for intent in intents]
