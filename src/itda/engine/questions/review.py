"""The steward's queue: what is to be decided, those most worth it first, each side by side with its evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

import msgspec

from itda.access.masking import masked
from itda.base import ids
from itda.engine.app import Answer
from itda.engine.questions import person, review_rows
from itda.engine.questions.compared import values_of
from itda.engine.questions.links import (
    edges_at,
    identifier_views,
    link_views,
    links_among,
    nodes_of,
    observed_at,
    standing_of,
    steered_at,
    who,
)
from itda.engine.questions.parts import parts
from itda.engine.questions.person import Member
from itda.engine.questions.profile import shown_name
from itda.engine.questions.review_rows import TaskRow
from itda.engine.questions.review_views import Field, Queue, Run, Side, Task, TaskView
from itda.engine.questions.said import said_of, states_of
from itda.engine.questions.views import IdentifierView, LinkView
from itda.engine.work import Work
from itda.identity.graph import PROBABLE
from itda.profiles import orders

SHOWN = 50
"""So many neighbours and links of a hub are shown."""
_COMPARED = ("pair", "check")
"""Kinds of tasks that the matching asks: of others nothing was compared."""


class ReviewQueue(msgspec.Struct, frozen=True):
    """What waits for a steward. `kind` empty is all; those put off, or those decided, instead where it is asked."""

    permission: ClassVar[str] = "identity.steward"
    kind: str = ""
    limit: int = 50
    put_off: bool = False
    decided: bool = False

    def answer(self, work: Work) -> Answer[Queue]:
        """The tasks, `limit` at most, and how many there are."""
        if self.decided:
            rows = review_rows.decided(work, self.kind, self.limit)
        else:
            rows = review_rows.waiting(work, self.kind, self.limit, are_put_off=self.put_off)
        sides = _Sides(work, rows)
        waiting, later = review_rows.counts(work)
        queue = Queue([sides.task(row) for row in rows], waiting, later, next(iter(review_rows.runs(work, 1)), None))
        return Answer(queue, subjects=sides.subjects, count=len(rows))


class ReviewTask(msgspec.Struct, frozen=True):
    """One task, by its id; None where there is none, or it asks nothing any more."""

    permission: ClassVar[str] = "identity.steward"
    id: str

    def answer(self, work: Work) -> Answer[TaskView | None]:
        """The two side by side, with the evidence line by line."""
        row = review_rows.one(work, id_of(self.id))
        if row is None:
            return Answer(None)
        sides = _Sides(work, [row])
        following = review_rows.following(work, row)
        own, others = sides.of(row)
        links = _links(work, row)
        view = TaskView(
            task=sides.task(row),
            fields=_fields(work, row, own, others),
            a_identifiers=[person.identifier_view(work, member) for member in own],
            b_identifiers=_neighbours(work, links) if row.kind == "hub" else _views(work, others),
            links=links,
            next="" if following is None else following.hex(),
        )
        return Answer(view, subjects=sides.subjects, count=1)


class MatchRuns(msgspec.Struct, frozen=True):
    """The runs of the matching, the latest first: how many duplicates, and how sure, over time."""

    permission: ClassVar[str] = "identity.read"
    limit: int = 100

    def answer(self, work: Work) -> Answer[list[Run]]:
        """The runs, `limit` at most."""
        found = review_rows.runs(work, self.limit)
        return Answer(found, count=len(found))


def id_of(text: str) -> bytes:
    """A task's id; of what is none the id of no task."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


class _Sides:
    """Who the tasks are about, loaded at once."""

    def __init__(self, work: Work, rows: Sequence[TaskRow]) -> None:
        self._work = work
        self._own: dict[bytes, list[Member]] = {}
        self._home: dict[bytes, bytes] = {}
        ends = list({end for row in rows for end in (row.a, row.b)})
        for member in person.load(work, ends) if ends else ():
            self._home[member.fragment] = member.customer
            self._own.setdefault(member.customer, []).append(member)

    @property
    def subjects(self) -> tuple[bytes, ...]:
        return tuple(self._own)

    def of(self, row: TaskRow) -> tuple[list[Member], list[Member]]:
        """The identifiers of both: of a pair that the matching joined, as they would be without it."""
        one, other = (self._own.get(self._home.get(end, b""), []) for end in (row.a, row.b))
        if row.kind == "hub" or row.a == row.b:
            return one, []
        if self._home.get(row.a) != self._home.get(row.b):
            return one, other
        split = parts(self._work, one)
        by = {member.fragment: part for part in split for member in part}
        return by.get(row.a, []), by.get(row.b, [])

    def task(self, row: TaskRow) -> Task:
        """The task as it may be told."""
        own, others = self.of(row)
        is_put_off = row.later_until > self._work.now
        by = row.answered_by
        return Task(
            id=row.id.hex(), kind=row.kind, a=self._side(row.a, own),
            b=None if row.kind == "hub" else self._side(row.b, others), probability=row.probability, bits=row.bits,
            reason=row.reason, neighbours=row.neighbours, worth=row.worth, found_at=row.found_at,
            later_until=row.later_until if is_put_off and not row.answer else 0, decided=row.answer,
            decided_by=who(self._work, by) if by and (row.answer or is_put_off) else "",
            decided_at=row.answered_at if row.answer else 0,
        )  # fmt: skip

    def _side(self, end: bytes, members: list[Member]) -> Side:
        work = self._work
        states = states_of(work, members)
        lived = [state for state in states.values() if state.events]
        placed = {key for state in lived for key, order in state.orders.items() if order.at != orders.NEVER}
        asked = next((one for one in members if one.fragment == end), None)
        value = "" if asked is None or asked.key is None else person.shown(work, asked.kind, work.value(asked.key))
        return Side(
            customer=ids.customer_text(self._home.get(end, end)), name=shown_name(work, said_of(work, members, states)),
            identifier="" if asked is None else f"{asked.kind}:{value}", events=sum(state.events for state in lived),
            orders=len(placed), first_at=min((state.first_at for state in lived), default=0),
            last_at=max((state.last_at for state in lived), default=0),
        )  # fmt: skip


def _views(work: Work, members: Sequence[Member]) -> list[IdentifierView]:
    return [person.identifier_view(work, member) for member in members]


# ── evidence ──


def _fields(work: Work, row: TaskRow, own: list[Member], others: list[Member]) -> list[Field]:
    """What was compared, with what it says; then what only one of the two has.

    Values are those of today, each opened with its own key, and none of what was decided: the task itself has none.
    """
    evidence = msgspec.json.decode(row.evidence, type=list[tuple[str, str, str, float]])
    compared = {label: label.removesuffix(": given").removesuffix(": family") for label, *_ in evidence}
    is_asked = row.kind in _COMPARED and not row.answer
    one, other = (_shown(work, members, compared.values()) if is_asked else {} for members in (own, others))
    found = [
        Field(label, what, one.get(compared[label], ""), other.get(compared[label], ""), said, bits)
        for label, what, said, bits in evidence
    ]
    names = dict.fromkeys(name for name in (*one, *other) if name not in compared.values())
    return found + [Field(name, "", one.get(name, ""), other.get(name, ""), "", None) for name in names]


def _shown(work: Work, members: list[Member], names: Collection[str]) -> Mapping[str, str]:
    """The values of one side, as who asks may see them."""
    found = values_of(work, members, names)
    if person.sees_personal(work):
        return found
    return {name: masked(name, value) for name, value in found.items()}


def _links(work: Work, row: TaskRow) -> list[LinkView]:
    if row.kind == "pair":
        return []
    if row.kind == "limit":
        return links_among(work, [row.a, row.b])
    if row.kind == "hub":
        shown = observed_at(work, row.a, SHOWN)
    else:
        edges = edges_at(work, [row.a, row.b]).values()
        shown = [edge for edge in edges if edge.tier == PROBABLE and edge.state == "active"][:SHOWN]
    return link_views(work, shown, standing_of(steered_at(work, [row.a, row.b])))


def _neighbours(work: Work, links: Sequence[LinkView]) -> list[IdentifierView]:
    """The identifiers at the other ends of a hub's links."""
    ends = [bytes.fromhex(end) for link in links for end in (link.a, link.b)]
    often = {end for end in ends if len(links) > 1 and ends.count(end) == len(links)}
    rows = nodes_of(work, [end for end in dict.fromkeys(ends) if end not in often])
    return identifier_views(work, list(rows.values()))
