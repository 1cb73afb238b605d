"""One request to the privacy centre: what came with it, who is in, and how it is answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from itda.centre import visit_pages
from itda.centre.visit_pages import Front
from itda.centre.visit_words import VisitWords
from itda.centre.wire import HEADERS
from itda.engine.visits import Visitor

HERE, ASKED, LANGUAGE = "itda-my", "itda-my-asked", "itda-my-language"


def cookie(name: str, request: Request, url: str) -> str:
    """The cookie's name: over HTTPS one that no other host and no plain page can set (RFC 6265bis §4.1.3)."""
    return f"__Host-{name}" if is_secure(request, url) else name


def is_secure(request: Request, url: str) -> bool:
    """Whether cookies go over HTTPS only: the shop's address says so, or the request came so."""
    return url.startswith("https://") or request.url.scheme == "https"


class Visited:
    """One request. `visitor` is None before somebody is in; `url` is where the door is reached from outside."""

    def __init__(
        self, url: str, request: Request, form: dict[str, list[str]] | None, visitor: Visitor | None, front: Front
    ) -> None:
        self.url = url
        self.request = request
        self.form = form
        self.visitor = visitor
        self.front = front

    @property
    def words(self) -> VisitWords:
        """The sentences."""
        return self.front.words

    @property
    def language(self) -> str:
        """Of the page."""
        return self.front.around.language

    @property
    def who(self) -> Visitor:
        """Who is in; asked only by pages for them."""
        if self.visitor is None:
            raise LookupError("nobody is in")
        return self.visitor

    def field(self, name: str) -> str:
        """The first value of a field of the form; empty where there is none."""
        return (self.form or {}).get(name, [""])[0]

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page by its template."""
        return HTMLResponse(visit_pages.page(template, self.front, **values), status, headers=HEADERS)

    def told(
        self, title: str, lines: Iterable[str], status: int = 200, *, link: str = "", link_text: str = "",
        is_in: bool = True,
    ) -> Response:  # fmt: skip
        """A page that says one thing, and where to go from there."""
        front = self.front if is_in else _outside(self.front)
        return HTMLResponse(
            visit_pages.told(front, title, lines, link=link, link_text=link_text), status, headers=HEADERS
        )

    def seen(self, path: str) -> Response:
        """On to a page that is looked at, so that loading it anew asks for nothing again."""
        return RedirectResponse(path, 303, headers=HEADERS)

    def ended(self) -> Response:
        """For who is in no more."""
        words = self.words
        lines = [words.ended] if self.form is None else [words.ended_form, words.ended]
        return self.told(words.ended_title, lines, 401, link="/my/", link_text=words.ask_again, is_in=False)

    def set_cookie(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        """Give the browser a cookie of this host alone; `seconds` None: until it is closed."""
        response.set_cookie(
            cookie(name, self.request, self.url), value, max_age=seconds, path="/", httponly=True, samesite="lax",
            secure=is_secure(self.request, self.url),
        )  # fmt: skip


def _outside(front: Front) -> Front:
    """The same for who is in no more."""
    return msgspec.structs.replace(front, csrf="")
