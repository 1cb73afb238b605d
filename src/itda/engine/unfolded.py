"""What rests on a past that is not folded: what it would say is not known before `itda replay`."""

from __future__ import annotations

from itda.engine.deciding.applying import rests_on
from itda.journeys.definition import branches
from itda.profiles.fold import Fold
from itda.store import applied
from itda.store.database import Connection
from itda.workspace.definition import Workspace

_HAS_CUSTOMERS = "select exists (select from identifier)"
_NOTED = "select name from applied where kind = 'trait' and retired_at is null"


def keys(connection: Connection, fold: Fold) -> set[str]:
    """The keys of a fold whose past is not folded; none where there is no past."""
    row = connection.execute(_HAS_CUSTOMERS).fetchone()
    if row is None or not row[0]:
        return set()
    noted = {str(key) for (key,) in connection.execute(_NOTED).fetchall()}
    unknown = set(fold.keys) - (noted or set(fold.shown_keys))
    return unknown | (applied.missing(connection) & set(fold.keys))


def names(workspace: Workspace, fold: Fold, missing: set[str]) -> list[str]:
    """The traits, segments and journeys of a workspace that rest on these keys, in this order."""
    if not missing:
        return []
    traits = [trait.name for trait in workspace.traits if _key(fold, trait.name) in missing]
    segments = [one.name for one in workspace.segments if rests_on(one, workspace.segments, fold) & missing]
    journeys = [
        journey.name
        for journey in workspace.journeys
        if any(rests_on(branch, [*workspace.segments, branch], fold) & missing for branch in branches([journey]))
    ]
    return [*traits, *segments, *journeys]


def _key(fold: Fold, name: str) -> str | None:
    computed = fold.computed(name)
    return computed.key if computed is not None else None
