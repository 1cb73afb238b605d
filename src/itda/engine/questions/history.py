"""How a customer came about: every time identifiers joined, parted or moved, and what stewards decided."""

from __future__ import annotations

import contextlib
from typing import ClassVar

import msgspec

from itda.access.masking import HIDDEN
from itda.base.errors import Refused
from itda.base.ids import customer_text
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.links import ERASED, hears_reasons, reason_of, steered_at, who
from itda.engine.questions.person import Who
from itda.engine.questions.views import Cluster, HistoryEntry, HistoryView
from itda.engine.trail import opened_reason
from itda.engine.work import Work
from itda.store.arrays import byteas
from itda.store.ports import SteeredRow
from itda.store.vault import Unsealable

_LOG = """
    select position, at, cause, before, after, policy_version, decision from resolution_log
    where members && %b order by seq desc limit %s
"""


class History(msgspec.Struct, frozen=True):
    """What happened to any identifier that this customer has today. `who` is any id ever shown, or (kind, value)."""

    permission: ClassVar[str] = "identity.read"
    who: Who
    limit: int = 100

    def answer(self, work: Work) -> Answer[HistoryView]:
        """Newest first; `Refused` when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            raise Refused("there is no such customer")
        fragments = found.fragments
        rows = work.connection.execute(_LOG, [byteas(fragments), self.limit + 1], binary=True).fetchall()
        is_whole = len(rows) <= self.limit
        decisions = {row.id: row for row in steered_at(work, fragments)}
        told = _Told(work, decisions)
        moves = [told.move(*row) for row in rows[: self.limit]]
        entries = moves + [entry for row in decisions.values() for entry in told.decision(row)]
        entries.sort(key=lambda entry: entry.at, reverse=True)
        view = HistoryView(customer_text(found.customer), entries, is_whole)
        return Answer(view, (*fragments, *told.subjects), count=len(entries))


class _Told:
    """Rows told with the values of their identifiers; `subjects` are all that were named."""

    def __init__(self, work: Work, decisions: dict[bytes, SteeredRow]) -> None:
        self._work = work
        self._decisions = decisions
        self._names: dict[bytes, str] = {}

    @property
    def subjects(self) -> list[bytes]:
        return list(self._names)

    def move(
        self, _position: int, at: int, cause: str, before: bytes, after: bytes, version: str, decision: bytes | None
    ) -> HistoryEntry:
        """One row of the log."""
        then, now = (msgspec.msgpack.decode(side, type=list[list[bytes]]) for side in (before, after))
        row = None if decision is None else self._decisions.get(decision)
        return HistoryEntry(
            at=at,
            what="joined" if len(now) < len(then) else "parted" if len(now) > len(then) else "moved",
            cause=cause,
            by="" if row is None else who(self._work, row.steward),
            reason="" if row is None else reason_of(self._work, row),
            before=self._clusters(then),
            after=self._clusters(now),
            policy_version=version,
            decision="" if decision is None else decision.hex(),
            about=[],
        )

    def decision(self, row: SteeredRow) -> list[HistoryEntry]:
        """A decision, and that it was taken back."""
        about = self._named([row.a, row.b] if row.a != row.b else [row.a])
        taken = HistoryEntry(
            at=row.at,
            what="linked" if row.action == "likely" else "must" if row.action == "must" else "cannot",
            cause="decision",
            by=who(self._work, row.steward),
            reason=reason_of(self._work, row),
            before=[],
            after=[],
            policy_version="",
            decision=row.id.hex(),
            about=about,
        )
        if row.retracted_at is None:
            return [taken]
        by, reason = self._taken_back(row)
        return [taken, msgspec.structs.replace(taken, at=row.retracted_at, what="retracted", by=by, reason=reason)]

    def _taken_back(self, row: SteeredRow) -> tuple[str, str]:
        """Who took a decision back, and why, as the audit says and who asks may be told."""
        if not hears_reasons(self._work):
            return HIDDEN, ""
        found = self._work.connection.execute(
            "select actor, reason from audit_event where at = %s and decision = 'allowed' and command = any(%s)",
            [row.retracted_at, ["TakeBack", "RetractDecision", "UndoReview"]],
        ).fetchone()
        if found is None:
            return "", ""
        for fragment, cipher in self._work.ciphers([row.a, row.b]).items():
            with contextlib.suppress(Unsealable):
                return found[0], opened_reason(cipher, fragment, found[1])
        return found[0], ""

    def _clusters(self, side: list[list[bytes]]) -> list[Cluster]:
        return [Cluster(customer_text(members[0]), self._named(members)) for members in side]

    def _named(self, fragments: list[bytes]) -> list[str]:
        missing = [one for one in fragments if one not in self._names]
        keys = self._work.keys(missing) if missing else {}
        for one in missing:
            key = keys.get(one)
            value = ERASED if key is None else person.shown(self._work, key.kind, self._work.value(key))
            self._names[one] = value if key is None else f"{key.kind}:{value}"
        return [self._names[one] for one in fragments]
