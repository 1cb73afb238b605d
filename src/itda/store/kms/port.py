"""What a key management service does for us: it wraps the workspace key, and opens it again for who may.

A KMS is named by its kind and the name of its key there: `aws:alias/itda`, `vault:itda`. Credentials and addresses
come from the environment, as each KMS's own tools take them; they are never written down here.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from itda.base.errors import Fault, Refused

KINDS = {"aws": "itda.store.kms.aws", "vault": "itda.store.kms.transit"}
"""Kind → the module that speaks to it, loaded when it is used."""


class Kms(Protocol):
    """A key in a KMS. `Refused` where it says no, `Unavailable` where it does not answer."""

    def wrap(self, key: bytes) -> bytes:
        """What only this key opens; up to 4,096 bytes go in."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """What was wrapped by it."""
        ...


def named(name: str) -> Kms:
    """The KMS of a name such as `aws:alias/itda`; `Refused` for a kind that nobody knows."""
    kind, _, key = name.partition(":")
    if kind not in KINDS or not key:
        cure = "aws:KEY (an id, an alias or an ARN) or vault:KEY (a key of the transit engine)"
        raise Refused(Fault(what=f"{name!r} names no KMS", cure=cure))
    module: Any = import_module(KINDS[kind])
    made: Kms = module.opened(key)
    return made
