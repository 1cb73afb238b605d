"""`shop.retention`: how long what is kept, and having destroyed what is due."""

from __future__ import annotations

import time
from typing import Protocol, TypeVar

from itda.access.actor import Actor
from itda.base.errors import Conflict, Unavailable
from itda.engine import occupancy
from itda.engine.app import Command, Question
from itda.engine.retaining.report import Retention
from itda.engine.retaining.running import AskRetention, Opened
from itda.engine.retaining.views import RetentionView, RunView
from itda.store import retention

Result = TypeVar("Result")
_LOOK_S, _PATIENCE_S = 0.25, 600.0


class Asked(Opened, Protocol):
    """A shop that answers and acts."""

    actor: Actor

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...

    def act(self, command: Command[Result], reason: str) -> Result:
        """What was done, once it is processed."""
        ...

    def drain(self) -> int:
        """Process what waits."""
        ...


class RetentionDesk:
    """The rules of retention.yaml, and their runs."""

    def __init__(self, shop: Asked) -> None:
        self._shop = shop

    def report(self) -> RetentionView:
        """Each rule with what is due now, the last runs, and when the next is."""
        return self._shop.ask(Retention())

    def run(self, reason: str = "") -> RunView:
        """Have destroyed what is due now: here, or by who serves the shop. It has gone from profiles when this returns.

        People and identifiers are erased by requests; where nobody serves the shop these are carried out here, too.
        `Unavailable` where whoever serves the shop does not come to it within ten minutes.
        """
        run = self._shop.act(AskRetention(), reason)
        if "compactor" not in occupancy.holders(self._shop.db):
            self._here()
        return self._ended(run)

    def _here(self) -> None:
        from itda.engine.compactor import Compactor  # noqa: PLC0415 - loads the scanning engines
        from itda.engine.requests.upkeep import keep_up as carry_on  # noqa: PLC0415
        from itda.engine.retaining.running import keep_up  # noqa: PLC0415

        shop = self._shop
        shop.drain()
        compactor = Compactor(shop.db, shop.workspace.lake_dir)
        try:
            while keep_up(shop, compactor, shop.app.clock()) is not None:  # one that was interrupted first
                pass
        except Conflict as error:
            raise Unavailable("somebody began to serve the shop just now: ask again", retry_after_s=5) from error
        shop.drain()
        while carry_on(shop, shop.app.clock()):
            shop.drain()

    def _ended(self, run: int) -> RunView:
        until = time.monotonic() + _PATIENCE_S
        while True:
            with self._shop.db.connection() as connection:
                row = retention.one(connection, run)
                is_over = row is not None and row.ended_at is not None and not retention.is_under_way(connection)
            if is_over:
                return next(one for one in self.report().runs if one.id == run)
            if time.monotonic() > until:
                raise Unavailable("it is not over yet: itda retention tells what came of it", retry_after_s=60)
            time.sleep(_LOOK_S)
