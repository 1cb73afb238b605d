"""The decider of a workspace."""

from __future__ import annotations

from collections.abc import Callable

from itda.base.instant import LocalDates
from itda.engine.deciding.acts import Acts
from itda.engine.deciding.choosing import Chooser
from itda.engine.deciding.decider import Decider, Limits, Parts
from itda.engine.former import with_former
from itda.engine.gate import SEED, Gate
from itda.store.database import Database
from itda.store.engagement import EngagementStore
from itda.store.intake import PostgresIntake
from itda.store.lake.following import Following
from itda.store.lake.reader import LakeReader
from itda.store.vault import Vault
from itda.workspace.definition import Workspace


def decider(
    db: Database,
    lake: LakeReader,
    intake: PostgresIntake,
    workspace: Workspace,
    vault: Vault,
    clock: Callable[[], int],
    limits: Limits | None = None,
    *,
    most_rows: int = 20_000,
) -> Decider:
    """A decider on this workspace, the one from its first step on. `most_rows` bounds what it reads at once."""
    workspace = with_former(db, workspace)
    seed = vault.seed(SEED)
    gate = Gate(workspace.consent, seed, workspace.country, workspace.granting)
    return Decider(
        Parts(
            store=EngagementStore(db),
            following=Following(lake, most_rows=most_rows),
            intake=intake,
            segments=workspace.segments,
            journeys=workspace.journeys,
            fold=workspace.fold(),
            acts=Acts(workspace.consent, workspace.words, workspace.granting),
            chooser=Chooser(gate, workspace.messages, vault, seed, workspace.languages[0], workspace.policy.accounts),
            seed=seed,
            dates=LocalDates(workspace.zone),
            clock=clock,
            limits=limits or Limits(),
        )
    )
