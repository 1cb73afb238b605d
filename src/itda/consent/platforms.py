"""Advertising platforms that take audiences, and the form in which each takes an address: hashed, as it says.

A hash of an address is personal data like the address (CH-08), so a row passes the same gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from itda.consent.facts import Destination
from itda.identity.hashes import spellings

NOT_NORMALISABLE = "NOT_NORMALISABLE"
"""Why a row without any address that the platform takes stays behind."""
SIGNALS = ("ad_user_data", "ad_personalization")
GRANTED = "GRANTED"


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """One platform. `rule` and `source` say by what its form is made."""

    destination: Destination
    rule: str
    source: str
    email: int
    """Which of `identity.hashes.spellings` of an e-mail it hashes: the first or the last."""
    phone: int
    """The same of a phone."""
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """As purposes and the command line name it."""
        return self.destination.name


GOOGLE = Platform(
    destination=Destination(name="google", country="US", is_behavioural=True, takes_signals=True),
    rule="CH-06",
    source="Google Customer Match; CM360 enhanced conversions",
    email=-1,
    phone=0,
    columns=("Email", "Phone", *SIGNALS),
)
META = Platform(
    destination=Destination(name="meta", country="US", is_behavioural=True),
    rule="CH-07",
    source="Meta customer information parameters",
    email=0,
    phone=-1,
    columns=("email", "phone"),
)
PLATFORMS = {platform.name: platform for platform in (GOOGLE, META)}


def hashed(platform: Platform, kind: str, value: str) -> str:
    """An e-mail or a phone (normalised; phones in E.164) as the platform takes it: SHA-256, lower-case hexadecimal.

    Google: e-mail without dots before the @ of gmail.com and googlemail.com, phone with its plus. Meta: e-mail as it
    is, phone without the plus. Empty where the value is neither.
    """
    found = spellings(kind, value)
    if not found:
        return ""
    return hashlib.sha256(found[platform.email if kind == "email" else platform.phone].encode()).hexdigest()


def rows(platform: Platform, emails: Sequence[str], phones: Sequence[str]) -> list[tuple[str, ...]]:
    """A customer's rows in the platform's form, one for each address; none where no address is one it takes."""
    hashes = [
        dict.fromkeys(filter(None, (hashed(platform, kind, value) for value in values)))
        for kind, values in (("email", emails), ("phone", phones))
    ]
    signals = tuple(GRANTED for column in platform.columns if column in SIGNALS)
    return [(*pair, *signals) for pair in zip_longest(*hashes, fillvalue="")]
