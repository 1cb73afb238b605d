"""The steward's queue, by machine: read and answered with the scope `steward`; the runs with the scope `identity`.

    GET  /v1/review             ?kind=pair|check|limit|hub ?limit= ; those most worth a decision first
    GET  /v1/review/{task}      side by side, with the evidence of each line
    GET  /v1/review/runs        the runs of the matching, the latest first
    POST /v1/review/{task}      {"answer": "same"|"different"|"later", "reason": "…", "days": 7}
    POST /v1/review/undo        {"task": "…", "reason": "…"}

An answer is given once: a second one is refused until the first is taken back. Taking back waits until what is in the
log is processed, at most a second: 409 where it is not.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.access.declared import declared
from itda.api.machines import Behind, Machines, body_of, told
from itda.base.errors import Refused
from itda.engine.app import Command, Question
from itda.engine.backlog import acknowledged

_ANSWER = '{"answer": "same", "different" or "later", "reason": …}'
_UNDO = '{"task": …, "reason": …}'
_LARGEST_PAGE = 500
_LONGEST = 10
"""Digits of a number that is looked at: Python reads none of thousands."""


class Answered(msgspec.Struct, forbid_unknown_fields=True):
    """What a steward says of a task."""

    answer: Literal["same", "different", "later"]
    reason: str
    days: int = 7


class Undone(msgspec.Struct, forbid_unknown_fields=True):
    """Which answer is taken back."""

    task: str
    reason: str


class Reviews:
    """The routes."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self.routes = [
            Route("/v1/review", declared("identity.steward", self._queue), methods=["GET"]),
            Route("/v1/review/runs", declared("identity.read", self._runs), methods=["GET"]),
            Route("/v1/review/undo", declared("identity.steward", self._undo), methods=["POST"]),
            Route("/v1/review/{task}", declared("identity.steward", self._task), methods=["GET"]),
            Route("/v1/review/{task}", declared("identity.steward", self._answer), methods=["POST"]),
        ]

    async def _queue(self, request: Request) -> Response:
        from itda.engine.questions.review import ReviewQueue  # noqa: PLC0415 - asked for seldom

        kind, limit = request.query_params.get("kind", ""), request.query_params.get("limit", "50")
        many = min(max(int(limit), 1), _LARGEST_PAGE) if limit.isdecimal() and len(limit) < _LONGEST else 50
        return await self._told(request, ReviewQueue(kind, many))

    async def _runs(self, request: Request) -> Response:
        from itda.engine.questions.review import MatchRuns  # noqa: PLC0415 - asked for seldom

        return await self._told(request, MatchRuns())

    async def _task(self, request: Request) -> Response:
        from itda.engine.questions.review import ReviewTask  # noqa: PLC0415 - asked for seldom

        return await self._told(request, ReviewTask(request.path_params["task"]))

    async def _told(self, request: Request, question: Question[object]) -> Response:
        machines = self._machines

        async def work(actor: Actor) -> Response:
            found = await machines.apart(lambda: machines.app.ask(question, actor))
            return told(200, found) if found is not None else told(404, {"error": "no task asks this (any more)"})

        return await machines.answer(request, work)

    async def _answer(self, request: Request) -> Response:
        from itda.engine.commands.review import DecideReview  # noqa: PLC0415 - seldom

        async def work(actor: Actor) -> Response:
            asked = await body_of(request, Answered, _ANSWER)
            command = DecideReview(request.path_params["task"], asked.answer, asked.days)
            return await self._done(command, actor, asked.reason)

        return await self._machines.answer(request, work)

    async def _undo(self, request: Request) -> Response:
        from itda.engine.commands.review import UndoReview  # noqa: PLC0415 - seldom

        async def work(actor: Actor) -> Response:
            asked = await body_of(request, Undone, _UNDO)
            last = await self._machines.apart(lambda: acknowledged(self._machines.app.db))
            reached = await self._machines.reach(last)
            if reached < last:
                raise Behind(reached, "what came before is not processed so far; ask again")
            return await self._done(UndoReview(asked.task), actor, asked.reason)

        return await self._machines.answer(request, work)

    async def _done(self, command: Command[object], actor: Actor, reason: str) -> Response:
        if not reason.strip():
            raise Refused("reason: say why")
        machines = self._machines
        done = await machines.apart(lambda: machines.app.act(command, actor, reason.strip()))
        if done.position is not None:
            await machines.reach(done.position)
        return told(200, done.value, {} if done.position is None else {"x-itda-position": str(done.position)})
