"""What is done to the workspace key, as the audit has it: written before it is done, and again once it is."""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from itda.engine.app import Done
from itda.engine.work import Work

Act = Literal["enclosed", "opened", "rotation begun", "rotated", "versions destroyed"]


class NoteKeyAct(msgspec.Struct, frozen=True, kw_only=True):
    """Write down that the workspace key was put under a KMS, taken out of one, rotated, or rid of old versions."""

    permission: ClassVar[str] = "key.manage"
    what: Act
    kms: str = ""
    versions: tuple[int, ...] = ()

    def carry_out(self, work: Work) -> Done[None]:
        """Nothing but the audit's row."""
        del work
        return Done(None, audit={"what": self.what, "kms": self.kms, "versions": list(self.versions)})
