"""What happened with a customer, what was sent to them and why, and what they said of it, page by page.

Only of what is theirs: see `mine`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

import msgspec

from itda.consent import pace
from itda.consent.definition import ANY_CHANNEL, SUBJECT_WIDE, ConsentKey
from itda.consent.facts import MessageClass
from itda.consent.ledger import JOINED
from itda.consent.standing import NO_ANSWER, Consents
from itda.decisions.policy import SENDER
from itda.engine.app import Answer
from itda.engine.questions import centre, places, timeline
from itda.engine.questions.centre import Choices
from itda.engine.questions.mine import CHANNEL, find
from itda.engine.questions.views import TimelineEvent
from itda.engine.work import Work
from itda.store import consents
from itda.store.lake.timeline import page

LARGEST_PAGE = 500
_MESSAGES = """
select o.id, o.message, o.channel, o.class, o.purpose, o.language, o.status, o.reasons, o.journey, o.created_at,
  (select min(finished_at) from attempt where outbox = o.id and outcome = 'sent'),
  (select d.reasons from send_decision d where d.outbox = o.id order by d.seq desc limit 1)
from outbox o where o.fragment = any(%(own)s) and o.contact = any(%(own)s)
  and (%(at)s::bigint is null or (o.created_at, o.id) < (%(at)s, %(id)s))
order by o.created_at desc, o.id desc limit %(limit)s
"""
_TEXTS = "select id, body from consent_text where id = any(%s)"
_ACTS = 200


class OwnEvents(msgspec.Struct, frozen=True):
    """A page of what happened, newest first. `next` is the cursor of the page after it, empty on the last."""

    events: list[TimelineEvent]
    next: str


class WhatHappened(msgspec.Struct, frozen=True):
    """What happened with whoever proved these addresses."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]
    before: str = ""
    limit: int = 50

    def answer(self, work: Work) -> Answer[OwnEvents]:
        """The page; empty where they are forgotten."""
        mine = find(work, self.proven)
        if mine is None:
            return Answer(OwnEvents([], ""))
        limit = max(1, min(self.limit, LARGEST_PAGE))
        snapshot = work.lake.within(work.connection)
        rows = page(snapshot, timeline.known(work, mine.own), timeline.cursor(self.before), limit + 1, channel="")
        events = timeline.shown(work, rows[:limit])
        following = timeline.written(rows[limit - 1]) if len(rows) > limit else ""
        return Answer(OwnEvents(events, following), tuple(mine.fragments), len(events))


class OwnMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was meant for them. Times are microseconds UTC; labels are empty where there are none."""

    message: str
    label_ko: str
    label_en: str
    channel: str
    message_class: MessageClass
    ground: str
    """Why information may be sent without a consent."""
    purpose_ko: str
    purpose_en: str
    """What had to be consented to; empty: nothing."""
    journey_ko: str
    journey_en: str
    """What wanted it said; empty: they asked for it themselves."""
    status: str
    reasons: list[str]
    """What the gate said of it last, by rule and code."""
    wanted_at: int
    sent_at: int | None


class OwnMessages(msgspec.Struct, frozen=True):
    """A page of messages, the latest first."""

    messages: list[OwnMessage]
    next: str


class WhatWasSent(msgspec.Struct, frozen=True):
    """What was sent to whoever proved these addresses, and what was not, with why."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]
    before: str = ""
    limit: int = 30

    def answer(self, work: Work) -> Answer[OwnMessages]:
        """The page; empty where they are forgotten."""
        mine = find(work, self.proven)
        if mine is None:
            return Answer(OwnMessages([], ""))
        at, key = places.read(self.before)
        limit = max(1, min(self.limit, LARGEST_PAGE))
        asked = {"own": mine.fragments, "at": at, "id": key, "limit": limit + 1}
        rows = work.connection.execute(_MESSAGES, asked).fetchall()
        shown = [_message(work, row) for row in rows[:limit]]
        following = places.written(shown[-1].wanted_at, bytes(rows[limit - 1][0])) if len(rows) > limit else ""
        return Answer(OwnMessages(shown, following), tuple(mine.fragments), len(shown))


class OwnAct(msgspec.Struct, frozen=True):
    """Something they said, as the ledger keeps it; `text` is what was shown, word for word, where that is known."""

    action: str
    purpose: str
    label_ko: str
    label_en: str
    channel: str
    occurred_at: int
    source: str
    text_id: str
    text: str


class OwnChoices(msgspec.Struct, frozen=True):
    """What they may choose, how often they are written to at most, and what they said before, the latest first."""

    choices: Choices
    pace: str
    """The code of their own limit."""
    acts: list[OwnAct]


class WhatWasAgreed(msgspec.Struct, frozen=True):
    """The choices and acts of whoever proved these addresses."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]
    language: str

    def answer(self, work: Work) -> Answer[OwnChoices | None]:
        """All of it; None where they are forgotten."""
        mine = find(work, self.proven)
        held = centre.of_visit(work, self.proven, CHANNEL, self.language)
        if mine is None or held is None:
            return Answer(None)
        own = set(mine.fragments)
        limits = pace.limits(Consents({key: state for key, state in held.states.items() if key.fragment in own}))
        first = held.states.get(
            ConsentKey(SENDER, held.contact.fragment, SUBJECT_WIDE, pace.PACE, ANY_CHANNEL), NO_ANSWER
        )
        strictest = limits[:1] or pace.of_texts([first.text_id])
        found = OwnChoices(
            choices=centre.choices(work, held),
            pace=strictest[0].code if strictest else pace.NONE.code,
            acts=_acts(work, mine.fragments),
        )
        return Answer(found, tuple(mine.fragments), len(found.acts))


def _message(work: Work, row: tuple[Any, ...]) -> OwnMessage:
    _, name, channel, kind, purpose, _, status, why, journey, created_at, sent_at, reasons = row
    message = work.workspace.message(name)
    travel = next((one for one in work.workspace.journeys if one.name == journey), None)
    named = work.workspace.consent.purposes.get(purpose)
    return OwnMessage(
        message=name,
        label_ko=(message.label_ko if message else "") or name,
        label_en=(message.label_en if message else "") or name,
        channel=channel,
        message_class=cast("MessageClass", kind),
        ground=(message.ground if message else "") or "",
        purpose_ko=named.label_ko if named else purpose,
        purpose_en=named.label_en if named else purpose,
        journey_ko=(travel.label_ko if travel else "") or journey,
        journey_en=(travel.label_en if travel else "") or journey,
        status=status,
        reasons=list(reasons or ([why] if why else [])),
        wanted_at=created_at,
        sent_at=sent_at,
    )


def _acts(work: Work, own: Sequence[bytes]) -> list[OwnAct]:
    """What they said themselves, without what was copied from others, and of no address that is not theirs."""
    allowed = {*own, SUBJECT_WIDE}
    events = [
        event
        for event in consents.events_of(work.connection, own, _ACTS)
        if event.ground != JOINED and event.key.contact in allowed
    ]
    wanted = sorted({event.text_id for event in events if event.text_id})
    bodies = {one.id: one.body for one in work.workspace.consent.texts.values()}
    bodies |= dict(work.connection.execute(_TEXTS, [wanted]).fetchall()) if wanted else {}
    purposes = work.workspace.consent.purposes
    found = []
    for event in reversed(events):
        purpose = event.key.purpose
        named = purposes.get(purpose)
        label_ko, label_en = (named.label_ko, named.label_en) if named else _OWN.get(purpose, (purpose, purpose))
        found.append(
            OwnAct(
                action=event.action, purpose=purpose, label_ko=label_ko, label_en=label_en, channel=event.key.channel,
                occurred_at=event.occurred_at, source=event.source, text_id=event.text_id,
                text=bodies.get(event.text_id, ""),
            )
        )  # fmt: skip
    return found


_OWN = {pace.PACE: ("광고 횟수", "How often")}
