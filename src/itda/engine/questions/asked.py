"""What a letter asks of whom it went to: to keep or withdraw a consent, or to take the second step of a sign-up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

import msgspec

from itda.access.masking import masked
from itda.base.instant import DAY
from itda.consent.definition import ConsentEvent, ConsentKey
from itda.decisions.policy import SENDER
from itda.engine.app import Answer
from itda.engine.questions.centre import Holder, of_message
from itda.engine.work import Work
from itda.messages import letters
from itda.messages.links import SEED, outbox_of
from itda.store import consents, duties, outbox
from itda.store.duties import Duty
from itda.store.engagement_rows import OutboxRow

Matter = Literal["confirm", "grant"]
OPTIN_DAYS = 7
"""A link of a sign-up is good so long."""
_MATTERS: dict[str, Matter] = {letters.RECONFIRM: "confirm", letters.OPTIN: "grant"}


class Item(msgspec.Struct, frozen=True):
    """One consent that is asked about."""

    purpose_ko: str
    purpose_en: str
    channel: str
    at: int
    """When it was given, or asked for, in microseconds UTC."""
    text: str
    """The words that were shown; empty where none are known."""
    status: str


class AskedView(msgspec.Struct, frozen=True):
    """What a letter asks."""

    matter: Matter
    address: str
    """Masked."""
    language: str
    items: list[Item]
    """Those that can be answered now; none: it was answered, or its time is over."""


class Question(msgspec.Struct, frozen=True):
    """One consent that is asked about, as the ledger names it."""

    duty: Duty
    key: ConsentKey
    act: ConsentEvent
    """The request, or the consent that is to be confirmed."""
    status: str
    at: int


class Recipient(msgspec.Struct, frozen=True):
    """A letter, and the customer whose address it went to."""

    row: OutboxRow
    held: Holder


class Asked(msgspec.Struct, frozen=True):
    """What the letter with this token asks."""

    permission: ClassVar[str] = "centre.read"
    token: str

    def answer(self, work: Work) -> Answer[AskedView | None]:
        """The view; None where the token is not ours, or nothing is left of whom it named."""
        found = recipient(work, self.token)
        if found is None:
            return Answer(None)
        held, policy = found.held, work.workspace.consent
        address = work.value(held.contact.key) if held.contact.key is not None else ""
        items = []
        for one in open_questions(work, found):
            named = policy.purposes.get(one.key.purpose)
            text = policy.texts.get(one.act.text_id)
            ko, en = (named.label_ko, named.label_en) if named else (one.key.purpose, one.key.purpose)
            items.append(Item(ko, en, one.key.channel, one.at, text.body if text else "", one.status))
        view = AskedView(matter_of(found), masked("email", address), found.row.language, items)
        return Answer(view, tuple(held.joined), 1)


def recipient(work: Work, token: str) -> Recipient | None:
    """Whom a letter's token names; None where it is not ours, no letter's, or nothing is left of whom it named."""
    message = outbox_of(token, "confirm", work.vault.seed(SEED))
    found = outbox.named(work.connection, [message]) if message is not None else []
    if not found or found[0].message not in _MATTERS:
        return None
    held = of_message(work, found[0])
    return None if held is None else Recipient(found[0], held)


def matter_of(found: Recipient) -> Matter:
    """What the letter asks for."""
    return _MATTERS[found.row.message]


def open_questions(work: Work, found: Recipient) -> list[Question]:
    """What of a letter can still be answered."""
    owed = duties.of_message(work.connection, found.row.id)
    acts = consents.events_by_seq(work.connection, [one.event_seq for one in owed if one.event_seq is not None])
    is_late = work.now > found.row.created_at + OPTIN_DAYS * DAY
    return list(_open(found, owed, acts, is_late=is_late))


def _open(
    found: Recipient, owed: Iterable[Duty], acts: dict[int, ConsentEvent], *, is_late: bool
) -> Iterable[Question]:
    matter = matter_of(found)
    for one in owed:
        act = acts.get(one.event_seq or 0)
        if act is None or one.subject is None or one.contact is None:
            continue
        key = ConsentKey(SENDER, one.subject, one.contact, one.purpose, one.channel)
        state = found.held.states.get(key)
        if state is None:
            continue
        if matter == "grant" and state.status == "pending" and not is_late:
            yield Question(one, key, act, state.status, act.occurred_at)
        elif matter == "confirm" and state.status == "granted" and (state.last_confirm_at or 0) < one.created_at:
            yield Question(one, key, act, state.status, state.last_grant_at or act.occurred_at)
