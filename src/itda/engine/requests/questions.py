"""Which requests there are, and how far each is."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.engine.app import Answer
from itda.engine.requests.views import Request, view
from itda.engine.work import Work
from itda.store import holds, receipts, requests
from itda.store.requests import RequestRow, State

_WHOSE = "select customer from identifier where fragment = any(%s::bytea[])"


class Requests(msgspec.Struct, frozen=True):
    """Every request, those that are open first."""

    permission: ClassVar[str] = "request.read"
    state: State | None = None
    limit: int = 1_000

    def answer(self, work: Work) -> Answer[list[Request]]:
        """Read them."""
        rows = requests.every(work.connection, self.state, self.limit)
        return Answer([view(row) for row in rows], count=len(rows))


class RequestShown(msgspec.Struct, frozen=True):
    """One request."""

    permission: ClassVar[str] = "request.read"
    id: str

    def answer(self, work: Work) -> Answer[Request]:
        """Read it; `Refused` where there is none."""
        row = found(work, self.id)
        told = view(row, receipts.of(work.connection, row.id), _whose(work, row))
        return Answer(told, subjects=tuple(row.subject), count=1)


class RequestsOf(msgspec.Struct, frozen=True):
    """The requests of one person, by a fragment of theirs (hex)."""

    permission: ClassVar[str] = "request.read"
    fragment: str

    def answer(self, work: Work) -> Answer[list[Request]]:
        """Read them."""
        one = bytes.fromhex(self.fragment)
        rows = requests.of(work.connection, [one])
        subjects = sorted({one, *(fragment for row in rows for fragment in row.subject)})
        return Answer([view(row) for row in rows], subjects=tuple(subjects), count=len(rows))


class HoldView(msgspec.Struct, frozen=True):
    """What a law keeps of somebody, without what it says. Times are microseconds UTC."""

    id: str
    request: str
    law: str
    what: str
    records: int
    held_at: int
    until: int


class Holds(msgspec.Struct, frozen=True):
    """Everything that laws keep of people who were erased, what goes first at the top."""

    permission: ClassVar[str] = "hold.read"

    def answer(self, work: Work) -> Answer[list[HoldView]]:
        """Read them."""
        rows = [
            HoldView(row.id.hex(), row.request.hex(), row.law, row.what, row.rows, row.held_at, row.until)
            for row in holds.every(work.connection)
        ]
        return Answer(rows, count=len(rows))


class HoldShown(msgspec.Struct, frozen=True):
    """What a law keeps, opened: for whoever answers to that law, and with the reason."""

    permission: ClassVar[str] = "hold.read"
    action: ClassVar[str] = "view"
    purpose: ClassVar[str] = "legal hold"
    id: str

    def answer(self, work: Work) -> Answer[bytes]:
        """JSON. `Refused` without a reason, and where there is nothing (any more)."""
        if not work.reason.strip():
            raise Refused(Fault(what="what a law keeps is opened with a reason", cure="say who asks for it, and why"))
        try:
            made = bytes.fromhex(self.id)
        except ValueError:
            made = b""
        told = holds.opened(work.connection, work.vault, made)
        if told is None:
            raise Refused(Fault(what=f"nothing is kept as {self.id}", cure="see what is: itda request holds"))
        return Answer(told, subjects=(made,), count=1)


def _whose(work: Work, row: RequestRow) -> str:
    named = work.connection.execute(_WHOSE, [row.subject[:1]]).fetchone()
    return "" if named is None else ids.customer_text(bytes(named[0]))


def found(work: Work, made: str, *, is_locked: bool = False) -> RequestRow:
    """The request with an id, or with the only id that begins so; `Refused` where there is none."""
    try:
        row = requests.one(work.connection, bytes.fromhex(made), is_locked=is_locked)
    except ValueError:
        row = None
    if row is None:
        raise Refused(Fault(what=f"there is no request {made}", cure="see which there are: itda request list"))
    return row
