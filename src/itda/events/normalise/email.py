"""E-mail addresses: RFC 5321 and 6531 by email-validator, domain in IDNA form, all in lower case.

RFC 5321 §2.4 lets a host tell `Kim@` from `kim@`; no provider people use does, so case is folded. Dots and plus signs
are kept: what they mean differs by provider, and joining two people is worse than not joining one.
"""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

from itda.events.normalise.normaliser import Normaliser

_COMMON = re.compile(
    r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*"
    r"(?:naver|gmail|daum|hanmail|kakao|nate|hotmail|outlook|yahoo|icloud)\.(?:com|net)"
)
_LONGEST_COMMON = 60
"""Well under the 64 signs of a local part: such an address needs no closer look."""


def email(text: str, _country: str) -> str | None:
    """One way of writing an e-mail address; None when it is none."""
    folded = text.strip().lower()
    if len(folded) <= _LONGEST_COMMON and _COMMON.fullmatch(folded):
        return folded
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
