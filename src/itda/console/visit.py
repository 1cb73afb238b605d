"""One request to the console: who looks, in which language, with which formats; and the way to answer it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from itda.access.actor import Actor, may
from itda.console import language as tongue
from itda.console.desk import Desk, Door, Shopfront
from itda.console.formats import Formats
from itda.console.searches import Searches
from itda.engine.staff import Session

COOKIE = "itda_session"
_LONGEST_NUMBER = 19
"""Digits: fewer always fit into eight bytes."""


class House(NamedTuple):
    """What all visits share."""

    desk: Desk
    door: Door
    front: Callable[[], Shopfront]
    """As the shop is now: what was applied since is in it."""
    pages: Mapping[str, Environment]
    searches: Searches
    clock: Callable[[], int]


class Visit:
    """One request, answered. `session` is None before login."""

    def __init__(self, house: House, request: Request, session: Session | None, form: FormData | None = None) -> None:
        self.house = house
        self.request = request
        self.session = session
        self.form = form or FormData()
        self.id: str = request.scope["itda.request"]
        self.language = choose(house, request, session)
        self.front = house.front()
        self.formats = Formats(self.language, self.front.zone, self.front.currency)
        self.now = house.clock()

    @property
    def actor(self) -> Actor:
        """Who looks; a page that shows data is only reached with a session."""
        if self.session is None:
            raise PermissionError(self.request.url.path)
        return self.session.actor

    @property
    def is_partial(self) -> bool:
        """Whether a script asked for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def is_secure(self) -> bool:
        """Whether cookies go over HTTPS only: the shop says so, or the request came so (a proxy on our host tells)."""
        return self.front.is_secure or self.request.url.scheme == "https"

    def may(self, permission: str) -> bool:
        """Whether who looks may do that; pages offer only what works."""
        return self.session is not None and may(self.session.actor, permission)

    def say(self, text: str) -> str:
        """The text in the visit's language."""
        translations: Any = self.house.pages[self.language].globals["say"]
        return str(translations(text))

    def labels(self) -> Mapping[str, str]:
        """What segments, journeys and messages are called in the visit's language."""
        return self.front.labels.get(self.language, {})

    def query(self, name: str) -> str:
        """A value of the address, cut to a sensible length."""
        return self.request.query_params.get(name, "")[:200].replace("\0", "")

    @staticmethod
    def number(text: str) -> int | None:
        """A number somebody wrote into an address or a form, as far as the log counts; None when it is none."""
        return int(text) if text.isascii() and text.isdecimal() and len(text) < _LONGEST_NUMBER else None

    def field(self, name: str) -> str:
        """A text field of the form; empty when it is missing or a file."""
        value = self.form.get(name, "")
        return value[:500].replace("\0", "") if isinstance(value, str) else ""

    def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page or a part of one."""
        return HTMLResponse(self.html(template, **values), status_code=status)

    def html(self, template: str, **values: Any) -> str:
        """The text of a page or of a part of one."""
        page = self.house.pages[self.language].get_template(template)
        own = {"visit": self, "f": self.formats, "front": self.front, "session": self.session}
        return page.render(**own, path=self.request.url.path, **values)

    def in_language(self, language: str) -> str:
        """The address of this page in another language. The answer to a form has no address of its own."""
        if self.request.method == "POST":
            return "/?" + urlencode({"lang": language})
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name != "lang"]
        return self.request.url.path + "?" + urlencode([*kept, ("lang", language)])

    def here(self, **changes: str) -> str:
        """The address of this page with other values in its query; an empty value leaves one out."""
        values = dict(self.request.query_params) | changes
        values.pop("lang", None)
        left = urlencode({name: value for name, value in values.items() if value})
        return self.request.url.path + ("?" + left if left else "")


def see_other(where: str) -> Response:
    """After a form: go and look there (303), so that Back and reload send nothing twice."""
    return RedirectResponse(where, status_code=303)


def choose(house: House, request: Request, session: Session | None) -> str:
    """The language of this request."""
    return tongue.choose(
        request.query_params.get("lang", ""),
        request.cookies.get(tongue.COOKIE, ""),
        session.language if session else "",
        request.headers.get("accept-language", ""),
        house.front().languages,
    )


def new_request_id() -> str:
    """Twelve letters that stand on an error's page and in the log."""
    return secrets.token_hex(6)


def address(request: Request) -> str:
    """The network address the request came from, as this process sees it."""
    return request.client.host if request.client else ""
