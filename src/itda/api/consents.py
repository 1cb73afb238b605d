"""Acts of consent by machine: a secret key whose source has the scope `record`.

    POST /v1/consents  {"acts": [{"identifiers": {"email": …}, "action": "grant", "channel": "email",
                                  "purpose": "ad_receive", "text": "ads@1/ko", "at": "2026-11-22T10:00:00+09:00",
                                  "evidence": …, "key": …}], "collector": "app:signup"}

It answers {"results": [{"outcome", "key", "why"}], "position"}: each act by itself, in order, so one that is refused
keeps no other from it. Of somebody known the ledger has it before this answers, and what waits to be sent is dropped;
of somebody new the log has it. An act with a `key` may be sent again: it is written once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from itda.access.actor import Actor
from itda.access.declared import declared
from itda.api.machines import Machines, body_of, told
from itda.base import instant
from itda.base.errors import Refused
from itda.consent.definition import ADS

if TYPE_CHECKING:
    from itda.engine.commands.consents import ConsentAct

_WRITTEN = '{"acts": [{"identifiers": {…}, "action": …, "channel": …}], "collector": …}'


class ToldAct(msgspec.Struct, forbid_unknown_fields=True):
    """One act, as a machine tells it."""

    identifiers: dict[str, str]
    action: Literal["grant", "refuse", "withdraw", "confirm"]
    channel: str
    purpose: str = ADS
    text: str = ""
    evidence: str = ""
    at: str = ""
    """When it was done (ISO 8601); left out: now."""
    key: str = ""


class ToldActs(msgspec.Struct, forbid_unknown_fields=True):
    """What a machine tells."""

    acts: list[ToldAct]
    collector: str = ""
    """Where they were done; left out: the key's source."""


class Consents:
    """The route."""

    def __init__(self, machines: Machines) -> None:
        self._machines = machines
        self.routes = [Route("/v1/consents", declared("consent.record", self._tell), methods=["POST"])]

    async def _tell(self, request: Request) -> Response:
        machines = self._machines

        async def work(actor: Actor) -> Response:
            from itda.engine.commands.consents import TellConsents  # noqa: PLC0415 - told seldom

            asked = await body_of(request, ToldActs, _WRITTEN)
            acts = tuple(_act(one) for one in asked.acts)
            command = TellConsents(acts=acts, collector=asked.collector or f"api:{actor.name.removeprefix('key:')}")
            done = await machines.apart(lambda: machines.app.act(command, actor, "told by its server"))
            position = {} if done.position is None else {"x-itda-position": str(done.position)}
            return told(200, done.value, position)

        return await machines.answer(request, work)


def _act(one: ToldAct) -> ConsentAct:
    from itda.engine.commands.consents import ConsentAct  # noqa: PLC0415 - told seldom

    try:
        at = instant.parse(one.at) if one.at else None
    except ValueError:
        raise Refused(f"at: {one.at[:40]!r} is no time (2026-11-22T10:00:00+09:00)") from None
    return ConsentAct(
        identifiers=one.identifiers, action=one.action, channel=one.channel, purpose=one.purpose, text=one.text,
        evidence=one.evidence, occurred_at=at, key=one.key,
    )  # fmt: skip
