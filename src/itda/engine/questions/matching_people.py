"""Everybody of whom something was said, as the matching compares them: read page by page, held in memory alone.

A record is a customer as it would be without the links of the matching. Its values are the declared traits, by the
rule of the profile (the latest counts), and the oldest address and number among its identifiers. What is derived from
a personal value (the domain of an address, the age) says nothing beside it and is left out, and so is what sources
told that `identity.yaml` does not trust. Who told their name in parts has it whole too, to be compared with others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.matching_columns import Columns, is_plain
from itda.engine.questions.parts import linked_customers, parts
from itda.engine.questions.person import Member
from itda.engine.questions.said import said_of, states_of
from itda.engine.trail import Hashed
from itda.engine.work import Work
from itda.identity.match.calibration import Decided
from itda.profiles import orders

_PAGE = (
    "select fragment from identifier where fragment > %s and customer = fragment and hub <> 'confirmed'"
    " and not is_blocked order by fragment limit %s"
)
_STEERED = "select id, action, a, b from steered where retracted_at is null and a <> b"
_DECIDED = """
select t.bits, t.answer = 'same' from review_task t left join steered s on s.id = t.decision
where t.answer <> '' and t.bits is not null and s.retracted_at is null
  and not exists (select from steered l where l.a = s.a and l.b = s.b and l.retracted_at is null
                  and l.action in ('must', 'cannot') and l.action <> s.action and (l.at, l.id) > (s.at, s.id))
order by t.answered_at, t.id
"""
WHOLE = "name"
"""The trait that a name is put together in."""
COMPARED_AS = {"email": "email", "phone": "phone"}
"""Normaliser of a kind of identifier → the kind of column that its values are compared as."""


class Ends(msgspec.Struct, frozen=True, gc=False):
    """A living decision about two identifiers, with the records they are of (-1: of nobody who is compared)."""

    id: bytes
    action: str
    a: bytes
    b: bytes
    one: int
    other: int


class People(msgspec.Struct, frozen=True):
    """Records, each list in one order. `fragments` are their oldest identifiers, between which links are made."""

    fragments: list[bytes]
    customers: list[bytes]
    events: list[int]
    orders: list[int]
    values: dict[str, list[str | None]]
    """By trait or kind of identifier."""
    kinds: dict[str, str]
    """Those of these columns that are identifiers, and what they are compared as."""
    bounded: dict[str, list[int]]
    """Of each kind that has a limit for ever: how many each record has."""
    steered: list[Ends]
    decided: list[Decided]
    """What stewards said of pairs that the matching asked about."""


class MatchPeople(msgspec.Struct, frozen=True):
    """The people that the matching compares. A page of customers is unsealed at once, and their keys forgotten."""

    permission: ClassVar[str] = "identity.steward"
    action: ClassVar[str] = "match"
    purpose: ClassVar[str] = "finding customers who are one person"
    at_once: int = 1_000

    def answer(self, work: Work) -> Answer[People]:
        """Everybody of whom anything was said."""
        gathering = _Gathering(work)
        for customers in _pages(work, self.at_once):
            gathering.take(customers)
        decided = [Decided(*row) for row in work.connection.execute(_DECIDED).fetchall()]
        return Answer(
            gathering.people(decided), count=len(gathering.fragments),
            many=Hashed(gathering.seen.digest(), len(gathering.fragments)),
        )  # fmt: skip


def _pages(work: Work, most: int) -> Iterator[list[bytes]]:
    after = b""
    while rows := work.connection.execute(_PAGE, [after, most]).fetchall():
        yield [bytes(customer) for (customer,) in rows]
        after = bytes(rows[-1][0])


class _Gathering:
    """The columns in the making."""

    def __init__(self, work: Work) -> None:
        policy = work.workspace.policy
        self._work = work
        self._linked = linked_customers(work)
        self._steered = [tuple(row) for row in work.connection.execute(_STEERED).fetchall()]
        self._ends = {bytes(end) for _, _, a, b in self._steered for end in (a, b)}
        self._place: dict[bytes, int] = {}
        self._kinds = {
            kind.name: COMPARED_AS[kind.normaliser]
            for kind in policy.kinds
            if kind.normaliser in COMPARED_AS and not kind.hash_of
        }
        self._names = frozenset(policy.by_name)
        self._bounded: dict[str, list[int]] = {
            kind.name: [] for kind in policy.kinds if any(limit.window is None for limit in kind.bounds)
        }
        self._columns = Columns(self._kinds)
        self.fragments: list[bytes] = []
        self._customers: list[bytes] = []
        self._events: list[int] = []
        self._orders: list[int] = []
        self.seen = hashlib.sha256()

    def take(self, customers: list[bytes]) -> None:
        """Add the records of some customers."""
        work = _fresh(self._work)
        own: dict[bytes, list[Member]] = {}
        linked: list[Member] = []
        for member in person.load(work, customers):
            if member.customer in self._linked:
                linked.append(member)
            else:
                own.setdefault(member.customer, []).append(member)
        for members in (*own.values(), *parts(work, linked)):
            self._add(work, members)

    def _add(self, work: Work, members: list[Member]) -> None:
        states = states_of(work, members)
        policy = work.workspace.policy
        if policy.sources:
            for state in states.values():
                state.declared = {name: one for name, one in state.declared.items() if not policy.trust(one.source)}
        told = said_of(work, members, states)
        derived = tuple(f"{name}_" for name in told.personal)
        said = {
            answer.name: text
            for answer in told.answers
            if answer.name not in self._names
            and is_plain(answer.name)
            and (answer.name in told.personal or not answer.name.startswith(derived))
            and (text := _text(answer.value)) is not None
        }
        if not said:
            return
        if told.name and WHOLE not in self._names:
            said.setdefault(WHOLE, told.name)
        for member in members:
            if member.kind in self._kinds and member.key is not None:
                said.setdefault(member.kind, work.value(member.key))
        at = len(self.fragments)
        self._columns.add(at, said)
        counts = Counter(member.kind for member in members)
        for kind, column_of in self._bounded.items():
            column_of.append(counts[kind])
        self._place.update((member.fragment, at) for member in members if member.fragment in self._ends)
        self.fragments.append(members[0].fragment)
        self._customers.append(members[0].customer)
        self._events.append(sum(state.events for state in states.values()))
        placed = {key for state in states.values() for key, order in state.orders.items() if order.at != orders.NEVER}
        self._orders.append(len(placed))
        self.seen.update(members[0].fragment)

    def people(self, decided: list[Decided]) -> People:
        """All of them."""
        count = len(self.fragments)
        values = self._columns.whole(count)
        ends = [
            Ends(bytes(id_), action, bytes(a), bytes(b), self._place.get(bytes(a), -1), self._place.get(bytes(b), -1))
            for id_, action, a, b in self._steered
        ]
        return People(
            self.fragments, self._customers, self._events, self._orders, values,
            {name: kind for name, kind in self._kinds.items() if name in values}, self._bounded, ends, decided,
        )  # fmt: skip


def _fresh(work: Work) -> Work:
    """The same work without the keys that were opened so far: there may be millions."""
    return Work(
        work.connection, work.workspace, work.vault, work.lake, now=work.now, actor=work.actor, reason=work.reason
    )


def _text(value: Any) -> str | None:
    """A value to compare by: texts and numbers; what is true or false, or a list, tells nobody apart."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None
