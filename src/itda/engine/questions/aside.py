"""Who is put aside by the decider after a fault of our own: their segments and journeys stand still, nobody else's."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base import ids
from itda.engine.app import Answer, Done
from itda.engine.work import Work
from itda.store.database import Connection

MOST = 1_000

_ROWS = (
    "select customer, min(why), min(at), bool_or(is_asked_back), array_agg(fragment) from put_aside"
    " group by customer order by min(at), customer limit %s"
)
_BACK = "update put_aside set is_asked_back = true where not is_asked_back returning customer"
_COUNTS = "select why, count(distinct customer)::bigint from put_aside group by why order by why"


class AsideView(msgspec.Struct, frozen=True):
    """A customer with whom the decider could not go on."""

    customer: str
    why: str
    """What broke: `state` (what is kept of them cannot be read), `segments`, `journeys`."""
    since: int
    """Log time of the fault."""
    is_asked_back: bool
    """Somebody asked to go on with them; it is tried within a second while the shop is served."""


class BackView(msgspec.Struct, frozen=True):
    """How many customers are to be gone on with."""

    customers: int


class PutAside(msgspec.Struct, frozen=True):
    """The customers that are put aside, those of longest ago first."""

    permission: ClassVar[str] = "customer.search"

    def answer(self, work: Work) -> Answer[list[AsideView]]:
        """MOST of them at most."""
        rows = work.connection.execute(_ROWS, [MOST]).fetchall()
        found = [AsideView(ids.customer_text(bytes(one)), why, at, back) for one, why, at, back, _ in rows]
        subjects = tuple(bytes(fragment) for row in rows for fragment in row[4])
        return Answer(found, subjects=subjects, count=len(found))


class GoOn(msgspec.Struct, frozen=True):
    """Go on with everybody who is put aside: what came for them meanwhile is put to them. A fault puts them back."""

    permission: ClassVar[str] = "message.send"

    def carry_out(self, work: Work) -> Done[BackView]:
        """Ask for it; the decider does it at its next tick."""
        asked = {bytes(row[0]) for row in work.connection.execute(_BACK).fetchall()}
        return Done(BackView(len(asked)), audit={"customers": len(asked)})


def counts(connection: Connection) -> dict[str, int]:
    """What broke → with how many customers the decider cannot go on."""
    return dict(connection.execute(_COUNTS).fetchall())
