"""What must be done by a day, what was done, and how many there are of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

import msgspec

from itda.base import ids
from itda.base.instant import DAY
from itda.engine import duties as kinds
from itda.engine.app import Answer
from itda.engine.work import Work
from itda.store import duties
from itda.store.arrays import bigints, byteas
from itda.store.duties import Duty

_CUSTOMERS = "select fragment, customer from identifier where fragment = any(%b)"
_ACTS = "select seq, action, occurred_at from consent_event where seq = any(%b)"
_COUNTED_DAYS = 30


class DutyView(msgspec.Struct, frozen=True, kw_only=True):
    """One duty. Times are microseconds UTC."""

    id: str
    kind: str
    label_ko: str
    label_en: str
    about: str
    customer: str
    """To whom it is owed; empty: to nobody in particular."""
    action: str
    """The act of consent that it follows from; empty: it follows from none."""
    occurred_at: int | None
    """When that act was done."""
    purpose: str
    channel: str
    due_at: int
    is_overdue: bool
    is_soon: bool
    lacking: str
    """What keeps it from being done by itself."""
    message: str
    """The message that does it; empty: none."""
    done_at: int | None
    proof: str
    """JSON; empty while it is open."""


class KindView(msgspec.Struct, frozen=True):
    """The duties of one kind in numbers."""

    kind: str
    label_ko: str
    label_en: str
    open: int
    overdue: int
    soon: int
    done: int
    """In the last 30 days."""
    next_due_at: int | None


class DutiesView(msgspec.Struct, frozen=True):
    """All that must be done by a day."""

    kinds: list[KindView]
    duties: list[DutyView]
    next: str
    """What to ask for the next page after; empty: this is the last."""


class Duties(msgspec.Struct, frozen=True, kw_only=True):
    """What must be done and is not, what is due soonest first; or what was done last."""

    permission: ClassVar[str] = "duties.read"
    shown: Literal["open", "overdue", "done"] = "open"
    kind: str = ""
    after: str = ""
    limit: int = 100

    def answer(self, work: Work) -> Answer[DutiesView]:
        """A page of them."""
        counts = duties.counts(work.connection, work.now, work.now - _COUNTED_DAYS * DAY)
        soon = duties.soon(work.connection, work.now, {one.kind: _warned(work.now, one.kind) for one in counts})
        named = [
            KindView(one.kind, *_labels(one.kind), one.open, one.overdue, soon.get(one.kind, 0), one.done,
                     one.next_due_at)
            for one in counts
        ]  # fmt: skip
        found = self._found(work)
        views = told(work, found)
        is_more = self.shown != "done" and len(found) == self.limit
        after = f"{found[-1].due_at}.{found[-1].id.hex()}" if is_more else ""
        return Answer(DutiesView(named, views, after), tuple({one.subject for one in found if one.subject}), len(found))

    def _found(self, work: Work) -> list[Duty]:
        if self.shown == "done":
            return duties.done(work.connection, self.limit)
        until = work.now if self.shown == "overdue" else None
        kind = (self.kind,) if self.kind else None
        due, _, last = self.after.partition(".")
        if not due.lstrip("-").isdecimal():
            return duties.open_ones(work.connection, kind, until=until, limit=self.limit)
        place = (int(due), bytes.fromhex(last) if len(last) == 2 * ids.LENGTH else b"")
        return duties.open_ones(work.connection, kind, until=until, after=place, limit=self.limit)


def told(work: Work, found: Iterable[Duty]) -> list[DutyView]:
    """These duties as they are shown."""
    rows = list(found)
    subjects = sorted({one.subject for one in rows if one.subject is not None})
    seqs = sorted({one.event_seq for one in rows if one.event_seq is not None})
    customers = dict[bytes, bytes](work.connection.execute(_CUSTOMERS, [byteas(subjects)], binary=True).fetchall())
    acts = {
        seq: (action, at) for seq, action, at in work.connection.execute(_ACTS, [bigints(seqs)], binary=True).fetchall()
    }
    return [_view(work, one, customers, acts) for one in rows]


def _view(work: Work, one: Duty, customers: dict[bytes, bytes], acts: dict[int, tuple[str, int]]) -> DutyView:
    label_ko, label_en = _labels(one.kind)
    action, occurred_at = acts.get(one.event_seq or 0, ("", None))
    is_open = one.done_at is None
    return DutyView(
        id=one.id.hex(),
        kind=one.kind,
        label_ko=label_ko,
        label_en=label_en,
        about=one.about,
        customer="" if one.subject is None else ids.customer_text(customers.get(one.subject, one.subject)),
        action=action,
        occurred_at=occurred_at,
        purpose=one.purpose,
        channel=one.channel,
        due_at=one.due_at,
        is_overdue=is_open and one.due_at <= work.now,
        is_soon=is_open and work.now < one.due_at <= _warned(work.now, one.kind),
        lacking=one.lacking if is_open else "",
        message="" if one.message is None else one.message.hex(),
        done_at=one.done_at,
        proof="" if is_open else one.proof,
    )


def _labels(kind: str) -> tuple[str, str]:
    known = kinds.KINDS.get(kind)
    return (kind, kind) if known is None else (known.label_ko, known.label_en)


def _warned(now: int, kind: str) -> int:
    return now + kinds.soon_days(kind) * DAY
