"""The pages of the privacy centre for who is in: what is known, what was sent, what they choose, what they ask for."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from starlette.responses import HTMLResponse, Response

from itda.base.errors import Conflict, Refused
from itda.centre import pages, visit_pages
from itda.centre.visit import Answer
from itda.centre.visitor import Visited
from itda.centre.wire import HEADERS
from itda.consent import pauses
from itda.engine.app import App, Command, Question
from itda.engine.commands.centre import ChooseAtVisit, Heard, SetPace
from itda.engine.commands.mine import AskOfOwn, Pause, is_correctable
from itda.engine.questions.mine import WhatIsKnown
from itda.engine.questions.mine_told import WhatHappened, WhatWasAgreed, WhatWasSent
from itda.engine.requests.handing import OwnAnswers, OwnCopy
from itda.engine.requests.own import EverythingOfMine, OwnReceipt, OwnRequests
from itda.engine.requests.page import html
from itda.engine.requests.staying import WhatStays
from itda.engine.requests.views import Request as Asked
from itda.store.requests import Kind
from itda.store.vault import Unsealable

Result = TypeVar("Result")
_WHY = "a customer's own look"
_TRIES = 3
_PLACE = "place"
_NOWHERE = bytes(16)


class Processor(msgspec.Struct, frozen=True):
    """Somebody who processes personal data for the brand. `country` is empty where it is the brand's own."""

    name: str
    does: str
    country: str


class Inside:
    """The pages of one workspace. `send` has a code sent to an address that was typed."""

    def __init__(self, app: App, send: Callable[[Visited, str], Response]) -> None:
        self._app = app
        self._send = send
        self._places = app.vault.cipher(app.vault.seed("places of the privacy centre"))

    @property
    def pages(self) -> dict[str, Answer]:
        """Each page by its path below the door."""
        return {
            "": self.home, "known": self.known, "events": self.events, "messages": self.messages,
            "choices": self.choices, "requests": self.requests, "delete": self.delete, "prove": self.prove,
            "download": self.download,
        }  # fmt: skip

    def home(self, visit: Visited) -> Response:
        """Who they are to us, and what they can do."""
        return self._of_known(visit, "home.html")

    def known(self, visit: Visited) -> Response:
        """All that is known of them."""
        return self._of_known(visit, "known.html")

    def events(self, visit: Visited) -> Response:
        """What happened."""
        before = self._place(visit)
        found = self._ask(visit, WhatHappened(visit.who.fragments, before))
        return visit.page("events.html", found=found, older=self._sealed(found.next), is_first=not before)

    def messages(self, visit: Visited) -> Response:
        """What was sent, and why."""
        before = self._place(visit)
        found = self._ask(visit, WhatWasSent(visit.who.fragments, before))
        return visit.page("messages.html", found=found, older=self._sealed(found.next), is_first=not before)

    def choices(self, visit: Visited) -> Response:
        """What they agree to, how often, and what they said before."""
        try:
            if visit.form is not None:
                return visit.seen(f"/my/choices?done={'saved' if self._choose(visit) else 'nothing'}")
        except Refused:  # no form of ours says that; what it said is put nowhere
            words = visit.words
            return visit.told(words.choices_title, [words.refused], 400, link="/my/choices", link_text=words.nav_home)
        done = {"saved": visit.words.saved, "nothing": visit.words.nothing_changed}
        told = done.get(visit.request.query_params.get("done", ""), "")
        found = self._ask(visit, WhatWasAgreed(visit.who.fragments, visit.language))
        if found is None:
            return visit.ended()
        around = visit.front.around
        statuses = {choice.purpose: choice.status for choice in found.choices.choices}
        paused = [(one, statuses.get(one) in ("refused", "withdrawn")) for one in pauses.PAUSABLE]
        shown = msgspec.structs.replace(
            found.choices, choices=[one for one in found.choices.choices if one.purpose not in pauses.PAUSABLE]
        )
        return visit.page(
            "choices.html", told=told, groups=pages.groups(around, shown), found=found, paused=paused,
            can_save=any(choice.can_change for choice in shown.choices),
        )  # fmt: skip

    def requests(self, visit: Visited) -> Response:
        """What they asked for, and how far it is; and where they ask for more."""
        wrong, taken = "", visit.request.query_params.get("taken", "")
        if visit.form is not None:
            kind, said = visit.field("kind"), visit.field("right").strip()[:500]
            if kind == "correct" and visit.field("what"):
                wrong = "" if said else visit.field("what")
                if said:
                    return self._taken(visit, "correct", {visit.field("what")[:100]: said})
            if kind == "stop":
                return self._taken(visit, "stop", {})
        found = self._ask(visit, OwnRequests(visit.who.fragments))
        answers = self._ask(visit, OwnAnswers(visit.who.fragments))
        known = self._ask(visit, WhatIsKnown(visit.who.fragments))
        policy = self._app.workspace.policy
        traits = [
            one
            for one in (known.traits if known is not None else [])
            if one.kind == "declared" and is_correctable(policy, one.name) and not visit_pages.derived(one.name)
        ]
        return visit.page(
            "requests.html", 422 if wrong else 200, found=found, answers=answers, traits=traits, wrong=wrong,
            taken=next((one for one in found if taken and one.id == taken and not wrong), None),
        )  # fmt: skip

    def delete(self, visit: Visited) -> Response:
        """What deleting means; then whether they are sure; then it begins."""
        step = visit.field("step")
        if step == "sure" and visit.field("understood") == "yes":
            return visit.page("sure.html")
        if step == "delete":
            return self._taken(visit, "erase", {})
        stays = self._ask(visit, WhatStays(visit.who.fragments))
        return self._of_known(
            visit, "delete.html", 422 if step == "sure" else 200, is_wrong=step == "sure", stays=stays
        )

    def prove(self, visit: Visited) -> Response:
        """Where a second address is proven."""
        address = visit.field("address").strip()
        if "@" in address[1:-1]:
            return self._send(visit, address)
        is_wrong = visit.form is not None
        return self._of_known(visit, "prove.html", 422 if is_wrong else 200, is_wrong=is_wrong, typed=address[:254])

    def download(self, visit: Visited) -> Response:
        """All of it as a file, for machines or for reading."""
        kind = visit.field("as")
        proven, language = visit.who.fragments, visit.language
        if kind == "receipt":
            return self._file(visit, "consents", self._ask(visit, OwnReceipt(proven)))
        if visit.field("request") and kind in ("json", "html"):
            return self._copy(visit, kind)
        if kind not in ("json", "html"):
            return self.requests(visit)
        whole = self._ask(visit, EverythingOfMine(proven, language))
        if kind == "json" or whole is None:
            return self._file(visit, "my-data", whole)
        page = visit_pages.page(
            "download.html", visit.front, whole=whole, css=pages.STYLE.decode(), now=self._app.clock(),
            processors=self._processors(language),
        )  # fmt: skip
        return HTMLResponse(page, headers=_attached("my-data.html"))

    def _copy(self, visit: Visited, kind: str) -> Response:
        """The answer to a request of theirs, as one of us released it."""
        found = self._ask(visit, OwnCopy(visit.who.fragments, visit.field("request")))
        if found is None:
            words = visit.words
            return visit.told(
                words.requests_title, [words.copy_gone], 410, link="/my/requests", link_text=words.nav_home
            )
        if kind == "json":
            return self._file(visit, "my-copy", found)
        return HTMLResponse(html(found, "ko" if visit.language == "ko" else "en"), headers=_attached("my-copy.html"))

    def _file(self, visit: Visited, name: str, told: object) -> Response:
        """Something as a file of JSON; that the visit has ended, where there is nothing."""
        if told is None:
            return visit.ended()
        raw = msgspec.json.format(msgspec.json.encode(told), indent=1)
        return Response(raw, media_type="application/json", headers=_attached(f"{name}.json"))

    # ── What they share ──────────────────────────────────────────────────────────────────────────────────────────

    def _of_known(self, visit: Visited, template: str, status: int = 200, **values: Any) -> Response:
        found = self._ask(visit, WhatIsKnown(visit.who.fragments))
        if found is None:
            return visit.ended()
        return visit.page(template, status, found=found, processors=self._processors(visit.language), **values)

    def _processors(self, language: str) -> list[Processor]:
        return [
            Processor(name, one.does.get(language, ""), one.country)
            for name, one in self._app.workspace.processors.items()
        ]

    def _choose(self, visit: Visited) -> int:
        """Carry out what the form says; how many acts came of it."""
        form, proven, language = visit.form or {}, visit.who.fragments, visit.language
        changed = 0
        if "pace" in form:
            changed += self._act(visit, SetPace(proven=proven, pace=visit.field("pace"), language=language)).changed
        if "pause" in form:
            command = Pause(
                proven=proven, purpose=visit.field("pause"), is_paused=visit.field("to") == "pause", language=language
            )
            changed += self._act(visit, command).changed
        if "shown" in form:
            command_of_boxes = ChooseAtVisit(
                proven=proven, language=language, shown=_abouts(form["shown"]), given=_abouts(form.get("given", []))
            )
            changed += self._act(visit, command_of_boxes).changed
        return changed

    def _taken(self, visit: Visited, kind: Kind, changes: dict[str, str]) -> Response:
        words = visit.words
        command = AskOfOwn(proven=visit.who.fragments, kind=kind, changes=changes)
        try:
            asked: Asked | None = self._app.act(command, visit.who.actor, "asked in the privacy centre").value
        except Refused:
            return visit.told(words.requests_title, [words.refused], 409, link="/my/requests", link_text=words.nav_home)
        if asked is None:
            return visit.ended()
        if kind != "erase":
            return visit.seen(f"/my/requests?taken={asked.id}")
        line = words.taken.format(number=asked.id[:12], date=visit.front.date(asked.due_at))
        return visit.told(words.taken_title, [line, words.taken_stopped, words.taken_erase])

    def _ask(self, visit: Visited, question: Question[Result]) -> Result:
        return self._app.ask(question, visit.who.actor, _WHY)

    def _act(self, visit: Visited, command: Command[Heard]) -> Heard:
        """What was done. Where another transaction was first it is tried again."""
        for _ in range(_TRIES - 1):
            with contextlib.suppress(Conflict):
                return self._app.act(command, visit.who.actor, _WHY).value
        return self._app.act(command, visit.who.actor, _WHY).value

    def _sealed(self, place: str) -> str:
        """A place in a list as a form carries it: it tells nobody a time."""
        return base64.urlsafe_b64encode(self._places.seal(_NOWHERE, _PLACE, place.encode())).decode() if place else ""

    def _place(self, visit: Visited) -> str:
        """The place that a form asks for; the beginning where it is none of ours."""
        try:
            return self._places.open(_NOWHERE, _PLACE, base64.urlsafe_b64decode(visit.field("before"))).decode()
        except (Unsealable, ValueError):
            return ""


def _attached(name: str) -> dict[str, str]:
    """The headers of a file that is saved, never shown."""
    return {**HEADERS, "content-disposition": f'attachment; filename="{name}"'}


def _abouts(names: list[str]) -> tuple[tuple[str, str], ...]:
    """(purpose, channel) of each box by its name."""
    return tuple((purpose, channel) for purpose, _, channel in (name.partition(" ") for name in names) if channel)
