"""What a customer looked like at a past time: by what is known today, or by what was known then.

By today's knowledge the identifiers are those joined today, and every event counts that had happened by then, whenever
it was told. By what was known then they are those that the log of resolutions had joined, and every event counts that
had been received. Both are folded from the lake by today's definitions of traits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, ClassVar

import msgspec

from itda.access.actor import may
from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.base.instant import LocalDates, date_to_day, parse
from itda.engine.absorbing import event_of
from itda.engine.app import Answer
from itda.engine.folding import sealed_values
from itda.engine.keyring import event_label
from itda.engine.questions import person
from itda.engine.questions.links import edges_at, link_views, standing_of, steered_at
from itda.engine.questions.person import Member, Person, Who
from itda.engine.questions.profile import Profile, shown_name, trait_view
from itda.engine.questions.said import said_of
from itda.engine.questions.views import ChannelCount, LinkView, ProfileView
from itda.engine.work import Work
from itda.events.contracts import declared
from itda.profiles.fold import FragmentState
from itda.store.lake.block import OWN_MARK, others_of
from itda.store.vault import Unsealable

_MOVED = "select before from resolution_log where at > %s and members && %b order by seq limit 1"
_WITHOUT_END = 1 << 62
Row = dict[str, Any]


class PastProfile(msgspec.Struct, frozen=True):
    """One customer at a time (microseconds UTC). `who` is any id ever shown, or (kind, value)."""

    permission: ClassVar[str] = "customer.read"
    who: Who
    at: int
    is_as_known: bool = False
    """By what was known then; else by what is known today."""

    def answer(self, work: Work) -> Answer[ProfileView | None]:
        """The view; None where there was no such customer yet."""
        found = person.find(work, self.who)
        then = None if found is None else self._known(work, found) if self.is_as_known else self._happened(work, found)
        if then is None or not then.members:
            return Answer(None)
        return Answer(_view(work, then, self.at, is_as_known=self.is_as_known), tuple(then.fragments), 1)

    def _happened(self, work: Work, found: Person) -> _Then:
        members = [member for member in found.members if member.first_at <= self.at]
        rows = [row for row in _rows(work, found.fragments) if row["occurred_at"] <= self.at]
        return _Then(found.customer, found.asked, members, rows)

    def _known(self, work: Work, found: Person) -> _Then | None:
        customer, fragments = _cluster(work, found, self.at)
        rows = [row for row in _rows(work, fragments) if row["received_at"] <= self.at]
        told = {one for row in rows for one in _named(row)}
        silent = [one for one in fragments if one not in told]
        if silent:  # named only beside somebody who is of another customer
            around = {end for pair in edges_at(work, silent) for end in pair}.difference(fragments)
            told.update(
                one for row in _rows(work, sorted(around)) if row["received_at"] <= self.at for one in _named(row)
            )
        if found.asked not in fragments or found.asked not in told:
            return None
        wanted = told.intersection(fragments)
        members = [member for member in person.load(work, sorted(wanted)) if member.fragment in wanted]
        return _Then(customer, found.asked, members, rows)


def question(who: Who, at: str, as_known: str, zone: str) -> Profile | PastProfile:
    """What to ask for a customer now, or at one of the two times where it is told: ISO 8601, a day alone is its end."""
    if at and as_known:
        raise Refused("at a time or as known at a time, not both")
    if not at and not as_known:
        return Profile(who)
    return PastProfile(who, _moment(at or as_known, LocalDates(zone)), bool(as_known))


def _moment(text: str, dates: LocalDates) -> int:
    try:
        if len(text) == len("2026-11-22"):
            return dates.start(date_to_day(date.fromisoformat(text)) + 1) - 1
        return parse(text)
    except ValueError:
        cure = "write a day as 2026-11-22 or a time as 2026-11-22T09:30:00+09:00"
        raise Refused(Fault(what=f"{text!r} is no time", cure=cure)) from None


class _Then(msgspec.Struct):
    customer: bytes
    asked: bytes
    members: list[Member]
    rows: list[Row]

    @property
    def fragments(self) -> list[bytes]:
        return [member.fragment for member in self.members]


def _cluster(work: Work, found: Person, at: int) -> tuple[bytes, list[bytes]]:
    """Who the identifier that is asked for was with: as the first later move left them, else as they are today."""
    row = work.connection.execute(_MOVED, [at, [found.asked]], binary=True).fetchone()
    if row is None:
        return found.customer, found.fragments
    before = msgspec.msgpack.decode(row[0], type=list[list[bytes]])
    members = next((cluster for cluster in before if found.asked in cluster), [found.asked])
    return members[0], members


def _rows(work: Work, fragments: Sequence[bytes]) -> list[Row]:
    """What customers did, by the lake, on these fragments, in the order of the log."""
    if not fragments:
        return []
    with work.lake.snapshot() as snapshot:
        found: list[Row] = snapshot.of_fragments(fragments).sort_by("position").to_pylist()
    return [row for row in found if not row["source"].startswith(OWN_MARK)]


def _named(row: Row) -> Iterator[bytes]:
    yield row["fragment"]
    yield from others_of(row["others"])


def _view(work: Work, then: _Then, at: int, *, is_as_known: bool) -> ProfileView:
    states = _states(work, then.rows)
    fold = work.workspace.fold(_WITHOUT_END)
    total = fold.combine(states.values())
    said = said_of(work, then.members, states)
    seen = [member.first_at for member in then.members]
    identifiers = [
        msgspec.structs.replace(
            person.identifier_view(work, member),
            events=states[member.fragment].events if member.fragment in states else 0,
            hub="" if is_as_known else member.hub,
        )
        for member in then.members
    ]
    last = max((row["position"] for row in then.rows), default=0)
    return ProfileView(
        id=ids.customer_text(then.customer),
        asked=ids.customer_text(then.asked),
        name=shown_name(work, said),
        identifiers=identifiers,
        links=list(_links(work, then.fragments, at, last if is_as_known else None)),
        traits=[
            trait_view(work, answer, said.personal) for answer in (*said.answers, *fold.answers(total, at).computed)
        ],
        events=total.events,
        first_at=total.first_at if total.events else min(seen),
        last_at=total.last_at if total.events else max(seen),
        channels=[ChannelCount(channel, n) for channel, n in sorted(total.channels.items())],
        position=_position(work),
    )


def _states(work: Work, rows: Iterable[Row]) -> dict[bytes, FragmentState]:
    """The folds of these rows, by fragment, with what was said of the person."""
    rows = list(rows)
    ciphers = work.ciphers({row["fragment"] for row in rows})
    fold = work.workspace.fold(_WITHOUT_END)
    states: dict[bytes, FragmentState] = {}
    for row in rows:
        own = row["fragment"]
        cipher = ciphers.get(own)
        if cipher is None:
            continue  # its key is destroyed: nothing of it is left
        plain = msgspec.json.decode(row["properties"])
        event = event_of(row, plain, fold.surroundings)
        told: list[tuple[str, Any, bool]] = []
        if event.type == "identify":
            try:
                sealed = cipher.open(own, event_label(event.position), row["sealed"]) if row["sealed"] else b"{}"
            except Unsealable:
                sealed = b"{}"
            told = sealed_values(declared(plain, msgspec.json.decode(sealed).get("properties", {})), cipher, own)
        state = states.get(own)
        if state is None:
            state = states[own] = fold.new()
        fold.absorb(state, event, plain, told, event.position)
    return states


def _links(work: Work, fragments: Sequence[bytes], at: int, position: int | None) -> Iterator[LinkView]:
    """The links among these with the evidence there was: that had happened, or was in the log up to a position.

    None where who asks may not know why these are one.
    """
    if not may(work.actor, "identity.read"):
        return
    own = set(fragments)
    edges = [edge for pair, edge in edges_at(work, fragments).items() if own.issuperset(pair)]
    edges = [edge for edge in edges if edge.state != "retracted" and edge.first_at <= at]
    edges.sort(key=lambda edge: (edge.first_at, edge.a, edge.b))
    for link in link_views(work, edges, standing_of(steered_at(work, fragments))):
        evidence = [
            one for one in link.evidence if (one.first_at <= at if position is None else one.position <= position)
        ]
        if evidence:
            count, last_at = sum(one.count for one in evidence), max(min(one.last_at, at) for one in evidence)
            yield msgspec.structs.replace(link, evidence=evidence, count=count, last_at=last_at)
        elif not link.evidence:
            yield link  # a steward's


def _position(work: Work) -> int:
    row = work.connection.execute("select position from cursor where name = 'pipeline'").fetchone()
    return int(row[0]) if row else 0
