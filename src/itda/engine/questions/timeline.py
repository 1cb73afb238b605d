"""A customer's events over all channels, newest first, unsealed as far as their keys live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Refused
from itda.base.ids import customer_text
from itda.engine.app import Answer
from itda.engine.keyring import event_label
from itda.engine.questions.person import Member, Who, find, sees_personal
from itda.engine.questions.views import TimelineEvent, TimelineView
from itda.engine.work import Work
from itda.events.classes import join
from itda.profiles.fold import refs
from itda.store.arrays import byteas
from itda.store.lake.timeline import NEWEST, Key, Sought, page

LARGEST_PAGE = 500
_PAGES = "select fragment, page, refs from fragment_recent where fragment = any(%b) order by fragment, page"
_EMPTY = TimelineView(events=[], next="")


class _References(msgspec.Struct, array_like=True, gc=False):
    """The first fields of a fragment's state: all that a timeline asks of it."""

    events: int
    first_at: int
    last_at: int
    log_time: int
    pruned_at: int
    pages: int
    recent: bytes


_decoder = msgspec.msgpack.Decoder(_References)


class Timeline(msgspec.Struct, frozen=True):
    """A page of events. `before` is the cursor of the page before it, empty for the newest; `channel` empty for all."""

    permission: ClassVar[str] = "customer.events"
    who: Who
    before: str = ""
    limit: int = 50
    channel: str = ""

    def answer(self, work: Work) -> Answer[TimelineView]:
        """The page; empty when nobody is meant."""
        person = find(work, self.who)
        if person is None:
            return Answer(_EMPTY)
        limit = max(1, min(self.limit, LARGEST_PAGE))
        snapshot = work.lake.within(work.connection)
        rows = page(snapshot, known(work, person.members), cursor(self.before), limit + 1, channel=self.channel)
        events = shown(work, rows[:limit])
        following = written(rows[limit - 1]) if len(rows) > limit else ""
        return Answer(
            TimelineView(events, following, customer_text(person.customer)),
            subjects=tuple(person.fragments),
            count=len(events),
        )


def cursor(text: str) -> Key:
    """Where a page starts."""
    if not text:
        return NEWEST
    at, _, position = text.rpartition("~")
    try:
        return int(at), int(position)
    except ValueError:
        raise Refused(f"{text!r} is no place in a timeline") from None


def written(row: dict[str, Any]) -> str:
    """The cursor of the page after this row."""
    return f"{row['occurred_at']}~{row['position']}"


def known(work: Work, members: Sequence[Member]) -> list[Sought]:
    """The fragments that have events, with the references that live with them."""
    held = [(member.fragment, _decoder.decode(member.state)) for member in members if member.state is not None]
    kept = work.connection.execute(_PAGES, [byteas([fragment for fragment, _ in held])]).fetchall()
    pages: dict[bytes, dict[int, bytes]] = {}
    for fragment, number, packed in kept:
        pages.setdefault(bytes(fragment), {})[number] = bytes(packed)
    return [_sought(fragment, state, pages.get(fragment, {})) for fragment, state in held]


def _sought(fragment: bytes, state: _References, pages: dict[int, bytes]) -> Sought:
    """Full pages count back from the last one, as far as none is missing."""
    packed, number = state.recent, state.pages - 1
    while number in pages:
        packed = pages[number] + packed
        number -= 1
    return Sought(fragment, tuple(refs(packed)), is_complete=number < 0)


def shown(work: Work, rows: Sequence[dict[str, Any]]) -> list[TimelineEvent]:
    """Rows of the lake as events, their sealed fields opened where the key lives and who asks may see them."""
    sealed = {row["fragment"] for row in rows if row["sealed"] is not None}
    ciphers = work.ciphers(sealed) if sealed and sees_personal(work) else {}
    events = []
    for row in rows:
        properties = msgspec.json.decode(row["properties"])
        cipher = ciphers.get(row["fragment"])
        if row["sealed"] is not None and cipher is not None:
            opened = cipher.open(row["fragment"], event_label(row["position"]), row["sealed"])
            properties = join(properties, msgspec.json.decode(opened).get("properties", {}))
        events.append(
            TimelineEvent(
                position=row["position"],
                at=row["occurred_at"],
                received_at=row["received_at"],
                name=row["name"],
                type=row["type"],
                channel=row["channel"],
                source=row["source"],
                properties=properties,
                fragment=row["fragment"].hex(),
            )
        )
    return events
