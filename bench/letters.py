"""What became of every message of a soak: the outbox held against an inbox that kept every byte it was given.

A mail counts as taken where its final dot was given and the server did not say no. No advertisement may be taken
twice; what is said to have gone is there once, what is said not to have gone is not there; of whom nobody knows is
listed, is no more than was on its way at the kills or was left without an answer, and can be settled by a person.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pyarrow.compute as pc

import itda
from itda.base.instant import MINUTE
from itda.engine.commands.messages import ResolveMessage
from itda.engine.questions.messages import MessageList
from itda.engine.sending.outcomes import UNKNOWN
from itda.engine.shop import clock

TAKEN = ("250", "hang up", "silence")
"""What the inbox did with mails that it has."""
_SURE = ("sent", "delivered", "bounced", "complained")
_MESSAGES = """
select o.id, o.class, o.status, coalesce(min(a.message_id), ''), count(a.*) filter (where a.outcome = 'uncertain'),
  count(a.*) filter (where a.outcome = 'uncertain' and a.detail = %s)
from outbox o left join attempt a on a.outbox = o.id group by o.id
"""
_STUCK = """
select (select count(*) from journey_position where exited_at is null and due_at < %(at)s),
  (select count(*) from outbox where status in ('queued', 'held', 'retry') and not_before < %(at)s),
  (select count(*) from outbox where status = 'attempting'), (select count(*) from wake where at < %(at)s)
"""
_JOURNEYS = """
select (select count(*) from journey_path where what = 'entered'), count(*) filter (where exited_at is null),
  count(*) filter (where exited_at is not null and exit_reason is not null)
from journey_position
"""


class Message(msgspec.Struct):
    """One row of the outbox, and how often the inbox took it."""

    id: bytes
    kind: str
    status: str
    message_id: str
    uncertain: int
    by_kill: int
    taken: int = 0


def on_their_way(shop: itda.Shop) -> int:
    """Attempts that have no outcome."""
    with shop.db.connection() as connection:
        row = connection.execute("select count(*) from attempt where finished_at is null").fetchone()
    return int(row[0]) if row else 0


def stuck(shop: itda.Shop, older: int = MINUTE) -> dict[str, int]:
    """What has been due for longer than `older` (microseconds), or is on its way."""
    with shop.db.connection() as connection:
        row = connection.execute(_STUCK, {"at": clock() - older}).fetchone() or (0, 0, 0, 0)
    return dict(zip(("timers", "waiting", "on_their_way", "wakes"), map(int, row), strict=True))


def account(folder: Path, inbox: Path, in_flight: int) -> dict[str, object]:
    """Count messages. `in_flight` is how many attempts were on their way at the kills, at most."""
    with itda.open(folder) as shop:
        shop.settle()  # what the sender told of while all was being stopped
        messages = _messages(shop)
        answered = Counter[str]()
        strangers = 0
        with (inbox / "mails").open(encoding="utf-8") as mails:
            for line in mails:
                mail = json.loads(line)
                answered[mail["answered"]] += 1
                message = messages.get(mail["id"])
                if message is None:
                    strangers += 1
                elif mail["answered"] in TAKEN:
                    message.taken += 1
        found = _counts(list(messages.values()))
        return {
            **found, "strangers": strangers, "in_flight": in_flight, "answered": dict(answered), **_effects(shop),
            "journeys": _journeys(shop), "unresolved": _resolve(shop, list(messages.values())),
        }  # fmt: skip


def _messages(shop: itda.Shop) -> dict[str, Message]:
    """By Message-ID; what never was attempted has none, and goes by its own."""
    with shop.db.connection() as connection:
        rows = connection.execute(_MESSAGES, [UNKNOWN.detail]).fetchall()
    return {(row[3] or bytes(row[0]).hex()): Message(bytes(row[0]), *row[1:]) for row in rows}


def _counts(messages: list[Message]) -> dict[str, object]:
    advertising = [one for one in messages if one.kind == "advertising"]
    others = [one for one in messages if one.kind != "advertising"]
    unsent = [one for one in messages if one.status not in (*_SURE, "uncertain")]
    return {
        "messages": dict(Counter(f"{one.kind} {one.status}" for one in messages)),
        "advertising_doubled": sum(one.taken > 1 for one in advertising),
        "others_doubled": sum(one.taken > 1 + min(one.uncertain, 1) for one in others),
        "sent_and_not_there": sum(one.status == "sent" and not one.taken for one in messages),
        "unsent_and_there": sum(one.taken > min(one.uncertain, 1) for one in unsent),
        "uncertain": sum(one.status == "uncertain" for one in messages),
        "uncertain_by_kills": sum(one.by_kill for one in messages),
    }


def _effects(shop: itda.Shop) -> dict[str, object]:
    """Whether each message that went was told to the log once."""
    rows = shop.lake.table(["event_id"], pc.field("name") == "Message Sent")
    told = Counter(rows.column("event_id").to_pylist())
    with shop.db.connection() as connection:
        sent = connection.execute("select id from outbox where status = 'sent'").fetchall()
    ids = {f"message-sent:{bytes(one).hex()}" for (one,) in sent}
    return {
        "sent_and_not_told": len(ids - told.keys()),
        "told_and_not_sent": len(told.keys() - ids),
        "told_twice": sum(n > 1 for n in told.values()),
    }


def _journeys(shop: itda.Shop) -> dict[str, int]:
    with shop.db.connection() as connection:
        row = connection.execute(_JOURNEYS).fetchone() or (0, 0, 0)
    return dict(zip(("entered", "active", "exited"), map(int, row), strict=True))


def _resolve(shop: itda.Shop, messages: list[Message]) -> int:
    """Settle what is uncertain by what the inbox has; how many are not listed, or are uncertain still."""
    taken = {one.id.hex(): one.taken for one in messages}
    uncertain = {one.id.hex() for one in messages if one.status == "uncertain"}
    listed = {line.id for line in shop.ask(MessageList(status="uncertain", limit=10_000)).lines}
    for one in sorted(listed):
        shop.act(ResolveMessage(one, "sent" if taken.get(one) else "unsent"), "by the inbox")
    left = shop.ask(MessageList(status="uncertain")).lines
    return len(uncertain ^ listed) + len(left)


def is_sound(found: dict[str, object]) -> bool:
    """Whether nothing was doubled, nothing is stuck, and everything that was said of a message is so."""
    journeys = found["journeys"]
    assert isinstance(journeys, dict)
    wrong = (
        "advertising_doubled", "others_doubled", "sent_and_not_there", "unsent_and_there", "strangers",
        "sent_and_not_told", "told_and_not_sent", "told_twice", "unresolved",
    )  # fmt: skip
    by_kills, in_flight = found["uncertain_by_kills"], found["in_flight"]
    assert isinstance(by_kills, int)
    assert isinstance(in_flight, int)
    stood = found["stuck"]
    assert isinstance(stood, dict)
    return (
        not any(found[one] for one in wrong)
        and by_kills <= in_flight
        and journeys["entered"] == journeys["active"] + journeys["exited"] > 0
        and not any(stood.values())
    )
