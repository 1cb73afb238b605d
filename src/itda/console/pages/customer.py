"""One customer from all sides: what happened, by what we know them and why, what follows from it."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.base.errors import Unavailable
from itda.base.ids import customer_bytes
from itda.console import saying, words
from itda.console.formats import Formats
from itda.console.gist import Words, flat, gist
from itda.console.visit import Visit, see_other
from itda.console.web import draw
from itda.engine.questions.journeys import PathStep
from itda.engine.questions.views import ProfileView, TimelineEvent, TimelineView, TraitView

_FIRST_TRAITS = ("revenue", "total_revenue", "lifetime_revenue", "spend", "orders", "order_count")
_KPIS = 2


class Line(NamedTuple):
    """One event of the timeline, ready to be shown."""

    event: TimelineEvent
    gist: str
    facts: list[tuple[str, str]]


class Day(NamedTuple):
    """The events of one local day, newest first."""

    name: str
    lines: list[Line]


def show(visit: Visit) -> Response:
    """The page; only the next events when a script asks for them."""
    customer = asked(visit)
    before, channel = visit.query("before"), visit.query("channel")
    if visit.is_partial and visit.request.headers.get("hx-target", "").endswith("older"):
        timeline = visit.house.desk.timeline(visit.actor, customer, before, channel)
        return visit.render("parts/events.html", customer=customer, channel_now=channel, **_timeline(timeline, visit))
    profile = visit.house.desk.profile(visit.actor, customer)
    if profile is None:
        raise HTTPException(404, "customer")
    if profile.id != customer:
        return see_other(f"/customers/{profile.id}")
    return visit.render(
        "customer.html",
        profile=profile,
        customer=customer,
        kpis=kpis(profile),
        is_past=False,
        web=draw(profile.identifiers, profile.links),
        named={one.fragment: one for one in profile.identifiers},
        channel_now=channel,
        before=before,
        labels=visit.labels(),
        explain=lambda move: why(move, visit),
        **_engaged(visit, customer),
        **_safely(visit, customer, before, channel),
    )


def _engaged(visit: Visit, customer: str) -> dict[str, Any]:
    """What they allow, where they belong and what they were told, as far as the visitor may see it."""
    desk, actor = visit.house.desk, visit.actor
    return {
        "consents": desk.consents(actor, customer) if visit.may("consent.read") else None,
        "belongings": desk.belongings(actor, customer) if visit.may("customer.segments") else None,
        "paths": desk.paths(actor, customer),
        "messages": desk.messages(actor, customer=customer) if visit.may("message.read") else None,
    }


def why(move: PathStep, visit: Visit) -> str:
    """What a move says of itself: an event, a message, or a reason of the gate."""
    said = str(move.detail.get("why", ""))
    if said in words.EVENTS:
        return words.event(said, "", visit.say)
    return visit.labels().get(said) or saying.reason(said, visit.say)


def _safely(visit: Visit, customer: str, before: str, channel: str) -> dict[str, Any]:
    """The timeline's part of the page, for who may see it; where only it cannot be read, the rest still is."""
    if not visit.may("customer.events"):
        return {"days": None, "next": "", "is_broken": False}
    try:
        timeline = visit.house.desk.timeline(visit.actor, customer, before, channel)
    except Unavailable:
        return {"days": [], "next": "", "is_broken": True}
    return _timeline(timeline, visit)


def _timeline(timeline: TimelineView, visit: Visit) -> dict[str, Any]:
    around = Words(visit.say("and %(count)s more"), visit.say("store %(id)s"))
    return {"days": days(timeline.events, visit.formats, around), "next": timeline.next, "is_broken": False}


def days(events: list[TimelineEvent], formats: Formats, around: Words) -> list[Day]:
    """Events in the order given, under the local day of each."""
    return [
        Day(day, [Line(event, gist(event.properties, formats, around), flat(event.properties)) for event in group])
        for day, group in groupby(events, key=lambda event: formats.day(event.at))
    ]


def kpis(profile: ProfileView) -> list[TraitView]:
    """The two traits that stand at the top: revenue and orders where there are such, else the first amounts."""
    by_name = {trait.name: trait for trait in profile.traits if trait.value is not None}
    chosen = [by_name[name] for name in _FIRST_TRAITS if name in by_name]
    chosen += [trait for trait in by_name.values() if trait.kind in {"sum", "count"} and trait not in chosen]
    return chosen[:_KPIS]


def asked(visit: Visit) -> str:
    """The customer's id in the address; 404 where it is none."""
    customer = str(visit.request.path_params["customer"])
    try:
        customer_bytes(customer)
    except ValueError:
        raise HTTPException(404, "customer") from None
    return customer
