"""A request is opened: written down with its day, and what it stops is stopped in the same transaction."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from itda.access.masking import HIDDEN, masked
from itda.base.errors import Fault, Refused
from itda.consent.acts import PHONE
from itda.consent.whereabouts import Whereabouts
from itda.engine import duties
from itda.engine.about import about
from itda.engine.app import Answer, Done
from itda.engine.questions import person
from itda.engine.questions.person import Member, Person, Who
from itda.engine.requests import corrigible, nobody, stopping
from itda.engine.requests.deadlines import DESTROYED_WITHIN, due
from itda.engine.requests.nobody import OPENED, Absent
from itda.engine.requests.questions import found as request_of
from itda.engine.requests.views import Request, view
from itda.engine.work import Work
from itda.store import receipts, requests
from itda.store.requests import Kind, RequestRow
from itda.store.vault import Unsealable

STOPS: frozenset[Kind] = frozenset({"erase", "stop"})
"""What is asked so stops all use at once (KR-50)."""
COPIES: frozenset[Kind] = frozenset({"access", "port"})
"""What is asked so is handed over."""
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
        """Write it down; an open one of the same kind, about no less and of the same changes, is that one.

        Where nobody has the identifier nothing is held, and that is answered. `Refused` for an id that nobody has, for
        what many people share, and for a correction of what nobody calls so.
        """
        if (self.kind == "correct") != bool(self.changes):
            what = "a correction says what is right" if self.kind == "correct" else "only a correction changes anything"
            raise Refused(Fault(what=what, cure="name what is wrong as TRAIT=VALUE"))
        if any(len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE for name, value in self.changes.items()):
            what = f"what is right has {LONGEST_VALUE:,} letters at most, the name of a trait {LONGEST_NAME}"
            raise Refused(Fault(what=what, cure="an event that is larger would be refused by the log's reader"))
        requests.alone(work.connection)  # asked for twice at once it is one
        found = _found(work, self.who)
        if isinstance(found, Person):
            lead, members = _lead(found, self.only), found.members
            named = [found.asked, *(one for one in found.fragments if one != found.asked)]
            subject = [one for one in named if not self.only or one in self.only]
            phones = None
            corrigible.check(work, found.members, self.changes)
        else:
            lead, members, subject = None, [], [found.fragment]
            phones = [found.value] if found.kind == PHONE else []
        for row in requests.of(work.connection, subject):
            is_alike = (row.state, row.kind) == ("open", self.kind) and set(subject) <= set(row.subject)
            if is_alike and self.kind in COPIES and self.only and not said(work, row).is_part:
                continue  # what is handed over there is more than is theirs
            if is_alike and (not self.changes or said(work, row).changes == dict(self.changes)):
                return Done(view(row), audit={"request": row.id.hex()}, about=lead)
        countries = {*(where(work, members, phones).countries or ()), work.workspace.country} - {""}
        due_at, law = due(work.workspace.consent.at(work.now).packs, countries, work.now, work.workspace.zone)
        if self.via == RETENTION:  # nobody waits for an answer, and their time is over
            due_at, law = min((due_at, law), (work.now + DESTROYED_WITHIN, "KR-43"))
        made = secrets.token_bytes(16)
        row = RequestRow(
            id=made,
            kind=self.kind,
            subject=subject,
            state="open",
            step=OPENED,
            opened_at=work.now,
            due_at=due_at,
            law=law,
            via=self.via,
            opened_by=work.actor.name,
            said_sealed=_sealed(work, made, lead, Said(work.reason, dict(self.changes), bool(self.only))),
        )
        requests.add(work.connection, row)
        duties.owe(work.connection, "request", row.due_at, about=row.id.hex(), at=work.now)
        if not isinstance(found, Person):
            nobody.note(work, row, found)
        if self.kind == "erase" or (self.kind in STOPS and lead is not None):
            stopping.stop(work.connection, row, work.now)
        audit = {"request": row.id.hex(), "kind": self.kind, "due_at": row.due_at}
        return Done(view(requests.one(work.connection, row.id) or row), audit=audit, about=lead)


class WhoIsMeant(msgspec.Struct, frozen=True):
    """Whether anybody is held under an identifier, before a request of theirs is taken."""

    permission: ClassVar[str] = "request.open"
    purpose: ClassVar[str] = "request"
    who: Who

    def answer(self, work: Work) -> Answer[int]:
        """How many identifiers whoever is meant has; 0: nothing is held. `Refused` as a request would be."""
        found = _found(work, self.who)
        if isinstance(found, Absent):
            return Answer(0)
        _lead(found, ())
        return Answer(len(found.members), tuple(found.fragments), 1)


class WhatWasSaid(msgspec.Struct, frozen=True):
    """What a person said with their request: why, and of a correction what is right."""

    permission: ClassVar[str] = "request.read"
    purpose: ClassVar[str] = "request"
    id: str

    def answer(self, work: Work) -> Answer[Said]:
        """In their words, masked for who may not see them whole; empty once their key is destroyed."""
        row = request_of(work, self.id)
        told = said(work, row)
        if told.reason and not person.sees_personal(work):
            told = msgspec.structs.replace(told, reason=HIDDEN)
        if told.changes and not person.sees_personal(work):
            told = msgspec.structs.replace(told, changes={name: masked("", one) for name, one in told.changes.items()})
        return Answer(told, tuple(row.subject), 1)


def where(work: Work, members: Sequence[Member], phones: Sequence[str] | None = None) -> Whereabouts:
    """Where somebody may live, by what they said and their numbers, or by these."""
    fold = work.workspace.reading_fold
    state = fold.combine(fold.decode(member.state) for member in members if member.state is not None)
    known = [work.value(one.key) for one in members if one.kind == PHONE and one.key is not None]
    return about(state.declared, known if phones is None else phones).where


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
    words = receipts.words_opened(work.connection, work.vault, row.id, row.said_sealed) if row.said_sealed else None
    return Said(is_part=row.said_sealed is not None) if words is None else msgspec.json.decode(words, type=Said)


def concerned(work: Work, row: RequestRow) -> list[Member]:
    """Whom a request is about now: who was joined to the customer since, too, unless it is about a part of them.

    An erasure notes them itself, before anybody is told.
    """
    is_noted = row.kind == "erase" or said(work, row).is_part
    return person.these(work, row.subject) if is_noted else person.load(work, row.subject)


def take_over(work: Work, row: RequestRow, members: Sequence[Member]) -> None:
    """Keep what was said while nobody was held under the key of one of these, who are: it is theirs."""
    lead = next((one.fragment for one in members if one.key is not None and not one.is_blocked), None)
    if lead is not None and row.said_sealed is not None:
        sealed = _sealed(work, row.id, lead, said(work, row))
        nobody.forget_words(work, row)
        requests.keep_said(work.connection, row.id, sealed)


def _sealed(work: Work, made: bytes, lead: bytes | None, told: Said) -> bytes | None:
    """What was said, under the key of `lead`; of somebody of whom nothing is held only what a correction says."""
    words = msgspec.json.encode(told)
    if lead is not None:
        return work.ciphers([lead])[lead].seal(lead, said_label(lead), words)
    return receipts.words(work.connection, work.vault, made, words) if told.changes else None


def _lead(found: Person, only: tuple[bytes, ...]) -> bytes:
    """The fragment under whose key what a person said is kept: the first that has one."""
    members = [member for member in found.members if not only or member.fragment in only]
    lead = next((member.fragment for member in members if member.key is not None), None)
    if lead is None:
        raise Refused("this customer was erased")
    return lead


def _found(work: Work, who: Who) -> Person | Absent:
    found = person.find(work, who)
    if found is None:
        if isinstance(who, str):
            raise Refused(Fault(what="no customer has this id", cure="name an identifier of theirs, as KIND:VALUE"))
        return nobody.absent(work, *who)
    asked = next(member for member in found.members if member.fragment == found.asked)
    if asked.hub == "confirmed" or asked.is_blocked:
        raise Refused(nobody.shared())
    return found
