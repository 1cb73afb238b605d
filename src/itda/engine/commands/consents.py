"""Acts of consent told by the dozen: by a server, a form, a file of what was agreed to before.

Whose act it is may be new to us: then the log is told, and the ledger has it as soon as the log is processed. Of
somebody known the ledger has it before this answers. Either way it is the same act, once.
"""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Literal

import msgspec

from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.consent.acts import CONSENT_CHANGED, CONTACT_KINDS
from itda.consent.definition import ADS
from itda.engine.app import Done
from itda.engine.approvals import approved, propose
from itda.engine.commands.consent import GIVES, Given, RecordConsent, check
from itda.engine.questions import person
from itda.engine.questions.whose import normal
from itda.engine.work import Work
from itda.sources.definition import OWN
from itda.store import consent_texts
from itda.store.ports import Record

MOST = 1_000
BY_EVIDENCE = "consent import"
"""What a second person approves: that consents count which no text of ours shows, by a scan or the like."""
Outcome = Literal["written", "known", "logged", "refused"]
"""It is in the ledger; it was there already; the log has it and the ledger will; it is no act, or is not shown."""


class ConsentAct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One act."""

    identifiers: dict[str, str]
    """Kind → value; the address of the channel, where it has one, is what the act is about."""
    action: Given
    channel: str
    purpose: str = ADS
    text: str = ""
    """The text that was shown, by its id: NAME@VERSION/LANGUAGE."""
    evidence: str = ""
    """Where it is kept that the person did so; sealed."""
    occurred_at: int | None = None
    """When it was done, in microseconds UTC; None: now."""
    key: str = ""
    """Its id elsewhere: told twice it is written once. Left out: made of what it says."""


class ActResult(msgspec.Struct, frozen=True):
    """What became of one act. `why` says what is wrong with it; `key` is its id."""

    outcome: Outcome
    key: str = ""
    why: str = ""


class Told(msgspec.Struct, frozen=True):
    """What became of each, in order."""

    results: list[ActResult]
    position: int | None = None
    """Of the log: up to where it has to be processed."""

    def count(self, outcome: Outcome) -> int:
        """How many came to this."""
        return Counter(one.outcome for one in self.results)[outcome]


class TellConsents(msgspec.Struct, frozen=True, kw_only=True):
    """Write acts down; those that cannot be are told one by one, and keep none of the others from it."""

    permission: ClassVar[str] = "consent.record"
    is_about_people: ClassVar[bool] = True
    acts: tuple[ConsentAct, ...]
    collector: str
    """Where they were done, such as `api:crm` or `form:signup`."""
    is_dry: bool = False
    """Whether they are only looked at."""
    digest: bytes = b""
    """SHA-256 of the file they come from. What of it no known text shows, a second person has to approve."""

    def carry_out(self, work: Work) -> Done[Told]:
        """Write them in one transaction."""
        if len(self.acts) > MOST:
            raise Refused(Fault(what=f"{len(self.acts):,} acts at once", cure=f"{MOST:,} at most"))
        if not self.is_dry:
            consent_texts.keep(work.connection, work.workspace.consent.texts, work.now)
        results: list[ActResult] = []
        waits_for = self._unapproved(work)
        position: int | None = None
        unknown: list[Record] = []
        for act in self.acts:
            try:
                if waits_for and _rests_on_evidence(act):
                    cure = f"somebody else says so first: itda approvals approve {waits_for}; then import it again"
                    if self.is_dry:
                        cure = "importing it asks somebody else to approve the file"
                    raise Refused(Fault(what="it rests on evidence that only you have seen", cure=cure))  # noqa: TRY301
                result, reached, record = self._one(work, act)
            except Refused as refused:
                result, reached, record = ActResult("refused", act.key, "; ".join(map(str, refused.faults))), None, None
            results.append(result)
            position = reached or position
            if record is not None:
                unknown.append(record)
        if unknown:
            position = work.append(unknown).position
        told = Told(results, position)
        audit = {
            "collector": self.collector,
            "dry": self.is_dry,
            "outcomes": dict(Counter(one.outcome for one in results)),
        }
        return Done(told, position=position, audit=audit)

    def _unapproved(self, work: Work) -> str:
        """The proposal that has to be approved before what no known text shows may count; empty: none has."""
        if not any(map(_rests_on_evidence, self.acts)):
            return ""
        if approved(work.connection, BY_EVIDENCE, self.digest, at=work.now) is not None:
            return ""
        if self.is_dry or not self.digest:
            return "ID"
        note = f"{len(self.acts):,} acts, {self.collector}"
        return propose(work.connection, work.actor, BY_EVIDENCE, self.digest, note, work.now).hex()

    def _one(self, work: Work, act: ConsentAct) -> tuple[ActResult, int | None, Record | None]:
        given = _given(work, act)
        kind = CONTACT_KINDS.get(act.channel, "")
        who = (kind, given[kind]) if kind in given else next(iter(given.items()))
        at = work.now if act.occurred_at is None else act.occurred_at
        told = act.key or _made(work, act, who, at)
        command = RecordConsent(
            who=who, action=act.action, channel=act.channel, purpose=act.purpose, text=act.text,
            evidence=act.evidence, occurred_at=act.occurred_at, collector=self.collector, key=told,
        )  # fmt: skip
        check(command, work, at)
        is_known = person.find(work, who) is not None
        if self.is_dry:
            return ActResult("written" if is_known else "logged", told), None, None
        if is_known:
            done = command.carry_out(work)
            return ActResult("written" if done.value.is_new else "known", told), done.position, None
        if act.action in GIVES and kind and kind not in given:
            raise Refused(Fault(what=f"nobody has {who[0]}:{who[1]}", cure=f"name the address too: {kind}"))
        return ActResult("logged", told), None, self._record(act, given, told, at)

    def _record(self, act: ConsentAct, given: dict[str, str], told: str, at: int) -> Record:
        """The act as an event of our own source; one of a file keeps its id for ever."""
        item = {
            "type": "track",
            "event": CONSENT_CHANGED,
            "messageId": told,
            "timestamp": instant.text(at),
            "identifiers": given,
            "properties": {
                "purpose": act.purpose, "channel": act.channel, "is_given": act.action in GIVES, "action": act.action,
                "collector": self.collector, "text_version": act.text or None, "evidence": act.evidence or None,
            },
        }  # fmt: skip
        return Record(OWN.name, "track", msgspec.json.encode(item), is_permanent=act.action == "import")


def _rests_on_evidence(act: ConsentAct) -> bool:
    """Whether nothing but what is kept elsewhere shows a consent of a file."""
    return act.action == "import" and not act.text and bool(act.evidence)


def _given(work: Work, act: ConsentAct) -> dict[str, str]:
    """The identifiers in their normal form; `Refused` where one is none of its kind."""
    given: dict[str, str] = {}
    for kind, value in act.identifiers.items():
        normalised = normal(work, kind, value) if value.strip() else None
        if normalised is None and value.strip():
            raise Refused(Fault(what=f"is no {kind}", cure="leave it out, or correct it"))
        if normalised is not None:
            given[kind] = normalised
    if not given:
        raise Refused(Fault(what="it names nobody", cure="give an identifier: email, phone, membership …"))
    return given


def _made(work: Work, act: ConsentAct, who: tuple[str, str], at: int) -> str:
    said = (act.action, at, act.text, act.purpose, act.channel, *who)
    return work.vault.fingerprint(msgspec.json.encode(said)).hex()
