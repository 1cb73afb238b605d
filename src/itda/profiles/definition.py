"""What a trait is, as a workspace's traits/*.yaml declares it."""

from __future__ import annotations

import hashlib

import msgspec

from itda.profiles.kind import Arguments

DECLARED = "declared"


class TraitDef(msgspec.Struct, frozen=True, kw_only=True):
    """One trait. A declared one is what a source says of a person; the others are computed from events."""

    name: str
    kind: str
    arguments: Arguments | None = None
    """None for declared traits."""
    label_ko: str = ""
    label_en: str = ""

    def key(self) -> str:
        """The key of its state: another definition is another key, so no state is ever misread."""
        meaning = msgspec.json.encode(msgspec.to_builtins(self.arguments), order="deterministic")
        return hashlib.blake2s(self.kind.encode() + meaning, digest_size=4).hexdigest()
