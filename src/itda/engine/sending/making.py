"""The sender of a workspace, and the thread that it has to itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from itda.base.errors import Refused
from itda.engine.gate import SEED, Gate
from itda.engine.sending.departure import Leaving
from itda.engine.sending.proving import Proving
from itda.engine.sending.sender import Limits, Parts, Sender
from itda.messages import links
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader

_log = logging.getLogger(__name__)


def parts(
    db: Database,
    lake: LakeReader,
    intake: PostgresIntake,
    workspace: Workspace,
    vault: Vault,
    clock: Callable[[], int],
    limits: Limits | None = None,
) -> Parts | None:
    """What a sender on this workspace is made of; None where it has no channel, or does not know what it may say."""
    if workspace.unsuited:
        _log.warning("nothing is sent: %s", Refused(*workspace.unsuited))
        return None
    if workspace.email is None:
        return None
    seed = vault.seed(SEED)
    leaving = Leaving(
        workspace=workspace,
        vault=vault,
        lake=lake,
        gate=Gate(workspace.consent, seed, workspace.country, workspace.granting),
        channel=workspace.email,
        seed=seed,
        secret=vault.seed(links.SEED),
        proving=Proving(workspace.email),
    )
    return Parts(db, intake, leaving, clock, limits or Limits())


def drain(made: Parts) -> int:
    """Send what is due now; the number of messages that were decided on."""
    return asyncio.run(_drain(made))


async def _drain(made: Parts) -> int:
    return await Sender(made).drain()


@contextlib.contextmanager
def beside(made: Parts | None, stop: threading.Event) -> Iterator[None]:
    """Send in a thread of its own for the length of the block. Should it end by itself, `stop` is set."""
    if made is None:
        yield
        return

    def run() -> None:
        try:
            asyncio.run(_run(made, stop.is_set))
        except Exception:  # noqa: BLE001 - whatever ends it is written down, and ends the process that is watched
            _log.exception("the sender ended")
        finally:
            stop.set()

    thread = threading.Thread(target=run, name="sender")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _run(made: Parts, is_stopping: Callable[[], bool]) -> None:
    await Sender(made).run(is_stopping)
