"""Around every request: its id, the headers that keep a page from loading or leaking anything, and who is asking."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from itda.access.declared import OPEN, declared
from itda.base.errors import ItdaError
from itda.console import language
from itda.console.pages import trouble
from itda.console.visit import COOKIE, House, Visit, address, new_request_id, see_other
from itda.engine.app import Forbidden

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_MENDED = {"code": "/login/code", "enrol": "/account/codes"}
"""What a session lacks → the page where it is given."""
ANY = "any"
"""A page that every session opens, whatever it lacks."""
PageFunction = Callable[[Visit], Response]


class Guard:
    """Gives each request its id and each answer its headers; nothing with data in it is kept by a browser or proxy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its id; add what every answer carries."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["itda.request"] = new_request_id()

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                headers["x-request-id"] = scope["itda.request"]
            await send(message)

        await self._app(scope, receive, guarded)


def page(house: House, answer: PageFunction, permission: str, lacking: str = "") -> Callable[[Request], object]:
    """An endpoint: find the session, check the form's origin and token and the permission, answer in a thread.

    Pages that are `OPEN` are shown to those who are not logged in. Who may not is told so, and it is written down.
    A session that is not whole opens only the page that mends what it is `lacking`.
    """
    is_open = permission == OPEN

    async def endpoint(request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=50) if request.method == "POST" else None
        return await run_in_threadpool(_serve, request, form)

    def _serve(request: Request, form: FormData | None) -> Response:
        token = request.cookies.get(COOKIE, "")
        try:
            session = house.door.who(token, address(request)) if token else None
        except ItdaError as error:
            return trouble.tell(Visit(house, request, None, form), error)
        visit = Visit(house, request, session, form)
        try:
            if "\0" in request.url.path or "%00" in request.url.path:
                raise HTTPException(404, "path")  # noqa: TRY301 - answered as any other
            if form is not None:
                _check_form(visit, is_open)
            if session is None and not is_open:
                response = _to_login(request)
            elif not is_open and session is not None and session.lacks not in {"", lacking} and lacking != ANY:
                response = see_other(_MENDED[session.lacks])
            else:
                if not is_open:
                    _check_permission(visit, permission)
                response = answer(visit)
        except Exception as error:  # noqa: BLE001 - every error becomes a page with its request's id; ours are logged
            response = trouble.tell(visit, error)
        _remember_language(visit, response)
        return response

    return declared(permission, endpoint)


def _check_permission(visit: Visit, permission: str) -> None:
    if not visit.may(permission):
        visit.house.door.forbid(visit.actor, f"{visit.request.method} {visit.request.scope['route'].path}")
        raise Forbidden(visit.actor, permission)


def _check_form(visit: Visit, is_open: bool) -> None:
    """A form counts only from our own pages (its origin) and from the session it was shown to (its token)."""
    request = visit.request
    origin = request.headers.get("origin", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    foreign = bool(origin) and urlsplit(origin).netloc != request.headers.get("host", "")
    if foreign or site not in {"same-origin", "none"}:
        raise HTTPException(403, "origin")
    if visit.session is not None and not is_open:
        given = visit.field("csrf")
        if not hmac.compare_digest(given.encode(), visit.session.csrf.encode()):
            raise HTTPException(403, "token")


def _to_login(request: Request) -> Response:
    """To the login and back here afterwards; a script is told so by a header, since it cannot show a login."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = "/login" if request.method == "POST" else f"/login?next={quote(target, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": "/login"})
    return RedirectResponse(where, status_code=303)


def _remember_language(visit: Visit, response: Response) -> None:
    if visit.request.query_params.get("lang", "") in language.LANGUAGES:
        response.set_cookie(
            language.COOKIE,
            visit.language,
            max_age=365 * 86_400,
            httponly=True,
            samesite="lax",
            secure=visit.is_secure,
        )
