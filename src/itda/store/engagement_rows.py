"""Rows of what is done with customers: segments, journeys, what is to be sent. Times are microseconds UTC."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from itda.consent.facts import MessageClass

NEVER = (1 << 63) - 1
"""A wake that passing time never brings."""


class IdentifierRow(msgspec.Struct, frozen=True, gc=False):
    """One identifier of a customer."""

    fragment: bytes
    kind: str
    customer: bytes
    is_nobody: bool = False
    """A confirmed hub, or a value that nobody owns: no customer, and of none."""


class StateRow(msgspec.Struct, frozen=True, gc=False):
    """The fold of one fragment as it is stored, and the event time of its latest event."""

    fragment: bytes
    state: bytes
    last_at: int


class MemberRow(msgspec.Struct, frozen=True, gc=False):
    """A customer in a segment since a log time."""

    segment: str
    customer: bytes
    since: int


class WakeRow(msgspec.Struct, frozen=True, gc=False):
    """When a customer's segments are to be answered again though nothing happened."""

    customer: bytes
    at: int


class AppliedRow(msgspec.Struct, frozen=True, gc=False):
    """A definition in force from a log time on."""

    kind: str
    name: str
    version: str
    body: str
    at: int
    reached: bytes = b""
    settled_at: int | None = None
    retired_at: int | None = None


class PositionRow(msgspec.Struct, frozen=True, gc=False):
    """Somebody in a journey: `state` is all of it, the rest is what it is found by."""

    id: bytes
    journey: str
    version: str
    fragment: bytes
    entry_event: str
    correlation: str
    arm: str
    step: str
    state: bytes
    entered_at: int
    entered_log_at: int
    due_at: int | None
    goal_until: int | None
    goal_at: int | None
    messaged_at: int | None
    exited_at: int | None
    exit_reason: str | None


class PathRow(msgspec.Struct, frozen=True, gc=False):
    """One line of somebody's path. `detail` is what else the move says (JSON); `told` the frame of the log it is in."""

    position_id: bytes
    seq: int
    at: int
    log_at: int
    step: str
    what: str
    detail: str
    told: int


class DeclinedRow(msgspec.Struct, frozen=True, gc=False):
    """How many more were not let into a journey on a local day of log time, and why."""

    journey: str
    local_date: int
    why: str
    n: int


class AsideRow(msgspec.Struct, frozen=True, gc=False):
    """A fragment of somebody with whom the decider cannot go on; `position` is the last frame decided for them."""

    fragment: bytes
    customer: bytes
    position: int
    why: str
    at: int


class OutboxRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A message for somebody. It names a contact by its fragment, never by its address."""

    id: bytes
    position_id: bytes | None = None
    journey: str = ""
    step: str = ""
    message: str
    message_version: str
    channel: str
    message_class: MessageClass
    purpose: str
    variant: str = ""
    language: str = ""
    fragment: bytes
    contact: bytes
    values_sealed: bytes | None = None
    status: str
    not_before: int
    created_at: int
    expires_at: int
    tries: int = 0
    reasons: str = ""
    campaign: str = ""
    priority: int = 0
    is_told: bool = False
    """The journey knows that it does not go."""


class AskedRow(msgspec.Struct, frozen=True, gc=False):
    """A message of the outbox and who in a journey asked for it; `position_id` is None where nobody did."""

    id: bytes
    position_id: bytes | None
    step: str
    reasons: str


class SendDecisionRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What the gate said of a message, and of which facts. `reasons` are words such as `KR-02 NO_CONSENT`."""

    outbox: bytes
    stage: str
    at: int
    verdict: str
    reasons: Sequence[str]
    packs: str
    inputs_sha256: bytes
    consent_seq: int
    hold_until: int | None = None
