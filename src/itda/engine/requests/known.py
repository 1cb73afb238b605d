"""Everything that is known of one person, to be handed to them: what, from where, what they agreed to, what was sent.

The right of access (PIPA art. 35; GDPR art. 15) and to take it along in a form that machines read (GDPR art. 20).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.ids import customer_text
from itda.base.instant import text
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.consent import ActView, ConsentOf
from itda.engine.questions.messages import MessageLine, MessageList
from itda.engine.questions.profile import Profile
from itda.engine.questions.timeline import LARGEST_PAGE, Timeline
from itda.engine.questions.views import TimelineEvent
from itda.engine.requests import holding, nobody
from itda.engine.requests.questions import found
from itda.engine.work import Work
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
    """All that is known of who made a request to see it or to take it along."""

    permission: ClassVar[str] = "request.carry_out"
    action: ClassVar[str] = "export"
    purpose: ClassVar[str] = "request"
    id: str

    def answer(self, work: Work) -> Answer[Known]:
        """All of it; `Refused` where it is no such request, or they are erased."""
        row = found(work, self.id)
        if row.kind not in ("access", "port"):
            raise Refused(Fault(what=f"a request to {row.kind} hands nothing over", cure="see itda request show"))
        members = person.load(work, row.subject)
        lead = next((one for one in members if one.key is not None), None)
        if lead is None or lead.key is None:
            if nobody.is_of_nobody(row):
                return Answer(_nothing(work, row), tuple(row.subject))
            raise Refused("this customer was erased")
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
            traits=[] if profile is None else [
                {"name": one.name, "value": one.value, "source": one.source, "at": one.at and text(one.at),
                 "unit": one.unit, "currency": one.currency}
                for one in profile.traits if one.value is not None
            ],
            segments=[
                {"segment": name, "since": text(since)}
                for name, since in work.connection.execute(_SEGMENTS, [lead.customer]).fetchall()
            ],
            consents=[_act(one) for one in acts],
            texts=_texts(work, acts),
            messages=[_message(one) for one in _messages(work, who)],
            events=[_event(one) for one in _events(work, who)],
            zone=work.workspace.zone,
            held=holding.kept(work, [(one.kind, work.value(one.key)) for one in members if one.key is not None]),
        )  # fmt: skip
        return Answer(known, tuple(one.fragment for one in members), len(known.events))


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


def _texts(work: Work, acts: list[ActView]) -> list[dict[str, Any]]:
    shown = sorted({one.text for one in acts} - {""})
    rows = work.connection.execute(_TEXTS, [shown]).fetchall()
    return [dict(zip(("id", "purpose", "channel", "language", "body"), row, strict=True)) for row in rows]


def _messages(work: Work, who: str) -> Iterator[MessageLine]:
    before = ""
    while True:
        page = MessageList(who=who, before=before, limit=_MESSAGES).answer(work).value
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


def _event(one: TimelineEvent) -> dict[str, Any]:
    return {"at": text(one.at), "name": one.name, "channel": one.channel, "source": one.source, "data": one.properties}
