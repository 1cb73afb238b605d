"""E-mail addresses: RFC 5321 and 6531 by email-validator, domain in IDNA form, all in lower case.

RFC 5321 §2.4 lets a host tell `Kim@` from `kim@`; no provider people use does, so case is folded. Dots and plus signs
are kept: what they mean differs by provider, and joining two people is worse than not joining one.
"""

from __future__ import annotations

import re
import unicodedata

from itda.events.normalise.normaliser import Normaliser

_COMMON = re.compile(
    r"(?=.{6,100}$)[a-z0-9_%+-]{1,60}(?:\.[a-z0-9_%+-]{1,60})?@"
    r"(?:[a-z0-9]{1,60}(?:-[a-z0-9]{1,30})?\.){1,3}(?!(?:test|local|localhost|onion|invalid|arpa|internal|alt)$)[a-z]{2,12}"
)
"""Addresses whose validity needs no closer look: a part of the full rules, so both give the same answer."""
_LOCAL = 64


def email(text: str, _country: str) -> str | None:
    """One way of writing an e-mail address; None when it is none."""
    folded = text.strip().lower()
    if _COMMON.fullmatch(folded) and folded.index("@") <= _LOCAL:
        return folded
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - large, and seldom needed

    try:
        found = validate_email(
            unicodedata.normalize("NFKC", folded).removeprefix("mailto:"),
            check_deliverability=False,
            test_environment=True,
        )
    except (EmailNotValidError, UnicodeError, ValueError):
        return None
    address = f"{found.local_part}@{found.ascii_domain}".lower()
    return address if address.isprintable() else None


NORMALISER = Normaliser("email", email, is_costly=True)
