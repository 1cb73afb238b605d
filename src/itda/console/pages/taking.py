"""A consent that is taken in a store or on the phone: find the person, read the words aloud, write down the answer."""

from __future__ import annotations

from typing import cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console.consent_desk import Spoken
from itda.console.visit import Visit

KINDS = ("phone", "membership", "email")
PLACES = ("store", "call-centre")
_LONGEST_PLACE = 40


def begin(visit: Visit) -> Response:
    """Ask who it is."""
    return visit.render("taking.html", view=None, by="phone", value="", place=_place(visit), told="", why="")


def ask(visit: Visit) -> Response:
    """Show what to read. Whom it is about stands in the form and never in an address."""
    kind, value = _who(visit)
    return _shown(visit, kind, value)


def take(visit: Visit) -> Response:
    """Write the answer down, and show how it stands."""
    kind, value = _who(visit)
    action, text = visit.field("answer"), visit.field("text")
    if action not in get_args(Spoken):
        raise HTTPException(400, "answer")
    said = (cast("Spoken", action), text)
    done = visit.house.desk.take_consent(visit.actor, (kind, value), said, _place(visit))
    return _shown(visit, kind, value, told=done.outcome, why=done.why)


def _shown(visit: Visit, kind: str, value: str, told: str = "", why: str = "") -> Response:
    view = visit.house.desk.taking(visit.actor, kind, value) if value else None
    if view is None and not told:
        told = "nobody"
    return visit.render("taking.html", view=view, by=kind, value=value, place=_place(visit), told=told, why=why)


def _who(visit: Visit) -> tuple[str, str]:
    kind = visit.field("kind")
    return (kind if kind in KINDS else KINDS[0]), visit.field("value").strip()


def _place(visit: Visit) -> str:
    """Where it is done, as the ledger keeps it, such as store:12."""
    told = "".join(sign for sign in visit.field("place") if sign.isalnum() or sign in ":-_")[:_LONGEST_PLACE]
    return told or PLACES[0]
