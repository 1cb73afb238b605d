"""A served shop does every minute what does itself, and once a day says what is overdue."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from itda.access.actor import Actor
from itda.base.errors import Conflict, Unavailable
from itda.engine.app import App
from itda.engine.applying.standing import Watch
from itda.engine.obliging.alerting import alert
from itda.engine.obliging.round import AT_ONCE, CarryOutDuties
from itda.store.database import Database
from itda.workspace.definition import Workspace

_LOOK_S = 60.0
_ACTOR = Actor(name="duties", role="admin", system="engine")
_WHY = "what the law has a sender do by a day"
_log = logging.getLogger(__name__)


class Served(Protocol):
    """A shop that is served."""

    db: Database
    workspace: Workspace
    applied_at: int | None

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...

    def renew(self) -> None:
        """Go by what was applied last."""
        ...


def keep_duties(shop: Served, stop: threading.Event) -> None:
    """A round a minute, and at once another where there was more to do than one takes, until told to stop."""
    watch, wait = Watch(shop, stop.is_set), 1.0
    while not stop.wait(wait):
        wait = _LOOK_S
        try:
            if watch.look():
                shop.renew()
            done = shop.app.act(CarryOutDuties(), _ACTOR, _WHY).value
            if max(done.letters, done.settled, done.silent, done.suspended) >= AT_ONCE:
                wait = 0.0
            alert(shop.db, shop.workspace, shop.app.clock())
        except (Unavailable, Conflict) as error:
            _log.warning("duties wait: %s", error)
        except Exception:  # noqa: BLE001 - what else this process does goes on
            _log.exception("a bug keeps duties from being done")
