"""Ids that a repeated run repeats: keyed hashes (HMAC-SHA256, RFC 2104) cut to 16 bytes, and their written form."""

from __future__ import annotations

import base64
import hmac

LENGTH = 16


def keyed(secret: bytes, *parts: bytes | str) -> bytes:
    """16 bytes that only this secret and these parts give. Parts are length-prefixed, so none runs into the next."""
    message = bytearray()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        message += len(raw).to_bytes(4, "big")
        message += raw
    return hmac.digest(secret, bytes(message), "sha256")[:LENGTH]


def customer_text(customer: bytes) -> str:
    """The written form of a customer's id: `c` and 26 lower-case base32 letters; safe in a URL, says nothing."""
    return "c" + base64.b32encode(customer).decode().rstrip("=").lower()


def customer_bytes(text: str) -> bytes:
    """Read a customer's id back; `ValueError` when the text is none."""
    if len(text) != 27 or text[0] != "c":  # noqa: PLR2004 - 1 + 26 letters for 16 bytes
        raise ValueError(f"{text!r} is no customer id")
    raw = base64.b32decode(text[1:].upper() + "======")
    if customer_text(raw) != text:
        raise ValueError(f"{text!r} is no customer id")
    return raw
