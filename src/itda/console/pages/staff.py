"""Who may come in: invitations, roles, and who is in."""

from __future__ import annotations

from typing import cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.access.actor import STAFF_ROLES, sight
from itda.base.errors import Refused
from itda.console.trust_desk import StaffChange
from itda.console.visit import Visit, see_other
from itda.engine.app import Forbidden
from itda.engine.commands.staff import Invited


def show(visit: Visit) -> Response:
    """The people, the sessions, the keys of machines."""
    return _page(visit, told=visit.query("told"))


def invite(visit: Visit) -> Response:
    """Make a login; the link is mailed, or shown on this very page, once."""
    login, role = visit.field("login").strip().lower(), visit.field("role")
    try:
        invited = visit.house.desk.invite(visit.actor, login, role, visit.field("mail"), _origin(visit))
    except Forbidden:
        raise
    except Refused as error:
        return _page(visit, fault=str(error), login=login, role=role, status=400)
    return _page(visit, invited=invited)


def change(visit: Visit) -> Response:
    """Another role, no more entrance, codes taken away, sessions ended, or all of it anew by a link."""
    login, asked = str(visit.request.path_params["login"]), visit.field("change")
    if asked not in get_args(StaffChange):
        raise HTTPException(400, "change")
    value = visit.field("role") if asked == "role" else visit.field("session")
    try:
        invited = visit.house.desk.change_staff(visit.actor, login, cast("StaffChange", asked), value)
    except Forbidden:
        raise
    except Refused as error:
        return _page(visit, fault=str(error), status=400)
    return see_other("/staff?told=done") if invited is None else _page(visit, invited=invited)


def _page(visit: Visit, *, told: str = "", invited: Invited | None = None, fault: str = "", login: str = "",
          role: str = "viewer", status: int = 200) -> Response:  # fmt: skip
    desk, actor = visit.house.desk, visit.actor
    return visit.render(
        "staff.html", status=status, view=desk.staff(actor), told=told, invited=invited, fault=fault, login=login,
        role=role, roles=[(one, sight(one)) for one in STAFF_ROLES],
        keys=desk.keys(actor) if visit.may("keys.read") else None,
        origin=_origin(visit),
    )  # fmt: skip


def _origin(visit: Visit) -> str:
    """Where this console is reached."""
    return f"{visit.request.url.scheme}://{visit.request.url.netloc}"
