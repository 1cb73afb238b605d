"""What the pipeline's process does: it is the one writer."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable

from itda.base.instant import LocalDates
from itda.engine.ahead import Ahead
from itda.engine.dedupe import seed_of
from itda.engine.former import with_former
from itda.engine.pipeline import Parts, Pipeline
from itda.engine.prepared import Preparing
from itda.engine.reader import Reader, task
from itda.engine.refolding.writing import LakeRows
from itda.engine.rules import Rules
from itda.sources.tracking import Decoder
from itda.store import applied, workspace_key
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import Intake
from itda.store.time_keys import QuarantineKeys
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_SWITCH_S = 0.0005
"""How long a thread that has an answer of the database waits for one that computes: a commit waits often."""


def rules(workspace: Workspace) -> Rules:
    """What this workspace says."""
    return Rules(workspace.contracts, workspace.policy, workspace.fold(), LocalDates(workspace.zone), workspace.country)


def source(intake: Intake, workspace: Workspace, vault: Vault) -> Ahead:
    """The workspace's log as chunks, made in this process."""
    return Ahead(intake, *reading(workspace, vault))


def reading(workspace: Workspace, vault: Vault) -> tuple[Decoder, Preparing]:
    """What makes events of frames, and what makes them ready."""
    given = rules(workspace)
    decoder = Decoder(
        workspace.every_source, workspace.contracts, workspace.policy.kinds, given.dates, workspace.country
    )
    return decoder, Preparing(given, seed_of(vault))


def pipeline(
    db: Database, intake: PostgresIntake, workspace: Workspace, vault: Vault, *, has_reader: bool = False
) -> Pipeline:
    """A pipeline on this workspace, the one writer from its first step on. `has_reader`: with a process to read."""
    workspace = with_former(db, workspace)
    ahead = source(intake, workspace, vault)
    given = rules(workspace)
    with db.connection() as connection:
        applied.note(connection, given.fold.keys, given.fold.shown_keys)
    parts = Parts(
        intake=intake,
        store=PostgresPipelineStore(db),
        vault=vault,
        months=QuarantineKeys(db, vault),
        rules=given,
        dedupe_dir=workspace.data_dir / "dedupe",
        again=ahead,
        lake=LakeRows(db, workspace.lake_dir),
        source=Reader(task(workspace, db.url, workspace_key.told(workspace.data_dir))) if has_reader else ahead,
    )
    return Pipeline(parts)


def run(writer: Pipeline, is_stopping: Callable[[], bool], clock: Callable[[], int]) -> None:
    """Process events until told to stop; the writer is closed then."""
    sys.setswitchinterval(_SWITCH_S)
    with contextlib.closing(writer):
        writer.run(is_stopping, clock)
