"""Somebody of whom nothing is held asks, too, and is answered that: by the same day, with the same proof.

The right of access is an answer also where there is nothing (PIPA art. 35 and 38(4); GDPR art. 12(3) and 15(1)). No
customer, no key and no value is made of the asking: the request names the fragment that the identifier would be, which
is a keyed hash, and what they said is not kept, as there is no key of theirs to seal it under. Only what is right by a
correction is, under a key of its own, until all that the log held is read: it is told of whom came with it, or
destroyed. Their erasure still refuses old copies: what names the identifier and is dated before never comes in (X-08;
GDPR art. 17, PIPA art. 36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from itda.base.canonical import canonical
from itda.base.errors import Fault, Refused
from itda.engine.chunk import SUPPRESSED_FOR
from itda.engine.erasing.journal import Value
from itda.engine.keyring import RETENTION
from itda.engine.questions.whose import normal
from itda.engine.requests import answering, holding, quarantined
from itda.engine.requests.certificate import committed
from itda.engine.work import Work
from itda.store import erasures, keys, receipts, requests
from itda.store.requests import RequestRow

NOTHING = "nothing held"
"""The step of a request of whom nothing was held, and what its counts say of it."""
OPENED = "opened"
"""The first step of every request."""
_VALUE = "value"
_HEAD = "select position from intake_head"
_READ = "select (select position from cursor where name = 'pipeline') >= %s"


class Absent(msgspec.Struct, frozen=True):
    """An identifier that nobody has: its normal form, and the generation and fragment that it would be."""

    kind: str
    value: str
    blind: bytes
    generation: int
    fragment: bytes


def absent(work: Work, kind: str, value: str) -> Absent:
    """What an identifier would be. `Refused` for what is no value of its kind, and for what many people share."""
    written = normal(work, kind, value)
    if written is None:
        raise Refused(Fault(what=f"this is no {kind}", cure="write it as the person does, with nothing left out"))
    if not work.workspace.policy.usable(kind, written):
        raise Refused(shared())
    blind = work.vault.blind(kind, written)
    stored = work.key(kind, written, RETENTION)
    if stored is not None:  # its key is there, and nothing else of it
        return Absent(kind, written, blind, stored.generation, stored.fragment)
    was = work.connection.execute(erasures.SUPPRESSED, [[blind]]).fetchone()
    generation = 0 if was is None else int(was[1]) + 1
    fragment = work.vault.fragment(kind, written, generation)
    while erasures.gone(work.connection, [fragment]):
        generation += 1
        fragment = work.vault.fragment(kind, written, generation)
    return Absent(kind, written, blind, generation, fragment)


def shared() -> Fault:
    """Why an identifier tells of nobody whose request it is."""
    what = "many people share this identifier: it does not tell whose request it is"
    return Fault(what=what, cure="name another identifier of the person")


def note(work: Work, row: RequestRow, who: Absent) -> None:
    """Note that nothing is held, as far as the log is now; of an erasure refuse what may still come that is older."""
    connection, known = work.connection, [(who.kind, who.value)]
    draft: dict[str, Any] = committed([who.fragment])
    kept = holding.kept(work, known)
    if kept:
        draft["held"] = kept
    counts = {NOTHING: 1}
    if row.kind == "erase":
        erasures.suppress(connection, [(who.blind, who.kind, who.generation)], work.now, work.now + SUPPRESSED_FOR)
        counts |= quarantined.empty_of(work, known)
        draft[_VALUE] = {"blind": who.blind.hex(), "kind": who.kind, "generation": who.generation}
    requests.draft(connection, row.id, canonical(draft).decode())
    head = connection.execute(_HEAD).fetchone()
    step = row.step if row.kind == "erase" else NOTHING
    requests.move(connection, row.id, row.step, step, counts, int(head[0]) if head else 0)
    letter = answering.letter(work, row, known, kept)
    if letter is not None:
        receipts.add(connection, work.vault, row.id, "", letter, work.now)


def is_of_nobody(row: RequestRow) -> bool:
    """Whether nothing was held of who made a request."""
    return bool(msgspec.json.decode(row.counts, type=dict[str, int]).get(NOTHING))


def is_answered(work: Work, row: RequestRow) -> bool:
    """Whether the answer goes by mail."""
    return row.step == NOTHING and any(not one.destination for one in receipts.of(work.connection, row.id))


def is_read(work: Work, row: RequestRow) -> bool:
    """Whether all that was in the log when it was taken is read: of whom came with it something is held."""
    found = work.connection.execute(_READ, [row.position or 0]).fetchone()
    return bool(found and found[0])


def take_back(work: Work, row: RequestRow) -> None:
    """Somebody is there after all: the request is as any other, and what they are told is what is done for them."""
    requests.move(work.connection, row.id, row.step, OPENED, {NOTHING: 0})
    for one in receipts.of(work.connection, row.id):
        receipts.withdraw(work.connection, one)


def forget_words(work: Work, row: RequestRow) -> None:
    """Destroy what they said for as long as nobody was held."""
    if row.said_sealed is not None and keys.destroy(work.connection, [row.id]):
        requests.keep_said(work.connection, row.id, None)


def held(row: RequestRow) -> list[dict[str, Any]]:
    """What laws keep of who made it, by what was noted when it was taken."""
    found: list[dict[str, Any]] = _drafts(row).get("held", [])
    return found


def values(row: RequestRow) -> tuple[Value, ...]:
    """The value whose old copies an erasure refuses, as the journal keeps it."""
    said = _drafts(row).get(_VALUE)
    return () if said is None else (Value(said["blind"], said["kind"], said["generation"]),)


def _drafts(row: RequestRow) -> Mapping[str, Any]:
    """What is noted for the certificate so far."""
    found: dict[str, Any] = msgspec.json.decode(row.certificate) if row.certificate else {}
    return found
