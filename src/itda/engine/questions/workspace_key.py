"""How many keys each version of the wrapping key opens."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.work import Work
from itda.store import rotation


class KeyCounts(msgspec.Struct, frozen=True):
    """Keys in the key store, by the version of the wrapping key that opens them."""

    versions: dict[int, int]
    guarded: int
    """Every key written from now on is wrapped by this version or a later one."""


class CountKeys(msgspec.Struct, frozen=True):
    """Count the keys by version. Reads every key row, and no value."""

    permission: ClassVar[str] = "status.read"

    def answer(self, work: Work) -> Answer[KeyCounts]:
        """The counts."""
        found = rotation.versions(work.connection)
        return Answer(KeyCounts(found, rotation.guarded(work.connection)), (), len(found))
