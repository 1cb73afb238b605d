"""Every address a message carries, signed, and what a visited one means.

A token names one message to one person and one use, so that nobody makes up another's, and a link to open
something never refuses anything. The address that a click leads to is signed too: no door becomes a way anywhere.
"""

from __future__ import annotations

import base64
import hmac
from functools import lru_cache
from typing import Literal

import msgspec

from itda.base.ids import LENGTH

Use = Literal["unsubscribe", "preferences", "confirm", "open", "click", "bounce"]
SEED = "links"
"""What the secret is derived for."""
_PROOF = 10
"""Bytes of proof: 80 bits, as nobody can try them but over the network."""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of one message to one person."""

    base: str
    """Where the shop's own doors are reached, without a slash at its end, such as https://mail.shop.example."""
    outbox: bytes
    """The id of the message, 16 bytes."""
    secret: bytes

    @property
    def unsubscribe(self) -> str:
        """Refuses with one click where it is posted to (RFC 8058); a look shows a page only."""
        return f"{self.base}/u/{self.token('unsubscribe')}"

    @property
    def preferences(self) -> str:
        """What the person may choose."""
        return f"{self.base}/p/{self.token('preferences')}"

    @property
    def confirm(self) -> str:
        """Where what a letter asks is answered: a look shows a page only."""
        return f"{self.base}/k/{self.token('confirm')}"

    @property
    def pixel(self) -> str:
        """An image that says the message was opened."""
        return f"{self.base}/o/{self.token('open')}.gif"

    def click(self, target: str) -> str:
        """The address that counts a click and leads on to the target."""
        path = base64.urlsafe_b64encode(target.encode()).decode().rstrip("=")
        proof = _short(_proof(self.secret, "target", self.outbox + target.encode()))
        return f"{self.base}/c/{self.token('click')}/{proof}/{path}"

    def token(self, use: Use) -> str:
        """This message's token for one use: 42 letters a-z2-7, which survive any mail server."""
        return _token(self.secret, use, self.outbox)


def outbox_of(token: str, use: Use, secret: bytes) -> bytes | None:
    """The message a token names for this use; None where the token is not ours."""
    raw = _long(token)
    if raw is None or len(raw) != LENGTH + _PROOF:
        return None
    outbox, proof = raw[:LENGTH], raw[LENGTH:]
    return outbox if hmac.compare_digest(proof, _proof(secret, use, outbox)) else None


def target_of(outbox: bytes, proof: str, path: str, secret: bytes) -> str | None:
    """Where a click leads; None where the address is not one that we wrote into this message."""
    raw = _long(proof)
    try:
        target = base64.urlsafe_b64decode(path + "=" * (-len(path) % 4))
    except ValueError:
        return None
    if raw is None or not hmac.compare_digest(raw, _proof(secret, "target", outbox + target)):
        return None
    return target.decode(errors="replace")


@lru_cache(maxsize=64)
def _token(secret: bytes, use: str, outbox: bytes) -> str:
    """A mail names its own addresses several times."""
    return _short(outbox + _proof(secret, use, outbox))


def _proof(secret: bytes, use: str, what: bytes) -> bytes:
    return hmac.digest(secret, f"itda link {use}\0".encode() + what, "sha256")[:_PROOF]


def _short(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _long(text: str) -> bytes | None:
    """What `_short` made, in either case; None for any other spelling, as the last letter's spare bits would allow."""
    try:
        raw = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError:
        return None
    return raw if _short(raw) == text.lower() else None
