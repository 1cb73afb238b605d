"""The customer's door over HTTP: plain pages and forms, no cookie, no script, no login.

What a token names is told only to whoever holds it. A look never changes anything: refusing and choosing is posted.
An address that asks for pages too often is told to wait, and so is whoever uses one message's links too often. Who
refuses by one click (RFC 8058) never is. Openings and clicks come through the few addresses of large mail providers,
and each is told to the log once: they are not counted.
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable
from functools import partial

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from itda.access.actor import Actor
from itda.access.declared import OPEN, declared
from itda.access.limits import Buckets
from itda.base.errors import Conflict, ItdaError
from itda.centre import asking, pages
from itda.centre.forms import Forms
from itda.centre.inside import Inside
from itda.centre.pages import ADS_PURPOSES, Around
from itda.centre.visit import PREFIX
from itda.centre.visit import Door as Visiting
from itda.centre.wire import HEADERS, accepted, form_of, network_of
from itda.centre.words import LANGUAGES
from itda.engine.app import App
from itda.engine.commands.asked import ANSWERS, AnswerLetter
from itda.engine.commands.centre import ChangePreferences, Unsubscribe
from itda.engine.questions.asked import Asked
from itda.engine.questions.centre import Choices, Preferences, is_ours
from itda.engine.sending.seen import Seen
from itda.messages.links import SEED, Use, outbox_of

PREFIXES = ("/u/", "/p/", "/k/", "/f/", "/o/", "/c/", PREFIX)
"""Where the door begins: unsubscribe, preferences, what a letter asks, forms, openings, clicks, the privacy centre."""
_TRIES = 3
_OF_ADDRESS = (120, 10.0)
"""Pages for one address: so many at once, so many a second. Whole offices share one."""
_OF_MESSAGE = (30, 1.0)
"""The same for the pages and choices of one message."""
_WHY = "a link of a message"
_ACTOR = Actor(name="link", role="customer", system="centre")
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b")
_log = logging.getLogger(__name__)


def centre(
    app: App,
    seen: Seen,
    is_pressed: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """The centre of a workspace. Openings and clicks are not told to the log while it `is_pressed`; `clock` in s."""
    door = _Door(app, seen, is_pressed, clock)
    visits = Visiting(app, clock)
    return Starlette(
        routes=[
            Route("/u/{token}", declared("centre.change", partial(door.page, "unsubscribe")), methods=["GET", "POST"]),
            Route(f"/p/{pages.STYLE_NAME}", declared(OPEN, _style), methods=["GET"]),
            Route("/p/{token}", declared("centre.change", partial(door.page, "preferences")), methods=["GET", "POST"]),
            Route("/k/{token}", declared("centre.change", partial(door.page, "confirm")), methods=["GET", "POST"]),
            Route("/o/{token}.gif", declared(OPEN, door.pixel), methods=["GET"]),
            Route("/c/{token}/{proof}/{path}", declared(OPEN, door.click), methods=["GET"]),
            *Forms(app, clock).routes,
            *visits.routes(Inside(app, visits.send).pages),
            Route("/{path:path}", declared(OPEN, door.missing), methods=["GET", "POST"]),
        ]
    )


def doors(app: App, seen: Seen, is_pressed: Callable[[], bool]) -> dict[str, ASGIApp]:
    """The centre by the prefixes of its addresses."""
    made = centre(app, seen, is_pressed)
    return dict.fromkeys(PREFIXES, made)


async def _style(_: Request) -> Response:
    headers = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    return Response(pages.STYLE, media_type="text/css", headers=headers)


class _Door:
    """Answers for one workspace."""

    def __init__(self, app: App, seen: Seen, is_pressed: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._app = app
        self._seen = seen
        self._is_pressed = is_pressed
        self._clock = clock
        self._of_address, self._of_message = Buckets(*_OF_ADDRESS), Buckets(*_OF_MESSAGE)

    async def page(self, use: Use, request: Request) -> Response:
        """Show or take a form, in a thread: questions block."""
        wait = self._wait(use, request)
        if wait:
            return await run_in_threadpool(self._often, request, wait)
        form: dict[str, list[str]] | None = None
        if request.method == "POST":
            form = {}
            if use != "unsubscribe":  # RFC 8058 says what the other posts, and nothing hangs on it
                read = await form_of(request)
                if read is None:
                    return await run_in_threadpool(self._nowhere, request, 413)
                form = read
        return await run_in_threadpool(self._answer, use, request, form)

    async def pixel(self, request: Request) -> Response:
        """The image, whoever asks; whether a message was opened is told behind it."""
        if request.method == "GET" and not self._is_pressed():
            await run_in_threadpool(self._quietly, partial(self._seen.opened, request.path_params["token"]))
        return Response(_PIXEL, media_type="image/gif", headers={"cache-control": "no-store"})

    async def click(self, request: Request) -> Response:
        """On to where the link leads; only to what we wrote into that very message."""
        parts = request.path_params
        found = self._seen.target(parts["token"], parts["proof"], parts["path"])
        if found is None:
            return await self.missing(request)
        if request.method == "GET" and not self._is_pressed():
            await run_in_threadpool(self._quietly, partial(self._seen.clicked, *found))
        return RedirectResponse(found[1], 302, headers={"cache-control": "no-store", "referrer-policy": "no-referrer"})

    async def missing(self, request: Request) -> Response:
        """The page for whatever is no link of ours."""
        wait = self._of_address.wait(network_of(request), self._clock())
        return (
            await run_in_threadpool(self._often, request, wait)
            if wait
            else await run_in_threadpool(self._nowhere, request)
        )

    def _wait(self, use: Use, request: Request) -> float:
        """How long a page has to be waited for, in seconds; refusing by one click never has."""
        message = outbox_of(request.path_params["token"], use, self._app.vault.seed(SEED))
        is_change = request.method == "POST" and message is not None
        if is_change and use == "unsubscribe":
            return 0.0
        now = self._clock()
        waits = [0.0 if is_change else self._of_address.wait(network_of(request), now)]
        if message is not None:
            waits.append(self._of_message.wait(message, now))
        return max(waits)

    def _answer(self, use: Use, request: Request, form: dict[str, list[str]] | None) -> Response:
        token = request.path_params["token"]
        if not is_ours(self._app.vault, token, use):
            return self._nowhere(request)
        try:
            if use == "confirm":
                return self._asked(request, token, form)
            found = self._app.ask(Preferences(token, use), _ACTOR, _WHY)
            if found is None:
                return self._nowhere(request)
            around = self._around(request, found.language)
            if use == "unsubscribe":
                return self._unsubscribe(around, found, token, form)
            return self._preferences(request, around, found, token, form)
        except ItdaError:
            _log.exception("the centre could not answer")
            around = self._around(request)
            page = pages.plain(around, around.words.title_trouble, [around.words.trouble])
            return HTMLResponse(page, 503, headers={**HEADERS, "retry-after": "5"})

    def _asked(self, request: Request, token: str, form: dict[str, list[str]] | None) -> Response:
        found = self._app.ask(Asked(token), _ACTOR, _WHY)
        if found is None:
            return self._nowhere(request)
        given = (form or {}).get("answer", [""])[0]
        answer = next((one for one in ANSWERS if one == given), None)
        if answer is not None and found.items:
            self._act(AnswerLetter(token=token, answer=answer))
        around = self._around(request, found.language)
        told = given if answer is not None and found.items else ""
        return HTMLResponse(asking.page(around, found, f"/k/{token}", told), headers=HEADERS)

    def _unsubscribe(self, around: Around, found: Choices, token: str, form: dict[str, list[str]] | None) -> Response:
        if form is not None:
            self._act(Unsubscribe(token))
        preferences = f"/p/{self._also(token)}"
        page = pages.unsubscribe(around, found, f"/u/{token}", preferences, is_done=form is not None)
        return HTMLResponse(page, headers=HEADERS)

    def _preferences(
        self, request: Request, around: Around, found: Choices, token: str, form: dict[str, list[str]] | None
    ) -> Response:
        if form is not None:
            done = "saved" if self._choose(around, found, token, form) else "nothing"
            return RedirectResponse(f"/p/{token}?lang={around.language}&done={done}", 303, headers=HEADERS)
        said = {"saved": around.words.saved, "nothing": around.words.nothing_changed}
        told = said.get(request.query_params.get("done", ""), "")
        return HTMLResponse(pages.preferences(around, found, f"/p/{token}", told), headers=HEADERS)

    def _choose(self, around: Around, found: Choices, token: str, form: dict[str, list[str]]) -> int:
        """Carry out what the form says; how many acts came of it."""
        known = {pages.name_of(choice): choice for choice in found.choices}
        changed = 0
        if form.get("stop") == ["all"]:
            changed += self._act(Unsubscribe(token, "preferences"))
            shown = [choice for choice in known.values() if choice.purpose in ADS_PURPOSES]
            given: list[str] = []
        else:
            shown = [known[name] for name in form.get("shown", []) if name in known]
            given = form.get("given", [])
        command = ChangePreferences(
            token=token,
            shown=tuple((choice.purpose, choice.channel) for choice in shown),
            given=tuple((known[name].purpose, known[name].channel) for name in given if name in known),
            language=around.language,
        )
        return changed + self._act(command)

    def _act(self, command: Unsubscribe | ChangePreferences | AnswerLetter) -> int:
        """How many acts came of it. Where another transaction was first it is tried again: a mailbox asks once."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(Conflict):
                return self._app.act(command, _ACTOR, _WHY).value.changed
        return self._app.act(command, _ACTOR, _WHY).value.changed

    def _around(self, request: Request, written_in: str = "") -> Around:
        workspace = self._app.workspace
        asked = request.query_params.get("lang", "")
        wishes = (asked, written_in[:2], accepted(request), *workspace.languages)
        language = next((wish for wish in wishes if wish in LANGUAGES), "en")
        sender = workspace.consent.sender
        contacts = tuple(part for part in (sender.email, sender.phone, sender.address) if part)
        return Around(language=language, sender=sender.name or workspace.name, contacts=contacts, zone=workspace.zone)

    def _nowhere(self, request: Request, status: int = 404) -> Response:
        around = self._around(request)
        words = around.words
        page = pages.plain(around, words.title_missing, [words.missing, words.missing_cure])
        return HTMLResponse(page, status, headers=HEADERS)

    def _often(self, request: Request, wait: float) -> Response:
        around = self._around(request)
        seconds = max(1, math.ceil(wait))
        page = pages.plain(around, around.words.title_often, [around.words.often.format(seconds=seconds)])
        return HTMLResponse(page, 429, headers={**HEADERS, "retry-after": str(seconds)})

    def _also(self, token: str) -> str:
        """The token of the same message for the page of choices."""
        return self._seen.preferences(token)

    def _quietly(self, tell: Callable[[], None]) -> None:
        """What cannot be told to the log keeps nobody from their picture or their page."""
        try:
            tell()
        except ItdaError as error:
            _log.warning("an opening or a click was not told: %s", error)
