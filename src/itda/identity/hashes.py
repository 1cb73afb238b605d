"""Hashed addresses and numbers as advertising platforms make them, so that a hash meets the address it is of.

Google (Customer Match): e-mail in lower case, of gmail.com and googlemail.com without dots and `+tag` before the @;
phone in E.164 with `+`. Meta (customer information parameters): e-mail in lower case and nothing else; phone as digits
with the country code. Both: SHA-256, hexadecimal. A hash of an address is personal data like the address.
"""

from __future__ import annotations

import hashlib

_GOOGLE = ("gmail.com", "googlemail.com")
OF = ("email", "phone")
"""The normalisers whose values are hashed."""


def spellings(normaliser: str, value: str) -> tuple[str, ...]:
    """The texts that platforms hash of a normalised value, each once; none where it is no address and no number."""
    if normaliser == "phone":
        return (value, value.removeprefix("+"))
    name, _, domain = value.partition("@")
    if normaliser != "email" or domain not in _GOOGLE:
        return (value,) if normaliser == "email" else ()
    return tuple(dict.fromkeys((value, f"{name.partition('+')[0].replace('.', '')}@{domain}")))


def digests(normaliser: str, value: str) -> tuple[str, ...]:
    """The same hashed: SHA-256 in lower-case hexadecimal."""
    return tuple(hashlib.sha256(text.encode()).hexdigest() for text in spellings(normaliser, value))
