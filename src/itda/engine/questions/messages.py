"""What is to be sent, what went and what did not, and of one message everything that was decided about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from itda.base import ids
from itda.engine.app import Answer
from itda.engine.questions import person, places
from itda.engine.questions.person import Member, Who
from itda.engine.questions.profile import found_customer
from itda.engine.questions.views import FoundCustomer
from itda.engine.work import Work
from itda.store import outbox

STATUSES = (
    "queued", "held", "attempting", "retry", "sent", "delivered", "bounced", "complained", "dropped", "cancelled",
    "dead", "uncertain",
)  # fmt: skip
STOPPED = ("dropped", "held", "dead", "cancelled")
"""Those that did not go, or not yet, for a reason worth counting."""
_MEANT = """
  (%(message)s = '' or o.message = %(message)s) and (%(journey)s = '' or o.journey = %(journey)s)
  and (%(fragments)s::bytea[] is null or o.fragment = any(%(fragments)s))
  and (%(contacts)s::bytea[] is null or o.contact = any(%(contacts)s))
"""
_COUNTS = f"""
select o.message, o.status, case when o.status = any(%(stopped)s) then o.reasons end, count(*)
from outbox o where {_MEANT} group by 1, 2, 3 order by 1, 2, 4 desc, 3
"""
_LINES = """
select o.id, o.message, o.channel, o.class, o.language, o.status, o.reasons, o.journey, o.step, o.campaign, o.tries,
  o.created_at, o.not_before, a.started_at, a.outcome, a.code, a.detail,
  (select min(finished_at) from attempt where outbox = o.id and outcome = 'sent'), o.fragment
from outbox o left join lateral (
  select started_at, outcome, code, detail from attempt where outbox = o.id order by n desc limit 1
) a on true
"""
_PAGE = f"""
{_LINES} where {_MEANT} and (%(status)s = '' or o.status = %(status)s)
  and (%(at)s::bigint is null or (o.created_at, o.id) < (%(at)s, %(id)s))
order by o.created_at desc, o.id desc limit %(limit)s
"""
_ONE = f"{_LINES} where o.id = %s"
_MOST_REASONS = 50
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
    label_ko: str
    label_en: str
    """What the message is called; its name where it is called nothing."""
    channel: str
    message_class: str
    language: str
    status: str
    reasons: str
    """Why it is what it is, as `KR-02 NO_CONSENT`, several with a comma between."""
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
    sent_at: int | None
    person: FoundCustomer | None = None
    """Whom it is for, where that was asked; None where they were erased."""


class MessageListView(msgspec.Struct, frozen=True):
    """How many messages are what, why some do not go, and a page of them, the latest first."""

    counts: dict[str, int]
    """Status → messages, whichever status is listed."""
    by_message: dict[str, dict[str, int]]
    """Message → status → how many."""
    reasons: dict[str, int]
    """Of what was dropped, held, cancelled or is dead: why → how many."""
    lines: list[MessageLine]
    next: str = ""
    """The cursor of the page after it, empty on the last."""


class MessageList(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of one status, message, journey or customer, a page at a time; empty: of all."""

    permission: ClassVar[str] = "message.read"
    status: str = ""
    message: str = ""
    journey: str = ""
    who: Who | None = None
    only: tuple[bytes, ...] = ()
    """Those to these fragments, at addresses among them, in place of a customer; none: of everybody, or of `who`."""
    before: str = ""
    limit: int = 50
    is_named: bool = False
    """Whether to say whom each is for by name."""

    def answer(self, work: Work) -> Answer[MessageListView]:
        """Counts over all that are meant, and a page; nothing where nobody is meant."""
        at, key = places.read(self.before)
        asked: dict[str, Any] = {
            "status": self.status, "message": self.message, "journey": self.journey, "at": at, "id": key,
            "limit": self.limit + 1, "fragments": list(self.only) or None, "contacts": list(self.only) or None,
            "stopped": list(STOPPED),
        }  # fmt: skip
        if self.who is not None:
            found = person.find(work, self.who)
            if found is None:
                return Answer(MessageListView({}, {}, {}, []))
            asked["fragments"] = found.fragments
        rows = work.connection.execute(_PAGE, asked).fetchall()
        shown = rows[: self.limit]
        fragments = tuple(sorted({bytes(row[-1]) for row in shown}))
        people = _people(work, fragments) if self.is_named else {}
        lines = [_line(work, row, people.get(bytes(row[-1]))) for row in shown]
        is_last = len(rows) <= self.limit or not lines
        following = "" if is_last else places.written(lines[-1].created_at, bytes.fromhex(lines[-1].id))
        counted = _counted(work.connection.execute(_COUNTS, asked).fetchall())
        asked_of = asked["fragments"] or ()  # they were looked at, whatever was found
        return Answer(MessageListView(*counted, lines, following), (*fragments, *asked_of), len(lines))


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
        attempts = [AttemptView(*one) for one in work.connection.execute(_ATTEMPTS, [row.id]).fetchall()]
        key = work.keys([row.contact]).get(row.contact)
        told = work.connection.execute(_ONE, [row.id]).fetchall()
        view = MessageView(
            line=_line(work, told[0]),
            to=person.shown(work, key.kind, work.value(key)) if key is not None else "",
            version=row.message_version,
            expires_at=row.expires_at,
            decisions=[DecisionView(*one) for one in work.connection.execute(_DECISIONS, [row.id]).fetchall()],
            attempts=attempts,
        )
        return Answer(view, (row.fragment, row.contact), 1)


def _line(work: Work, row: tuple[Any, ...], who: FoundCustomer | None = None) -> MessageLine:
    (
        one, name, channel, kind, language, status, reasons, journey, step, campaign, tries, created_at, due_at,
        tried_at, outcome, code, detail, sent_at, fragment,
    ) = row  # fmt: skip
    message = work.workspace.message(name)
    return MessageLine(
        id=one.hex(), message=name, label_ko=(message.label_ko if message else "") or name,
        label_en=(message.label_en if message else "") or name, channel=channel, message_class=kind,
        language=language, status=status, reasons=reasons, journey=journey, step=step, campaign=campaign, tries=tries,
        created_at=created_at, due_at=due_at, customer=ids.customer_text(fragment), tried_at=tried_at,
        outcome=outcome or "", code=code or "", detail=detail or "", sent_at=sent_at, person=who,
    )  # fmt: skip


def _counted(rows: Sequence[tuple[Any, ...]]) -> tuple[dict[str, int], dict[str, dict[str, int]], dict[str, int]]:
    """(Status → how many, message → status → how many, why → how many of what did not go)."""
    by_message: dict[str, dict[str, int]] = {}
    counts, reasons = Counter[str](), Counter[str]()
    for message, status, why, n in rows:
        told = by_message.setdefault(message, {})
        told[status] = told.get(status, 0) + n
        counts[status] += n
        if why is not None:
            reasons[why] += n
    return (
        {status: counts[status] for status in STATUSES if status in counts},
        by_message,
        dict(sorted(reasons.items(), key=lambda told: (-told[1], told[0]))[:_MOST_REASONS]),
    )


def _people(work: Work, fragments: Sequence[bytes]) -> dict[bytes, FoundCustomer]:
    """Who is behind these fragments; those that were erased are missing."""
    own: dict[bytes, list[Member]] = {}
    for member in person.load(work, list(fragments)) if fragments else ():
        own.setdefault(member.customer, []).append(member)
    found = {customer: found_customer(work, customer, members, "message") for customer, members in own.items()}
    return {member.fragment: found[customer] for customer, members in own.items() for member in members}
