"""Coming in and going out."""

from __future__ import annotations

from starlette.responses import Response

from itda.base.errors import Refused
from itda.console.visit import COOKIE, Visit, address, see_other


def show(visit: Visit) -> Response:
    """The form; someone who is logged in has no need of it."""
    if visit.session is not None:
        return see_other(_next(visit.query("next")))
    return visit.render("login.html", login="", fault="", next=_next(visit.query("next")))


def enter(visit: Visit) -> Response:
    """Check login and password; the form keeps the login when they do not fit."""
    login, target = visit.field("login").strip(), _next(visit.field("next"))
    try:
        token = visit.house.door.enter(login, visit.field("password"), address(visit.request))
    except Refused:
        return visit.render("login.html", status=401, login=login, fault="refused", next=target)
    response = see_other(target)
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=visit.is_secure)
    return response


def leave(visit: Visit) -> Response:
    """End the session."""
    if visit.session is not None:
        visit.house.door.leave(visit.session.token)
    response = see_other("/login")
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=visit.is_secure)
    return response


def _next(asked: str) -> str:
    """Where to after login: a page of ours, never another host's."""
    is_ours = asked.startswith("/") and not asked.startswith(("//", "/\\", "/login", "/logout")) and "\n" not in asked
    return asked if is_ours else "/"
