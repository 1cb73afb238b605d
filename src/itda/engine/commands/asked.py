"""What a person answers by the link of a letter: they keep a consent or withdraw it, or take a sign-up's second step.

Only what is posted answers: whoever looks at a page changes nothing, so no scanner agrees for anybody. A link answers
each question once.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from itda.base import ids, instant
from itda.base.canonical import canonical
from itda.consent.acts import CONSENT_CHANGED, idempotency
from itda.consent.definition import Action, ConsentEvent
from itda.engine import consenting
from itda.engine.app import Done
from itda.engine.commands.centre import Heard
from itda.engine.questions.asked import Question, Recipient, matter_of, open_questions, recipient
from itda.engine.work import Work
from itda.sources.definition import OWN
from itda.store import consent_texts
from itda.store.consents import Act
from itda.store.ports import Record

BY_LETTER = "email:letter"
Answer = Literal["yes", "no"]
ANSWERS: tuple[Answer, ...] = ("yes", "no")
_ACTIONS: dict[tuple[str, str], Action] = {
    ("confirm", "yes"): "confirm", ("confirm", "no"): "withdraw", ("grant", "yes"): "grant", ("grant", "no"): "refuse",
}  # fmt: skip


class AnswerLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Answer all that a letter asks: `yes` keeps or gives the consents, `no` takes them away."""

    permission: ClassVar[str] = "centre.change"
    token: str
    answer: Answer

    def carry_out(self, work: Work) -> Done[Heard]:
        """Write the acts, with the letter as their evidence."""
        found = recipient(work, self.token)
        if found is None:
            return Done(Heard(is_known=False))
        action = _ACTIONS[matter_of(found), self.answer]
        asked = open_questions(work, found)
        texts = {one.act.text_id: work.workspace.consent.texts.get(one.act.text_id) for one in asked}
        consent_texts.keep(work.connection, {name: text for name, text in texts.items() if text}, work.now)
        acts = [_act(work, found, one, action) for one in asked]
        written = consenting.record(work.connection, work.workspace.consent, [(act, found.held.joined) for act in acts])
        fresh = {event.id for event in written}
        told = [_record(work, found, one, act) for one, act in zip(asked, acts, strict=True) if act.event.id in fresh]
        position = work.append(told).position if told else None
        audit = {"message": found.row.id.hex(), "action": action, "changed": len(told)}
        return Done(Heard(True, len(told)), position=position, audit=audit, about=found.held.contact.fragment)


def _act(work: Work, found: Recipient, one: Question, action: Action) -> Act:
    key = idempotency(OWN.name, _event_id(found, one, action))
    subject = one.key.fragment
    event = ConsentEvent(
        id=ids.keyed(b"consent", key), key=one.key, action=action, occurred_at=work.now, recorded_at=work.now,
        text_id=one.act.text_id, has_evidence=True, source=BY_LETTER,
    )  # fmt: skip
    told = {
        "letter": found.row.id.hex(),
        "asked": one.act.seq,
        "language": found.row.language,
        "how": "posted by its link",
    }
    cipher = work.ciphers([subject]).get(subject)
    sealed = cipher.seal(subject, f"consent:{event.id.hex()}", canonical(told)) if cipher is not None else None
    return Act(msgspec.structs.replace(event, has_evidence=sealed is not None), key, sealed)


def _event_id(found: Recipient, one: Question, action: Action) -> str:
    return f"letter:{found.row.id.hex()}:{one.duty.id.hex()}:{action}"


def _record(work: Work, found: Recipient, one: Question, act: Act) -> Record:
    """The act as an event of our own source: the ledger knows it by the same key."""
    contact = found.held.contact
    address = work.value(contact.key) if contact.key is not None else ""
    item = {
        "type": "track",
        "event": CONSENT_CHANGED,
        "messageId": _event_id(found, one, act.event.action),
        "timestamp": instant.text(work.now),
        "identifiers": {contact.kind: address},
        "properties": {
            "purpose": one.key.purpose, "channel": one.key.channel, "action": act.event.action,
            "is_given": act.event.action in ("grant", "confirm"), "collector": BY_LETTER,
            "text_version": one.act.text_id or None,
        },
    }  # fmt: skip
    return Record(source=OWN.name, call="track", body=msgspec.json.encode(item))
