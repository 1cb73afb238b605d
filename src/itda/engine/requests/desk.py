"""`shop.requests`: taking the requests of people and carrying them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from itda.engine.app import Command, Question
from itda.engine.naming import named
from itda.engine.requests.carrying import Proceed
from itda.engine.requests.opening import OpenRequest
from itda.engine.requests.questions import Requests, RequestShown, RequestsOf
from itda.engine.requests.views import Request
from itda.store.requests import Kind, State

if TYPE_CHECKING:
    from itda.workspace.definition import Workspace

Result = TypeVar("Result")


class Asked(Protocol):
    """A shop that answers and acts."""

    workspace: Workspace

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...

    def act(self, command: Command[Result], reason: str) -> Result:
        """What was done, once it is processed."""
        ...


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
        keeps the shop in order. `Refused` where nobody has the identifier, or many share it.
        """
        kinds = [one.name for one in self._shop.workspace.policy.kinds]
        command = OpenRequest(kind=kind, who=named(identifier, kinds), via=via, changes=changes or {})
        return self._shop.act(command, reason)

    def resume(self, id: str) -> Request:  # noqa: A002 - as the list names it
        """Carry a request out as far as it goes: to its end, or to what it waits for. Every step is done once."""
        request = self._shop.ask(RequestShown(id))
        while request.state == "open":
            step = request.step
            request = self._shop.act(Proceed(id), f"request {id}")
            if request.step == step and request.state == "open":
                shown = self._shop.ask(RequestShown(id))
                if shown.step == step:
                    return shown
                request = shown
        return request

    def show(self, id: str) -> Request:  # noqa: A002 - as the list names it
        """One request. `Refused` where there is none."""
        return self._shop.ask(RequestShown(id))

    def all(self, state: State | None = None) -> list[Request]:
        """Every request, those that are open first."""
        return self._shop.ask(Requests(state))

    def of(self, fragment: str) -> list[Request]:
        """The requests of the person who has this fragment (hex), the latest first."""
        return self._shop.ask(RequestsOf(fragment))
