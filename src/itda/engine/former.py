"""Versions of journeys that somebody is still on: they finish by them, so folds keep what their branches ask for."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from itda.journeys.definition import Journey, decode
from itda.store import applied
from itda.store.database import Database
from itda.workspace.definition import Workspace


def readable(bodies: Iterable[str]) -> list[Journey]:
    """Journeys as they were kept; one that this version of Itda cannot read any more is left out."""
    found = []
    for body in bodies:
        try:
            found.append(decode(body))
        except msgspec.MsgspecError:
            continue
    return found


def with_former(db: Database, workspace: Workspace) -> Workspace:
    """The workspace with the former versions of its journeys that somebody is still on."""
    with db.connection() as connection:
        bodies = applied.in_use(connection)
    current = {(journey.name, journey.version) for journey in workspace.journeys}
    names = {name for name, _ in current}
    former = [one for one in readable(bodies) if one.name in names and (one.name, one.version) not in current]
    return msgspec.structs.replace(workspace, former=former)
