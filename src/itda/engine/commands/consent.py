"""An act of consent that was told to one of us: at the till, on the phone, on paper, by a link."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from itda.base import ids, instant
from itda.base.errors import Fault, Refused
from itda.consent.acts import CONSENT_CHANGED, CONTACT_KINDS, idempotency
from itda.consent.definition import ADS, ANY_CHANNEL, SUBJECT_WIDE, ConsentEvent, ConsentKey
from itda.decisions.policy import SENDER
from itda.engine import consenting
from itda.engine.app import Done
from itda.engine.questions import person
from itda.engine.questions.person import Member, Person
from itda.engine.work import Work
from itda.sources.definition import OWN
from itda.store import consent_texts
from itda.store.consents import Act
from itda.store.ports import Record

Given = Literal["grant", "refuse", "withdraw", "confirm", "import"]
GIVES: tuple[Given, ...] = ("grant", "confirm", "import")


class Recorded(msgspec.Struct, frozen=True):
    """An act in the ledger. `key` makes it the same act when it is told again."""

    key: str
    is_new: bool
    """False where it was in the ledger already and nothing was written."""


class RecordConsent(msgspec.Struct, frozen=True, kw_only=True):
    """Write an act into the ledger and into the log. It counts from this transaction on."""

    permission: ClassVar[str] = "consent.record"
    is_about_people: ClassVar[bool] = True
    who: tuple[str, str]
    """An identifier of the person; where it is an address of the channel, the act is about this address."""
    action: Given
    channel: str
    purpose: str = ADS
    text: str = ""
    """The text that was shown, by its id: NAME@VERSION/LANGUAGE."""
    evidence: str = ""
    """Where it is kept that the person did so; sealed."""
    occurred_at: int | None = None
    """When it was done, in microseconds UTC; None: now."""
    collector: str = "console"
    """Where it was done, such as store:12 or call-centre."""
    key: str = ""
    """An id of the act elsewhere, such as a form's number; left out: made of what it says."""

    def carry_out(self, work: Work) -> Done[Recorded]:
        """Write ledger, states, tasks and frame in one transaction; `Refused` says what is wrong with the act."""
        policy = work.workspace.consent
        at = work.now if self.occurred_at is None else self.occurred_at
        check(self, work, at)
        found = person.find(work, self.who)
        if found is None:
            raise Refused(f"no customer has {self.who[0]}:{self.who[1]}")
        own = next(member for member in found.members if member.fragment == found.asked)
        contact = _contact(self, found, own)
        about = ConsentKey(
            SENDER, own.fragment, contact.fragment if contact else SUBJECT_WIDE, self.purpose, self.channel
        )
        told = (
            self.key
            or work.vault.fingerprint(msgspec.json.encode((self.action, at, self.text, *map(str, about)))).hex()
        )
        key = idempotency(OWN.name, told)
        event = ConsentEvent(
            id=ids.keyed(b"consent", key),
            key=about,
            action=self.action,
            occurred_at=at,
            recorded_at=work.now,
            text_id=self.text,
            has_evidence=bool(self.evidence),
            source=self.collector,
            actor=work.actor.name,
        )
        sealed = None
        if self.evidence:
            label = f"consent:{event.id.hex()}"
            sealed = work.ciphers([own.fragment])[own.fragment].seal(own.fragment, label, self.evidence.encode())
        consent_texts.keep(work.connection, policy.texts, work.now)
        joined = found.fragments
        written = consenting.record(work.connection, policy, [(Act(event, key, sealed), joined)])
        if not written:
            return Done(Recorded(told, is_new=False), about=own.fragment)
        appended = work.append([_record(work, self, told, at, [own, *([contact] if contact else [])])])
        audit = {"action": self.action, "purpose": self.purpose, "channel": self.channel, "event": event.id.hex()}
        return Done(Recorded(told, is_new=True), position=appended.position, audit=audit, about=own.fragment)


def check(act: RecordConsent, work: Work, at: int) -> None:
    """`Refused` where an act names what is not known here, lies in the future, or nothing shows a consent."""
    policy, now = work.workspace.consent, work.now
    known = dict.fromkeys((*work.workspace.channels, *CONTACT_KINDS, ANY_CHANNEL))
    if act.channel not in known:
        raise Refused(Fault(what=f"{act.channel!r} is no channel", cure=f"known here: {', '.join(known)}"))
    if act.purpose not in policy.purposes:
        raise Refused(Fault(what=f"{act.purpose!r} is no purpose", cure=f"known here: {', '.join(policy.purposes)}"))
    if at > now:
        raise Refused(Fault(what="an act cannot lie in the future", cure="leave the time out, or see its zone"))
    text = policy.texts.get(act.text)
    if act.text and text is None:
        texts = ", ".join(policy.texts)
        cure = f"known here: {texts}" if texts else "write it in consent.yaml under texts:, then itda apply"
        raise Refused(Fault(what=f"{act.text!r} is no text that is shown", cure=cure))
    if text is not None and (text.purpose, text.channel) != (act.purpose, act.channel):
        what = f"{act.text} asks for {text.purpose} on {text.channel}, not for {act.purpose} on {act.channel}"
        raise Refused(Fault(what=what, cure="name the text that was shown"))
    if act.action in ("grant", "import") and not (act.text or act.evidence.strip()):
        cure = "name the text that was shown (text), or where it is kept that they agreed (evidence)"
        raise Refused(Fault(what="a consent that nothing shows is none", cure=cure))


def _contact(act: RecordConsent, found: Person, own: Member) -> Member | None:
    """The address that an act is about; None where the channel has none, or who refuses has none."""
    kind = CONTACT_KINDS.get(act.channel)
    if kind is None:
        return None
    if own.kind == kind:
        return own
    having = [member for member in found.members if member.kind == kind and member.key is not None]
    if len(having) == 1:
        return having[0]
    if not having and act.action not in GIVES:
        return None
    what = f"this customer has {'several of' if having else 'no'} {kind}" + (" to choose from" if having else "")
    raise Refused(Fault(what=what, cure=f"name the address itself: {kind}:…"))


def _record(work: Work, act: RecordConsent, told: str, at: int, members: list[Member]) -> Record:
    """The act as an event of our own source: the ledger knows it by the same key."""
    properties = {
        "purpose": act.purpose, "channel": act.channel, "is_given": act.action in GIVES, "action": act.action,
        "collector": act.collector, "text_version": act.text or None,
    }  # fmt: skip
    item = {
        "type": "track",
        "event": CONSENT_CHANGED,
        "messageId": told,
        "timestamp": instant.text(at),
        "identifiers": {one.kind: work.value(one.key) for one in members if one.key is not None},
        "properties": properties,
    }
    return Record(source=OWN.name, call="track", body=msgspec.json.encode(item))
