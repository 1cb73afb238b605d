"""What a person sees who follows a link of a message to their own choices: which they made, when, and what they may.

A link proves one address and nothing else. So one may refuse everything that was ever agreed to, on every channel, and
agree anew to what goes to this address alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

import msgspec

from itda.access.masking import masked
from itda.consent.acts import CONTACT_KINDS
from itda.consent.definition import ANY_CHANNEL, TRACKING, ConsentKey, ConsentState
from itda.consent.standing import Consents
from itda.decisions.policy import Policy, Text
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.messages.links import SEED, Use, outbox_of
from itda.store import consents, outbox
from itda.store.engagement_rows import OutboxRow
from itda.store.vault import Vault

REFUSED = ("refused", "withdrawn")
_FIRST = ("ad_receive", "ad_receive_night")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose on one channel."""

    purpose: str
    channel: str
    label_ko: str
    label_en: str
    status: str
    since: int
    """When it became so, in microseconds UTC; 0: never."""
    is_on: bool
    texts: dict[str, Text]
    """Language → what one agrees to; none: it cannot be agreed to here."""

    @property
    def can_change(self) -> bool:
        """Whether there is anything to choose."""
        return self.is_on or bool(self.texts)


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """All that the holder of a link may see and change."""

    sender: str
    sender_email: str
    sender_phone: str
    sender_address: str
    address: str
    """Masked."""
    language: str
    """Of the message."""
    is_stopped: bool
    """No advertising goes to this address."""
    choices: list[Choice]


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who may choose: whoever holds a message's token, or is in the privacy centre by an address they proved."""

    members: list[Member]
    contact: Member
    """The address that is proven."""
    states: dict[ConsentKey, ConsentState]
    channel: str
    """What reaches the address."""
    language: str
    mark: str
    """Tells their acts from those of others."""
    meant: bytes
    """The fragment that the message was meant for; of a visit the address itself."""
    row: OutboxRow | None = None
    """The message; None where they came in by a code."""

    @property
    def joined(self) -> list[bytes]:
        """The fragments that are this customer, and the one that the message was meant for."""
        return sorted({member.fragment for member in self.members} | {self.meant})

    @property
    def consents(self) -> Consents:
        """What holds for the address of the message."""
        return Consents(self.states, self.contact.fragment)


class Preferences(msgspec.Struct, frozen=True):
    """The choices of whoever holds this token."""

    permission: ClassVar[str] = "centre.read"
    token: str
    use: Use

    def answer(self, work: Work) -> Answer[Choices | None]:
        """The choices; None where the token is not ours, or whoever it named is forgotten."""
        held = holder(work, self.token, self.use)
        if held is None:
            return Answer(None)
        return Answer(choices(work, held), tuple(held.joined), 1)


def is_ours(vault: Vault, token: str, use: Use) -> bool:
    """Whether we made this token for this use: told without looking anything up."""
    return outbox_of(token, use, vault.seed(SEED)) is not None


def holder(work: Work, token: str, use: Use) -> Holder | None:
    """Whom a token names; None where it is not ours, or nothing is left of whom it named."""
    message = outbox_of(token, use, work.vault.seed(SEED))
    found = outbox.named(work.connection, [message]) if message is not None else []
    return of_message(work, found[0]) if found else None


def of_message(work: Work, row: OutboxRow) -> Holder | None:
    """The customer whose address a message went to; None where nothing is left of them."""
    members = person.load(work, [row.contact])
    contact = next((member for member in members if member.fragment == row.contact), None)
    if contact is None or contact.key is None:
        return None
    states = consents.states_of(work.connection, sorted({member.fragment for member in members} | {row.fragment}))
    return Holder(
        members=members, contact=contact, states=states, channel=row.channel, language=row.language,
        mark=row.id.hex(), meant=row.fragment, row=row,
    )  # fmt: skip


def of_visit(work: Work, proven: Sequence[bytes], channel: str, language: str) -> Holder | None:
    """The customer who is in by an address they proved; None where nothing is left of them."""
    members = person.load(work, list(proven[:1]))
    contact = next((member for member in members if member.fragment in proven[:1]), None)
    if contact is None or contact.key is None:
        return None
    states = consents.states_of(work.connection, sorted(member.fragment for member in members))
    return Holder(
        members=members, contact=contact, states=states, channel=channel, language=language,
        mark=f"visit:{contact.fragment.hex()}", meant=contact.fragment,
    )  # fmt: skip


def choices(work: Work, held: Holder) -> Choices:
    """Everything a person may choose, advertising first."""
    policy, consents_held = work.workspace.consent, held.consents
    address = work.value(held.contact.key) if held.contact.key is not None else ""
    channel = work.workspace.email
    found = [
        _choice(policy, held, *about) for about in _abouts(policy, held, is_tracked=bool(channel and channel.tracks))
    ]
    sender = policy.sender
    return Choices(
        sender=sender.name or work.workspace.name,
        sender_email=sender.email,
        sender_phone=sender.phone,
        sender_address=sender.address,
        address=masked("email", address),
        language=held.language,
        is_stopped=consents_held.standing("ad_receive", held.channel).status != "granted",
        choices=found,
    )


def _abouts(policy: Policy, held: Holder, *, is_tracked: bool) -> Iterable[tuple[str, str]]:
    """Every purpose and channel there is something to say of."""
    found = {(key.purpose, key.channel) for key in held.states}
    found |= {(text.purpose, text.channel) for text in policy.texts.values() if text.channel == held.channel}
    if is_tracked:
        found.add((TRACKING, held.channel))
    known = {about for about in found if about[0] in policy.purposes}
    return sorted(known, key=lambda about: (_rank(about[0]), about[1] != held.channel, about[1]))


def _rank(purpose: str) -> tuple[int, str]:
    return (_FIRST.index(purpose) if purpose in _FIRST else len(_FIRST), purpose)


def _choice(policy: Policy, held: Holder, purpose: str, channel: str) -> Choice:
    is_own = channel == held.channel
    standing = (held.consents if is_own else Consents(held.states)).standing(purpose, channel)
    named = policy.purposes[purpose]
    is_own_contact = CONTACT_KINDS.get(channel) == held.contact.kind or channel == ANY_CHANNEL
    texts = {
        text.language: text
        for text in policy.texts.values()
        if (text.purpose, text.channel) == (purpose, channel) and is_own_contact
    }
    is_refused = standing.status in REFUSED
    return Choice(
        purpose=purpose,
        channel=channel,
        label_ko=named.label_ko,
        label_en=named.label_en,
        status=standing.status,
        since=standing.since,
        is_on=not is_refused if purpose == TRACKING else standing.status == "granted",
        texts=texts,
    )
