"""Acts of consent in a portion of the log become rows of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from itda.base.instant import LocalDates
from itda.consent.acts import NAMES, Said, idempotency, read
from itda.consent.definition import ConsentEvent
from itda.decisions.policy import SENDER, Policy
from itda.engine.consenting import pass_time, record
from itda.engine.deciding.people import Clusters
from itda.store.consents import Act
from itda.store.database import Connection
from itda.store.lake.block import PERMANENT, others_of

_json = msgspec.json.Decoder()


class Acts:
    """Writes acts of consent, by a workspace's policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._dates = LocalDates(policy.reconfirm.zone)
        self._day = -1
        """The local day of log time on which what passing time asks for was looked for last."""

    def record(self, connection: Connection, rows: Sequence[dict[str, Any]], of: Clusters) -> list[ConsentEvent]:
        """Write the acts among these rows of the lake; what was new, copies to joined fragments too."""
        acts: list[tuple[Act, list[bytes]]] = []
        for row in rows:
            if row["name"] not in NAMES or row["fragment"] not in of.of:
                continue
            event = read(_said(row, of.kinds), SENDER, self._policy.texts)
            if event is not None:
                joined = [one.fragment for one in of.members[of.of[row["fragment"]]]]
                acts.append((Act(event, idempotency(row["source"], row["event_id"])), joined))
        return record(connection, self._policy, acts) if acts else []

    def pass_time(self, connection: Connection, log_time: int) -> None:
        """Once a day of log time, note whom to ask whether a consent still holds."""
        day = self._dates.of(log_time)
        if day > self._day and pass_time(connection, self._policy, log_time):
            self._day = day


def _said(row: dict[str, Any], kinds: Mapping[bytes, str]) -> Said:
    """The event as consent reads it; of several identifiers of a kind the first."""
    identifiers: dict[str, bytes] = {}
    for fragment in (row["fragment"], *others_of(row["others"])):
        kind = kinds.get(fragment)
        if kind is not None:
            identifiers.setdefault(kind, fragment)
    return Said(
        name=row["name"],
        event_id=row["event_id"],
        source=row["source"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        properties=_json.decode(row["properties"]),
        fragment=row["fragment"],
        identifiers=identifiers,
        is_file=bool(row["flags"] & PERMANENT),
    )
