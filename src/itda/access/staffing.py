"""What a shop asks of its staff: who proves with a one-time code as well, and who else may say who somebody is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from itda.access.hands import TERM_DAYS

EVERYBODY = "all"
EXPORTS_ALONE = 1_000
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
_FEWEST_LETTERS = 5


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID provider that staff may sign in with. `roles` maps a value of the claim to a role."""

    issuer: str
    client_id: str
    secret_from: str = ""
    """The variable of the environment that holds the client's secret; empty: a public client, with PKCE alone."""
    claim: str = "groups"
    roles: Mapping[str, str] = {}
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name: str = ""
    """What the button says."""


class StaffRules(msgspec.Struct, frozen=True, kw_only=True):
    """How staff prove who they are. `totp` are the roles that need a one-time code as well, or `all`."""

    totp: frozenset[str] = frozenset()
    provider: Provider | None = None
    glass_minutes: int = 30
    """How long personal values are seen whole after the glass was broken."""
    hand_days: int = TERM_DAYS
    """For how long a hand on a login ties it to whose hand it was, where two people are needed."""

    exports_alone: int = EXPORTS_ALONE
    """Customers whose personal values one person takes out without a second one."""

    def needs_codes(self, role: str) -> bool:
        """Whether who has this role must have one-time codes."""
        return role in self.totp or EVERYBODY in self.totp


def weakness(password: str, login: str) -> str:
    """Why a password will not do; empty where it will. Length is what counts (NIST SP 800-63B §5.1.1)."""
    if len(password) < SHORTEST_PASSWORD:
        return f"the password is shorter than {SHORTEST_PASSWORD} characters"
    if len(password) > LONGEST_PASSWORD:
        return f"the password is longer than {LONGEST_PASSWORD} characters"
    if len(set(password.lower())) < _FEWEST_LETTERS:
        return f"the password has fewer than {_FEWEST_LETTERS} different characters"
    if login and len(password.lower().replace(login, "")) < SHORTEST_PASSWORD:
        return "the password is little more than the login"
    return ""
