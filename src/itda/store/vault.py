"""Sealing (AES-256-GCM, NIST SP 800-38D) and every keyed hash, from the one secret of a workspace.

Each use has a key of its own, derived from the workspace key by HMAC-SHA256. Nonces are random, 96 bits: safe below
2^32 seals under one key, which no fragment, day or month comes near.
"""

from __future__ import annotations

import base64
import hmac
import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from itda.base.errors import Broken, Refused
from itda.base.ids import LENGTH, keyed

KEY_LENGTH = 32
NO_FRAGMENT = bytes(LENGTH)
"""Stands for the fragment where something is sealed that belongs to none: a frame, a refused event."""
_NONCE = 12
_TAG = 16
_DRAWN = 1024
_NAME_BITS = 20

_nonces: list[bytes] = []
os.register_at_fork(after_in_child=_nonces.clear)


def _nonce() -> bytes:
    """Twelve random bytes, drawn many at a time. `list.pop` gives each to one thread; a fork starts empty."""
    try:
        return _nonces.pop()
    except IndexError:
        drawn = os.urandom(_NONCE * _DRAWN)
        _nonces.extend(drawn[start : start + _NONCE] for start in range(_NONCE, len(drawn), _NONCE))
        return drawn[:_NONCE]


class Unsealable(Broken):
    """What is sealed does not open with this key: another key, another place, or altered bytes."""


class Cipher:
    """One key. `retention` is the class (or other context) that everything sealed with it is bound to."""

    __slots__ = ("_aead", "_tail")

    def __init__(self, key: bytes, retention: str = "standard") -> None:
        if len(key) != KEY_LENGTH:
            raise Broken("a key has 32 bytes")
        self._aead = AESGCM(key)
        self._tail = b"|" + retention.encode()

    def seal(self, fragment: bytes, label: str, data: bytes) -> bytes:
        """Sealed bytes (28 longer than `data`), bound to fragment, label and retention class."""
        nonce = _nonce()
        return nonce + self._aead.encrypt(nonce, data, fragment + label.encode() + self._tail)

    def open(self, fragment: bytes, label: str, sealed: bytes) -> bytes:
        """What was sealed there; `Unsealable` for anything else."""
        if len(sealed) < _NONCE + _TAG:
            raise Unsealable("too short to be sealed")
        try:
            return self._aead.decrypt(sealed[:_NONCE], sealed[_NONCE:], fragment + label.encode() + self._tail)
        except InvalidTag:
            raise Unsealable("what is sealed does not open with this key, here") from None


class Vault:
    """Everything that hangs on the workspace key. `secret` is 32 bytes; two vaults of one secret agree in all."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_LENGTH:
            raise Refused("a workspace key has 32 bytes")
        self._root = secret
        self._fragment = self._derived("fragment")
        self._blind = self._derived("blind index")
        self._name = self._derived("name")
        self._household = self._derived("household")
        self._print = self._derived("fingerprint")
        self._wrapping = AESGCM(self._derived("wrap"))

    def blind(self, kind: str, value: str) -> bytes:
        """The blind index of an identifier: 16 bytes by which its key row is found."""
        return keyed(self._blind, kind, value)

    def fragment(self, kind: str, value: str, generation: int = 0) -> bytes:
        """The fragment id of an identifier. A value that comes back after erasure is a new generation."""
        return keyed(self._fragment, kind, value, str(generation))

    def new_key(self) -> bytes:
        """A new random key."""
        return os.urandom(KEY_LENGTH)

    def wrap(self, fragment: bytes, key: bytes, retention: str = "standard") -> bytes:
        """A fragment's key as the key store keeps it (60 bytes), bound to fragment and retention class."""
        nonce = _nonce()
        return nonce + self._wrapping.encrypt(nonce, key, fragment + b"key|" + retention.encode())

    def unwrap(self, fragment: bytes, wrapped: bytes, retention: str = "standard") -> Cipher:
        """The cipher of a wrapped key; `Unsealable` when it was wrapped elsewhere or by another workspace key."""
        try:
            key = self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], fragment + b"key|" + retention.encode())
        except (InvalidTag, ValueError):
            raise Unsealable("this workspace key did not wrap that key") from None
        return Cipher(key, retention)

    def cipher(self, key: bytes, retention: str = "standard") -> Cipher:
        """The cipher of a key in hand."""
        return Cipher(key, retention)

    def write_key(self, source: str) -> str:
        """The write key of a source: always the same for one workspace, 128 bits nobody can guess."""
        return "wk_" + base64.b32encode(keyed(self._derived("write key"), source)).decode().rstrip("=").lower()

    def name_hash(self, full_name: str) -> int:
        """20 bits of a keyed hash of a full name without case, spaces and marks: candidates to be verified."""
        normal = unicodedata.normalize("NFKC", full_name).casefold()
        letters = "".join(letter for letter in normal if letter.isalnum())
        return int.from_bytes(keyed(self._name, letters)[:4], "big") >> (32 - _NAME_BITS)

    def household_hash(self, word: str, value: str) -> int:
        """64 bits, with a sign, of a keyed hash of what a household shares: candidates to be verified."""
        return int.from_bytes(keyed(self._household, word, value)[:8], "big", signed=True)

    def fingerprint(self, data: bytes) -> bytes:
        """16 bytes that tell equal from unequal without telling what: of queries, arguments, the key itself."""
        return keyed(self._print, data)

    def token(self, purpose: str, data: bytes) -> str:
        """A token that only this workspace can make, for one purpose: against forged requests."""
        return base64.urlsafe_b64encode(keyed(self._derived("token " + purpose), data)).decode().rstrip("=")

    def seed(self, use: str) -> bytes:
        """32 bytes to key ids and draws with, for one use."""
        return self._derived("seed " + use)

    def _derived(self, use: str) -> bytes:
        return hmac.digest(self._root, b"itda " + use.encode(), "sha256")
