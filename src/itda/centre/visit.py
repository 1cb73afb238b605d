"""The privacy centre over HTTP: customers come in by a code and look after what is theirs. Plain pages and forms.

It works without script. No address holds anything but opaque tokens. A look changes nothing: a link of a mail that is
only opened, by a person or a scanner, lets nobody in. Whether an address is known shows in no answer, nor in its time.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import math
import re
import secrets
import time
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.access.declared import OPEN, declared
from itda.access.limits import Buckets
from itda.base.errors import ItdaError
from itda.centre import visit_pages
from itda.centre.brand import Look
from itda.centre.pages import Around
from itda.centre.visitor import ASKED, HERE, LANGUAGE, Visited, cookie
from itda.centre.wire import HEADERS, accepted, form_of, network_of
from itda.centre.words import LANGUAGES
from itda.engine.app import App
from itda.engine.commands.visits import AskForCode, Enter
from itda.engine.questions.mine import ADDRESS
from itda.engine.visits import Visits
from itda.events.normalise import reader

PREFIX = "/my/"
_ALONE_S = 0.5
"""Asking for a code takes a multiple of this, whether anybody has the address or not."""
_OF_ADDRESS = (4, 1 / 300)
"""Codes for one address: so many at once, so many a second."""
_OF_ASKER = (12, 1 / 60)
"""The same for one network, whatever the address."""
_OF_TRIES = (20, 1 / 15)
"""Codes and links that one network may try."""
_OF_PAGES = (120, 5.0)
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_NOBODY = Actor(name="visitor", role="customer", system="centre")
"""Who is not in yet. Where customers come from is written nowhere."""
_log = logging.getLogger(__name__)
Answer = Callable[[Visited], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class Door:
    """The privacy centre of one workspace. `clock` is in s, for limits and times of answers."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.visits = Visits(app.db, app.vault, app.clock)
        self.look = Look.of(app.workspace)
        self._clock = clock
        self._of_address, self._of_asker = Buckets(*_OF_ADDRESS), Buckets(*_OF_ASKER)
        self._of_tries, self._of_pages = Buckets(*_OF_TRIES), Buckets(*_OF_PAGES)

    @property
    def url(self) -> str:
        """Where the door is reached from outside, without a slash at its end; empty where no mail can be sent."""
        workspace = self.app.workspace
        return "" if workspace.email is None else workspace.brand.centre_url or workspace.email.base_url

    def routes(self, inside: dict[str, Answer]) -> list[Route]:
        """Its addresses; `inside` are the pages for who is in, by their path below the door."""
        found = [
            Route("/my/", self._page(self.home, inside[""]), methods=["GET"]),
            Route("/my/code", self._page(self.code), methods=["GET", "POST"]),
            Route("/my/ask", self._page(self.back), methods=["GET"]),
            Route("/my/ask", self._page(self.ask, is_even=True), methods=["POST"]),
            Route("/my/in/{link}", self._page(self.link), methods=["GET", "POST"]),
            Route("/my/out", self._page(self.back), methods=["GET"]),
            Route("/my/out", self._page(self.out), methods=["POST"]),
            *self.look.routes(),
        ]
        found += [
            Route(f"/my/{path}", self._page(None, answer, is_even=path == "prove"), methods=["GET", "POST"])
            for path, answer in inside.items()
            if path
        ]
        return [*found, Route("/my/{path:path}", self._page(self.missing), methods=["GET", "POST"])]

    # ── Around every page ────────────────────────────────────────────────────────────────────────────────────────

    def _page(self, outside: Answer | None, inside: Answer | None = None, *, is_even: bool = False) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            began = self._clock()
            wait = self._of_pages.wait(network_of(request), began)
            if wait:
                return await run_in_threadpool(self._often, request, wait)
            form = await form_of(request) if request.method == "POST" else None
            response = await run_in_threadpool(self._serve, request, form, outside, inside)
            if is_even and request.method == "POST":
                await asyncio.sleep(left(self._clock() - began))
            return response

        return declared(OPEN if inside is None else "centre.change", endpoint)

    def _serve(
        self, request: Request, form: dict[str, list[str]] | None, outside: Answer | None, inside: Answer | None
    ) -> Response:
        token = request.cookies.get(cookie(HERE, request, self.url), "")
        try:
            visitor = self.visits.who(token) if token else None
            visit = Visited(self.url, request, form, visitor, self._front(request, visitor.csrf if visitor else ""))
            if request.method == "POST" and not _is_our_form(visit):
                words = visit.words
                return visit.told(words.foreign_title, [words.foreign], 403, link="/my/", link_text=words.centre)
            answer = inside if visitor is not None and inside is not None else outside
            response = answer(visit) if answer is not None else visit.ended()
        except ItdaError:
            _log.exception("the privacy centre could not answer")
            return self._trouble(request)
        self._remember_language(request, response)
        return response

    def _trouble(self, request: Request) -> Response:
        front = self._front(request, "")
        words = front.around.words
        page = visit_pages.told(front, words.title_trouble, [words.trouble], link="/my/", link_text=front.words.centre)
        return HTMLResponse(page, 503, headers={**HEADERS, "retry-after": "5"})

    def _front(self, request: Request, csrf: str) -> visit_pages.Front:
        workspace = self.app.workspace
        asked = request.query_params.get("lang", "")
        wishes = (asked, request.cookies.get(LANGUAGE, ""), accepted(request), *workspace.languages)
        language = next((wish for wish in wishes if wish in LANGUAGES), "en")
        sender = workspace.consent.sender
        contacts = tuple(part for part in (sender.email, sender.phone, sender.address) if part)
        name = workspace.brand.name or sender.name or workspace.name
        return visit_pages.Front(
            around=Around(language=language, sender=name, contacts=contacts, zone=workspace.zone),
            currency=workspace.currency, logo=self.look.logo_path, look=self.look.style_path, csrf=csrf,
            place=request.url.path,
        )  # fmt: skip

    def _remember_language(self, request: Request, response: Response) -> None:
        language = request.query_params.get("lang", "")
        if language in LANGUAGES:
            secure = self.url.startswith("https://") or request.url.scheme == "https"
            response.set_cookie(
                LANGUAGE, language, max_age=365 * 86_400, path="/my/", httponly=True, samesite="lax", secure=secure
            )

    def _often(self, request: Request, wait: float) -> Response:
        front = self._front(request, "")
        words, seconds = front.around.words, max(1, math.ceil(wait))
        page = visit_pages.told(front, words.title_often, [words.often.format(seconds=seconds)])
        return HTMLResponse(page, 429, headers={**HEADERS, "retry-after": str(seconds)})

    # ── Coming in ────────────────────────────────────────────────────────────────────────────────────────────────

    def home(self, visit: Visited) -> Response:
        """Asks who wants to come in."""
        if not self.url:
            words = visit.words
            return visit.told(words.no_mail_title, [words.no_mail], 503)
        return visit.page("sign_in.html", is_wrong=False, typed="")

    def ask(self, visit: Visited) -> Response:
        """Have a code sent, and on to where it is typed; the same for every address."""
        address = visit.field("address").strip()
        if not _ADDRESS.fullmatch(address):
            return visit.page("sign_in.html", 422, is_wrong=True, typed=address[:254])
        return self.send(visit, address)

    def back(self, visit: Visited) -> Response:
        """To the beginning: who chooses a language beside an answer looks at the address that took a form."""
        return visit.seen("/my/")

    def send(self, visit: Visited, address: str) -> Response:
        """Have a code sent to an address, and on to where it is typed."""
        if not self.url:
            return self.home(visit)
        now = self._clock()
        known_as = reader(ADDRESS, self.app.workspace.country)(address)  # one mailbox has one limit, however written
        spelt = known_as if isinstance(known_as, str) else address.casefold()
        whose = self.app.vault.fingerprint(b"centre address " + spelt.encode())
        wait = max(self._of_asker.wait(network_of(visit.request), now), self._of_address.wait(whose, now))
        if wait:
            return self._often(visit.request, wait)
        browser = secrets.token_urlsafe(32)
        command = AskForCode(
            address=address, language=visit.language, browser=browser, door=self.url,
            visit=visit.visitor.name if visit.visitor is not None else None,
        )  # fmt: skip
        self.app.act(command, _NOBODY, "asked for a code")
        response = RedirectResponse("/my/code", 303, headers=HEADERS)
        visit.set_cookie(response, ASKED, browser, 600)
        return response

    def code(self, visit: Visited) -> Response:
        """Where the code is typed."""
        browser = visit.request.cookies.get(cookie(ASKED, visit.request, self.url), "")
        if visit.form is None:
            return visit.page("code.html", is_wrong=False)
        wait = self._of_tries.wait(network_of(visit.request), self._clock())
        if wait:
            return self._often(visit.request, wait)
        typed = re.sub(r"[\s-]", "", visit.field("code"))[:20]
        return self._let_in(visit, browser=browser, code=typed) or visit.page("code.html", 422, is_wrong=True)

    def link(self, visit: Visited) -> Response:
        """Where the link of the mail leads: a button, since whoever opens it may be a scanner."""
        if visit.form is None:
            return visit.page("link.html")
        wait = self._of_tries.wait(network_of(visit.request), self._clock())
        if wait:
            return self._often(visit.request, wait)
        words = visit.words
        return self._let_in(visit, link=visit.request.path_params["link"]) or visit.told(
            words.link_wrong_title, [words.link_wrong], 410, link="/my/", link_text=words.ask_again
        )

    def _let_in(self, visit: Visited, *, browser: str = "", code: str = "", link: str = "") -> Response | None:
        if not link and not browser:
            return None
        held = visit.visitor.name if visit.visitor is not None else None
        command = Enter(browser=browser, code=code, link=link, visit=held)
        entered = self.app.act(command, _NOBODY, "came in").value
        if entered is None:
            return None
        response = RedirectResponse("/my/", 303, headers=HEADERS)
        visit.set_cookie(response, HERE, entered.token, None)
        visit.set_cookie(response, ASKED, "", 0)
        return response

    def out(self, visit: Visited) -> Response:
        """End the visit."""
        if visit.visitor is not None:
            self.visits.leave(visit.request.cookies.get(cookie(HERE, visit.request, self.url), ""))
        words = visit.words
        response = visit.told(words.sign_out, [words.signed_out], link="/my/", link_text=words.enter, is_in=False)
        visit.set_cookie(response, HERE, "", 0)
        return response

    def missing(self, visit: Visited) -> Response:
        """For whatever is no page of ours."""
        around = visit.front.around.words
        return visit.told(around.title_missing, [around.missing], 404, link="/my/", link_text=visit.words.centre)


def left(took: float) -> float:
    """How long an answer that took so many seconds waits until it goes, in seconds."""
    return math.ceil(took / _ALONE_S) * _ALONE_S - took


def _is_our_form(visit: Visited) -> bool:
    """Whether a form comes from our own pages: its origin, and of who is in the token they were shown."""
    request = visit.request
    if visit.form is None or request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    if visit.visitor is None or request.url.path in {"/my/ask", "/my/code"} or request.url.path.startswith("/my/in/"):
        return True
    return hmac.compare_digest(visit.field("csrf").encode(), visit.visitor.csrf.encode())
