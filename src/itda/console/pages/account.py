"""One's own account: password, one-time codes, sessions, and proving once more who one is."""

from __future__ import annotations

import io

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.access.staffing import SHORTEST_PASSWORD
from itda.base.errors import Refused
from itda.console.visit import Visit, see_other
from itda.engine.people.codes import Beginning
from itda.engine.staff import Session


def show(visit: Visit) -> Response:
    """The account."""
    return _account(visit, visit.query("told"), "", 200)


def change_password(visit: Visit) -> Response:
    """Another password."""
    try:
        visit.house.door.change_password(_session(visit), visit.field("old"), visit.field("new"))
    except Refused:
        return _account(visit, "", "password", 400)
    return see_other("/account?told=password")


def end_session(visit: Visit) -> Response:
    """End one of one's sessions; one's own is ended by logging out."""
    visit.house.door.end_session(_session(visit), str(visit.request.path_params["session"]))
    return see_other("/account?told=session")


def show_codes(visit: Visit) -> Response:
    """What the phone is told. Who has codes already says once more who they are before they get others.

    A link of another site leads to the account: to be shown new codes ends the former ones.
    """
    session, door = _session(visit), visit.house.door
    if not session.lacks and visit.request.headers.get("sec-fetch-site", "none") in {"cross-site", "same-site"}:
        return see_other("/account")
    if not session.lacks and not door.is_fresh(session):
        return see_other("/account/confirm?next=/account/codes")
    return _codes(visit, door.begin_codes(session, visit.front.name, is_new=True), "", 200)


def enrol(visit: Visit) -> Response:
    """The first code: from now on they count. The recovery codes are shown here, once."""
    session, door = _session(visit), visit.house.door
    try:
        made = door.enrol(session, visit.field("code"))
    except Refused:
        return _codes(visit, door.begin_codes(session, visit.front.name, is_new=False), "refused", 400)
    return visit.render("recovery.html", recovery=made)


def drop_codes(visit: Visit) -> Response:
    """No one-time codes any more, for who proved just now who they are."""
    session = _session(visit)
    if not visit.house.door.is_fresh(session):
        return see_other("/account/confirm?next=/account")
    try:
        visit.house.door.drop_codes(session)
    except Refused:
        return _account(visit, "", "codes", 400)
    return see_other("/account?told=dropped")


def show_confirm(visit: Visit) -> Response:
    """Ask once more who it is, before something that matters."""
    has_codes = visit.house.door.account(_session(visit)).has_codes
    return visit.render("confirm.html", fault="", next=_next(visit.query("next")), has_codes=has_codes)


def confirm(visit: Visit) -> Response:
    """Check it, and go on."""
    session = _session(visit)
    try:
        visit.house.door.confirm(session, visit.field("proof"))
    except Refused:
        has_codes = visit.house.door.account(session).has_codes
        return visit.render(
            "confirm.html", status=401, fault="refused", next=_next(visit.field("next")), has_codes=has_codes
        )
    return see_other(_next(visit.field("next")))


def _account(visit: Visit, told: str, fault: str, status: int) -> Response:
    session = _session(visit)
    return visit.render(
        "account.html", status=status, view=visit.house.door.account(session), told=told, fault=fault,
        own=session.actor.session, least=SHORTEST_PASSWORD,
    )  # fmt: skip


def _codes(visit: Visit, begun: Beginning | None, fault: str, status: int) -> Response:
    if begun is None:
        return see_other("/account")
    return visit.render("codes.html", status=status, secret=begun.secret, qr=drawn(begun.uri), fault=fault)


def drawn(uri: str) -> Markup:
    """A QR code (ISO/IEC 18004) as SVG that a page may hold: no style, no script. Empty where none can be drawn."""
    try:
        import segno  # noqa: PLC0415 - an extra
    except ImportError:
        return Markup()
    out = io.BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, nl=False, omitsize=True, border=2, light="#fff", dark="#1d2430"
    )
    return Markup(out.getvalue().decode())  # noqa: S704 - segno's own drawing: it holds nobody's text


def _session(visit: Visit) -> Session:
    if visit.session is None:
        raise HTTPException(401, "session")
    return visit.session


def _next(asked: str) -> str:
    """Where to afterwards: a page of ours."""
    return asked if asked.startswith("/") and not asked.startswith(("//", "/\\")) and "\n" not in asked else "/account"
