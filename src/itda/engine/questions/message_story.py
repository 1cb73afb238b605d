"""Of one message what wanted it, what was decided and tried, and what came of it. Times are microseconds UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from itda.base.ids import customer_text
from itda.consent.acts import UNSUBSCRIBED
from itda.engine.app import Answer
from itda.engine.questions import person, timeline
from itda.engine.questions.journeys import JourneyPaths, PathView
from itda.engine.questions.messages import MessageLine, MessageView, MessageWhy
from itda.engine.questions.person import Member
from itda.engine.questions.profile import found_customer
from itda.engine.questions.views import FoundCustomer, TimelineEvent
from itda.engine.work import Work
from itda.events.names import EFFECTS
from itda.sources.definition import OWN
from itda.store.lake.timeline import NEWEST
from itda.store.lake.timeline import page as events_of

_POSITION = "select position_id from outbox where id = %s"
_EFFECTS = EFFECTS | {UNSUBSCRIBED}
_BOUGHT = "Order Completed"
_LOOKED_AT = 300
"""Events of the person since the message was wanted that are looked through, at most."""


class MessageStory(msgspec.Struct, frozen=True):
    """One message from beginning to end: what wanted it, what was decided, tried, and what came of it."""

    message: MessageView
    customer: FoundCustomer | None
    """None where they were erased."""
    sent_at: int | None
    path: PathView | None
    """The person's way through the journey that wanted it."""
    effects: list[TimelineEvent]
    """What came back about it, oldest first."""
    bought: TimelineEvent | None
    """The person's first order after it was sent."""


class MessageStoryOf(msgspec.Struct, frozen=True):
    """Everything about one message. `id` is the message's, as hex."""

    permission: ClassVar[str] = "message.read"
    id: str

    def answer(self, work: Work) -> Answer[MessageStory | None]:
        """The story; None where there is no such message."""
        try:
            key = bytes.fromhex(self.id)
        except ValueError:
            return Answer(None)
        found = MessageWhy(key).answer(work)
        message = found.value
        if message is None:
            return Answer(None)
        fragment = found.subjects[0]
        members = person.load(work, [fragment])
        sent_at = message.line.sent_at
        effects, bought = _after(work, members, message.line, sent_at)
        row = work.connection.execute(_POSITION, [key]).fetchone()
        position = bytes(row[0]).hex() if row is not None and row[0] is not None else ""
        view = MessageStory(
            message=message,
            customer=found_customer(work, members[0].customer, members, "message") if members else None,
            sent_at=sent_at,
            path=_path(work, fragment, message.line.journey, position) if members and position else None,
            effects=effects,
            bought=bought,
        )
        return Answer(view, found.subjects, 1)


def _path(work: Work, fragment: bytes, journey: str, position: str) -> PathView | None:
    paths = JourneyPaths(customer_text(fragment), journey, limit=1_000).answer(work).value
    return next((one for one in paths.journeys if one.position == position), None)


def _after(
    work: Work, members: Sequence[Member], message: MessageLine, sent_at: int | None
) -> tuple[list[TimelineEvent], TimelineEvent | None]:
    """What came back about a message, oldest first, and the first order after it was sent."""
    if sent_at is None or not members:
        return [], None
    sought = timeline.known(work, members)
    rows = [
        row
        for row in events_of(work.lake.within(work.connection), sought, NEWEST, _LOOKED_AT)
        if row["occurred_at"] >= message.created_at
        and ((row["name"] in _EFFECTS and row["source"] == OWN.name) or row["name"] == _BOUGHT)
    ]
    events = timeline.shown(work, rows[::-1])
    effects = [one for one in events if one.properties.get("message_id") == message.id]
    bought = next((one for one in events if one.name == _BOUGHT and one.at > sent_at), None)
    return effects, bought
