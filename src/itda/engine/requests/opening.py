"""A request is opened: written down with its day, and what it stops is stopped in the same transaction."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.consent.acts import PHONE
from itda.consent.whereabouts import Whereabouts
from itda.engine import duties
from itda.engine.about import about
from itda.engine.app import Done
from itda.engine.questions import person
from itda.engine.questions.person import Member, Person, Who
from itda.engine.requests import stopping
from itda.engine.requests.deadlines import due
from itda.engine.requests.views import Request, view
from itda.engine.work import Work
from itda.store import requests
from itda.store.requests import Kind, RequestRow
from itda.store.vault import Unsealable

STOPS: frozenset[Kind] = frozenset({"erase", "stop"})
"""What is asked so stops all use at once (KR-50)."""
OPENED = "opened"
RETENTION = "retention"
"""The door of an erasure that nobody asked for: a term of retention.yaml is over."""
LONGEST_NAME, LONGEST_VALUE = 100, 2_000
"""Of what a correction says, in letters."""


class Said(msgspec.Struct, frozen=True):
    """What a person said: why, and of a correction what is right. Kept sealed under their own key."""

    reason: str = ""
    changes: dict[str, str] = {}
    is_part: bool = False
    """It is about some identifiers of a customer only."""


class OpenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Take a request. From this transaction on nothing leaves for somebody who is to be erased, or wants it stopped."""

    permission: ClassVar[str] = "request.open"
    is_about_people: ClassVar[bool] = True
    kind: Kind
    who: Who
    via: str
    changes: Mapping[str, str] = {}
    """Of a correction: trait → what is right."""
    only: tuple[bytes, ...] = ()
    """Of the customer these fragments alone, where no more was proven to be whoever asks; none: all of them."""

    def carry_out(self, work: Work) -> Done[Request]:
        """Write it down; an open one of the same kind, about no less, is that one. `Refused` where nobody is meant."""
        found = _found(work, self.who)
        if (self.kind == "correct") != bool(self.changes):
            what = "a correction says what is right" if self.kind == "correct" else "only a correction changes anything"
            raise Refused(Fault(what=what, cure="name what is wrong as TRAIT=VALUE"))
        if any(len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE for name, value in self.changes.items()):
            what = f"what is right has {LONGEST_VALUE:,} letters at most, the name of a trait {LONGEST_NAME}"
            raise Refused(Fault(what=what, cure="an event that is larger would be refused by the log's reader"))
        lead = _lead(found, self.only)
        subject = [fragment for fragment in found.fragments if not self.only or fragment in self.only]
        for row in requests.of(work.connection, subject):
            if (row.state, row.kind) == ("open", self.kind) and not self.changes and set(subject) <= set(row.subject):
                return Done(view(row), audit={"request": row.id.hex()}, about=lead)
        countries = {*(where(work, found.members).countries or ()), work.workspace.country} - {""}
        due_at, law = due(work.workspace.consent.at(work.now).packs, countries, work.now, work.workspace.zone)
        row = RequestRow(
            id=secrets.token_bytes(16),
            kind=self.kind,
            subject=subject,
            state="open",
            step=OPENED,
            opened_at=work.now,
            due_at=due_at,
            law=law,
            via=self.via,
            opened_by=work.actor.name,
            said_sealed=work.ciphers([lead])[lead].seal(
                lead, said_label(lead), msgspec.json.encode(Said(work.reason, dict(self.changes), bool(self.only)))
            ),
        )
        requests.add(work.connection, row)
        duties.owe(work.connection, "request", row.due_at, about=row.id.hex(), at=work.now)
        if self.kind in STOPS:
            stopping.stop(work.connection, row, work.now)
        audit = {"request": row.id.hex(), "kind": self.kind, "due_at": row.due_at}
        return Done(view(requests.one(work.connection, row.id) or row), audit=audit, about=lead)


def where(work: Work, members: Sequence[Member]) -> Whereabouts:
    """Where somebody may live, by what they said and their numbers."""
    fold = work.workspace.reading_fold
    state = fold.combine(fold.decode(member.state) for member in members if member.state is not None)
    phones = [work.value(one.key) for one in members if one.kind == PHONE and one.key is not None]
    return about(state.declared, phones).where


def said_label(fragment: bytes) -> str:
    """What a person's words are bound to, besides their fragment."""
    return f"request:{fragment.hex()}"


def said(work: Work, row: RequestRow) -> Said:
    """What a person said; once their key is destroyed nothing but that it is about no more than was written down."""
    for lead in row.subject:
        cipher = work.ciphers([lead]).get(lead)
        if cipher is not None and row.said_sealed:
            with contextlib.suppress(Unsealable):  # it is under the key of another of them
                return msgspec.json.decode(cipher.open(lead, said_label(lead), row.said_sealed), type=Said)
    return Said(is_part=row.said_sealed is not None)


def _lead(found: Person, only: tuple[bytes, ...]) -> bytes:
    """The fragment under whose key what a person said is kept: the first that has one."""
    members = [member for member in found.members if not only or member.fragment in only]
    lead = next((member.fragment for member in members if member.key is not None), None)
    if lead is None:
        raise Refused("this customer was erased")
    return lead


def _found(work: Work, who: Who) -> Person:
    found = person.find(work, who)
    if found is None:
        raise Refused("no customer has this identifier")
    asked = next(member for member in found.members if member.fragment == found.asked)
    if asked.hub == "confirmed" or asked.is_blocked:
        what = "many people share this identifier: it does not tell whose request it is"
        raise Refused(Fault(what=what, cure="name another identifier of the person"))
    return found
