"""The profile API: one customer's view for machines, by a write key whose source names what it may do.

    POST /v1/profiles/lookup    {"kind": "email", "value": "minji@shop.example"}     GET /v1/profiles/{customer id}
    POST /v1/profiles/segments  the same                                             GET …/{customer id}/segments
    POST /v1/profiles/consent   the same                                             GET …/{customer id}/consent
    POST /v1/profiles/events    the same; ?before= ?limit= ?channel=                 GET …/{customer id}/events
    POST /v1/profiles/history   the same                                             GET …/{customer id}/history
    POST /v1/profiles/why       {"a": {"kind": "membership", "value": "1"}, "b": {"kind": "email", "value": "…"}}

A profile as it was: `?at=TIME` by today's knowledge, `?as_known=TIME` by that of then.

Personal values never stand in an address, so they are asked for by POST. `?at_least=POSITION` (the `X-Itda-Position`
of an earlier answer) waits up to a second until the log is processed so far, else 409 tells how far it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.access.declared import declared
from itda.api.machines import Behind, Lookup, Machines, body_of, told
from itda.base.errors import Refused
from itda.base.ids import customer_bytes
from itda.engine.app import Question
from itda.engine.questions.person import Who
from itda.engine.questions.profile import Profile
from itda.engine.questions.views import ProfileView, TimelineView

_LOOKUP = '{"kind": …, "value": …}'
_TWO = '{"a": {"kind": …, "value": …}, "b": {…}}'
_LARGEST_PAGE = 500
Ask = Callable[[Machines, Request, Who], Question[object]]


class Two(msgspec.Struct, forbid_unknown_fields=True):
    """Of which two it is asked whether they are one."""

    a: Lookup
    b: Lookup


class Profiles:
    """The routes."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self.routes = [
            Route("/v1/profiles/why", declared("identity.read", self._why), methods=["POST"]),
            Route("/v1/profiles/lookup", declared("customer.read", partial(self._posted, _profile)), methods=["POST"]),
            Route(
                "/v1/profiles/{customer}", declared("customer.read", partial(self._of_id, _profile)), methods=["GET"]
            ),
        ]
        for name, (permission, ask) in _PARTS.items():
            posted, of_id = (declared(permission, partial(way, ask)) for way in (self._posted, self._of_id))
            self.routes.append(Route(f"/v1/profiles/{name}", posted, methods=["POST"]))
            self.routes.append(Route(f"/v1/profiles/{{customer}}/{name}", of_id, methods=["GET"]))

    async def _posted(self, ask: Ask, request: Request) -> Response:
        async def work(actor: Actor) -> Response:
            asked = await body_of(request, Lookup, _LOOKUP)
            return await self._tell(request, actor, lambda: ask(self._machines, request, self._machines.named(asked)))

        return await self._machines.answer(request, work)

    async def _of_id(self, ask: Ask, request: Request) -> Response:
        async def work(actor: Actor) -> Response:
            customer = request.path_params["customer"]
            try:
                customer_bytes(customer)
            except ValueError:
                raise Refused("not a customer id; identifiers are asked for by POST /v1/profiles/lookup") from None
            return await self._tell(request, actor, lambda: ask(self._machines, request, customer))

        return await self._machines.answer(request, work)

    async def _why(self, request: Request) -> Response:
        async def work(actor: Actor) -> Response:
            asked = await body_of(request, Two, _TWO)

            def question() -> Question[object]:
                from itda.engine.questions.why import Why  # noqa: PLC0415 - asked for seldom

                return Why(self._machines.named(asked.a), self._machines.named(asked.b))

            return await self._tell(request, actor, question)

        return await self._machines.answer(request, work)

    async def _tell(self, request: Request, actor: Actor, question: Callable[[], Question[object]]) -> Response:
        machines = self._machines
        at_least = request.query_params.get("at_least")
        if at_least is not None:
            if not at_least.isdecimal() or len(at_least) > 18:  # noqa: PLR2004 - under 2**63
                raise Refused("at_least: a log position, as X-Itda-Position told it")
            reached = await machines.reach(int(at_least))
            if reached < int(at_least):
                raise Behind(reached)
        found = await machines.apart(lambda: machines.app.ask(question(), actor, "profile API"))
        if found is None or (isinstance(found, TimelineView) and not found.customer):
            return told(404, {"error": "no such customer"})
        position = {"x-itda-position": str(found.position)} if isinstance(found, ProfileView) else {}
        return told(200, found, position)


def _profile(machines: Machines, request: Request, who: Who) -> Question[object]:
    at, as_known = (request.query_params.get(name, "") for name in ("at", "as_known"))
    if not at and not as_known:
        return Profile(who)
    from itda.engine.questions import past  # noqa: PLC0415 - loads what folds the lake

    return past.question(who, at, as_known, machines.app.workspace.zone)


def _segments(_machines: Machines, _request: Request, who: Who) -> Question[object]:
    from itda.engine.questions.segment_told import SegmentsOf  # noqa: PLC0415 - not every key may ask

    return SegmentsOf(who)


def _consent(_machines: Machines, _request: Request, who: Who) -> Question[object]:
    from itda.engine.questions.consent import ConsentOf  # noqa: PLC0415 - not every key may ask

    return ConsentOf(who)


def _events(_machines: Machines, request: Request, who: Who) -> Question[object]:
    from itda.engine.questions.timeline import Timeline  # noqa: PLC0415 - not every key may ask

    limit = request.query_params.get("limit", "50")
    if not limit.isdecimal() or len(limit) > len(str(_LARGEST_PAGE)) or not 0 < int(limit) <= _LARGEST_PAGE:
        raise Refused(f"limit: 1 to {_LARGEST_PAGE}")
    before, channel = (request.query_params.get(name, "") for name in ("before", "channel"))
    return Timeline(who, before, int(limit), channel)


def _history(_machines: Machines, _request: Request, who: Who) -> Question[object]:
    from itda.engine.questions.history import History  # noqa: PLC0415 - not every key may ask

    return History(who)


_PARTS: dict[str, tuple[str, Ask]] = {
    "segments": ("customer.segments", _segments), "consent": ("consent.read", _consent),
    "events": ("customer.events", _events), "history": ("identity.read", _history),
}  # fmt: skip
"""Last part of the address → what it needs and asks."""
