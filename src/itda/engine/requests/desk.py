"""`shop.requests`: taking the requests of people and carrying them out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from itda.access.actor import Actor
from itda.base.errors import Fault, Refused
from itda.engine.app import App, Command, Question
from itda.engine.naming import named
from itda.engine.requests.carrying import HandOver, Proceed
from itda.engine.requests.handing import Release
from itda.engine.requests.known import KnownOf
from itda.engine.requests.opening import OpenRequest, Said, WhatWasSaid, WhoIsMeant
from itda.engine.requests.page import PARTS, Language, html
from itda.engine.requests.questions import Holds, HoldShown, HoldView, Requests, RequestShown, RequestsOf
from itda.engine.requests.telling import ToldThem, WhatToTell, secret, tell_due
from itda.engine.requests.views import Request
from itda.store.requests import Kind, State

if TYPE_CHECKING:
    from itda.store.vault import Vault
    from itda.workspace.definition import Workspace

Result = TypeVar("Result")


class Asked(Protocol):
    """A shop that answers and acts."""

    workspace: Workspace
    vault: Vault
    actor: Actor

    @property
    def app(self) -> App:
        """Where questions are asked and commands are carried out."""
        ...

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...

    def act(self, command: Command[Result], reason: str) -> Result:
        """What was done, once it is processed."""
        ...


class Copy(msgspec.Struct, frozen=True):
    """What is handed to a person: everything as JSON, and as a page."""

    data: bytes
    html: str


def copied(app: App, actor: Actor, id: str, reason: str, language: Language) -> Copy:  # noqa: A002 - as the list names it
    """What is known of who asked for it; their request is done, and the reason is in access log and audit."""
    known = app.ask(KnownOf(id), actor, reason)
    counts = {part: len(getattr(known, part)) for part in PARTS}
    app.act(HandOver(id, counts), actor, reason)
    return Copy(msgspec.json.format(msgspec.json.encode(known)), html(known, language))


class RequestDesk:
    """The requests of people."""

    def __init__(self, shop: Asked) -> None:
        self._shop = shop

    def open(
        self, kind: Kind, identifier: str, *, via: str = "python", reason: str = "",
        changes: Mapping[str, str] | None = None,
    ) -> Request:  # fmt: skip
        """Take a request of whoever has this `KIND:VALUE`, or this id. `changes` are what a correction says is right.

        From here on nothing leaves for somebody who is to be erased; `resume` carries it out, and so does whoever
        keeps the shop in order. Where nobody has the identifier nothing is held, and the request is to say so.
        `Refused` for an id that nobody has, and where many share the identifier.
        """
        command = OpenRequest(kind=kind, who=self._named(identifier), via=via, changes=changes or {})
        return self._shop.act(command, reason)

    def meant(self, identifier: str) -> int:
        """How many identifiers whoever has this one has; 0: nothing is held of them. `Refused` as `open` would."""
        return self._shop.ask(WhoIsMeant(self._named(identifier)))

    def said(self, id: str) -> Said:  # noqa: A002 - as the list names it
        """What a person said with their request, as far as it can be read still."""
        return self._shop.ask(WhatWasSaid(id))

    def _named(self, identifier: str) -> tuple[str, str] | str:
        return named(identifier, [one.name for one in self._shop.workspace.policy.kinds])

    def resume(self, id: str) -> Request:  # noqa: A002 - as the list names it
        """Carry a request out as far as it goes: to its end, or to what it waits for. Every step is done once."""
        request = self._shop.ask(RequestShown(id))
        while request.state == "open":
            step = request.step
            self._shop.act(Proceed(id), f"request {id}")
            request = self._shop.ask(RequestShown(id))
            if request.step == step and request.state == "open":
                return request
        tell_due(self._shop, self._shop.actor, self._shop.app.clock())
        return self._shop.ask(RequestShown(id))

    def to_tell(self, id: str, destination: str) -> dict[str, Any]:  # noqa: A002 - as the list names it
        """What one of us has to tell somebody who processes data for us. `Refused` where they know it already."""
        return self._shop.ask(WhatToTell(id, destination), f"request {id}")

    def told(self, id: str, destination: str, *, proof: str) -> bool:  # noqa: A002 - as the list names it
        """Note that somebody was told, and what proves it."""
        return self._shop.act(ToldThem(request=id, destination=destination, proof=proof), f"request {id}")

    def secrets(self) -> dict[str, str]:
        """What calls to each processor are signed with."""
        found = self._shop.workspace.processors
        return {name: secret(self._shop.vault, name) for name, one in found.items() if one.tell == "webhook"}

    def release(self, id: str, language: str = "") -> Request:  # noqa: A002 - as the list names it
        """Mail whoever asked for a copy a link that is good once: they download it in the privacy centre.

        The request is done once the mail has left. `Refused` where nobody can be written to.
        """
        return self._shop.act(Release(id, language), f"request {id}")

    def copy(self, id: str, language: Language = "ko") -> Copy:  # noqa: A002 - as the list names it
        """What is known of who asked for it: JSON, and a page to read. Their request is done."""
        return copied(self._shop.app, self._shop.actor, id, f"request {id}", language)

    def write(self, id: str, to: Path, language: Language = "ko") -> Path:  # noqa: A002 - as the list names it
        """The same as a file that only its owner reads, JSON or HTML by its name. `Refused` where there is one."""
        if to.suffix not in (".json", ".html"):
            raise Refused(Fault(what=f"{to.name} is neither JSON nor a page", cure="name it .json or .html"))
        try:
            descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(Fault(what=f"{to} is there already", cure="name another file", file=str(to))) from None
        try:
            copy = self.copy(id, language)
        except BaseException:
            os.close(descriptor)
            to.unlink()
            raise
        with os.fdopen(descriptor, "wb") as file:
            file.write(copy.data if to.suffix == ".json" else copy.html.encode())
        return to

    def show(self, id: str) -> Request:  # noqa: A002 - as the list names it
        """One request. `Refused` where there is none."""
        return self._shop.ask(RequestShown(id))

    def all(self, state: State | None = None) -> list[Request]:
        """Every request, those that are open first."""
        return self._shop.ask(Requests(state))

    def of(self, fragment: str) -> list[Request]:
        """The requests of the person who has this fragment (hex), the latest first."""
        return self._shop.ask(RequestsOf(fragment))

    def holds(self) -> list[HoldView]:
        """What laws keep of people who were erased, what goes first at the top."""
        return self._shop.ask(Holds())

    def hold(self, id: str, *, reason: str) -> bytes:  # noqa: A002 - as the list names it
        """What is kept, opened, as JSON. `Refused` without a reason."""
        return self._shop.ask(HoldShown(id), reason)
