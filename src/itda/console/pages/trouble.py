"""What a page says when it cannot be shown: what failed, what to do, and the id to find it by in the log."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.access.actor import ROLES, STAFF_ROLES
from itda.base.errors import Conflict, Refused, Unavailable
from itda.console.visit import Visit
from itda.engine.app import Forbidden

log = logging.getLogger("itda.console")


def missing(visit: Visit) -> Response:
    """No such page."""
    raise HTTPException(404, visit.request.url.path)


def tell(visit: Visit, error: Exception) -> Response:
    """The page, or the part of one, for an error."""
    status, kind, subject = _sort(error)
    if status >= 500:  # noqa: PLR2004 - HTTP: ours to mend
        route = visit.request.scope["route"].path
        log.error("request %s failed: %s %s", visit.id, visit.request.method, route, exc_info=error)
    template = "parts/trouble.html" if visit.is_partial else "trouble.html"
    roles = [role for role in STAFF_ROLES if kind == "forbidden" and subject in ROLES[role]]
    response = visit.render(template, status=status, status_code=status, kind=kind, subject=subject, roles=roles)
    if isinstance(error, Unavailable):
        response.headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    return response


def _sort(error: Exception) -> tuple[int, str, str]:  # noqa: PLR0911 - one line an error
    """Status, the kind of sentence to show, and its subject."""
    match error:
        case Forbidden():
            return 403, "forbidden", error.permission
        case HTTPException() if error.status_code == 403:  # noqa: PLR2004 - HTTP: forbidden
            return 403, "form", ""
        case HTTPException() if error.status_code == 404:  # noqa: PLR2004 - HTTP: not found
            return 404, "missing", error.detail
        case HTTPException():
            return error.status_code, "refused", ""
        case Refused():
            return 400, "refused", str(error)
        case Conflict():
            return 409, "conflict", ""
        case Unavailable():
            return 503, "unavailable", ""
        case _:
            return 500, "broken", ""
