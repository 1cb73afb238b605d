"""Fetches every source when it is due, for as long as the shop is served; one after the other.

A source that fails is tried again after a wait that doubles up to an hour. Nothing here ends the process it runs in.
"""

from __future__ import annotations

import logging
import threading

from itda.base.errors import Conflict, Refused, Unavailable
from itda.engine.fetching.run import fetch
from itda.engine.importer import Importing
from itda.sources.definition import FETCHED
from itda.store import fetches

_LOOK_S = 1.0
_SLOW_S = 30.0
_log = logging.getLogger(__name__)


def keep_fetching(shop: Importing, stop: threading.Event) -> None:
    """Fetch what is due, until told to stop."""
    if not any(source.kind in FETCHED and source.every for source in shop.workspace.sources.values()):
        return
    while not stop.wait(_LOOK_S):
        try:
            fetch_due(shop, stop)
        except Unavailable as error:
            _log.warning("what is due cannot be told: %s", error)
            stop.wait(error.retry_after_s)
        except Exception:  # noqa: BLE001 - what else this process does goes on
            _log.exception("a bug keeps sources from being fetched")
            stop.wait(_SLOW_S)


def fetch_due(shop: Importing, stop: threading.Event) -> int:
    """Fetch once every source that is due now; how many were."""
    with shop.db.connection() as connection:
        states = fetches.states(connection)
    due = 0
    for name, source in sorted(shop.workspace.sources.items()):
        at = states.get(name, fetches.FetchState(name)).next_at(source.every, shop.workspace.zone)
        if source.kind not in FETCHED or at is None or at > shop.app.clock() or stop.is_set():
            continue
        due += 1
        _fetch(shop, name, stop)
    return due


def _fetch(shop: Importing, name: str, stop: threading.Event) -> None:
    try:
        run = fetch(shop, name, lambda _done, _total: None, stopped=stop.is_set)
    except (Refused, Unavailable, Conflict) as error:
        _log.warning("the source %s cannot be fetched: %s", name, error)
    except Exception:  # noqa: BLE001 - one source is no matter of the others'
        _log.exception("a bug keeps the source %s from being fetched", name)
    else:
        if run.events or run.refused:
            _log.info("the source %s: %d rows, %d events, %d refused", name, run.rows, run.events, run.refused)
