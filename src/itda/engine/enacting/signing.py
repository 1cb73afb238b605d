"""Signs what was agreed to: Ed25519 (RFC 8032), by a key that follows from the workspace's own.

Whoever holds the public key can tell that these packs, values and waivers are those that two people agreed to here.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from itda.store.vault import Vault

_USE = "signature of packs"
_CONTEXT = b"itda packs 1\n"
"""Before what is signed: no other text of ours is ever signed by this key as the same bytes."""


def sign(vault: Vault, text: str) -> tuple[bytes, bytes]:
    """The public key (32 bytes) and the signature (64 bytes) of a body."""
    key = _key(vault)
    return key.public_key().public_bytes_raw(), key.sign(_CONTEXT + text.encode())


def public_key(vault: Vault) -> bytes:
    """The public key of this workspace."""
    return _key(vault).public_key().public_bytes_raw()


def is_signed(key: bytes, signature: bytes, text: str) -> bool:
    """Whether a body was signed by whoever has the private half of this key."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, _CONTEXT + text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _key(vault: Vault) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(vault.seed(_USE))
