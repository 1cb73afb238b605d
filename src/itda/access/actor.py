"""Who asks, and by what right.

Every read of a question and every change has exactly one declared permission; a role is a set of them (`ROLES`).
Some permissions ask nothing but say how much of an answer is told: `customer.personal` (values whole, else masked),
`identity.reasons` (which steward decided and why, in free text that may speak of anybody; no machine has it).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

PERMISSIONS: Mapping[str, str] = MappingProxyType({
    "status.read": "how the shop stands: numbers",
    "quality.read": "data quality and the state of sources: numbers",
    "segment.read": "segments, what they mean and how many are in them",
    "journey.read": "journeys and messages as they are written, and how many went which way",
    "metric.read": "measures",
    "definitions.read": "what applying the files would do",
    "definitions.apply": "apply what the files say, or return to what was applied before",
    "packs.propose": "propose other packs of rules, values or waivers, with what they would have done",
    "packs.activate": "activate packs of rules, values or waivers that somebody else proposed",
    "customer.search": "find customers, and list those of a segment or a journey",
    "customer.read": "one customer: identifiers, traits, household",
    "customer.personal": "personal values whole; without it they are masked",
    "customer.events": "one customer's events",
    "customer.segments": "which segments one customer is in",
    "customer.export": "take every customer out as a file",
    "identity.read": "links between identifiers, why they are followed, and how a customer came about",
    "identity.reasons": "which steward decided so, and the reason given",
    "identity.steward": "join, cut, undo, and the queue of who may be one person",
    "consent.read": "what a customer agreed to, and why a message may go or not",
    "consent.record": "record what a customer agreed to or withdrew",
    "decision.ask": "ask what the laws would say of a message",
    "message.read": "messages to customers and what became of them",
    "message.send": "try messages again, settle uncertain ones, go on with who was put aside",
    "quarantine.read": "which events were refused, and why",
    "quarantine.replay": "one refused event with what it holds; send it through the door again",
    "source.import": "bring a file of a source in, or fetch one",
    "replay.verify": "rebuild everything and compare",
    "request.read": "requests of people, by when they are due and how far they are",
    "request.open": "take the request of a person: to see, to correct, to stop, to take along, to erase",
    "request.carry_out": "carry a request out, and see what is handed to the person",
    "hold.read": "what a law keeps of somebody who was erased, with a reason",
    "retention.read": "how long what is kept, what is due now, and what was destroyed",
    "retention.run": "have destroyed what is due now, and not with the next daily run",
    "duties.read": "what must be done by a day",
    "duties.settle": "say of a duty that it was done, with proof",
    "audit.read": "who looked at what and who changed what",
    "audit.review": "take the audit out as a file, anchor it, and sign the monthly review",
    "backup.make": "make a backup of data and keys",
    "approval.read": "what waits for a second pair of eyes",
    "approval.decide": "approve or refuse what somebody else proposed",
    "staff.login": "sign in to the console, with one's own account and sessions",
    "staff.read": "who has a login, with what role, and their sessions",
    "staff.manage": "invite, change, disable and reset logins, and end their sessions",
    "keys.read": "keys of machines and their last use; never the keys themselves",
    "keys.manage": "make and revoke keys of machines",
    "key.manage": "put the workspace key under a KMS, rotate its wrapping key, destroy old versions",
    "access.break": "see personal values whole for some minutes, with a reason that is told and looked at",
    "access.review": "look at such minutes afterwards",
    "centre.read": "what the privacy centre shows to a customer of their own",
    "centre.change": "what a customer changes there of their own",
})  # fmt: skip
"""Permission → what it allows, in the words of docs/reference/permissions.md. Add a line here for a new one."""

_STAFF = frozenset({"staff.login", "status.read"})
_NUMBERS = _STAFF | {"quality.read", "segment.read", "journey.read", "metric.read"}
_ONE_MASKED = frozenset({"customer.search", "customer.read", "customer.events", "customer.segments"})
_ONE_WHOLE = _ONE_MASKED | {"customer.personal"}

ROLES: Mapping[str, frozenset[str]] = MappingProxyType({
    "admin": frozenset(PERMISSIONS),
    "channel_manager": _NUMBERS | _ONE_MASKED | {
        "definitions.read", "consent.read", "decision.ask", "message.read", "message.send", "duties.read",
        "access.break",
    },
    "content_planner": _NUMBERS | {"definitions.read"},
    "brand_approver": _NUMBERS | {"definitions.read", "message.read"},
    "analyst": _NUMBERS | {
        "definitions.read", "customer.read", "customer.events", "customer.segments", "identity.read", "access.break",
    },
    "pm": _NUMBERS | {"definitions.read", "definitions.apply", "decision.ask", "message.read", "approval.read",
                     "packs.propose"},
    "cx_owner": _NUMBERS | _ONE_WHOLE | {
        "identity.read", "consent.read", "consent.record", "decision.ask", "message.read", "duties.read",
        "duties.settle", "access.review", "request.read", "request.open",
    },
    "store_staff": _STAFF | {"customer.search", "customer.read", "consent.read", "consent.record", "request.open",
                              "access.break"},
    "agent": _STAFF | _ONE_WHOLE | {
        "segment.read", "journey.read", "identity.read", "consent.read", "consent.record", "decision.ask",
        "message.read",
        "request.open",
    },
    "steward": _NUMBERS | _ONE_WHOLE | {
        "identity.read", "identity.reasons", "identity.steward", "quarantine.read", "quarantine.replay",
    },
    "privacy_officer": _NUMBERS | _ONE_WHOLE | {
        "definitions.read", "customer.export", "identity.read", "identity.reasons", "consent.read", "consent.record",
        "decision.ask", "message.read", "quarantine.read", "duties.read", "duties.settle", "approval.read",
        "approval.decide", "staff.read", "keys.read", "access.review", "request.read", "request.open",
        "request.carry_out", "hold.read", "retention.read", "retention.run", "packs.propose", "packs.activate",
        "audit.read", "audit.review",
    },
    "partner": frozenset({"staff.login", "metric.read"}),
    "viewer": _NUMBERS,
    "customer": frozenset({"centre.read", "centre.change"}),
    "machine": frozenset(),
})  # fmt: skip
"""Role → what it holds. A customer has the privacy centre; a machine's key is granted its scopes, and nothing else."""

BESIDE: Mapping[str, frozenset[str]] = MappingProxyType({
    "segment.read": frozenset({"status.read"}),
    "journey.read": frozenset({"status.read"}),
    "message.read": frozenset({"status.read", "journey.read"}),
    "customer.segments": frozenset({"customer.read", "segment.read", "status.read"}),
    "identity.read": frozenset({"customer.read"}),
    "staff.manage": frozenset({"staff.read"}),
    "request.carry_out": frozenset({"request.read"}),
    "audit.review": frozenset({"audit.read"}),
})  # fmt: skip
"""Permission → what whoever holds it among staff holds as well: pages that open by it show that too."""

NOT_STAFF = frozenset({"customer", "machine"})
STAFF_ROLES = tuple(role for role in ROLES if role not in NOT_STAFF)
"""The roles a login can have, the most powerful first."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who asks or acts. `name` is a login, `cli:<os user>`, or `key:<source>`; never a customer."""

    name: str
    role: str
    session: str = ""
    address: str = ""
    """Network address as seen by the door; empty on the command line."""
    system: str
    """The door: console, api, cli, python, engine."""
    granted: frozenset[str] | None = None
    """In place of what the role holds: the scopes of a key, or what break-glass adds; None: what the role holds."""


def may(actor: Actor, permission: str) -> bool:
    """Whether the actor's role holds the permission. An unknown role holds none; an undeclared permission is a bug."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    held = ROLES.get(actor.role, frozenset()) if actor.granted is None else actor.granted
    return permission in held


def sight(role: str) -> str:
    """How a role sees the personal values of a customer it looks at: `whole`, `masked`, or `none`: it sees nobody."""
    held = ROLES[role]
    if "customer.personal" in held:
        return "whole"
    return "masked" if held & _ONE_MASKED else "none"
