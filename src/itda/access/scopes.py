"""What a key of the profile API may do: each word grants permissions, and a key holds no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

Scope = Literal["traits", "personal", "segments", "consent", "events", "identity", "steward", "record"]
"""traits: identifiers, traits, household. personal: their values whole, else masked. segments: which a customer is in.
consent: what they agreed to. events: the timeline. identity: links, histories, why.
steward: join, cut, undo, the queue. record: write acts of consent down."""
Word = Literal["read", "traits", "personal", "segments", "consent", "events", "identity", "steward", "record"]
"""`read` is every scope that changes nothing."""

GRANTS: dict[Scope, str] = {
    "traits": "customer.read",
    "personal": "customer.personal",
    "segments": "customer.segments",
    "consent": "consent.read",
    "events": "customer.events",
    "identity": "identity.read",
    "steward": "identity.steward",
    "record": "consent.record",
}
_CHANGING: frozenset[Scope] = frozenset({"steward", "record"})
"""Scope → the permission it is."""


def scopes_of(words: Iterable[Word]) -> frozenset[Scope]:
    """The scopes that these words name."""
    told = set(words)
    return frozenset(scope for scope in get_args(Scope) if scope in told or ("read" in told and scope not in _CHANGING))


def granted(scopes: Iterable[Scope]) -> frozenset[str]:
    """The permissions of these scopes."""
    return frozenset(GRANTS[scope] for scope in scopes)


def scope_for(permission: str) -> Scope | None:
    """The scope that grants a permission; None where no key is ever granted it."""
    return next((scope for scope, grant in GRANTS.items() if grant == permission), None)
