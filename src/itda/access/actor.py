"""Who asks, by what right, and what is written down about it.

Every read of a question and every change has exactly one declared permission. Roles come to hold sets of them.
Some permissions ask nothing but say how much of an answer is told: `customer.personal` (values whole, else masked),
`identity.reasons` (which steward decided and why, in free text that may speak of anybody; no machine has it).
"""

from __future__ import annotations

import msgspec

PERMISSIONS = frozenset({
    "status.read", "quality.read", "customer.search", "customer.read", "customer.personal", "customer.events",
    "customer.segments", "customer.export",
    "identity.read", "identity.reasons", "identity.steward", "quarantine.read", "quarantine.replay", "keys.read",
    "source.import", "staff.login",
    "replay.verify", "segment.read", "journey.read", "metric.read",
    "consent.read", "consent.record", "decision.ask", "message.read", "message.send", "centre.read", "centre.change",
    "definitions.read", "definitions.apply", "duties.read", "duties.settle",
})  # fmt: skip

ROLES: dict[str, frozenset[str]] = {
    "admin": PERMISSIONS,
    "viewer": frozenset({"status.read", "quality.read", "segment.read", "journey.read", "metric.read"}),
    "customer": frozenset({"centre.read", "centre.change"}),
    "machine": frozenset(
        {
            "customer.read",
            "customer.personal",
            "customer.events",
            "customer.segments",
            "identity.read",
            "status.read",
        }
    ),
}


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
    """In place of what the role holds, where a key was granted less or other than it; None: what the role holds."""


def may(actor: Actor, permission: str) -> bool:
    """Whether the actor's role holds the permission. An unknown role holds none; an undeclared permission is a bug."""
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    held = ROLES.get(actor.role, frozenset()) if actor.granted is None else actor.granted
    return permission in held
