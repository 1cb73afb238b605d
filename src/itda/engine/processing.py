"""What the pipeline's process does: the one writer, with the lake's compactor and the upkeep of the log beside it."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable

from itda.base.errors import Conflict, Unavailable
from itda.base.instant import DAY, LocalDates
from itda.engine.chunk import Rules
from itda.engine.compactor import Compactor
from itda.engine.pipeline import Parts, Pipeline
from itda.sources.tracking import Decoder
from itda.store.database import Database
from itda.store.intake import KEPT_DAYS, PostgresIntake
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.time_keys import QuarantineKeys
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_log = logging.getLogger(__name__)

_LOOK_S = 0.5
_UPKEEP_S = 600.0
_SWITCH_S = 0.0005
"""How long a thread that has an answer of the database waits for one that computes: a commit waits often."""


def pipeline(db: Database, intake: PostgresIntake, workspace: Workspace, vault: Vault) -> Pipeline:
    """A pipeline on this workspace. It becomes the one writer with its first step."""
    dates = LocalDates(workspace.zone)
    parts = Parts(
        intake=intake,
        store=PostgresPipelineStore(db),
        vault=vault,
        months=QuarantineKeys(db, vault),
        decoder=Decoder(workspace.sources, workspace.contracts, workspace.policy.kinds, dates, workspace.country),
        rules=Rules(workspace.contracts, workspace.policy, workspace.fold(), dates),
        dedupe_dir=workspace.data_dir / "dedupe",
    )
    return Pipeline(parts)


def run(writer: Pipeline, beside: Beside, stop: threading.Event, clock: Callable[[], int]) -> None:
    """Process events until told to stop, with the compactor and the upkeep in a thread beside it."""
    sys.setswitchinterval(_SWITCH_S)
    thread = threading.Thread(target=beside.run, args=(stop,), name="compactor")
    thread.start()
    try:
        writer.run(stop.is_set, clock)
    finally:
        stop.set()
        thread.join()


class Beside:
    """What runs beside the writer: compacting, and dropping what has had its time."""

    def __init__(
        self, compactor: Compactor, intake: PostgresIntake, months: QuarantineKeys, clock: Callable[[], int]
    ) -> None:
        self._compactor, self._intake, self._months, self._clock = compactor, intake, months, clock

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; what is outside and away is waited for."""
        waited = _UPKEEP_S
        while not stop.wait(_LOOK_S):
            try:
                while not stop.is_set() and self._compactor.step():
                    pass
                waited += _LOOK_S
                if waited >= _UPKEEP_S:
                    waited = 0.0
                    self._tidy()
            except Unavailable as error:
                _log.warning("the lake waits: %s", error)
                stop.wait(error.retry_after_s)
            except Conflict as error:
                _log.warning("another compactor took over: %s", error)
                return
            except Exception:  # noqa: BLE001 - the lake waits in the tail, and the writer must go on
                _log.exception("compacting failed; it is tried again")
                stop.wait(30.0)

    def _tidy(self) -> None:
        now = self._clock()
        dropped = self._intake.drop_before(now // DAY - KEPT_DAYS + 1)
        if dropped:
            _log.info("dropped the intake of %d days", len(dropped))
        destroyed = self._months.destroy_due(now // DAY)
        if destroyed:
            _log.info("destroyed %d quarantine keys, their time is over", destroyed)
