"""All customers, or those of a segment, a page at a time: whatever their number, one page is in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from itda.access.masking import HIDDEN, masked
from itda.base import ids
from itda.base.errors import Fault, Misused
from itda.consent.facts import Destination
from itda.consent.standing import Consents
from itda.consent.uses import is_connecting
from itda.engine.app import Answer
from itda.engine.exporting.columns import Column, all_columns, chosen
from itda.engine.exporting.judging import Use, Verdicts, candidates, stays
from itda.engine.exporting.second import agreed
from itda.engine.questions import household, person, standing
from itda.engine.questions.person import Member
from itda.engine.questions.said import said_of, states_of
from itda.engine.questions.views import ExportView
from itda.engine.questions.whole import refolded
from itda.engine.trail import SUBJECTS_INLINE, Hashed
from itda.engine.work import Work
from itda.store import consents
from itda.store.arrays import byteas

_ALL = (
    "select fragment from identifier where fragment > %(after)s and customer = fragment and hub <> 'confirmed'"
    " and not is_blocked and not exists (select from stopped s join identifier i on i.fragment = s.fragment"
    " where i.customer = identifier.fragment) order by fragment limit %(most)s"
)
"""Customers in the order of their ids; hubs and blocked values are none, and who asked for a stop is left out."""
_OF_SEGMENT = (
    "select customer from segment_member where segment = %(segment)s and customer > %(after)s"
    " order by customer limit %(most)s"
)
_SIZE = "select count(*) from segment_member where segment = %s"
_BELONGS = "select customer, segment from segment_member where customer = any(%b) order by segment"
_SPOKEN = "select distinct purpose, channel from consent_state"
Page = dict[str, list[Any]]
"""Column → the values of this page's customers, in one order."""


class Wanted(msgspec.Struct, frozen=True):
    """Which customers, and what of each: empty is all."""

    segment: str = ""
    columns: tuple[str, ...] = ()
    purpose: str = ""
    """The marketing purpose that they leave for: whoever did not consent to it on `channel` stays. Empty: none."""
    channel: str = ""


@dataclass(frozen=True)
class Export:
    """Customers with all that is known of them, told to `into` page by page, as they are at one moment.

    `into` takes the columns, a page, the customers told so far and how many there are; first of all an empty page.
    """

    permission: ClassVar[str] = "customer.export"
    action: ClassVar[str] = "export"
    asked: Wanted
    into: Callable[[list[Column], Page, int, int], None]
    at_once: int = 1_000
    """Customers of a page."""

    def answer(self, work: Work) -> Answer[ExportView]:
        """The summary. `Misused` where there is no such segment or column."""
        known_segment(work, self.asked.segment)
        spoken = [(str(purpose), str(channel)) for purpose, channel in work.connection.execute(_SPOKEN).fetchall()]
        columns = chosen(all_columns(work.workspace, spoken), self.asked.columns)
        is_whole = bool(work.reason.strip()) and person.sees_personal(work)
        position = work.lake.within(work.connection).position
        total, subjects, verdicts = _size(work, self.asked.segment, position), Subjects(), Verdicts()
        use = _use(work, self.asked, columns)
        if is_whole:
            said = [[column.name for column in columns], self.asked.purpose, self.asked.channel]
            agreed(work, "customers", total, self.asked.segment, said)
        self.into(columns, {column.name: [] for column in columns}, 0, total)
        for customers in pages(work, self.asked.segment, self.at_once):
            told = _Told(fresh(work), columns, is_whole=is_whole)
            page = told.page(customers if use is None else _passing(work, use, customers, verdicts))
            subjects.add(told.customers)
            self.into(columns, page, subjects.count, total)
        if use is not None:
            verdicts.keep(work, use)
        names, why = [column.name for column in columns], dict(sorted(verdicts.why.items()))
        view = ExportView(subjects.count, names, not is_whole, position, verdicts.stayed, why)
        return Answer(view, subjects.few, subjects.count, subjects.many)


def _use(work: Work, asked: Wanted, columns: Sequence[Column]) -> Use | None:
    """The marketing use that rows are judged for; None where there is none. `Misused` where it is half said."""
    if not asked.purpose and not asked.channel:
        return None
    known = work.workspace.consent.purposes
    if asked.purpose not in known or not asked.channel:
        what = f"no purpose is named {asked.purpose!r}" if asked.channel else "a purpose goes with a channel"
        raise Misused(Fault(what=what, cure=f"one of {', '.join(sorted(known))}, and a channel such as email"))
    own = Destination(name="file", country=work.workspace.country, is_listed=True, is_another_controller=False)
    return Use(
        purpose=asked.purpose, channel=asked.channel, destination=own, columns=[column.name for column in columns]
    )


def _passing(work: Work, use: Use, customers: Sequence[bytes], verdicts: Verdicts) -> list[bytes]:
    """Of these customers those who may go, in their order; what was decided of each is taken down."""
    going = []
    for customer, candidate in candidates(fresh(work), customers):
        why = stays(work, use, candidate)
        verdicts.add(customer, why)
        if not why:
            going.append(customer)
    return going


def members(work: Work, segment: str) -> int:
    """How many are in a segment, or how many customers there are."""
    return _size(work, segment, work.lake.within(work.connection).position)


def known_segment(work: Work, name: str) -> None:
    """`Misused` where a segment is named that is none."""
    known = {segment.name for segment in work.workspace.segments}
    if name and name not in known:
        raise Misused(Fault(what=f"no segment is named {name!r}", cure=f"segments here: {', '.join(sorted(known))}"))


def fresh(work: Work) -> Work:
    """The same work without the keys that were opened so far: there may be millions."""
    return Work(
        work.connection, work.workspace, work.vault, work.lake, now=work.now, actor=work.actor, reason=work.reason
    )


def _size(work: Work, segment: str, position: int) -> int:
    if not segment:
        return standing.customers(work, position)
    row = work.connection.execute(_SIZE, [segment]).fetchone()
    return int(row[0]) if row else 0


def pages(work: Work, segment: str, most: int) -> Iterator[list[bytes]]:
    """The members of a segment, or all customers, in the order of their ids, `most` at a time."""
    after = b""
    while True:
        asked = {"segment": segment, "after": after, "most": most}
        rows = work.connection.execute(_OF_SEGMENT if segment else _ALL, asked).fetchall()
        if rows:
            yield [bytes(customer) for (customer,) in rows]
        if len(rows) < most:
            return
        after = bytes(rows[-1][0])


class Subjects:
    """Who was told of: the ids while they are few, else a hash over all. They come sorted."""

    def __init__(self) -> None:
        self.count = 0
        self._few: list[bytes] = []
        self._hash = hashlib.sha256()

    def add(self, customers: Sequence[bytes]) -> None:
        """Take a page's customers, in the order of their ids."""
        self.count += len(customers)
        self._few += customers[: max(SUBJECTS_INLINE - len(self._few), 0)]
        for customer in customers:
            self._hash.update(customer)

    @property
    def few(self) -> tuple[bytes, ...]:
        """The first of them, as many as a row of the access log holds."""
        return tuple(self._few)

    @property
    def many(self) -> Hashed | None:
        """All of them as one hash, where they are more."""
        return None if self.count <= SUBJECTS_INLINE else Hashed(self._hash.digest(), self.count)


class _Told:
    """One page."""

    def __init__(self, work: Work, columns: Sequence[Column], *, is_whole: bool) -> None:
        self.customers: list[bytes] = []
        """Those of whom anything happened."""
        self._work, self._is_whole = work, is_whole
        self._names = [column.name for column in columns]
        self._consented = [(column.name, column) for column in columns if column.group == "consent"]
        self._traited = [(column.name, column) for column in columns if column.group == "trait"]
        self._groups = {column.group for column in columns}
        self._kinds = {column.part for column in columns if column.group == "identifier"}
        self._every = {trait.name for trait in work.workspace.traits}

    def page(self, customers: Sequence[bytes]) -> Page:
        """The values of these customers; who has no event is none."""
        own: dict[bytes, list[Member]] = {customer: [] for customer in customers}
        for member in person.load(self._work, customers):
            own.setdefault(member.customer, []).append(member)
        own = {one: own[one] for one in customers if any(member.events for member in own[one])}
        self.customers = list(own)
        said = self._consents([member.fragment for members in own.values() for member in members])
        belongs, homes = self._segments(self.customers), self._households(own)
        page: Page = {name: [] for name in self._names}
        for customer, members in own.items():
            row = self._row(customer, members, [said[m.fragment] for m in members if m.fragment in said])
            row["segments"] = belongs.get(customer, [])
            if customer in homes:
                home = homes[customer]
                row["household"], row["household_members"] = min(map(ids.customer_text, home)), len(home)
            for name, values in page.items():
                values.append(row.get(name))
        return page

    def _row(self, customer: bytes, members: list[Member], said: list[dict[Any, Any]]) -> dict[str, Any]:
        states = states_of(self._work, members)
        row: dict[str, Any] = {
            "customer": ids.customer_text(customer),
            "events": sum(state.events for state in states.values()),
            "first_at": min(state.first_at for state in states.values()),
            "last_at": max(state.last_at for state in states.values()),
        }
        if "identifier" in self._groups:
            row |= self._identifiers(members)
        if not self._groups.isdisjoint({"trait", "other_traits"}):
            row |= self._traits(members, states)
        if "consent" in self._groups:
            held = Consents({key: state for states in said for key, state in states.items()})
            for name, column in self._consented:
                row[name] = held.standing(column.part, column.channel).status
        return row

    def _identifiers(self, members: list[Member]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {f"identifier.{kind}": [] for kind in self._kinds}
        for member in members:
            if member.kind in self._kinds and member.key is not None:
                kind = self._work.workspace.policy.by_name.get(member.kind)
                value = self._work.value(member.key)
                is_shown = self._is_whole or (kind is not None and not kind.is_personal)
                found[f"identifier.{member.kind}"].append(value if is_shown else masked(member.kind, value))
        return found

    def _traits(self, members: list[Member], states: dict[bytes, Any]) -> dict[str, Any]:
        fold, work = self._work.workspace.reading_fold, self._work
        total = fold.combine(states.values())
        if fold.is_spilled(total):
            total = refolded(work, [member.fragment for member in members])
        said = said_of(work, members, states)
        values: dict[str, Any] = {}
        for answer in said.answers:
            is_shown = self._is_whole or answer.name not in said.personal
            values[answer.name] = answer.value if is_shown else _hidden(answer.name, answer.value)
        values |= {answer.name: answer.value for answer in fold.answers(total, work.now).computed}
        values = {name: value for name, value in values.items() if not is_connecting(name)}
        other = {name: value for name, value in values.items() if name not in self._every and value is not None}
        row: dict[str, Any] = {"other_traits": _text(other) if other else None}
        for name, column in self._traited:
            value = values.get(column.part)
            row[name] = _text(value) if column.type == "text" else value
        return row

    def _consents(self, fragments: list[bytes]) -> dict[bytes, dict[Any, Any]]:
        if "consent" not in self._groups:
            return {}
        found: dict[bytes, dict[Any, Any]] = {}
        for key, state in consents.states_of(self._work.connection, fragments).items():
            found.setdefault(key.fragment, {})[key] = state
        return found

    def _households(self, own: dict[bytes, list[Member]]) -> dict[bytes, list[bytes]]:
        """Customer → all of its household."""
        if self._groups.isdisjoint({"household", "household_members"}):
            return {}
        told = {customer: household.shares_of(self._work, members) for customer, members in own.items()}
        return household.among(self._work, told, {one.fragment for members in own.values() for one in members})

    def _segments(self, customers: Sequence[bytes]) -> dict[bytes, list[str]]:
        if "segments" not in self._groups:
            return {}
        found: dict[bytes, list[str]] = {}
        for customer, segment in self._work.connection.execute(_BELONGS, [byteas(customers)]).fetchall():
            found.setdefault(bytes(customer), []).append(str(segment))
        return found


def _hidden(name: str, value: Any) -> str:
    return masked(name, value) if isinstance(value, str) else HIDDEN


def _text(value: Any) -> str | None:
    """Text as it is, anything else as JSON; nothing where nothing is known."""
    if value is None or value in ([], {}):
        return None
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
