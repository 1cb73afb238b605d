"""What requests need from day to day: those that were interrupted go on, and what has had its time is destroyed."""

from __future__ import annotations

import logging
from typing import Protocol

from itda.access.actor import Actor
from itda.base.errors import Conflict, ItdaError, Refused
from itda.engine.app import App
from itda.engine.requests.carrying import Proceed
from itda.engine.requests.telling import tell_due
from itda.store import holds, requests
from itda.store.database import Database
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_log = logging.getLogger(__name__)
_ACTOR = Actor(name="upkeep", role="admin", system="engine")
_BY_ITSELF = frozenset({"erase", "stop", "correct"})
"""Kinds that go on without anybody; what is handed over waits for who hands it over."""
_FORGET = "delete from suppression where until <= %s"


class Opened(Protocol):
    """What is needed of an open shop."""

    db: Database
    workspace: Workspace
    vault: Vault

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...


def keep_up(shop: Opened, now: int) -> int:
    """One round; the number of requests that went on. What cannot go on is told, and stops no other."""
    with shop.db.connection() as connection:
        held = holds.drop_due(connection, now)
        connection.execute(_FORGET, [now])
        waiting = [row for row in requests.every(connection, "open") if row.kind in _BY_ITSELF]
    if held:
        _log.info("destroyed %d records that a law kept, their time is over", held)
    moved = 0
    for row in waiting:
        try:
            moved += _go_on(shop, row.id.hex(), row.step)
        except (Refused, Conflict) as error:
            _log.warning("a request cannot go on: %s: %s", row.id.hex(), error)
        except ItdaError:
            raise
        except Exception:  # noqa: BLE001 - one request must never stop the others
            _log.exception("a request broke our own code: %s", row.id.hex())
    tell_due(shop, _ACTOR, now)
    return moved


def _go_on(shop: Opened, made: str, step: str) -> bool:
    """As far as it goes without waiting; whether it went on."""
    began = step
    while True:
        done = shop.app.act(Proceed(made), _ACTOR, f"request {made}").value
        if done.state == "done" or done.step == step:
            return done.step != began
        step = done.step
