"""The part of the shop window that shows what people ask for of their own data."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.unit.console.engaged_views import JIWOO
from tests.unit.console.engaged_window import EngagedWindow

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import DAY, parse
from itda.console.request_desk import Wish
from itda.engine.requests.desk import Copy
from itda.engine.requests.opening import Said
from itda.engine.requests.page import Language
from itda.engine.requests.views import Request
from itda.store.requests import Kind, State

NOW = parse("2026-11-21T05:12:09Z")
LATE, ERASED, OVERTAKEN = "4a" * 16, "5b" * 16, "6c" * 16
CORRECTED, OF_NOBODY = "7d" * 16, "9e" * 16
HELD = {
    "law": "KR-45 E-Commerce Act decree art. 6(1)2",
    "what": "orders",
    "records": 14,
    "until": "2031-10-02T15:00:00Z",
}


def request(made: str, kind: Kind, state: State, step: str, days: int, **more: Any) -> Request:
    """A request that came `days` ago, due ten days later."""
    told: dict[str, Any] = {"law": "KR-49", "via": "centre", "opened_by": "centre"} | more
    at = NOW - days * DAY
    return Request(id=made, kind=kind, state=state, step=step, opened_at=at, due_at=at + 10 * DAY, **told)


def certificate() -> dict[str, Any]:
    return {"request": ERASED, "kind": "erase", "held": [HELD], "keys": ["9f" * 16], "by": "upkeep", "log_position": 90_112,
            "subject": {"salt": "1d" * 16, "sha256": "77" * 32}, "finished_at": "2026-11-18T05:12:40Z"}  # fmt: skip


def requests() -> list[Request]:
    return [
        request("3f" * 16, "stop", "open", "stopped", 1, via="console", opened_by="minji"),
        request(LATE, "access", "open", "opened", 12, lacking="somebody hands over what is known", customer=JIWOO),
        request("8e" * 16, "erase", "open", "destroying", 2, lacking="the pipeline reads the log up to it",
                counts={"messages cancelled": 2, "held orders": 9}),
        request(ERASED, "erase", "done", "done", 3, via="cli", opened_by="root", finished_at=NOW - 3 * DAY,
                counts={"messages cancelled": 1, "segments left": 4, "held orders": 14, "keys": 7, "identifiers": 7},
                certificate=certificate(), told={"mailer": NOW - 3 * DAY, "partner": None}),
        request(CORRECTED, "correct", "done", "done", 2, via="console", finished_at=NOW - 2 * DAY),
        request(OF_NOBODY, "access", "open", "nothing held", 4, counts={"nothing held": 1},
                lacking="somebody hands over what is known"),
        request(OVERTAKEN, "access", "done", "done", 5, counts={"overtaken by an erasure": 1}),
    ]  # fmt: skip


class RequestWindow(EngagedWindow):
    """Answers as the engine would. `taken`, `carried` and `noted` are what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken_requests: list[Wish] = []
        self.carried: list[str] = []
        self.noted: list[tuple[str, str, str]] = []
        self.released = ""
        """What the late request waits for, where its copy was released."""

    def requests(self, actor: Actor, state: State | None) -> list[Request]:
        self.check(actor, "request.read", "requests")
        return [] if self.is_empty else [one for one in requests() if state in (None, one.state)]

    def request(self, actor: Actor, request: str) -> Request:
        self.check(actor, "request.read", "requests")
        found = self._found(request)
        if self.released and found.id == LATE:
            return msgspec.structs.replace(found, step="released", lacking=self.released)
        return found

    def said(self, actor: Actor, request: str) -> Said:
        self.check(actor, "request.read", "requests")
        self._found(request)
        return Said("it is misspelt", {"name": "김민정"}) if request == CORRECTED else Said()

    def meant(self, actor: Actor, who: str) -> int:
        self.check(actor, "request.open", "requests")
        if ":" not in who:
            raise Refused("this names nobody")
        return 0 if "nobody" in who else 3

    def take_request(self, actor: Actor, wish: Wish) -> Request:
        self.check(actor, "request.open", "requests")
        if ":" not in wish.who:
            raise Refused("this names nobody")
        self.taken_requests.append(wish)
        return request("3f" * 16, wish.kind, "open", "opened", 0, via="console", opened_by=actor.name)

    def carry_on(self, actor: Actor, request: str) -> Request:
        self.check(actor, "request.carry_out", "requests")
        self.carried.append(self._found(request).id)
        return self._found(request)

    def to_tell(self, actor: Actor, request: str, destination: str) -> dict[str, Any]:
        self.check(actor, "request.carry_out", "requests")
        if self._found(request).told.get(destination, NOW) is not None:
            raise Refused(f"{destination} is to be told nothing (any more)")
        known = [{"kind": "phone", "value": "+82 10-8264-5937"}]
        return {"how": "delete them under Members", "type": "erase", "request": request, "identifiers": known}

    def note_told(self, actor: Actor, request: str, destination: str, proof: str) -> None:
        self.check(actor, "request.carry_out", "requests")
        if destination not in self._found(request).told:
            raise Refused(f"nobody named {destination} is to be told of it")
        self.noted.append((request, destination, proof))

    def release(self, actor: Actor, request: str, language: str) -> Request:
        self.check(actor, "request.carry_out", "requests")
        found = self._found(request)
        if found.kind == "stop":
            raise Refused(f"a request to {found.kind} hands nothing over")
        self.noted.append((request, "released", language))
        return found

    def copy_of(self, actor: Actor, request: str, reason: str, language: Language) -> Copy:
        self.check(actor, "request.carry_out", "requests")
        if not reason:
            raise Refused("nobody said why it leaves")
        self.noted.append((request, reason, language))
        return Copy(b'{"request": 1}', "<!doctype html>")

    @staticmethod
    def _found(made: str) -> Request:
        found = next((one for one in requests() if one.id == made), None)
        if found is None:
            raise Refused(f"there is no request {made}")
        return found
