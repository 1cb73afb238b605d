"""A steward's decisions: two identifiers are one customer, or are not; an identifier is a hub, or is none.

Each is written to the log in the transaction of its audit row; the pipeline applies it, and a rebuild applies it
again. Of two decisions about the same pair the later counts, so a cut undoes a join and the other way round; taking a
decision back leaves everything as if it had never been taken.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine import steering
from itda.engine.app import Done
from itda.engine.questions import person
from itda.engine.questions.links import standing_of, steered_at
from itda.engine.questions.whose import normal
from itda.engine.questions.why import End, Identifier, identifier_row, named
from itda.engine.work import Work
from itda.store.ports import NodeRow

_BY_ID = "select a, b, retracted_at from steered where id = %s and action <> 'likely'"


class Decided(msgspec.Struct, frozen=True):
    """A decision that stands in the log. `id` (hex) is what takes it back."""

    id: str
    is_new: bool
    """False when the same decision stood already and nothing was written."""


class Join(msgspec.Struct, frozen=True):
    """These two are one customer."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    a: End
    b: End

    def carry_out(self, work: Work) -> Done[Decided]:
        """Write the decision to the log."""
        return _decide(work, "must", *_two(work, self.a, self.b))


class Cut(msgspec.Struct, frozen=True):
    """These two are not one customer."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    a: End
    b: End

    def carry_out(self, work: Work) -> Done[Decided]:
        """Write the decision to the log."""
        return _decide(work, "cannot", *_two(work, self.a, self.b))


class ConfirmHub(msgspec.Struct, frozen=True):
    """Many people share this identifier: nothing is joined through it, from now on and without the wait."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    identifier: End

    def carry_out(self, work: Work) -> Done[Decided]:
        """Write the decision to the log."""
        return _decide(work, "cannot", *[named(work, self.identifier)] * 2)


class ClearHub(msgspec.Struct, frozen=True):
    """This identifier is one customer's, however many it seems to touch."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    identifier: End

    def carry_out(self, work: Work) -> Done[Decided]:
        """Write the decision to the log."""
        return _decide(work, "must", *[named(work, self.identifier)] * 2)


class RetractDecision(msgspec.Struct, frozen=True):
    """Take a decision back, by its id (hex)."""

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    id: str

    def carry_out(self, work: Work) -> Done[Decided]:
        """Write the retraction to the log."""
        try:
            decision = bytes.fromhex(self.id)
        except ValueError:
            raise Refused(f"{self.id!r} is no decision's id") from None
        row = work.connection.execute(_BY_ID, [decision]).fetchone()
        if row is None:
            raise Refused(Fault(what=f"there is no decision {self.id}", cure="take its id from the customer's links"))
        a, b, retracted_at = row
        if retracted_at is not None:
            return Done(Decided(self.id, is_new=False), about=a if a in work.keys([a]) else None)
        keys = work.keys({a, b})
        if a not in keys or b not in keys:
            raise Refused(f"decision {self.id} is about an identifier that was erased")
        ends = [(keys[end].kind, work.value(keys[end])) for end in (a, b)]
        return _write(work, [self.id], "retract", *ends)


class TakeBack(msgspec.Struct, frozen=True):
    """Take back what stands about these two (or about one, named twice): all is as if it had never been decided.

    Whoever else decided the same is taken back with it: one taking back is enough.
    """

    permission: ClassVar[str] = "identity.steward"
    is_about_people: ClassVar[bool] = True
    a: End
    b: End

    def carry_out(self, work: Work) -> Done[Decided]:
        """Write the retraction of the decision that counts to the log."""
        a, b = named(work, self.a), named(work, self.b)
        one, other = sorted(identifier_row(work, *end).fragment for end in (a, b))
        steered = [row for row in steered_at(work, [one, other]) if row.action != "likely"]
        standing = standing_of(steered).get((one, other))
        if standing is None:
            what = f"nobody has decided anything about {_said(work, a)} and {_said(work, b)}"
            raise Refused(Fault(what=what, cure="see what ties them or stands between them: itda why"))
        equal = [
            row.id.hex()
            for row in steered
            if (row.a, row.b, row.action, row.retracted_at) == (one, other, standing.action, None)
        ]
        keys = work.keys({one, other})
        ends = [(keys[end].kind, work.value(keys[end])) for end in (one, other)]
        return _write(work, equal, "retract", *ends)


def _two(work: Work, *ends: End) -> list[Identifier]:
    a, b = found = [named(work, end) for end in ends]
    if a == b:
        raise Refused(Fault(what=f"{_said(work, a)} is only one identifier", cure="name two"))
    return found


def _said(work: Work, one: Identifier) -> str:
    """An identifier as who decides may see it."""
    return f"{one[0]}:{person.shown(work, *one)}"


def _decide(work: Work, action: Literal["must", "cannot"], a: Identifier, b: Identifier) -> Done[Decided]:
    rows = [_usable(work, identifier_row(work, *one), one) for one in (a, b)]
    one, other = sorted(row.fragment for row in rows)
    if a != b and one == other:
        what = f"{_said(work, a)} and {_said(work, b)} are the same identifier"
        raise Refused(Fault(what=what, cure="name two"))
    standing = standing_of(steered_at(work, [one, other])).get((one, other))
    if standing is not None and standing.action == action:
        return Done(Decided(standing.id.hex(), is_new=False), about=one)
    told = msgspec.json.encode([action, one.hex(), other.hex(), work.now, work.actor.name])
    ends = [(kind, normal(work, kind, value) or value) for kind, value in (a, b)]
    return _write(work, [work.vault.fingerprint(told).hex()], action, *ends)


def _usable(work: Work, row: NodeRow, one: Identifier) -> NodeRow:
    if row.is_blocked:
        what = f"{_said(work, one)} is a value that nobody owns"
        raise Refused(Fault(what=what, cure="see blocked in identity.yaml"))
    return row


def _write(
    work: Work, decisions: list[str], action: Literal["must", "cannot", "retract"], a: Identifier, b: Identifier
) -> Done[Decided]:
    """One frame with all of them; the last is the one that counted."""
    about = identifier_row(work, *a).fragment
    said = [
        steering.Decision(
            id=decision, action=action, a=a, b=b, steward=work.actor.name, reason=work.reason, at=work.now
        )
        for decision in decisions
    ]
    appended = work.append([steering.record(decision) for decision in said])
    audit = {"action": action, "decision": decisions[-1], "kinds": [a[0], b[0]]}
    return Done(Decided(decisions[-1], is_new=True), position=appended.position, audit=audit, about=about)
