"""The audit: looks and changes, newest first, and whether anything in them was altered."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from itda.base import ids
from itda.base.errors import Refused
from itda.base.instant import LocalDates, date_to_day
from itda.console.visit import Visit
from itda.engine.auditing.searching import BY, Trail, Wanted

ACTIONS = ("view", "search", "export", "change")


def show(visit: Visit) -> Response:
    """A page of them; `?by`, `?actor`, `?action`, `?customer` (an id), `?since` and `?until` (days) narrow it."""
    names = ("by", "actor", "action", "customer", "since", "until", "before")
    asked = {name: visit.query(name).strip() for name in names}
    view, fault = Trail([], None), False
    try:
        view = visit.house.desk.trail(visit.actor, _wanted(asked, visit.front.zone), asked["before"])
    except (Refused, ValueError):
        fault = True
    return visit.render(
        "audit.html", view=view, asked=asked, fault=fault, actions=ACTIONS, sorts=tuple(BY),
        standing=visit.house.desk.audit_standing(visit.actor),
    )  # fmt: skip


def _wanted(asked: dict[str, str], zone: str) -> Wanted:
    """What the address asks for. `ValueError` where a day or an id is none."""
    dates = LocalDates(zone)
    since, until = (date.fromisoformat(asked[name]) if asked[name] else None for name in ("since", "until"))
    if asked["customer"]:
        ids.customer_bytes(asked["customer"])
    return Wanted(
        actor=asked["actor"],
        subject=asked["customer"],
        action=asked["action"] if asked["action"] in ACTIONS else "",
        by=asked["by"] if asked["by"] in BY else "",
        since=None if since is None else dates.start(date_to_day(since)),
        until=None if until is None else dates.start(date_to_day(until) + 1),
    )
