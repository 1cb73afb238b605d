"""What a steward decides, by machine: a write key whose source has the scope `steward`.

    POST /v1/identity/join  {"a": {"kind": "membership", "value": "1"}, "b": {…}, "reason": "showed her card"}
    POST /v1/identity/cut   the same
    POST /v1/identity/undo  the same, or {"decision": "<id>", "reason": "…"}

Each answers {"id", "is_new", "position"}: what is decided already is not decided again, so a request may be repeated;
an undo by its decision's id, since about two of whom nothing is decided any more there is nothing to take back (400).
For that a decision waits until what is in the log is processed, at most a second: 409 where it is not.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.access.declared import declared
from itda.api.machines import Behind, Lookup, Machines, body_of, told
from itda.base.errors import Refused
from itda.engine.app import Command
from itda.engine.backlog import acknowledged

if TYPE_CHECKING:
    from itda.engine.commands.identity import Decided

_WRITTEN = '{"a": {"kind": …, "value": …}, "b": {…}, "reason": …}'
_UNDONE = _WRITTEN + ' or {"decision": …, "reason": …}'
ACTS = ("join", "cut", "undo")


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """Two identifiers, or a decision by its id, and why."""

    reason: str
    a: Lookup | None = None
    b: Lookup | None = None
    decision: str = ""


class Taken(msgspec.Struct):
    """What became of it. `id` is what takes it back; `is_new` is false where nothing had to be written."""

    id: str
    is_new: bool
    position: int | None
    """Of the log: `?at_least=` of a read waits for it. None where nothing was written."""


class Stewards:
    """The routes."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self._one_by_one = asyncio.Lock()
        self.routes = [
            Route(f"/v1/identity/{act}", declared("identity.steward", partial(self._decide, act)), methods=["POST"])
            for act in ACTS
        ]

    async def _decide(self, act: str, request: Request) -> Response:
        machines = self._machines

        async def work(actor: Actor) -> Response:
            written = _UNDONE if act == "undo" else _WRITTEN
            asked = await body_of(request, Decision, written)
            command = self._command(act, asked, written)
            async with self._one_by_one:
                last = await machines.apart(lambda: acknowledged(machines.app.db))
                reached = await machines.reach(last)
                if reached < last:
                    raise Behind(reached, "what came before is not processed so far; ask again")
                done = await machines.apart(lambda: machines.app.act(command, actor, asked.reason.strip()))
                if done.position is not None:
                    await machines.reach(done.position)
            position = {} if done.position is None else {"x-itda-position": str(done.position)}
            return told(200, Taken(done.value.id, done.value.is_new, done.position), position)

        return await machines.answer(request, work)

    def _command(self, act: str, asked: Decision, written: str) -> Command[Decided]:
        from itda.engine.commands.identity import Cut, Join, RetractDecision, TakeBack  # noqa: PLC0415 - seldom

        if not asked.reason.strip():
            raise Refused("reason: say why")
        if act == "undo" and asked.decision and asked.a is None and asked.b is None:
            return RetractDecision(asked.decision)
        if asked.a is None or asked.b is None or asked.decision:
            raise Refused(f"the body is not {written}")
        a, b = self._machines.named(asked.a), self._machines.named(asked.b)
        return Join(a, b) if act == "join" else Cut(a, b) if act == "cut" else TakeBack(a, b)
