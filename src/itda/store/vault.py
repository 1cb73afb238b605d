"""Sealing (AES-256-GCM, NIST SP 800-38D) and every keyed hash, from the one secret of a workspace.

Each use has a key of its own, derived from the workspace key by HMAC-SHA256. Nonces are random, 96 bits: safe below
2^32 seals under one key, which no fragment, day or month comes near.

The keys of fragments are wrapped by the wrapping key, which has versions and can be rotated; nothing derives from it.
What derives from the root (blind indexes, fragment ids, write keys) stays for as long as the workspace lives.
"""

from __future__ import annotations

import base64
import hmac
import os
import unicodedata
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from itda.base.errors import Broken, Refused
from itda.base.ids import LENGTH, keyed

KEY_LENGTH = 32
FIRST_VERSION = 0
"""Of the wrapping key: derived from the root. Later ones are random, so that they can be destroyed."""
NEWEST_VERSION = 65_535
NO_FRAGMENT = bytes(LENGTH)
"""Stands for the fragment where something is sealed that belongs to none: a frame, a refused event."""
_NONCE = 12
_TAG = 16
_VERSION = 2
_UNVERSIONED = _NONCE + KEY_LENGTH + _TAG
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


def version_of(wrapped: bytes) -> int:
    """Which version of the wrapping key a key was wrapped by."""
    return FIRST_VERSION if len(wrapped) <= _UNVERSIONED else int.from_bytes(wrapped[:_VERSION], "big")


class Vault:
    """Everything that hangs on the workspace key. `secret` is 32 bytes; two vaults of one secret agree in all.

    `wrapping` holds the wrapping key's versions above the first, 32 bytes each. `renewed` gives them as they are now,
    None where nothing is new; it is asked before a key is wrapped, and urged where a version is met that is not here.
    A version once known is kept for as long as the vault lives.
    """

    def __init__(
        self,
        secret: bytes,
        wrapping: Mapping[int, bytes] | None = None,
        renewed: Callable[[bool], Mapping[int, bytes] | None] | None = None,
    ) -> None:
        if len(secret) != KEY_LENGTH:
            raise Refused("a workspace key has 32 bytes")
        self._root = secret
        self._fragment = self._derived("fragment")
        self._blind = self._derived("blind index")
        self._name = self._derived("name")
        self._household = self._derived("household")
        self._print = self._derived("fingerprint")
        self._wrapping = {FIRST_VERSION: AESGCM(self._derived("wrap"))}
        self._newest = FIRST_VERSION
        self._renewed = renewed
        self._take(wrapping or {})

    @property
    def newest(self) -> int:
        """The version of the wrapping key that keys are wrapped by from now on."""
        self._renew(is_urgent=False)
        return self._newest

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
        """A fragment's key as the key store keeps it (60 bytes, 62 by a version above the first).

        It is bound to fragment and retention class.
        """
        newest = self.newest
        nonce = _nonce()
        sealed = nonce + self._wrapping[newest].encrypt(nonce, key, fragment + b"key|" + retention.encode())
        return sealed if newest == FIRST_VERSION else newest.to_bytes(_VERSION, "big") + sealed

    def unwrap(self, fragment: bytes, wrapped: bytes, retention: str = "standard") -> Cipher:
        """The cipher of a wrapped key; `Unsealable` when it was wrapped elsewhere or by another workspace key."""
        return Cipher(self._opened(fragment, wrapped, retention), retention)

    def rewrap(self, fragment: bytes, wrapped: bytes, retention: str = "standard") -> bytes:
        """The same key wrapped by the newest version of the wrapping key."""
        return self.wrap(fragment, self._opened(fragment, wrapped, retention), retention)

    def _opened(self, fragment: bytes, wrapped: bytes, retention: str) -> bytes:
        version = version_of(wrapped)
        if version not in self._wrapping:
            self._renew(is_urgent=True)
        by = self._wrapping.get(version)
        if by is None:
            raise Unsealable(f"that key is wrapped by version {version} of the wrapping key, which is not here")
        sealed = wrapped if version == FIRST_VERSION else wrapped[_VERSION:]
        try:
            return by.decrypt(sealed[:_NONCE], sealed[_NONCE:], fragment + b"key|" + retention.encode())
        except (InvalidTag, ValueError):
            raise Unsealable("this workspace key did not wrap that key") from None

    def renew(self) -> None:
        """Take up now what the key's file holds."""
        self._renew(is_urgent=True)

    def _renew(self, *, is_urgent: bool) -> None:
        if self._renewed is not None and (found := self._renewed(is_urgent)) is not None:
            self._take(found)

    def _take(self, wrapping: Mapping[int, bytes]) -> None:
        for version, key in wrapping.items():
            if len(key) != KEY_LENGTH or not FIRST_VERSION < version <= NEWEST_VERSION:
                raise Refused("a version of the wrapping key has 32 bytes and a number from 1 on")
            self._wrapping.setdefault(version, AESGCM(key))
        self._newest = max(self._newest, *wrapping, FIRST_VERSION)

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
