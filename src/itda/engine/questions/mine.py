"""What a customer sees of themselves who proved an address: all that is theirs, whole; of the rest that it is there.

Several people may have become one customer; `identity.belonging` says what of it is theirs. The rest is counted and
masked, and can be opened by proving the address it hangs on, or by asking the brand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import msgspec

from itda.access.masking import masked
from itda.consent.facts import Record
from itda.consent.packs.kr_ecommerce import kept_until
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.questions.profile import trait_view
from itda.engine.questions.said import said_of, states_of
from itda.engine.questions.views import ChannelCount, TraitView
from itda.engine.questions.whole import refolded
from itda.engine.work import Work
from itda.identity.belonging import belonging
from itda.identity.graph import Pair
from itda.profiles.fold import FragmentState
from itda.profiles.orders import Order
from itda.store.arrays import byteas
from itda.workspace.retention import HERE

ADDRESS = "email"
"""The kind of identifier that can be proven: a code is sent to it."""
CHANNEL = "email"
"""What reaches it."""
_SEEN_TOGETHER = """
select e.a, e.b from edge e where e.a = any(%b) and e.b = any(%b) and e.state = 'active'
  and exists (select from edge_evidence v where v.a = e.a and v.b = e.b and v.source <> all(%s))
"""
"""Links that somebody told whose word counts: by a key that stands in a page anybody ties any account to an address of
their own, and would be shown it, or have it erased."""
_SEGMENTS = "select segment, since from segment_member where customer = %s order by since"
_TOLD_BY = """
select source, min(first_at), max(last_at), sum(count) from edge_evidence
where a = any(%b) and b = any(%b) group by source order by source
"""


class Mine(msgspec.Struct, frozen=True):
    """A customer as one of those who may be behind it."""

    customer: bytes
    proven: list[Member]
    own: list[Member]
    """What is theirs, the proven among them."""
    others: list[Member]

    @property
    def fragments(self) -> list[bytes]:
        """Of what is theirs."""
        return [member.fragment for member in self.own]


class OwnIdentifier(msgspec.Struct, frozen=True):
    """Something they are known by. `value` is masked where it is not theirs for certain."""

    kind: str
    value: str
    first_at: int
    events: int
    is_proven: bool
    is_own: bool


class OwnSegment(msgspec.Struct, frozen=True):
    """A group they are in, since a time of the log."""

    name: str
    label_ko: str
    label_en: str
    since: int


class OwnSource(msgspec.Struct, frozen=True):
    """Where something of them came from. `told` things were told there.

    Who never told two identifiers together is known by its channel alone, without its times.
    """

    name: str
    channel: str
    first_at: int | None
    last_at: int | None
    told: int


class OwnView(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of them, but what happened."""

    name: str
    identifiers: list[OwnIdentifier]
    traits: list[TraitView]
    segments: list[OwnSegment] | None
    """None where they follow from what may be somebody else's."""
    channels: list[ChannelCount]
    sources: list[OwnSource]
    events: int
    first_at: int
    last_at: int
    provable: list[str]
    """Masked addresses, which proven would open more."""
    hidden: int
    """Identifiers that are not theirs for certain."""
    kept_until: int | None
    """Until when orders are kept though they asked for erasure: see `orders_kept_until`."""


class WhatIsKnown(msgspec.Struct, frozen=True):
    """What is known of whoever proved these addresses (their fragments, the first one first)."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]

    def answer(self, work: Work) -> Answer[OwnView | None]:
        """The view; None where they are forgotten."""
        mine = find(work, self.proven)
        if mine is None:
            return Answer(None)
        return Answer(view(work, mine), tuple(mine.fragments), 1)


def find(work: Work, proven: Sequence[bytes]) -> Mine | None:
    """The customer of the first address; None once it is forgotten, or shared by too many to be anybody's."""
    members = person.load(work, list(proven[:1]))
    first = next((one for one in members if one.fragment == proven[0]), None) if proven else None
    if first is None or first.key is None or first.hub == "confirmed" or first.is_blocked:
        return None
    shown = [one for one in members if one.fragment in proven and one.key is not None]
    shown.sort(key=lambda one: list(proven).index(one.fragment))
    kinds = {one.fragment: one.kind for one in members}
    own = belonging(work.workspace.policy, ADDRESS, kinds, vouched(work, kinds), [one.fragment for one in shown])
    return Mine(
        first.customer,
        shown,
        [one for one in members if one.fragment in own],
        [one for one in members if one.fragment not in own],
    )


def vouched(work: Work, fragments: Iterable[bytes]) -> list[Pair]:
    """The links between these that somebody told whose word counts."""
    ends, public = byteas(list(fragments)), [one.name for one in work.workspace.every_source.values() if one.is_public]
    found = work.connection.execute(_SEEN_TOGETHER, [ends, ends, public]).fetchall()
    return [(bytes(a), bytes(b)) for a, b in found]


def view(work: Work, mine: Mine) -> OwnView:
    """All that is known of what is theirs."""
    states = states_of(work, mine.own)
    fold = work.workspace.reading_fold
    total = fold.combine(states.values())
    if fold.is_spilled(total):
        total = refolded(work, mine.fragments)
    said = said_of(work, mine.own, states)
    answers = [*said.answers, *fold.answers(total, max(work.now, total.log_time)).computed]
    seen = [member.first_at for member in mine.own]
    return OwnView(
        name=said.name,
        identifiers=[_identifier(work, mine, one) for one in (*mine.own, *mine.others)],
        traits=[trait_view(work, answer, said.personal) for answer in answers if answer.value is not None],
        segments=None if mine.others else _segments(work, mine.customer),
        channels=[ChannelCount(channel, n) for channel, n in sorted(total.channels.items())],
        sources=_sources(work, mine, total),
        events=total.events,
        first_at=total.first_at if total.events else min(seen),
        last_at=total.last_at if total.events else max(seen),
        provable=[masked(ADDRESS, _value(work, one)) for one in mine.others if one.kind == ADDRESS and one.key],
        hidden=len(mine.others),
        kept_until=orders_kept_until(work.workspace.country, total.orders.values(), work.now),
    )


def orders_kept_until(country: str, told: Iterable[Order], now: int) -> int | None:
    """The last moment (microseconds UTC) at which a law would keep one of these orders of somebody who is erased now.

    None where it keeps none: no order is young enough, or the workspace is of a country whose laws keep nothing here.
    """
    times = [max(one.at, one.ended_at) for one in told]
    until = kept_until(Record("contract", max(times))) if times and country.upper() in HERE else None
    return until - 1 if until is not None and until > now else None


def _identifier(work: Work, mine: Mine, member: Member) -> OwnIdentifier:
    is_own = member in mine.own
    value = _value(work, member)
    return OwnIdentifier(
        kind=member.kind,
        value=value if is_own else masked(member.kind, value),
        first_at=member.first_at,
        events=member.events,
        is_proven=member in mine.proven,
        is_own=is_own,
    )


def _value(work: Work, member: Member) -> str:
    return work.value(member.key) if member.key is not None else ""


def _segments(work: Work, customer: bytes) -> list[OwnSegment]:
    since: Mapping[str, int] = dict(work.connection.execute(_SEGMENTS, [customer]).fetchall())
    return [
        OwnSegment(one.name, one.label_ko or one.name, one.label_en or one.name, since[one.name])
        for one in work.workspace.segments
        if one.name in since
    ]


def _sources(work: Work, mine: Mine, state: FragmentState) -> list[OwnSource]:
    ends = byteas(mine.fragments)
    known = work.workspace.every_source
    told = [
        OwnSource(name, known[name].channel if name in known else "", first, last, int(told))
        for name, first, last, told in work.connection.execute(_TOLD_BY, [ends, ends]).fetchall()
    ]
    channels = {one.channel for one in told}
    beside = [(channel, n) for channel, n in sorted(state.channels.items()) if n and channel not in channels]
    return told + [OwnSource(channel, channel, None, None, n) for channel, n in beside]
