"""What requests need from day to day: those that were interrupted go on, and what has had its time is destroyed."""

from __future__ import annotations

import logging
from typing import Protocol

from itda.access.actor import Actor
from itda.base.errors import Unavailable
from itda.engine.app import App
from itda.engine.requests.carrying import ProceedTogether
from itda.engine.requests.handing import RELEASED
from itda.engine.requests.nobody import NOTHING
from itda.engine.requests.telling import tell_due
from itda.store import holds, requests
from itda.store.database import Database
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_log = logging.getLogger(__name__)
_ACTOR = Actor(name="upkeep", role="admin", system="engine")
_BY_ITSELF = frozenset({"erase", "stop", "correct"})
"""Kinds that go on without anybody; what is handed over waits for who hands it over."""
_ANSWERED = frozenset({RELEASED, NOTHING})
"""Steps after which a mail is the answer, where one goes."""
_TOGETHER = 50
"""Requests whose steps are one transaction."""
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
        waiting = [row for row in requests.every(connection, "open") if row.kind in _BY_ITSELF or row.step in _ANSWERED]
    if held:
        _log.info("destroyed %d records that a law kept, their time is over", held)
    moved = 0
    for start in range(0, len(waiting), _TOGETHER):
        some = [row.id.hex() for row in waiting[start : start + _TOGETHER]]
        try:
            moved += _go_on(shop, some)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - one request must never stop the others: each for itself
            _log.exception("some requests cannot go on together")
            moved += sum(_alone(shop, one) for one in some)
    tell_due(shop, _ACTOR, now)
    return moved


def _go_on(shop: Opened, some: list[str]) -> int:
    """As far as they go without waiting; how many went on."""
    moved, steps = set[str](), dict[str, str]()
    while some:
        done = shop.app.act(ProceedTogether(tuple(some)), _ACTOR, "carrying requests on").value
        going = [one for one in done if steps.get(one.id) != one.step]
        moved.update(one.id for one in going if one.id in steps or one.state == "done")
        steps.update({one.id: one.step for one in done})
        some = [one.id for one in going if one.state == "open"]
    return len(moved)


def _alone(shop: Opened, made: str) -> int:
    try:
        return _go_on(shop, [made])
    except Unavailable:
        raise
    except Exception:  # noqa: BLE001 - the same
        _log.exception("a request cannot go on: %s", made)
        return 0
