"""Reads `staff` of itda.yaml: one-time codes, and the provider that staff may sign in with."""

from __future__ import annotations

from urllib.parse import urlsplit

from itda.access.actor import STAFF_ROLES
from itda.access.staffing import EVERYBODY, Provider, StaffRules
from itda.base.errors import Fault
from itda.workspace import shape
from itda.workspace.files import Document
from itda.workspace.written_staff import WrittenStaff

_NEAR = ("localhost", "127.0.0.1", "::1")
_LONGEST_GLASS = 240
_FEWEST_HAND_DAYS, _MOST_HAND_DAYS = 7, 365


def faults(document: Document, told: WrittenStaff) -> list[Fault]:
    """What is wrong with it."""
    found = []
    for index, role in enumerate(told.totp):
        if role not in (*STAFF_ROLES, EVERYBODY):
            cure = shape.nearest(role, (*STAFF_ROLES, EVERYBODY))
            found.append(document.fault(f"staff.totp.{index}", f"{role!r} is no role", cure))
    if not 1 <= told.glass_minutes <= _LONGEST_GLASS:
        cure = f"1 to {_LONGEST_GLASS}"
        found.append(document.fault("staff.glass_minutes", "is not within bounds", cure))
    if not _FEWEST_HAND_DAYS <= told.hand_days <= _MOST_HAND_DAYS:
        cure = f"{_FEWEST_HAND_DAYS} to {_MOST_HAND_DAYS}"
        found.append(document.fault("staff.hand_days", "is not within bounds", cure))
    if told.exports_alone < 0:
        found.append(document.fault("staff.exports_alone", "is not within bounds", "0 or more customers"))
    return found + _of_provider(document, told)


def rules(told: WrittenStaff) -> StaffRules:
    """What holds, of a file in order."""
    oidc = told.oidc
    provider = Provider(
        issuer=oidc.issuer.rstrip("/"), client_id=oidc.client_id, secret_from=oidc.secret_from, claim=oidc.claim,
        roles=oidc.roles, scopes=oidc.scopes, name=oidc.name,
    ) if oidc.issuer else None  # fmt: skip
    return StaffRules(
        totp=frozenset(told.totp), provider=provider, glass_minutes=told.glass_minutes, hand_days=told.hand_days,
        exports_alone=told.exports_alone,
    )  # fmt: skip


def _of_provider(document: Document, told: WrittenStaff) -> list[Fault]:
    oidc, found = told.oidc, []
    if not oidc.issuer:
        return [document.fault("staff.oidc", "names no issuer", "issuer: https://…")] if oidc.client_id else []
    at = urlsplit(oidc.issuer)
    if not at.hostname or not (at.scheme == "https" or (at.scheme == "http" and at.hostname in _NEAR)):
        found.append(document.fault("staff.oidc.issuer", "is no address over https", "issuer: https://id.example.com"))
    if not oidc.client_id:
        found.append(document.fault("staff.oidc", "names no client_id", "the name the provider knows Itda by"))
    if not oidc.roles:
        found.append(document.fault("staff.oidc", "lets nobody in", "roles: {cs-team: agent}"))
    if "openid" not in oidc.scopes:
        found.append(document.fault("staff.oidc.scopes", "lacks openid", "scopes: [openid, profile, email]"))
    for value, role in oidc.roles.items():
        if role not in STAFF_ROLES:
            cure = shape.nearest(role, STAFF_ROLES)
            found.append(document.fault(f"staff.oidc.roles.{value}", f"{role!r} is no role", cure))
    return found
