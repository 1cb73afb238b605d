"""Seeing personal values whole for some minutes, and looking at it afterwards."""

from __future__ import annotations

from starlette.responses import Response

from itda.base.errors import Refused
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden


def show(visit: Visit) -> Response:
    """Ask why, of who proved just now who they are."""
    if visit.session is None or not visit.house.door.is_fresh(visit.session):
        return see_other("/account/confirm?next=/glass")
    return visit.render("glass.html", fault=False, until=visit.session.glass_until)


def break_it(visit: Visit) -> Response:
    """From now on values are whole; each look is in the access log as ever."""
    if visit.session is None or not visit.house.door.is_fresh(visit.session):
        return see_other("/account/confirm?next=/glass")
    try:
        visit.house.desk.break_glass(visit.actor, visit.field("reason"))
    except Forbidden:
        raise
    except Refused:
        return visit.render("glass.html", status=400, fault=True, until=0)
    return see_other("/customers" if visit.may("customer.search") else "/")


def put_back(visit: Visit) -> Response:
    """See no more than the role shows."""
    visit.house.desk.end_glass(visit.actor)
    return see_other("/")


def reviews(visit: Visit) -> Response:
    """Each time that somebody broke it."""
    return visit.render("glass_reviews.html", found=visit.house.desk.glass(visit.actor), told=visit.query("told"))


def review(visit: Visit) -> Response:
    """Note what was found."""
    try:
        visit.house.desk.review_glass(
            visit.actor, str(visit.request.path_params["glass"]), visit.field("finding").strip()
        )
    except Forbidden:
        raise
    except Refused:
        return see_other("/glass/reviews?told=gone")
    return see_other("/glass/reviews?told=done")
