"""The door of forms that stand on a brand's own pages: what is ticked is posted here.

    GET  /f/form.js     keeps who signs up on the page; a form works without it
    GET  /f/NAME        the form on a page of its own
    POST /f/NAME        takes it; JSON for the script, else a page

It says the same whoever's address was given, so nobody learns from it who is known here.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.access.declared import OPEN, declared
from itda.access.limits import Buckets
from itda.base.errors import Conflict, ItdaError, Refused
from itda.centre import pages
from itda.centre.pages import Around
from itda.centre.wire import HEADERS, accepted, form_of, network_of
from itda.centre.words import LANGUAGES
from itda.consent.forms import WRONG, Form, Tried
from itda.engine.app import App
from itda.engine.commands.forms import SubmitForm, html_of

PREFIX = "/f/"
SCRIPT = (Path(__file__).parent / "form.js").read_bytes()
_OF_ADDRESS = (20, 0.2)
"""Forms from one address: so many at once, so many a second."""
_ACTOR = Actor(name="form", role="customer", system="centre")
_WHY = "a form on a page of the brand"
_TAG = hashlib.sha256(SCRIPT).hexdigest()[:16]
_TOLD = {
    "ko": {
        "done": "신청되었습니다. 확인이 필요한 경우 메일로 안내해 드립니다.",
        "none": "선택한 동의가 없어 아무것도 바뀌지 않았습니다.",
        "bad": "이메일 또는 전화번호를 확인해 주세요.", "often": "잠시 후 다시 시도해 주세요.",
        "away": "지금은 처리하지 못했습니다. 잠시 후 다시 시도해 주세요.", "title": "수신 동의 신청",
    },
    "en": {
        "done": "Received. Where it has to be confirmed, you get a mail.",
        "none": "Nothing was ticked, so nothing was changed.", "bad": "Please check the e-mail address or the number.",
        "often": "Please try again in a moment.", "away": "This could not be done just now. Please try again.",
        "title": "Sign up",
    },
}  # fmt: skip


class Forms:
    """The routes."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._clock = app, clock
        self._of_address = Buckets(*_OF_ADDRESS)
        self.routes = [
            Route("/f/form.js", declared(OPEN, self._script), methods=["GET"]),
            Route("/f/{name}", declared(OPEN, self._form), methods=["GET", "POST"]),
        ]

    async def _script(self, _: Request) -> Response:
        headers = {"cache-control": "public, max-age=3600", "etag": f'"{_TAG}"', "x-content-type-options": "nosniff"}
        return Response(SCRIPT, media_type="text/javascript", headers=headers)

    async def _form(self, request: Request) -> Response:
        language = self._language(request)
        form = self._app.workspace.consent.forms.get(request.path_params["name"])
        if form is None and _is_script(request):
            return self._told(request, language, 404, "away")
        if form is None:
            around = self._around(language)
            words = around.words
            page = pages.plain(around, words.title_missing, [words.missing, words.missing_cure])
            return HTMLResponse(page, 404, headers=HEADERS)
        if request.method == "GET":
            return self._shown(form, language)
        if self._of_address.wait(network_of(request), self._clock()):
            return self._told(request, language, 429, "often")
        fields = await form_of(request)
        if fields is None:
            return self._told(request, language, 413, "bad")
        command = SubmitForm(
            form=form.name, language=language, given=tuple(fields.get("given", [])),
            identifiers={kind: fields[kind][0] for kind in ("email", "phone") if fields.get(kind)},
            page=fields.get("page", [""])[0],
        )  # fmt: skip
        return await run_in_threadpool(self._take, request, language, command)

    def _take(self, request: Request, language: str, command: SubmitForm) -> Response:
        try:
            done = self._app.act(command, _ACTOR, _WHY)
        except Refused as refused:
            wrong = next((one.field for one in refused.faults if one.field), "") or ""
            return self._again(request, language, command, 400, "bad", wrong)
        except (Conflict, ItdaError):
            return self._told(request, language, 503, "away")
        if not done.value.acts:
            return self._again(request, language, command, 200, "none")
        return self._told(request, language, 200, "done")

    def _again(
        self, request: Request, language: str, command: SubmitForm, status: int, what: str, wrong: str = ""
    ) -> Response:
        """The form as they left it, with what is wrong at its field; to the script what is wrong, and where."""
        said = WRONG[language].get(wrong, _TOLD[language][what])
        form = self._app.workspace.consent.forms.get(command.form)
        if form is None or _is_script(request):
            return self._told(request, language, status, what, said, wrong)
        tried = Tried(command.identifiers, command.given, wrong)
        return self._shown(form, language, status, tried, "" if wrong in WRONG[language] else said)

    def _shown(
        self, form: Form, language: str, status: int = 200, tried: Tried | None = None, told: str = ""
    ) -> Response:
        html = html_of(self._app.workspace, form, language, tried)
        title = _TOLD[language]["title"]
        page = pages.page_of("form.html", self._around(language), title=title, form=html, told=told)
        return HTMLResponse(page, status, headers=HEADERS)

    def _told(
        self, request: Request, language: str, status: int, what: str, said: str = "", wrong: str = ""
    ) -> Response:
        said = said or _TOLD[language][what]
        if _is_script(request):
            headers = {"access-control-allow-origin": "*", "cache-control": "no-store"}
            body = msgspec.json.encode({"ok": status == 200, "message": said, "field": wrong})  # noqa: PLR2004 - HTTP's OK
            return Response(body, status, headers, "application/json")
        page = pages.plain(self._around(language), _TOLD[language]["title"], [said])
        return HTMLResponse(page, status, headers=HEADERS)

    def _language(self, request: Request) -> str:
        wishes = (request.query_params.get("lang", ""), accepted(request), *self._app.workspace.languages)
        return next((wish for wish in wishes if wish in LANGUAGES), "en")

    def _around(self, language: str) -> Around:
        workspace = self._app.workspace
        sender = workspace.consent.sender
        contacts = tuple(part for part in (sender.email, sender.phone, sender.address) if part)
        return Around(language=language, sender=sender.name or workspace.name, contacts=contacts, zone=workspace.zone)


def _is_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
