"""What a consent is, what is written about it, and what a rule says of a message.

A consent is one sender's, of one fragment, for one contact, purpose and channel. The ledger's events are the truth; a
state is what they come to. Times are microseconds UTC, local days are day numbers.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

Action = Literal["request", "grant", "refuse", "withdraw", "confirm", "expire", "suspend", "restore", "import"]
Status = Literal["unknown", "pending", "granted", "refused", "withdrawn", "expired", "suspended"]
Mark = Literal["P", "S", "M"]
"""How a rule's source was read: P the law's own text, S a secondary page, M from memory and to be verified."""
Stage = Literal["collect", "publish", "record", "segment", "choice", "departure", "export", "erase"]
"""When a rule is asked: as values come in, before a form, a text or a template is put to use, as a consent is written
down, for whom a segment may be used, when a message is chosen, again as it leaves, for each row that goes out,
and for each record that is to be destroyed."""
Force = Literal["allow", "warn", "transform", "hold", "block"]

SUBJECT = "subject"
"""The actor of what somebody told of themselves."""
TAKES_AWAY: tuple[Action, ...] = ("refuse", "withdraw")
FORCES: tuple[Force, ...] = ("allow", "warn", "transform", "hold", "block")
"""From the weakest: of several the strongest holds."""
SUBJECT_WIDE = bytes(16)
"""The contact of a consent that is about the person, whatever the address."""
ANY_CHANNEL = "any"
CONSENT = "consent"
"""The ground of what a person said themselves."""
ADS = "ad_receive"
ADS_AT_NIGHT = "ad_receive_night"
TRACKING = "tracking"
"""Seeing whether a message was opened and its links were followed."""


class ConsentKey(NamedTuple):
    """What one consent is about. `fragment` is whose; `contact` the fragment of the address, or SUBJECT_WIDE."""

    sender: str
    fragment: bytes
    contact: bytes
    purpose: str
    channel: str


class ConsentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One act, as the ledger keeps it."""

    id: bytes
    key: ConsentKey
    action: Action
    occurred_at: int
    """When the person did it."""
    recorded_at: int
    """When we learnt of it."""
    seq: int = 0
    """Its place in the ledger."""
    text_id: str = ""
    """The text that was shown, by its id in consent.yaml."""
    has_evidence: bool = False
    ground: str = CONSENT
    source: str = ""
    """Where it was done: a form, a till, 080, a link in a mail, a file."""
    actor: str = SUBJECT


class ConsentState(msgspec.Struct, frozen=True, kw_only=True):
    """What the events of one key come to."""

    status: Status
    since: int
    """When it became so."""
    last_grant_at: int | None = None
    last_confirm_at: int | None = None
    refused_at: int | None = None
    """The latest refusal or withdrawal, also one that a later consent overcame."""
    reconfirm_due: int | None = None
    """The last local day on which to ask for the two-year confirmation."""
    text_id: str = ""
    event_seq: int = 0
    """The last row of the ledger that it knows."""


class Change(msgspec.Struct, frozen=True):
    """What must be added to a message before it leaves. Adding it twice adds it once."""

    kind: Literal["prefix", "footer", "header"]
    value: str
    """The text of a prefix or of a footer's line; the value of a header."""
    name: str = ""
    """Of a header its name; of a prefix the sender's name that follows it, where it must."""
    link: str = ""
    """Where a footer's line leads."""


class Finding(msgspec.Struct, frozen=True):
    """What one rule says of one message."""

    action: Force
    code: str
    """One word in capitals, such as NO_CONSENT."""
    detail: str = ""
    """For a person; never a personal value."""
    until: int | None = None
    """Of a hold: when it ends."""
    changes: tuple[Change, ...] = ()


class Reason(msgspec.Struct, frozen=True):
    """A finding and the rule that made it."""

    rule: str
    action: Force
    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.code}"


class Verdict(msgspec.Struct, frozen=True):
    """What all rules together say: the strongest action, every reason, every change."""

    action: Force = "allow"
    reasons: tuple[Reason, ...] = ()
    hold_until: int | None = None
    changes: tuple[Change, ...] = ()


class Task(msgspec.Struct, frozen=True):
    """Something that must be done for a person by a day."""

    kind: str
    event: bytes
    """The ledger event that it follows from."""
    due_at: int
