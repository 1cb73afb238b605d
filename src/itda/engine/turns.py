"""What the processes of a served shop do, turn by turn: as soon as other definitions are applied, a new turn begins."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Protocol

from itda.base.errors import Refused
from itda.engine.applying.standing import Watch
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    from itda.engine.app import App
    from itda.engine.deciding.decider import Decider
    from itda.engine.pipeline import Pipeline
    from itda.store.lake.reader import LakeReader

_log = logging.getLogger(__name__)
_LOOK_S = 1.0


class Opened(Protocol):
    """What is needed of an open shop."""

    db: Database
    vault: Vault
    workspace: Workspace
    applied_at: int | None

    @property
    def app(self) -> App:
        """Where questions are asked."""
        ...

    @property
    def lake(self) -> LakeReader:
        """For reading."""
        ...

    @property
    def intake(self) -> PostgresIntake:
        """The first part of the log."""
        ...

    def pipeline(self, *, has_reader: bool = False) -> Pipeline:
        """The one writer, from its first step on."""
        ...

    def decider(self) -> Decider:
        """The one decider, from its first step on."""
        ...

    def renew(self) -> None:
        """Go by what was applied last."""
        ...


def _is_known(shop: Opened, stop: threading.Event) -> bool:
    """Wait until it is known what was applied; False when told to stop."""
    if shop.workspace.is_lost:
        _log.error("nothing is processed, decided or sent: %s", Refused(*shop.workspace.unsuited))
    watch = Watch(shop, stop.is_set)
    while shop.workspace.is_lost and not stop.wait(_LOOK_S):
        if watch.look():
            shop.renew()
    return not stop.is_set()


def process(shop: Opened, stop: threading.Event) -> None:
    """Process events until told to stop."""
    from itda.engine import processing  # noqa: PLC0415 - who decides does without

    while _is_known(shop, stop):
        pipeline = shop.pipeline(has_reader=True)
        processing.run(pipeline, Watch(shop, stop.is_set).is_set, shop.app.clock)
        shop.renew()


def decide(shop: Opened, stop: threading.Event) -> None:
    """Decide, and send, until told to stop. Should the sender end by itself, `stop` is set."""
    from itda.engine.sending import making  # noqa: PLC0415 - who processes does without

    while _is_known(shop, stop):
        ended = threading.Event()
        watch = Watch(shop, lambda: stop.is_set() or ended.is_set())  # noqa: B023 - asked within this turn only
        with contextlib.closing(shop.decider()) as decider:
            sender = making.parts(shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, shop.app.clock)
            with making.beside(sender, ended):
                decider.run(watch.is_set)
                if ended.is_set():
                    stop.set()
        shop.renew()
