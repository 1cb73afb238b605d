"""Asks the one gate about a message: gathers the facts, lets every rule of law judge and the brand's rules decide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from itda.consent.definition import ConsentKey, ConsentState, Stage, Verdict
from itda.consent.facts import Facts, MessageClass, Sent, Transaction, Waiting
from itda.consent.judge import judge
from itda.consent.standing import Consents
from itda.decisions.decide import decide
from itda.decisions.definition import Decision, Proposed
from itda.decisions.policy import Policy
from itda.store.lake.reader import Snapshot

_BOUGHT = frozenset({"Order Completed"})
_TAKEN_BACK = frozenset({"Order Cancelled", "Order Refunded", "Order Returned"})


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said, on one channel."""

    id: bytes
    """Of its row in the outbox; empty while it is only asked about."""
    message: str
    message_class: MessageClass | None
    channel: str
    ground: str = ""
    purpose: str = ""
    category: str = ""
    markers: tuple[str, ...] | None = ()
    opening: str | None = None
    optout_link: str | None = None
    at: int
    expires_at: int | None = None
    variant: str = ""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is meant for, as far as rules ask. Times are microseconds UTC."""

    states: Mapping[ConsentKey, ConsentState]
    """Of every fragment of the customer."""
    contact: bytes | None
    """The address; None where the customer has none on this channel."""
    country: str | None = None
    read_at: int | None = None
    """When the states were read."""
    sent: Sequence[Sent] | None = ()
    waiting: Sequence[Waiting] | None = ()
    transactions: Sequence[Transaction] | None = None
    arm: str = "treated"


class Answered(msgspec.Struct, frozen=True):
    """What the gate says, and on what grounds."""

    decision: Decision
    verdict: Verdict
    inputs_sha256: bytes
    """Of all the facts: the same decision can be told to be the same."""


def ask(policy: Policy, meant: Meant, reached: Reached, stage: Stage, now: int) -> Answered:
    """Put one message for one person to the gate, at `now`."""
    facts = _facts(policy, meant, reached, stage)
    verdict = judge(facts, policy.rules, now)
    intent = Proposed(
        id=meant.id,
        message=meant.message,
        message_class="advertising" if facts.is_advertising else "informational",
        at=meant.at,
        expires_at=meant.expires_at,
        variant=meant.variant,
    )
    decision = decide(intent, facts, {meant.channel: verdict}, now, policy.brand)
    return Answered(decision, verdict, _hash(policy, meant, reached, stage, now))


def purchases(lake: Snapshot, fragments: Sequence[bytes]) -> list[Transaction]:
    """Orders of these fragments that stand, with the categories in them: what KR-03 asks for.

    An order counts as ended when it was placed, the strictest reading.
    """
    table = lake.of_fragments(fragments, ("name", "source", "occurred_at", "properties"))
    found: dict[str, Transaction] = {}
    gone: set[str] = set()
    for row in table.to_pylist():
        if row["name"] not in _BOUGHT and row["name"] not in _TAKEN_BACK:
            continue
        properties = msgspec.json.decode(row["properties"])
        order = str(properties.get("order_id") or "")
        if row["name"] in _TAKEN_BACK:
            gone.add(order)
        elif order:
            categories = frozenset(_categories(properties.get("products") or ()))
            found[order] = Transaction(id=order, ended_at=row["occurred_at"], categories=categories)
    return [found[order] for order in sorted(found.keys() - gone)]


def _categories(products: Iterable[object]) -> Iterable[str]:
    for product in products:
        if isinstance(product, dict):
            yield from (str(product[field]) for field in ("category", "department") if product.get(field))


def _facts(policy: Policy, meant: Meant, reached: Reached, stage: Stage) -> Facts:
    known = Consents(reached.states, reached.contact) if reached.contact is not None else Consents({}, None)
    return Facts(
        stage=stage,
        channel=meant.channel,
        message_class=meant.message_class,
        ground=meant.ground,
        purpose=meant.purpose,
        category=meant.category,
        markers=meant.markers,
        opening=meant.opening,
        sender=policy.sender,
        country=reached.country,
        consents=known,
        transactions=None if reached.transactions is None else tuple(reached.transactions),
        optout_link=meant.optout_link,
        decision=meant.id or None,
        consents_read_at=reached.read_at,
        sent=None if reached.sent is None else tuple(reached.sent),
        waiting=None if reached.waiting is None else tuple(reached.waiting),
        arm=reached.arm,
    )


def _hash(policy: Policy, meant: Meant, reached: Reached, stage: Stage, now: int) -> bytes:
    states = sorted(reached.states.items())
    told = (policy.version, stage, now, meant, states, msgspec.structs.replace(reached, states={}))
    return hashlib.sha256(msgspec.msgpack.encode(told, enc_hook=sorted, order="deterministic")).digest()
