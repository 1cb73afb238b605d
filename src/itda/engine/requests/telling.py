"""Who else has to know of a request is told, and says that they know (EU-08; PIPA art. 36; CH-09).

What they are told is written down while it can still be read, sealed under a key of its own, and destroyed once they
know it. Who does not answer is told again, at longer and longer intervals; after thirty days the privacy officer has a
duty that is overdue, and what was to be told is destroyed all the same.
"""

from __future__ import annotations

import base64
import hmac
import logging
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import msgspec

from itda.access.actor import Actor
from itda.base.errors import Fault, ItdaError, Refused
from itda.base.instant import DAY, HOUR, MINUTE, text
from itda.engine import duties, outward
from itda.engine.app import Answer, App, Done
from itda.engine.requests import answering
from itda.engine.requests.opening import RETENTION, concerned
from itda.engine.requests.questions import found
from itda.engine.work import Work
from itda.store import receipts
from itda.store.receipts import ReceiptRow
from itda.store.requests import RequestRow
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_log = logging.getLogger(__name__)

PATIENCE = 30 * DAY
"""How long somebody who does not answer is told again."""
KIND = "processor"
"""Of the duty to have them told."""
_FIRST, _LONGEST = MINUTE, 6 * HOUR
_SENT = range(200, 300)


class Opened(Protocol):
    """What is needed of an open shop."""

    workspace: Workspace
    vault: Vault

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...


def prepare(work: Work, row: RequestRow) -> None:
    """Note whom to tell, and what, while it can still be read."""
    members = sorted(
        concerned(work, row), key=lambda one: one.fragment != row.subject[0]
    )  # who was named is written to
    known = [(one.kind, work.value(one.key)) for one in members if one.key is not None]
    for name, processor in work.workspace.processors.items():
        named = [{"kind": kind, "value": value} for kind, value in known if kind in processor.kinds]
        if row.kind not in processor.requests or not named:
            continue
        said = {"type": row.kind, "request": row.id.hex(), "at": text(work.now), "identifiers": named}
        receipts.add(work.connection, work.vault, row.id, name, msgspec.json.encode(said), work.now)
        _duty(work, row, name)
    letter = answering.letter(work, row, known) if row.via != RETENTION else None  # nobody asked
    if letter is not None:
        receipts.add(work.connection, work.vault, row.id, "", letter, work.now)


def _duty(work: Work, row: RequestRow, name: str) -> bytes:
    """The duty to have a processor told: noted once, whoever asks for it."""
    about = f"{row.id.hex()}:{name}"
    return duties.owe(work.connection, KIND, row.opened_at + PATIENCE, about=about, at=work.now)


class TellNext(msgspec.Struct, frozen=True):
    """Who is to be told now, with what."""

    permission: ClassVar[str] = "request.carry_out"

    def answer(self, work: Work) -> Answer[list[tuple[ReceiptRow, bytes]]]:
        """Those who are due, of whom nobody has to do anything by hand."""
        due = [row for row in receipts.due(work.connection, work.now) if _is_ours(work, row)]
        told = [(row, receipts.opened(work.connection, work.vault, row)) for row in due]
        return Answer([(row, body) for row, body in told if body is not None], count=len(told))


class ToldThem(msgspec.Struct, frozen=True, kw_only=True):
    """Note what came of telling somebody: they know, or are told again."""

    permission: ClassVar[str] = "request.carry_out"
    request: str
    destination: str
    proof: str
    is_told: bool = True

    def carry_out(self, work: Work) -> Done[bool]:
        """Whether they know it now. `Refused` where nobody of that name was to be told."""
        row = found(work, self.request)
        to = next((one for one in receipts.of(work.connection, row.id) if one.destination == self.destination), None)
        if to is None:
            cure = "see whom: itda request show"
            raise Refused(Fault(what=f"nobody named {self.destination!r} is to be told of it", cure=cure))
        audit = {"request": row.id.hex(), "destination": self.destination, "told": self.is_told}
        if self.is_told:
            receipts.told(work.connection, row.id, self.destination, self.proof, work.now)
            if self.destination:
                proof = {"request": row.id.hex(), "by": work.actor.name}
                duties.settle(work.connection, _duty(work, row, self.destination), proof, work.now)
        elif work.now > row.opened_at + PATIENCE:
            receipts.give_up(work.connection, to)
        else:
            wait = min(_FIRST << min(to.tries, 20), _LONGEST)
            receipts.later(work.connection, to, work.now + wait, self.proof)
        return Done(self.is_told, audit=audit)


class WhatToTell(msgspec.Struct, frozen=True):
    """What somebody is to be told by one of us."""

    permission: ClassVar[str] = "request.carry_out"
    purpose: ClassVar[str] = "request"
    request: str
    destination: str

    def answer(self, work: Work) -> Answer[dict[str, Any]]:
        """How, and of whom. `Refused` where they know it already."""
        row = found(work, self.request)
        for one in receipts.of(work.connection, row.id):
            body = receipts.opened(work.connection, work.vault, one)
            if one.destination == self.destination and body is not None:
                processor = work.workspace.processors.get(self.destination)
                said = {"how": processor.how if processor else "", **msgspec.json.decode(body)}
                return Answer(said, subjects=tuple(row.subject), count=1)
        raise Refused(Fault(what=f"{self.destination} is to be told nothing (any more)", cure="itda request show"))


def secret(vault: Vault, name: str) -> str:
    """What calls to a processor are signed with (Standard Webhooks 1.0): always the same for one workspace."""
    return "whsec_" + base64.b64encode(hmac.digest(vault.seed("processors"), name.encode(), "sha256")).decode()


def tell_due(shop: Opened, actor: Actor, now: int) -> int:
    """Tell everybody who is due; how many know it now. Who does not answer stops no other."""
    due: Sequence[tuple[ReceiptRow, bytes]] = shop.app.ask(TellNext(), actor, "telling processors")
    known = 0
    for row, body in due:
        try:
            proof, is_told = _tell(shop, row, body, now), True
        except ItdaError as error:
            proof, is_told = str(error)[:200], False
            _log.warning("%s could not be told of a request: %s", row.destination or "the person", error)
        done = ToldThem(request=row.request.hex(), destination=row.destination, proof=proof, is_told=is_told)
        known += shop.app.act(done, actor, "telling processors").value
    return known


def _tell(shop: Opened, row: ReceiptRow, body: bytes, now: int) -> str:
    """What proves that they know it; an error where they do not."""
    if not row.destination:
        return answering.send(shop.workspace, row.request, body, now)
    processor = shop.workspace.processors[row.destination]
    call = f"{row.request.hex()}-{row.destination}"
    headers = outward.signed(secret(shop.vault, row.destination), call, now, body)
    said = outward.post(processor.url, body, headers, outward.networks(shop.workspace.internal))
    if said.status not in _SENT:
        raise Refused(f"it answered {said.status}")
    return f"answered {said.status}"


def _is_ours(work: Work, row: ReceiptRow) -> bool:
    """Whether nobody has to do anything by hand; the person hears once everything is done."""
    if row.destination:
        processor = work.workspace.processors.get(row.destination)
        return processor is not None and processor.tell == "webhook"
    request = found(work, row.request.hex())
    return request.state == "done"
