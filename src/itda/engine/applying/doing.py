"""`itda apply`: other definitions come into force and are carried out, here or by who serves the shop."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.applying.command import Applied, Apply
from itda.engine.applying.diff import Diff, DiffView
from itda.segments.evaluate import Segments
from itda.store import releases
from itda.store.database import Database
from itda.workspace.definition import Workspace
from itda.workspace.kept import kept

if TYPE_CHECKING:
    from itda.access.actor import Actor
    from itda.engine.app import App
    from itda.engine.pipeline import Pipeline
    from itda.engine.replay import Report

Progress = Callable[[int, int | None], None]
_PATIENCE_S = 30.0
"""How long a served shop is waited for; it goes on by itself."""
_LOOK_S = 0.1
_FOLLOWED = (
    "select version, settled_at is not null from policy_version where kind = 'identity' order by position desc limit 1"
)
_SETTLED = "select name, version from applied where kind = 'segment' and settled_at is not null and retired_at is null"


class Opened(Protocol):
    """What is needed of an open shop. `written` is what its files say, `workspace` what holds."""

    db: Database
    written: Workspace
    workspace: Workspace
    actor: Actor

    @property
    def app(self) -> App:
        """Where questions are asked and commands are carried out."""
        ...

    def served_by(self) -> str | None:
        """Who serves it now."""
        ...

    def renew(self) -> None:
        """Go by what was applied last."""
        ...

    def settle(self, progress: Progress) -> None:
        """Return when everything in the log is processed and decided."""
        ...

    def pipeline(self) -> Pipeline:
        """The one writer, from its first step on."""
        ...

    def drain(self) -> int:
        """Process and decide what waits, as far as nobody serves it."""
        ...

    def replay(self, *, verify: bool, progress: Progress) -> Report:
        """Rebuild."""
        ...


class Outcome(msgspec.Struct, frozen=True):
    """What was applied, and how far it is carried out."""

    diff: DiffView
    """What it did, as it was foreseen."""
    position: int | None
    version: str
    is_new: bool
    """False where the same was in force already."""
    replayed: int
    """Rows of the lake that were folded anew."""
    is_carried_out: bool
    """False while who serves the shop still settles customers or answers segments anew."""


def wanted(shop: Opened, *, is_back: bool) -> dict[str, str]:
    """The files that are to hold: those in the folder, or those that were applied before what is in force."""
    if not is_back:
        return kept(shop.written)
    with shop.db.connection() as connection:
        found = releases.latest(connection, 2)
    if len(found) < 2:  # noqa: PLR2004 - what is in force, and what was before
        raise Refused("nothing was applied before what is in force")
    return found[1].texts


def diff(shop: Opened, *, is_back: bool, days: int, members: int) -> DiffView:
    """What it would do."""
    return shop.app.ask(Diff(wanted(shop, is_back=is_back), days, members), shop.actor)


def apply(shop: Opened, foreseen: DiffView, *, is_back: bool, reason: str, progress: Progress) -> Outcome:
    """Do what was foreseen. `Conflict` where something else was applied since; twice is once."""
    holder = shop.served_by()
    if foreseen.unfolded and holder is not None:
        what = (
            f"{', '.join(foreseen.unfolded)}: the past that this rests on has to be folded first, and {holder} serves"
        )
        raise Refused(Fault(what=what, cure="stop `itda serve`, run `itda apply`, and serve again"))
    command = Apply(wanted(shop, is_back=is_back), foreseen.position)
    done: Applied = shop.app.act(command, shop.actor, reason).value
    shop.renew()
    replayed = _folded(shop, progress) if foreseen.unfolded else 0
    shop.settle(progress)
    is_carried_out = _carried_out(shop, progress)
    return Outcome(foreseen, done.position, done.version, done.is_new, replayed, is_carried_out)


def _folded(shop: Opened, progress: Progress) -> int:
    """Fold the past before anything is decided by it; the rows of the lake that were read."""
    with contextlib.closing(shop.pipeline()) as pipeline:
        pipeline.drain()
    return shop.replay(verify=False, progress=progress).rows


def _carried_out(shop: Opened, progress: Progress) -> bool:
    """Wait until every customer and segment is as it is meant now, for as long as that may take elsewhere."""
    versions = Segments(shop.workspace.segments, shop.workspace.fold()).rests.versions
    until = time.monotonic() + _PATIENCE_S
    while True:
        shop.drain()
        with shop.db.connection() as connection:
            settled = dict(connection.execute(_SETTLED).fetchall())
            is_followed = connection.execute(_FOLLOWED).fetchone() == (shop.workspace.policy.version, True)
        left = sum(settled.get(name) != version for name, version in versions.items()) + (not is_followed)
        progress(len(versions) + 1 - left, len(versions) + 1)
        if not left or time.monotonic() > until:
            return not left
        time.sleep(_LOOK_S)
