"""The desk's questions about what people ask for of their own data: taking it, carrying it out, telling of it."""

from __future__ import annotations

import time
from typing import Any, Protocol

import msgspec

from itda.access.actor import Actor
from itda.base.errors import Fault, Refused
from itda.engine.app import App
from itda.engine.naming import named
from itda.engine.requests.carrying import Proceed
from itda.engine.requests.desk import Copy, copied
from itda.engine.requests.handing import Release
from itda.engine.requests.opening import OpenRequest, Said, WhatWasSaid, WhoIsMeant
from itda.engine.requests.page import Language
from itda.engine.requests.questions import Requests, RequestShown
from itda.engine.requests.telling import ToldThem, WhatToTell
from itda.engine.requests.views import Request
from itda.store.requests import Kind, State

WAIT_S = 3.0
"""How long a page waits for those who read the log, in seconds."""
_LOOK_S = 0.5
_READ = frozenset({"destroying", "destroyed"})
"""Steps after which others read the log."""


class Wish(msgspec.Struct, frozen=True):
    """What somebody asks for. `changes` are what a correction says is right: trait → value."""

    kind: Kind
    who: str
    """KIND:VALUE, or a customer's id."""
    reason: str = ""
    changes: dict[str, str] = {}


class RequestDesk(Protocol):
    """Requests of people. `Refused` says what is wrong with one."""

    def requests(self, actor: Actor, state: State | None) -> list[Request]:
        """Those in a state (None: all), those that are open first."""
        ...

    def request(self, actor: Actor, request: str) -> Request:
        """One, by its id."""
        ...

    def said(self, actor: Actor, request: str) -> Said:
        """What a person said with theirs, as far as whoever looks may see it and it can be read still."""
        ...

    def meant(self, actor: Actor, who: str) -> int:
        """How many identifiers whoever is meant has; 0: nothing is held of them."""
        ...

    def take_request(self, actor: Actor, wish: Wish) -> Request:
        """Write one down; what it stops is stopped with it."""
        ...

    def carry_on(self, actor: Actor, request: str) -> Request:
        """Go on with one as far as it goes."""
        ...

    def to_tell(self, actor: Actor, request: str, destination: str) -> dict[str, Any]:
        """What one of us has to tell a processor, and of whom."""
        ...

    def note_told(self, actor: Actor, request: str, destination: str, proof: str) -> None:
        """Note that a processor was told."""
        ...

    def release(self, actor: Actor, request: str, language: str) -> Request:
        """Mail whoever asked for a copy a link into the privacy centre."""
        ...

    def copy_of(self, actor: Actor, request: str, reason: str, language: Language) -> Copy:
        """What is known of who asked for it; their request is done."""
        ...


class RequestEngineDesk:
    """Answers from the workspace of `app`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def requests(self, actor: Actor, state: State | None) -> list[Request]:
        """Those in a state (None: all), those that are open first."""
        return self._app.ask(Requests(state), actor, "console: requests")

    def request(self, actor: Actor, request: str) -> Request:
        """One, by its id."""
        return self._app.ask(RequestShown(request), actor, "console: requests")

    def said(self, actor: Actor, request: str) -> Said:
        """What a person said with theirs, as far as whoever looks may see it and it can be read still."""
        return self._app.ask(WhatWasSaid(request), actor, "console: requests")

    def meant(self, actor: Actor, who: str) -> int:
        """How many identifiers whoever is meant has; 0: nothing is held of them."""
        return self._app.ask(WhoIsMeant(self._named(who)), actor, "console: requests")

    def take_request(self, actor: Actor, wish: Wish) -> Request:
        """Write one down; what it stops is stopped with it."""
        command = OpenRequest(kind=wish.kind, who=self._named(wish.who), via="console", changes=wish.changes)
        return self._app.act(command, actor, wish.reason).value

    def _named(self, who: str) -> tuple[str, str] | str:
        return named(who, [one.name for one in self._app.workspace.policy.kinds])

    def carry_on(self, actor: Actor, request: str, wait_s: float = WAIT_S) -> Request:
        """Go on with one as far as it goes, waiting a little for those who read the log."""
        step, end = "", time.monotonic() + wait_s
        while True:
            now = self._app.act(Proceed(request), actor, f"request {request}").value
            if now.state != "open":
                return now
            if now.step == step:
                if now.step not in _READ or time.monotonic() > end:
                    return now
                time.sleep(_LOOK_S)
            step = now.step

    def to_tell(self, actor: Actor, request: str, destination: str) -> dict[str, Any]:
        """What one of us has to tell a processor, and of whom."""
        return self._app.ask(WhatToTell(request, destination), actor, f"request {request}")

    def note_told(self, actor: Actor, request: str, destination: str, proof: str) -> None:
        """Note that a processor was told."""
        command = ToldThem(request=request, destination=destination, proof=proof)
        self._app.act(command, actor, f"request {request}")

    def release(self, actor: Actor, request: str, language: str) -> Request:
        """Mail whoever asked for a copy a link into the privacy centre."""
        return self._app.act(Release(request, language), actor, f"request {request}").value

    def copy_of(self, actor: Actor, request: str, reason: str, language: Language) -> Copy:
        """What is known of who asked for it; their request is done."""
        if not reason.strip():
            raise Refused(Fault(what="nobody said why it leaves", cure="say how it is handed over, and to whom"))
        return copied(self._app, actor, request, reason, language)
