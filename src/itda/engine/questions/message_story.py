"""Messages as pages list them, with whom they are for; and of one what wanted it and what came of it. µs UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Refused
from itda.base.ids import customer_text
from itda.consent.acts import UNSUBSCRIBED
from itda.engine.app import Answer
from itda.engine.questions import person, timeline
from itda.engine.questions.journeys import JourneyPaths, PathView
from itda.engine.questions.messages import MessageLine, MessageView, MessageWhy
from itda.engine.questions.person import Member, Who
from itda.engine.questions.profile import found_customer
from itda.engine.questions.views import FoundCustomer, TimelineEvent
from itda.engine.work import Work
from itda.events.names import EFFECTS
from itda.sources.definition import OWN
from itda.store.lake.timeline import NEWEST
from itda.store.lake.timeline import page as events_of

_COLUMNS = """
    o.id, o.fragment, o.position_id, o.journey, o.step, o.message, o.channel, o.class, o.language, o.status,
    o.reasons, o.created_at, o.not_before, o.expires_at, o.tries,
    (select min(a.finished_at) from attempt a where a.outbox = o.id and a.outcome = 'sent')
"""
_MEANT = """
    (%(status)s = '' or o.status = %(status)s) and (%(message)s = '' or o.message = %(message)s)
    and (%(journey)s = '' or o.journey = %(journey)s)
    and (%(fragments)s::bytea[] is null or o.fragment = any(%(fragments)s))
"""
_PAGE = f"""
    select {_COLUMNS} from outbox o where {_MEANT}
      and (%(at)s::bigint is null or (o.created_at, o.id) < (%(at)s, %(id)s))
    order by o.created_at desc, o.id desc limit %(limit)s
"""
_COUNTS = f"select o.status, count(*) from outbox o where {_MEANT} group by o.status"
_POSITION = "select position_id from outbox where id = %s"
_EFFECTS = EFFECTS | {UNSUBSCRIBED}
_BOUGHT = "Order Completed"
_LOOKED_AT = 300
"""Events of the person since the message was wanted that are looked through, at most."""


class OutboxLine(msgspec.Struct, frozen=True):
    """One message for somebody. `customer` is None where they were erased."""

    id: str
    """Hex."""
    customer: FoundCustomer | None
    journey: str
    step: str
    message: str
    label_ko: str
    label_en: str
    channel: str
    message_class: str
    language: str
    status: str
    reasons: str
    """Why it is what it is, as `KR-02 NO_CONSENT`, several with a comma between."""
    created_at: int
    not_before: int
    expires_at: int
    tries: int
    sent_at: int | None


class OutboxView(msgspec.Struct, frozen=True):
    """A page of messages, the latest first. `next` is the cursor of the page after it, empty on the last."""

    messages: list[OutboxLine]
    by_status: dict[str, int]
    """How many there are of each status, whichever of them is listed."""
    next: str


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


class OutboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one status, message, journey or customer, a page at a time; empty: of all."""

    permission: ClassVar[str] = "message.read"
    status: str = ""
    message: str = ""
    journey: str = ""
    who: Who | None = None
    before: str = ""
    limit: int = 50

    def answer(self, work: Work) -> Answer[OutboxView]:
        """The page; empty where nobody is meant."""
        at, key = _cursor(self.before)
        asked: dict[str, Any] = {
            "status": self.status, "message": self.message, "journey": self.journey, "at": at, "id": key,
            "limit": self.limit + 1, "fragments": None,
        }  # fmt: skip
        if self.who is not None:
            found = person.find(work, self.who)
            if found is None:
                return Answer(OutboxView([], {}, ""))
            asked["fragments"] = found.fragments
        rows = work.connection.execute(_PAGE, asked).fetchall()
        counts = dict[str, int](work.connection.execute(_COUNTS, asked | {"status": ""}).fetchall())
        shown = rows[: self.limit]
        views = _views(work, shown)
        following = f"{shown[-1][11]}~{bytes(shown[-1][0]).hex()}" if len(rows) > self.limit else ""
        subjects = tuple(sorted({bytes(row[1]) for row in shown}))
        return Answer(OutboxView(views, counts, following), subjects, len(views))


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
        sent = [one.finished_at for one in message.attempts if one.outcome == "sent" and one.finished_at is not None]
        sent_at = min(sent, default=None)
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


def _views(work: Work, rows: Sequence[tuple[Any, ...]]) -> list[OutboxLine]:
    own: dict[bytes, list[Member]] = {}
    owners: dict[bytes, bytes] = {}
    for member in person.load(work, sorted({bytes(row[1]) for row in rows})) if rows else ():
        owners[member.fragment] = member.customer
        own.setdefault(member.customer, []).append(member)
    people = {customer: found_customer(work, customer, members, "message") for customer, members in own.items()}
    found = []
    for key, fragment, _position, journey, step, name, *rest in rows:
        message = work.workspace.messages.get(name)
        owner = owners.get(bytes(fragment))
        label_ko, label_en = (message.label_ko, message.label_en) if message is not None else ("", "")
        found.append(
            OutboxLine(bytes(key).hex(), people[owner] if owner is not None else None, journey, step, name,
                        label_ko or name, label_en or name, *rest)
        )  # fmt: skip
    return found


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


def _cursor(text: str) -> tuple[int | None, bytes]:
    if not text:
        return None, b""
    at, _, key = text.partition("~")
    try:
        return int(at), bytes.fromhex(key)
    except ValueError:
        raise Refused(f"{text!r} is no place in this list") from None
