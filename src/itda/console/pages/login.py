"""Coming in and going out."""

from __future__ import annotations

import logging

from starlette.responses import Response

from itda.access.staffing import SHORTEST_PASSWORD
from itda.base.errors import Refused
from itda.console.visit import COOKIE, Visit, address, see_other

CARRIED = "itda_oidc"
log = logging.getLogger("itda.console")


def show(visit: Visit) -> Response:
    """The form; someone who is logged in has no need of it."""
    if visit.session is not None:
        return see_other(_next(visit.query("next")))
    fault = "outside" if visit.query("fault") else ""
    return _form(visit, _next(visit.query("next")), fault=fault)


def enter(visit: Visit) -> Response:
    """Check login and password; the form keeps the login when they do not fit."""
    login, target = visit.field("login").strip(), _next(visit.field("next"))
    try:
        token = visit.house.door.enter(login, visit.field("password"), address(visit.request))
    except Refused:
        return _form(visit, target, login=login, fault="refused", status=401)
    return _in(visit, token, target)


def begin_outside(visit: Visit) -> Response:
    """Send the browser to the provider, with what it needs to come back."""
    where, carried = visit.house.door.begin_outside(_redirect(visit), _next(visit.query("next")))
    response = see_other(where)
    response.set_cookie(
        CARRIED, carried, max_age=600, path="/login/oidc", httponly=True, samesite="lax", secure=visit.is_secure
    )
    return response


def enter_outside(visit: Visit) -> Response:
    """Take what the provider says; what cannot be trusted ends at the login page, which says no more than that."""
    said = {name: value[:4_000] for name, value in visit.request.query_params.items()}
    carried = visit.request.cookies.get(CARRIED, "")
    try:
        token, target = visit.house.door.enter_outside(carried, said, _redirect(visit), address(visit.request))
    except Refused as error:
        log.warning("a login by the provider was refused: %s", error)
        response = see_other("/login?fault=outside")
    else:
        response = _in(visit, token, _next(target))
    response.delete_cookie(CARRIED, path="/login/oidc", httponly=True, samesite="lax", secure=visit.is_secure)
    return response


def show_code(visit: Visit) -> Response:
    """Ask for the one-time code of a session that lacks it."""
    if visit.session is None or visit.session.lacks != "code":
        return see_other("/")
    return visit.render("login_code.html", fault="", next=_next(visit.query("next")))


def give_code(visit: Visit) -> Response:
    """Check it. After too many wrong ones the session is gone, and the login page says why."""
    if visit.session is None:
        return see_other("/login")
    try:
        visit.house.door.complete(visit.session, visit.field("code"))
    except Refused:
        return visit.render("login_code.html", status=401, fault="refused", next=_next(visit.field("next")))
    return see_other(_next(visit.field("next")))


def show_invitation(visit: Visit) -> Response:
    """Where somebody who was invited chooses a password."""
    login = visit.house.door.invited(str(visit.request.path_params["token"]))
    status = 200 if login else 404
    return visit.render("invitation.html", status=status, login=login or "", faults=[], least=SHORTEST_PASSWORD)


def accept(visit: Visit) -> Response:
    """Take the password; then they sign in with it."""
    token, password = str(visit.request.path_params["token"]), visit.field("password")
    login = visit.house.door.invited(token) or ""
    if password != visit.field("again"):
        faults = ["again"]
    else:
        try:
            visit.house.door.accept(token, password)
        except Refused:
            faults = ["weak"]
        else:
            return see_other("/login")
    return visit.render("invitation.html", status=400, login=login, faults=faults, least=SHORTEST_PASSWORD)


def leave(visit: Visit) -> Response:
    """End the session, and where a provider knows of it, there too."""
    where = ""
    if visit.session is not None:
        where = visit.house.door.leave(visit.session.token)
    response = _form(visit, "/", ended=where) if where else see_other("/login")
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=visit.is_secure)
    return response


def _next(asked: str) -> str:
    """Where to after login: a page of ours, never another host's."""
    is_ours = asked.startswith("/") and not asked.startswith(("//", "/\\", "/login", "/logout")) and "\n" not in asked
    return asked if is_ours else "/"


def _form(
    visit: Visit, target: str, *, login: str = "", fault: str = "", ended: str = "", status: int = 200
) -> Response:
    """The login page. `ended`: where to sign out at the provider, by a link, since no form of ours leads elsewhere."""
    provider = visit.house.door.provider
    return visit.render(
        "login.html", status=status, login=login, fault=fault, next=target, provider=provider, ended=ended
    )


def _in(visit: Visit, token: str, target: str) -> Response:
    response = see_other(target)
    response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=visit.is_secure)
    return response


def _redirect(visit: Visit) -> str:
    """Where the provider sends the browser back to: this console, as the browser knows it."""
    scheme = "https" if visit.is_secure else "http"
    return f"{scheme}://{visit.request.url.netloc}/login/oidc"
