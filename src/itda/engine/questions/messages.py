"""What is to be sent, what went and what did not, and of one message everything that was decided about it."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from itda.base import ids
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.work import Work
from itda.store import outbox

STATUSES = (
    "queued", "held", "attempting", "retry", "sent", "delivered", "bounced", "complained", "dropped", "cancelled",
    "dead", "uncertain",
)  # fmt: skip
_COUNTS = "select message, status, count(*) from outbox group by 1, 2 order by 1, 2"
_REASONS = "select reasons, count(*) from outbox where status = any(%s) group by 1 order by 2 desc, 1 limit 50"
_LIST = """
select o.id, o.message, o.channel, o.class, o.language, o.status, o.reasons, o.journey, o.step, o.campaign, o.tries,
  o.created_at, o.not_before, o.fragment, a.started_at, a.outcome, a.code, a.detail
from outbox o left join lateral (
  select started_at, outcome, code, detail from attempt where outbox = o.id order by n desc limit 1
) a on true
where (%(status)s = '' or o.status = %(status)s) and (%(message)s = '' or o.message = %(message)s)
  and (%(before)s::bigint is null or o.created_at < %(before)s)
order by o.created_at desc, o.id limit %(limit)s
"""
_DECISIONS = """
select stage, at, verdict, reasons, packs, consent_seq, hold_until from send_decision where outbox = %s order by seq
"""
_ATTEMPTS = """
select n, message_id, started_at, finished_at, outcome, code, detail, consent_seq
from attempt where outbox = %s order by n
"""


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message of the outbox. Times are microseconds UTC."""

    id: str
    message: str
    channel: str
    message_class: str
    language: str
    status: str
    reasons: str
    journey: str
    step: str
    campaign: str
    tries: int
    created_at: int
    due_at: int
    """When it goes, or would have gone, at the earliest."""
    customer: str
    """Id of the customer it is for, by the identifier that asked for it."""
    tried_at: int | None
    """When it was tried last."""
    outcome: str
    code: str
    detail: str
    """The server's last words, without addresses."""


class MessageListView(msgspec.Struct, frozen=True):
    """The outbox: how many messages stand how, why some do not go, and the latest of those asked for."""

    counts: dict[str, int]
    """Status → messages."""
    by_message: dict[str, dict[str, int]]
    """Message → status → how many."""
    reasons: dict[str, int]
    """Of what was dropped, held or is dead: why → how many."""
    lines: list[MessageLine]


class MessageList(msgspec.Struct, frozen=True):
    """The outbox, the latest first. Empty `status` and `message`: all."""

    permission: ClassVar[str] = "message.read"
    status: str = ""
    message: str = ""
    limit: int = 50
    before: int | None = None

    def answer(self, work: Work) -> Answer[MessageListView]:
        """Counts over everything, and a page of lines."""
        by_message: dict[str, dict[str, int]] = {}
        counts: dict[str, int] = {}
        for message, status, n in work.connection.execute(_COUNTS).fetchall():
            by_message.setdefault(message, {})[status] = n
            counts[status] = counts.get(status, 0) + n
        stopped = work.connection.execute(_REASONS, [["dropped", "held", "dead", "cancelled"]]).fetchall()
        asked = msgspec.structs.asdict(self)
        rows = work.connection.execute(_LIST, asked).fetchall()
        subjects = tuple(sorted({bytes(row[13]) for row in rows}))
        view = MessageListView(
            {status: counts[status] for status in STATUSES if status in counts},
            by_message,
            {str(why): int(n) for why, n in stopped},
            [_line(row) for row in rows],
        )
        return Answer(view, subjects, len(rows))


class DecisionView(msgspec.Struct, frozen=True):
    """What the gate said once, and why."""

    stage: str
    at: int
    verdict: str
    reasons: list[str]
    packs: str
    consent_seq: int
    """The last row of the ledger that it knew."""
    hold_until: int | None


class AttemptView(msgspec.Struct, frozen=True):
    """One try to send it."""

    n: int
    message_id: str
    started_at: int
    finished_at: int | None
    outcome: str
    code: str
    detail: str
    consent_seq: int


class MessageView(msgspec.Struct, frozen=True):
    """One message with everything that was decided and tried."""

    line: MessageLine
    to: str
    """The address, as who asks may see it; empty once it is forgotten."""
    version: str
    expires_at: int
    decisions: list[DecisionView]
    attempts: list[AttemptView]


class MessageWhy(msgspec.Struct, frozen=True):
    """Why a message went, waits, or did not go."""

    permission: ClassVar[str] = "message.read"
    id: bytes

    def answer(self, work: Work) -> Answer[MessageView | None]:
        """All of it; None where there is no such message."""
        found = outbox.named(work.connection, [self.id])
        if not found:
            return Answer(None)
        row = found[0]
        last = outbox.last_attempt(work.connection, row.id)
        attempts = [AttemptView(*one) for one in work.connection.execute(_ATTEMPTS, [row.id]).fetchall()]
        key = work.keys([row.contact]).get(row.contact)
        end = attempts[-1] if attempts else None
        line = MessageLine(
            id=row.id.hex(), message=row.message, channel=row.channel, message_class=row.message_class,
            language=row.language, status=row.status, reasons=row.reasons, journey=row.journey, step=row.step,
            campaign=row.campaign, tries=row.tries, created_at=row.created_at, due_at=row.not_before,
            customer=ids.customer_text(row.fragment), tried_at=last.started_at if last else None,
            outcome=end.outcome if end else "", code=end.code if end else "", detail=end.detail if end else "",
        )  # fmt: skip
        view = MessageView(
            line=line,
            to=person.shown(work, key.kind, work.value(key)) if key is not None else "",
            version=row.message_version,
            expires_at=row.expires_at,
            decisions=[DecisionView(*one) for one in work.connection.execute(_DECISIONS, [row.id]).fetchall()],
            attempts=attempts,
        )
        return Answer(view, (row.fragment, row.contact), 1)


def _line(row: tuple[Any, ...]) -> MessageLine:
    (
        one, message, channel, kind, language, status, reasons, journey, step, campaign, tries, created_at, due_at,
        fragment, tried_at, outcome, code, detail,
    ) = row  # fmt: skip
    return MessageLine(
        id=one.hex(), message=message, channel=channel, message_class=kind, language=language, status=status,
        reasons=reasons, journey=journey, step=step, campaign=campaign, tries=tries, created_at=created_at,
        due_at=due_at, customer=ids.customer_text(fragment), tried_at=tried_at, outcome=outcome or "", code=code or "",
        detail=detail or "",
    )  # fmt: skip
