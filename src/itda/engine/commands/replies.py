"""What people say back takes away at once: ledger, what waits for them, and log, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from itda.consent import heard
from itda.consent.acts import Said
from itda.decisions.policy import SENDER
from itda.engine import consenting
from itda.engine.app import Done
from itda.engine.questions import person
from itda.engine.work import Work
from itda.store.consents import Act
from itda.store.ports import Record


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A text that came back, or a call of the free number, as the log's reader will read it."""

    name: str
    event_id: str
    source: str
    occurred_at: int
    identifiers: tuple[tuple[str, str], ...]
    """The strongest first."""
    properties: dict[str, Any]


class Taken(msgspec.Struct, frozen=True):
    """How many acts are new in the ledger, copies too."""

    acts: int


class TakeReplies(msgspec.Struct, frozen=True, kw_only=True):
    """Write the withdrawals among these replies, and the body they came in to the log.

    Of whom not everything that names them is known the log alone is told: its reader writes the same act.
    """

    permission: ClassVar[str] = "centre.change"
    is_about_people: ClassVar[bool] = True
    record: Record
    replies: tuple[Reply, ...]

    def carry_out(self, work: Work) -> Done[Taken]:
        """Write both. The ledger is first, as everywhere: whoever locks its rows and the log's head does so in turn."""
        acts = [one for reply in self.replies for one in self._acts(work, reply)]
        written = consenting.record(work.connection, work.workspace.consent, acts) if acts else []
        position = work.append([self.record]).position
        return Done(Taken(len(written)), position=position, audit={"source": self.record.source, "acts": len(written)})

    def _acts(self, work: Work, reply: Reply) -> Iterator[tuple[Act, list[bytes]]]:
        rows = [work.key(kind, value) for kind, value in reply.identifiers]
        known = [row.fragment for row in rows if row is not None]
        if not known or len(known) < len(rows):
            return
        members = person.load(work, known[:1])
        own = next((one for one in members if one.fragment == known[0]), None)
        if own is None:
            return
        may_grant = reply.source in work.workspace.granting
        identifiers: dict[str, bytes] = {}
        for (kind, _), fragment in zip(reply.identifiers, known, strict=True):
            identifiers.setdefault(kind, fragment)
        said = Said(
            name=reply.name, event_id=reply.event_id, source=reply.source, occurred_at=reply.occurred_at,
            received_at=work.now, properties=reply.properties, fragment=own.fragment, identifiers=identifiers,
            may_grant=may_grant,
        )  # fmt: skip
        joined = [one.fragment for one in members if one.customer == own.customer]
        for key, event in heard.read(said, SENDER):
            yield Act(event, key, is_anybodys=not may_grant), joined
