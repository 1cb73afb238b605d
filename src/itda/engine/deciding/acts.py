"""Acts of consent in a portion of the log become rows of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from itda.base.instant import DAY, LocalDates
from itda.consent import heard
from itda.consent.acts import Said, Words, read
from itda.consent.definition import ConsentEvent
from itda.decisions.policy import SENDER, Policy
from itda.engine import duties
from itda.engine.consenting import pass_time, record
from itda.engine.deciding.people import Clusters
from itda.store.consents import Act
from itda.store.database import Connection
from itda.store.lake.block import PERMANENT, others_of

REPLY = "reply"
"""The duty to read what somebody answered in words that nobody here knows: it may take a consent away."""
READ_WITHIN = 2 * DAY
_json = msgspec.json.Decoder()


class Acts:
    """Writes acts of consent, by a workspace's policy, of its words, as far as their sources may grant."""

    def __init__(self, policy: Policy, words: Words, granting: Collection[str]) -> None:
        self._policy = policy
        self._words = words
        self._granting = granting
        self._dates = LocalDates(policy.reconfirm.zone)
        self._day = -1
        """The local day of log time on which what passing time asks for was looked for last."""

    def record(self, connection: Connection, rows: Sequence[dict[str, Any]], of: Clusters) -> list[ConsentEvent]:
        """Write the acts among these rows of the lake; what was new, copies to joined fragments too."""
        acts: list[tuple[Act, list[bytes]]] = []
        for row in rows:
            if row["name"] not in heard.TAKEN or row["fragment"] not in of.of:
                continue
            said = _said(row, of.kinds, may_grant=row["source"] in self._granting)
            joined = [one.fragment for one in of.members[of.of[row["fragment"]]]]
            acts += [
                (Act(event, key, is_anybodys=not said.may_grant), joined)
                for key, event in (*read(said, SENDER, self._words), *heard.read(said, SENDER))
            ]
            if heard.is_to_be_read(said):
                due_at = said.received_at + READ_WITHIN
                duties.owe(connection, REPLY, due_at, subject=said.fragment, about=said.event_id, at=said.received_at)
        return record(connection, self._policy, acts) if acts else []

    def pass_time(self, connection: Connection, log_time: int) -> None:
        """Once a day of log time, note whom to ask whether a consent still holds."""
        day = self._dates.of(log_time)
        if day > self._day and pass_time(connection, self._policy, log_time):
            self._day = day


def _said(row: dict[str, Any], kinds: Mapping[bytes, str], *, may_grant: bool) -> Said:
    """The event as consent reads it; of several identifiers of a kind the first."""
    identifiers: dict[str, bytes] = {}
    for fragment in (row["fragment"], *others_of(row["others"])):
        kind = kinds.get(fragment)
        if kind is not None:
            identifiers.setdefault(kind, fragment)
    properties = _json.decode(row["properties"])
    return Said(
        name=row["name"],
        event_id=row["event_id"],
        source=row["source"],
        occurred_at=row["occurred_at"],
        received_at=row["received_at"],
        properties=properties,
        fragment=row["fragment"],
        identifiers=identifiers,
        is_file=bool(row["flags"] & PERMANENT),
        has_evidence=may_grant and properties.get("evidence_given") is True,
        may_grant=may_grant,
    )
