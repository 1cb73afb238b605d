"""Reads an act of consent from an event: `Consent Changed` from any touchpoint, `Unsubscribed` from our own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from itda.base.ids import keyed
from itda.consent.definition import ADS, ANY_CHANNEL, SUBJECT_WIDE, Action, ConsentEvent, ConsentKey

CONSENT_CHANGED = "Consent Changed"
UNSUBSCRIBED = "Unsubscribed"
NAMES = frozenset({CONSENT_CHANGED, UNSUBSCRIBED})

CONTACT_KINDS: Mapping[str, str] = {
    "email": "email", "sms": "phone", "lms": "phone", "mms": "phone", "kakao": "phone", "call": "phone",
    "voice": "phone",
}  # fmt: skip
"""Channel → the kind of identifier that is written to."""
CONTACTS = frozenset(CONTACT_KINDS.values())
_LONGEST_WORD = 60


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


def idempotency(source: str, event_id: str) -> str:
    """The key under which an event enters the ledger once, through whichever door it comes."""
    return f"{source}:{event_id}"


def read(said: Said, sender: str, texts: Collection[str]) -> ConsentEvent | None:
    """The ledger's event; None where the event is no act of consent.

    Whose address it is about follows from the channel: of an act on e-mail the event's e-mail. Without one it is about
    the person, which can take away but gives no address a consent. `texts` are the ids of the texts that are known.
    """
    if said.name not in NAMES:
        return None
    properties = said.properties
    purpose = _word(properties.get("purpose")) or ADS
    channel = _word(properties.get("channel")) or (ANY_CHANNEL if said.name == CONSENT_CHANGED else "email")
    contact = said.identifiers.get(CONTACT_KINDS.get(channel, ""), SUBJECT_WIDE)
    shown = str(properties.get("text_version") or "")
    return ConsentEvent(
        id=keyed(b"consent", idempotency(said.source, said.event_id)),
        key=ConsentKey(sender, said.fragment, contact, purpose, channel),
        action=_action(said),
        occurred_at=said.occurred_at,
        recorded_at=said.received_at,
        text_id=shown if shown in texts else "",
        has_evidence=said.has_evidence,
        source=str(properties.get("collector") or said.source),
    )


def _word(said: Any) -> str:
    """A purpose, a channel or an act as the ledger names it, however a touchpoint spells it; no longer than any is."""
    return str(said or "").strip().lower()[:_LONGEST_WORD]


def _action(said: Said) -> Action:
    """What was done: by default given or withdrawn; an act that says both at once takes away."""
    word = _word(said.properties.get("action"))
    is_given = said.properties.get("is_given") is True and word not in ("refuse", "withdraw")
    if said.name == CONSENT_CHANGED and is_given:
        if word == "confirm":
            return "confirm"
        return "import" if said.is_file else "grant"
    return "refuse" if word == "refuse" else "withdraw"
