"""A customer's past: what they looked like on a day, how they came about, why two identifiers are theirs."""

from __future__ import annotations

from datetime import date
from typing import cast, get_args
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console.desk import PairAnswer
from itda.console.pages.customer import asked, kpis
from itda.console.visit import Visit, see_other
from itda.console.web import draw
from itda.engine.questions.views import HistoryEntry, LinkView, ProfileView, WhyView

KNOWN = "known"


def on_day(visit: Visit) -> Response:
    """`?day` by today's knowledge, or with `view=known` by what was known then; without a day only the choice."""
    profile = _profile(visit)
    day, is_as_known = _day(visit.query("day")), visit.query("view") == KNOWN
    desk = visit.house.desk
    then = desk.past(visit.actor, profile.id, day, is_as_known=is_as_known) if day else None
    return visit.render(
        "past.html",
        profile=profile,
        then=then,
        day=day,
        is_as_known=is_as_known,
        today=visit.formats.local(visit.now).date().isoformat(),
        kpis=kpis(then) if then else [],
        web=draw(then.identifiers, then.links) if then else None,
        named={one.fragment: one for one in then.identifiers} if then else {},
    )


def history(visit: Visit) -> Response:
    """All that joined, parted and moved, and what stewards decided."""
    profile = _profile(visit)
    view = visit.house.desk.history(visit.actor, profile.id)
    if view is None:
        raise HTTPException(404, "customer")
    return visit.render(
        "history.html", profile=profile, view=view, standing=standing(view.entries), counts=visit.query("counts")
    )


def take_back(visit: Visit) -> Response:
    """Take a decision of the history back."""
    reason, decision = visit.field("reason").strip(), visit.field("decision")
    if not reason or not decision:
        raise HTTPException(400, "decision")
    counts = visit.house.desk.take_back(visit.actor, decision, reason)
    return see_other(f"/customers/{asked(visit)}/history?counts={'yes' if counts else 'soon'}")


def why(visit: Visit) -> Response:
    """Why two identifiers are one customer, or are not; without two only the choice."""
    profile = _profile(visit)
    a, b = visit.query("a"), visit.query("b")
    view = visit.house.desk.why(visit.actor, a, b) if a and b and a != b else None
    return visit.render(
        "why.html",
        profile=profile,
        a=a,
        b=b,
        view=view,
        named={one.fragment: one for one in (view.nodes if view else [])},
        hops=_ordered(view, a) if view else [],
        decided=decided(view, a, b) if view else "",
        counts=visit.query("counts"),
    )


def settle_pair(visit: Visit) -> Response:
    """Somebody says whether two identifiers are one customer's."""
    answer, reason = visit.field("answer"), visit.field("reason").strip()
    a, b = visit.field("a"), visit.field("b")
    if answer not in get_args(PairAnswer) or not reason or not a or not b:
        raise HTTPException(400, "pair")
    counts = visit.house.desk.settle_pair(visit.actor, a, b, cast("PairAnswer", answer), reason)
    query = urlencode({"a": a, "b": b, "counts": "yes" if counts else "soon"})
    return see_other(f"/customers/{asked(visit)}/why?{query}")


def standing(entries: list[HistoryEntry]) -> set[str]:
    """The decisions that nobody took back, by id."""
    back = {entry.decision for entry in entries if entry.what == "retracted"}
    return {entry.decision for entry in entries if entry.what in {"must", "cannot"} and entry.decision not in back}


def decided(view: WhyView, a: str, b: str) -> str:
    """What a steward said of these very two: `must`, `cannot`, or empty where nobody did."""
    own = [link for link in (*view.path, *view.obstacles) if {link.a, link.b} == {a, b}]
    return next((link.tier for link in own if link.tier in {"must", "cannot"}), "")


def _ordered(view: WhyView, start: str) -> list[tuple[str, LinkView]]:
    """The path from an identifier on: each link with the end that it leads to."""
    found, at = [], start
    for link in view.path:
        at = link.b if link.a == at else link.a
        found.append((at, link))
    return found


def _profile(visit: Visit) -> ProfileView:
    profile = visit.house.desk.profile(visit.actor, asked(visit))
    if profile is None:
        raise HTTPException(404, "customer")
    return profile


def _day(text: str) -> str:
    """A day as the address says it; empty where it is none."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
