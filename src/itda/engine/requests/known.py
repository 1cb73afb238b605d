"""Everything that is known of one person, to be handed to them: what, from where, what they agreed to, what was sent.

The right of access (PIPA art. 35; GDPR art. 15) and to take it along in a form that machines read (GDPR art. 20).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.ids import customer_text
from itda.base.instant import text
from itda.consent.definition import SUBJECT_WIDE
from itda.consent.ledger import JOINED
from itda.engine.app import Answer
from itda.engine.questions import mine, person, timeline
from itda.engine.questions.consent import ActView, ConsentOf
from itda.engine.questions.messages import MessageLine, MessageList
from itda.engine.questions.mine import Mine
from itda.engine.questions.person import Member
from itda.engine.questions.profile import Profile
from itda.engine.questions.timeline import LARGEST_PAGE, Timeline
from itda.engine.questions.views import TimelineEvent, TraitView
from itda.engine.requests import holding, nobody
from itda.engine.requests.opening import concerned, said
from itda.engine.requests.questions import found
from itda.engine.work import Work
from itda.store import consents
from itda.store.lake.timeline import NEWEST, page
from itda.store.requests import RequestRow

_MESSAGES = 500
_ACTS = 10_000
_SEGMENTS = "select segment, since from segment_member where customer = %s order by segment"
_TEXTS = "select id, purpose, channel, locale, body from consent_text where id = any(%s) order by id"


class Known(msgspec.Struct, frozen=True):
    """All of it. Times are ISO 8601 in UTC; values of a `data` are as they were told."""

    request: str
    brand: str
    made_at: str
    identifiers: list[dict[str, Any]]
    traits: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    """What was shown, word for word."""
    messages: list[dict[str, Any]]
    """What was sent or was to be, and why it was or was not."""
    events: list[dict[str, Any]]
    zone: str = "UTC"
    """In which a page tells the times."""
    held: list[dict[str, Any]] = []
    """What laws have us keep apart of who was erased once: which, how much and until when."""


class KnownOf(msgspec.Struct, frozen=True):
    """All that is known of who made a request to see it or to take it along.

    Of a request about a part of a customer that part alone: what else is joined may be somebody else's.
    """

    permission: ClassVar[str] = "request.carry_out"
    action: ClassVar[str] = "export"
    purpose: ClassVar[str] = "request"
    id: str

    def answer(self, work: Work) -> Answer[Known]:
        """All of it; `Refused` where it is no such request, or they are erased."""
        row = found(work, self.id)
        if row.kind not in ("access", "port"):
            raise Refused(Fault(what=f"a request to {row.kind} hands nothing over", cure="see itda request show"))
        members = concerned(work, row)
        lead = next((one for one in members if one.key is not None), None)
        if lead is None or lead.key is None:
            if nobody.is_of_nobody(row):
                return Answer(_nothing(work, row), tuple(row.subject))
            raise Refused("this customer was erased")
        if said(work, row).is_part:
            return _part(work, row, lead.customer, members)
        who = customer_text(lead.customer)
        profile = Profile(who).answer(work).value
        consents = ConsentOf(who, _ACTS).answer(work).value
        acts = consents.acts if consents is not None else []
        known = Known(
            request=row.id.hex(),
            brand=_brand(work),
            made_at=text(work.now),
            identifiers=[] if profile is None else [
                {"kind": one.kind, "value": one.value, "first_at": text(one.first_at), "events": one.events}
                for one in profile.identifiers
            ],
            traits=_traits([] if profile is None else profile.traits),
            segments=[
                {"segment": name, "since": text(since)}
                for name, since in work.connection.execute(_SEGMENTS, [lead.customer]).fetchall()
            ],
            consents=[_act(one) for one in acts],
            texts=_texts(work, {one.text for one in acts}),
            messages=[_message(one) for one in _messages(work, who=who)],
            events=[_event(one) for one in _events(work, who)],
            zone=work.workspace.zone,
            held=holding.kept(work, [(one.kind, work.value(one.key)) for one in members if one.key is not None]),
        )  # fmt: skip
        return Answer(known, tuple(one.fragment for one in members), len(known.events))


def _part(work: Work, row: RequestRow, customer: bytes, own: list[Member]) -> Answer[Known]:
    """What is known of these identifiers of a customer, and nothing of the others."""
    others = [one for one in person.load(work, row.subject) if one not in own]
    view = mine.view(work, Mine(customer, own, own, others))
    named = {one.fragment: f"{one.kind}:{work.value(one.key)}" for one in own if one.key is not None} | {
        SUBJECT_WIDE: ""
    }
    acts = [
        one
        for one in consents.events_of(work.connection, list(row.subject), _ACTS)
        if one.ground != JOINED and one.key.contact in named
    ]
    events = list(_events_of(work, own))
    known = Known(
        request=row.id.hex(), brand=_brand(work), made_at=text(work.now),
        identifiers=[
            {"kind": one.kind, "value": one.value, "first_at": text(one.first_at), "events": one.events}
            for one in view.identifiers if one.is_own
        ],
        traits=_traits(view.traits),
        segments=[{"segment": one.name, "since": text(one.since)} for one in view.segments or []],
        consents=[
            {"action": one.action, "purpose": one.key.purpose, "channel": one.key.channel,
             "contact": named[one.key.contact], "at": text(one.occurred_at), "source": one.source, "text": one.text_id}
            for one in acts
        ],
        texts=_texts(work, {one.text_id for one in acts}),
        messages=[_message(one) for one in _messages(work, only=tuple(named))],
        events=[_event(one) for one in events],
        zone=work.workspace.zone,
        held=holding.kept(work, [(one.kind, work.value(one.key)) for one in own if one.key is not None]),
    )  # fmt: skip
    return Answer(known, tuple(one.fragment for one in own), len(events))


def _nothing(work: Work, row: RequestRow) -> Known:
    """That nothing is held, but what a law keeps of who was erased before."""
    return Known(
        request=row.id.hex(), brand=_brand(work), made_at=text(work.now), identifiers=[], traits=[], segments=[],
        consents=[], texts=[], messages=[], events=[], zone=work.workspace.zone, held=nobody.held(row),
    )  # fmt: skip


def _brand(work: Work) -> str:
    return work.workspace.consent.sender.name or work.workspace.name


def _act(act: ActView) -> dict[str, Any]:
    return {"action": act.action, "purpose": act.purpose, "channel": act.channel, "contact": act.contact,
            "at": text(act.occurred_at), "source": act.source, "text": act.text}  # fmt: skip


def _traits(traits: Sequence[TraitView]) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "value": one.value, "source": one.source, "at": one.at and text(one.at),
         "unit": one.unit, "currency": one.currency}
        for one in traits if one.value is not None
    ]  # fmt: skip


def _texts(work: Work, shown: set[str]) -> list[dict[str, Any]]:
    rows = work.connection.execute(_TEXTS, [sorted(shown - {""})]).fetchall()
    return [dict(zip(("id", "purpose", "channel", "language", "body"), row, strict=True)) for row in rows]


def _messages(work: Work, *, who: str | None = None, only: tuple[bytes, ...] = ()) -> Iterator[MessageLine]:
    before = ""
    while True:
        page = MessageList(who=who, only=only, before=before, limit=_MESSAGES).answer(work).value
        yield from page.lines
        if not page.next:
            return
        before = page.next


def _message(one: MessageLine) -> dict[str, Any]:
    return {"message": one.message, "channel": one.channel, "class": one.message_class, "status": one.status,
            "why": one.reasons, "journey": one.journey, "step": one.step, "created_at": text(one.created_at),
            "sent_at": None if one.sent_at is None else text(one.sent_at)}  # fmt: skip


def _events(work: Work, who: str) -> Iterator[TimelineEvent]:
    before = ""
    while True:
        page = Timeline(who, before, LARGEST_PAGE).answer(work).value
        yield from page.events
        if not page.next:
            return
        before = page.next


def _events_of(work: Work, own: list[Member]) -> Iterator[TimelineEvent]:
    snapshot, sought, before = work.lake.within(work.connection), timeline.known(work, own), NEWEST
    while rows := page(snapshot, sought, before, LARGEST_PAGE, channel=""):
        yield from timeline.shown(work, rows)
        before = timeline.cursor(timeline.written(rows[-1]))


def _event(one: TimelineEvent) -> dict[str, Any]:
    return {"at": text(one.at), "name": one.name, "channel": one.channel, "source": one.source, "data": one.properties}
