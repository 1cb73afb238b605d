"""The processes of a served shop, as the nursery forks them for the supervisor.

Each stops on SIGTERM, and when its standard input ends: then the supervisor is gone.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

from itda.base.errors import Conflict, ItdaError
from itda.cli import logs
from itda.engine import shop as shops
from itda.engine.applying.standing import Watch
from itda.engine.parent import when_gone
from itda.engine.shop import Shop

_LOOK_S = 1.0
_PATIENCE_S = 4.0
_BEHIND = 5
"""How far the compactor stands behind who answers and who writes, where they want the same core."""


def main(role: str, folder: str, *rest: str) -> int:
    """Run one process until it is told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    when_gone(stop.set)
    with shops.open(Path(folder)) as shop:
        log = logs.start(shop.log_dir, role)
        log.info("started as process %d", os.getpid())
        try:
            if role == "doors":
                _doors(shop, socket.socket(fileno=int(rest[0])), stop)
            elif role == "compactor":
                _compactor(shop, stop)
            elif role == "decider":
                _decider(shop, stop)
            else:
                _pipeline(shop, stop)
        except Conflict:
            log.exception("another %s took over", role)
            return 1
        except (ItdaError, OSError):
            log.exception("ended")
            return 1
        except Exception:
            log.exception("ended by a bug")
            return 1
        log.info("stopped")
    return 0


def _compactor(shop: Shop, stop: threading.Event) -> None:
    import pyarrow as pa  # noqa: PLC0415 - the doors do without its settings

    from itda.engine.fetching.keeping import keep_fetching  # noqa: PLC0415
    from itda.engine.matched_daily import keep_matched  # noqa: PLC0415
    from itda.engine.obliging.keeping import keep_duties  # noqa: PLC0415

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    os.nice(_BEHIND)
    beside = [
        threading.Thread(target=keep, args=(shop, stop), name=keep.__name__, daemon=True)
        for keep in (keep_fetching, keep_matched, keep_duties)
    ]
    for thread in beside:
        thread.start()
    shop.upkeep().run(stop)
    for thread in beside:
        thread.join(_PATIENCE_S)  # the transaction it is in; killed, the next run does it again


def _pipeline(shop: Shop, stop: threading.Event) -> None:
    from itda.engine import turns  # noqa: PLC0415 - loads everything a chunk needs

    turns.process(shop, stop)


def _decider(shop: Shop, stop: threading.Event) -> None:
    import pyarrow as pa  # noqa: PLC0415 - the doors do without its settings

    from itda.engine import turns  # noqa: PLC0415 - loads everything that is decided and sent by

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    turns.decide(shop, stop)


def _renewing(shop: Shop, stop: threading.Event) -> None:
    """Let the pages show what was applied last, as soon as something is."""
    watch = Watch(shop, stop.is_set)
    while not stop.wait(_LOOK_S):
        if watch.look():
            shop.renew()


def _doors(shop: Shop, sock: socket.socket, stop: threading.Event) -> None:
    from itda.api import tls  # noqa: PLC0415 - only this process needs a server
    from itda.api.server import serve, server  # noqa: PLC0415
    from itda.cli.doors import application  # noqa: PLC0415

    doors = application(shop)
    threading.Thread(target=_renewing, args=(shop, stop), name="definitions", daemon=True).start()
    pair = tls.given()
    secure = None if pair is None else pair.context()
    if pair is not None and secure is not None:
        threading.Thread(target=tls.keep_renewed, args=(pair, secure, stop), name="certificate", daemon=True).start()
    serve(server(doors, doors.tracking, secure=secure), sock, stop)
