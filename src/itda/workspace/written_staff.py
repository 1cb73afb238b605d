"""`staff` of itda.yaml as people write it."""

from __future__ import annotations

import msgspec

from itda.access.hands import TERM_DAYS
from itda.access.staffing import EXPORTS_ALONE


class WrittenOidc(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`staff.oidc` in itda.yaml: an OpenID provider that staff may sign in with, beside passwords."""

    issuer: str = ""
    """Its address, as it names itself: https://id.example.com. Left out: passwords only."""
    client_id: str = ""
    """What it knows Itda as. Its redirect address is that of the console with /login/oidc behind."""
    secret_from: str = ""
    """The variable of the environment that holds the client's secret; left out: none, PKCE alone protects the code."""
    claim: str = "groups"
    """The claim of the id token that says what somebody is: a text or a list of texts."""
    roles: dict[str, str] = {}
    """Value of the claim → role. The most powerful of several counts; who has none is not let in."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    """What is asked for; many providers tell groups only when `groups` is among them."""
    name: str = ""
    """What the button on the login page calls it; left out: the host of its address."""


class WrittenStaff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`staff` in itda.yaml."""

    totp: tuple[str, ...] = ()
    """Roles that must prove themselves with a one-time code (TOTP) as well, or `all`. Others may if they like."""
    glass_minutes: int = 30
    """For how many minutes who breaks the glass sees personal values whole."""
    hand_days: int = TERM_DAYS
    """For how many days after somebody made, reset or changed a login the two do not count as two people: 7 to 365."""
    exports_alone: int = EXPORTS_ALONE
    """More customers than this in one export take a second person, unless their personal values are masked. 0: any."""
    oidc: WrittenOidc = WrittenOidc()
    """Left out: passwords only."""
