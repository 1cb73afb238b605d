"""The rules of identity as they hold, and as the files say them by now."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.errors import Refused
from itda.engine.app import Answer
from itda.engine.questions.status import reconsidered
from itda.engine.work import Work
from itda.identity.policy import IdentityPolicy
from itda.workspace.kept import unapplied
from itda.workspace.load import load

FILE = "identity.yaml"


class PolicyView(msgspec.Struct, frozen=True):
    """What tells people apart in this shop."""

    policy: IdentityPolicy
    """As it holds."""
    written: IdentityPolicy | None = None
    """As the file says it, where that is something else; None where it is not, or has faults."""
    faults: list[str] = []
    """Of files that say something else and cannot be applied."""
    follows: float | None = None
    """Share of identifiers that follow these rules already, 0..1; None when all do."""


class Policy(msgspec.Struct, frozen=True):
    """The rules of identity."""

    permission: ClassVar[str] = "identity.read"

    def answer(self, work: Work) -> Answer[PolicyView]:
        """Look at what was applied and at the file."""
        held = work.workspace.policy
        written, faults = written_policy(work) if FILE in unapplied(work.workspace) else (held, [])
        follows = reconsidered(work.connection, held.version)
        return Answer(PolicyView(held, written if written != held else None, faults, follows), count=1)


def written_policy(work: Work) -> tuple[IdentityPolicy | None, list[str]]:
    """What the folder says now, or every fault of it."""
    try:
        return load(work.workspace.path).policy, []
    except Refused as refused:
        return None, [str(fault) for fault in refused.faults]
