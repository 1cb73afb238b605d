"""What keeps the data of a shop in order: the lake's compactor, the audit's sealer, dropping what has had its time.

In a served shop it is a process of its own, so that it takes no time from the writer. Where nobody serves the shop,
whoever processed its events does one round of it afterwards.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from itda.base.errors import Conflict, Unavailable
from itda.base.instant import DAY
from itda.engine.auditing.upkeep import AuditUpkeep
from itda.engine.compactor import Compactor
from itda.store.intake import KEPT_DAYS, PostgresIntake
from itda.store.time_keys import QuarantineKeys

_log = logging.getLogger(__name__)

_LOOK_S = 0.5
_TIDY_S = 600.0


def _nothing(_compactor: Compactor, _is_round: bool, _now: int) -> None:
    pass


def _nothing_soon(_now: int) -> None:
    pass


class Upkeep:
    """The compactor, and every ten minutes the days and keys whose time is over. `clock` gives microseconds UTC.

    `rounds` are done then, too, each with the time; what one of them breaks on stops no other. `soon` is done at each
    look: it has something to do only where somebody asked for something just now. `retain` is asked at
    each look, with whether it is such a round: what has had its time goes in a served shop, where its record is read.
    Where that cannot go on, it is asked again with the next round, and nothing else waits for it.
    """

    def __init__(
        self,
        compactor: Compactor,
        intake: PostgresIntake,
        months: QuarantineKeys,
        clock: Callable[[], int],
        audit: AuditUpkeep,
        rounds: Sequence[Callable[[int], object]] = (),
        retain: Callable[[Compactor, bool, int], object] = _nothing,
        soon: Callable[[int], object] = _nothing_soon,
    ) -> None:
        self._compactor, self._intake, self._months, self._clock = compactor, intake, months, clock
        self._audit, self._rounds, self._retain = audit, (audit.daily, *rounds), retain
        self._soon = soon
        self._is_put_off = False

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; what is outside and away is waited for. `Conflict` when another took over."""
        waited = _TIDY_S
        while not stop.wait(_LOOK_S):
            try:
                waited += _LOOK_S
                is_round = waited >= _TIDY_S
                if is_round:
                    waited = 0.0  # first: who waits for a lock on the log keeps its writers waiting
                    self._tidy()
                else:
                    self._one(self._soon, self._clock())
                self._audit.seal()
                while not stop.is_set() and self._compactor.step(stop.is_set):
                    pass
                if is_round or not self._is_put_off:
                    self._let_go(is_round)
            except Unavailable as error:
                _log.warning("the lake waits: %s", error)
                stop.wait(error.retry_after_s)

    def once(self) -> None:
        """One round. Who serves the shop meanwhile does it instead, and what is away is left for the next round."""
        try:
            self._tidy()
            self._audit.seal()
            while self._compactor.step():
                pass
        except (Conflict, Unavailable) as error:
            _log.warning("the lake waits: %s", error)

    def _let_go(self, is_round: bool) -> None:
        """Let what has had its time go."""
        self._is_put_off = True
        try:
            self._is_put_off = not self._one(partial(self._retain, self._compactor, is_round), self._clock())
        except Unavailable as error:
            _log.warning("retention waits: %s", error)

    def _tidy(self) -> None:
        now = self._clock()
        dropped = self._intake.drop_before(now // DAY - KEPT_DAYS + 1)
        if dropped:
            _log.info("dropped the intake of %d days", len(dropped))
        destroyed = self._months.destroy_due(now // DAY)
        if destroyed:
            _log.info("destroyed %d quarantine keys, their time is over", destroyed)
        for one in self._rounds:
            self._one(one, now)

    def _one(self, one: Callable[[int], object], now: int) -> bool:
        """Do it; whether our own code held."""
        try:
            one(now)
        except (Conflict, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - whatever one round does, the others are done
            _log.exception("a round of upkeep broke our own code")
            return False
        return True
