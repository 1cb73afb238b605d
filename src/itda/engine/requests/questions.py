"""Which requests there are, and how far each is."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.app import Answer
from itda.engine.requests.views import Request, view
from itda.engine.work import Work
from itda.store import requests
from itda.store.requests import RequestRow, State


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
        return Answer(view(row), subjects=tuple(row.subject), count=1)


class RequestsOf(msgspec.Struct, frozen=True):
    """The requests of one person, by a fragment of theirs (hex)."""

    permission: ClassVar[str] = "request.read"
    fragment: str

    def answer(self, work: Work) -> Answer[list[Request]]:
        """Read them."""
        rows = requests.of(work.connection, [bytes.fromhex(self.fragment)])
        subjects = sorted({fragment for row in rows for fragment in row.subject})
        return Answer([view(row) for row in rows], subjects=tuple(subjects), count=len(rows))


def found(work: Work, made: str, *, is_locked: bool = False) -> RequestRow:
    """The request with an id, or with the only id that begins so; `Refused` where there is none."""
    try:
        row = requests.one(work.connection, bytes.fromhex(made), is_locked=is_locked)
    except ValueError:
        row = None
    if row is None:
        raise Refused(Fault(what=f"there is no request {made}", cure="see which there are: itda request list"))
    return row
