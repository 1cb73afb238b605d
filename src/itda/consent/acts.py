"""Reads acts of consent from an event: `Consent Changed` from any touchpoint, `Unsubscribed` from our own.

Whoever speaks through whichever source is believed in what takes away, as far as it may be meant. A consent is
believed only where the source may grant: a key that stands in a page proves nothing of who holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from itda.base.ids import keyed
from itda.consent.definition import (
    ADS,
    ANY_CHANNEL,
    CONSENT,
    SUBJECT_WIDE,
    TAKES_AWAY,
    Action,
    ConsentEvent,
    ConsentKey,
)

CONSENT_CHANGED = "Consent Changed"
UNSUBSCRIBED = "Unsubscribed"
NAMES = frozenset({CONSENT_CHANGED, UNSUBSCRIBED})

PHONE = "phone"
CONTACT_KINDS: Mapping[str, str] = {
    "email": "email",
    **dict.fromkeys(("sms", "lms", "mms", "kakao", "alimtalk", "call", "voice"), PHONE),
}
"""Channel → the kind of identifier that is written to."""
CONTACTS = frozenset(CONTACT_KINDS.values())
UNVOUCHED = "unvouched"
"""The ground of a request that came as a consent, through a source whose consents do not count."""
UNCLEAR = "unclear"
"""The ground of an act in words that nobody here knows: what it takes away is the most that it may mean."""
PERMITTED = "permission"
"""The ground of a request that came as a consent and was the phone's question whether an app may notify (KR-18)."""
_PERMISSIONS = frozenset({"os_permission", "push_permission", "notification_permission", "os"})
_LONGEST_WORD = 60
_REFUSES = frozenset({"refuse", "refused", "deny", "denied", "decline", "declined", "reject", "rejected", "거부"})
_WITHDRAWS = frozenset({
    "withdraw", "withdrawn", "revoke", "revoked", "unsubscribe", "unsubscribed", "optout", "opt_out", "opt-out", "stop",
    "cancel", "cancelled", "object", "철회", "해지", "수신거부",
})  # fmt: skip
_GRANTS = frozenset({"", "grant", "import"})


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The words that a workspace knows: purposes, channels that acts may be about, and ids of texts."""

    purposes: Collection[str]
    channels: Collection[str]
    texts: Collection[str] = ()


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an event of ours or of a touchpoint says; properties are the plain ones."""

    name: str
    event_id: str
    source: str
    occurred_at: int
    received_at: int
    properties: Mapping[str, Any]
    fragment: bytes
    """Of the event's strongest identifier."""
    identifiers: Mapping[str, bytes]
    """Kind → fragment, of the event's identifiers."""
    is_file: bool = False
    """It comes from an imported file: a bare tick in it grants nothing."""
    has_evidence: bool = False
    may_grant: bool = False
    """Whether a consent through its source counts."""


def idempotency(source: str, event_id: str) -> str:
    """The key under which an event enters the ledger once, through whichever door it comes."""
    return f"{source}:{event_id}"


def read(said: Said, sender: str, words: Words) -> list[tuple[str, ConsentEvent]]:
    """The ledger's events, each with its idempotency key; none where the event is no act of consent.

    Whose address it is about follows from the channel: of an act on e-mail the event's e-mail. Without one it is about
    the person, which can take away but gives no address a consent. What takes away on a channel that nobody here knows
    does so on every channel, and for a purpose that nobody here knows for every purpose: one event for each. A request
    in unknown words, through a source that may not grant, is none: nobody could confirm it, and words have no end.
    """
    if said.name not in NAMES:
        return []
    properties = said.properties
    action, ground = _action(said)
    purpose = _word(properties.get("purpose")) or ADS
    channel = _word(properties.get("channel")) or (ANY_CHANNEL if said.name == CONSENT_CHANGED else "email")
    purposes = [purpose]
    if action in TAKES_AWAY:
        if channel not in words.channels:
            channel, ground = ANY_CHANNEL, UNCLEAR
        if purpose not in words.purposes:
            purposes, ground = sorted(words.purposes), UNCLEAR
    elif not said.may_grant and (channel not in words.channels or purpose not in words.purposes):
        return []
    contact = said.identifiers.get(CONTACT_KINDS.get(channel, ""), SUBJECT_WIDE)
    shown = str(properties.get("text_version") or "")
    plain = idempotency(said.source, said.event_id)
    found = []
    for each in purposes:
        key = plain if len(purposes) == 1 else f"+{each}/{plain}"  # no source's name begins so, no purpose has a slash
        event = ConsentEvent(
            id=keyed(b"consent", key),
            key=ConsentKey(sender, said.fragment, contact, each, channel),
            action=action,
            occurred_at=said.occurred_at,
            recorded_at=said.received_at,
            text_id=shown if shown in words.texts else "",
            has_evidence=said.has_evidence,
            ground=ground,
            source=str(properties.get("collector") or said.source),
        )
        found.append((key, event))
    return found


def _word(said: Any) -> str:
    """A purpose, a channel or an act as the ledger names it, however a touchpoint spells it; no longer than any is."""
    return str(said or "").strip().lower()[:_LONGEST_WORD]


def _action(said: Said) -> tuple[Action, str]:
    """What was done, and on which ground it is written: an act that says both at once takes away.

    `is_given` beside a word that nobody here knows gives nothing: it is a request.
    """
    word = _word(said.properties.get("action"))
    is_given = said.name == CONSENT_CHANGED and said.properties.get("is_given") is True
    if not is_given or word in _REFUSES or word in _WITHDRAWS:
        return ("refuse" if word in _REFUSES else "withdraw"), CONSENT
    if word == "request":
        return "request", CONSENT
    if word != "confirm" and word not in _GRANTS:
        return "request", UNCLEAR
    is_permission = _word(said.properties.get("collector")) in _PERMISSIONS
    if is_permission or not said.may_grant:
        return "request", PERMITTED if is_permission else UNVOUCHED
    if word == "confirm":
        return "confirm", CONSENT
    return ("import" if said.is_file else "grant"), CONSENT
