"""What holds, and what of it cannot: files that are not applied, a release that does not suit, a past not folded."""

from __future__ import annotations

import os
from typing import ClassVar

import msgspec

from itda.engine import shown, unfolded
from itda.engine.app import Answer
from itda.engine.work import Work
from itda.workspace.kept import unapplied
from itda.workspace.load import examine


class DefinitionsView(msgspec.Struct, frozen=True):
    """How the definitions stand. Every list is empty where all is well."""

    unapplied: list[str] = []
    """Files that say something else than what was applied: `itda diff` tells what that would do."""
    faults: int = 0
    """Faults of such files: they cannot be applied before `itda check` finds none."""
    unsuited: list[str] = []
    """Why what was applied does not suit itda.yaml any more, with the cure: nothing is sent until then."""
    other_words: list[str] = []
    """Texts of consent that were shown in other words, with the cure: no consent is written down until then."""
    is_lost: bool = False
    """Whether it cannot be read at all: nothing is processed or decided either."""
    unfolded: list[str] = []
    """Traits, segments and journeys that rest on a past which is not folded: `itda replay` folds it."""


class Definitions(msgspec.Struct, frozen=True):
    """How the definitions stand."""

    permission: ClassVar[str] = "status.read"

    def answer(self, work: Work) -> Answer[DefinitionsView]:
        """Look at the folder, at what was applied and at what is folded."""
        held = stand(work)
        faults = _faults(work) if held.unapplied else 0
        return Answer(msgspec.structs.replace(held, faults=faults), count=1)


def _faults(work: Work) -> int:
    """How many the files have as they are now."""
    written, faults = examine(work.workspace.path, os.environ)
    return len(faults) if written is None else len(shown.otherwise(work.connection, written))


def stand(work: Work) -> DefinitionsView:
    """How the definitions stand, without a look for faults; the folder is read anew."""
    workspace = work.workspace
    fold = workspace.reading_fold
    return DefinitionsView(
        unapplied=unapplied(workspace),
        unsuited=[str(fault) for fault in workspace.unsuited],
        other_words=[str(fault) for fault in shown.otherwise(work.connection, workspace)],
        is_lost=workspace.is_lost,
        unfolded=unfolded.names(workspace, fold, unfolded.keys(work.connection, fold)),
    )
