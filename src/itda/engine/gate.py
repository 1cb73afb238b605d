"""The one gate in front of every message, asked when it is chosen and again as it leaves; and what it was told of.

The facts are gathered from what is stored; the verdict is the law's, the decision the brand's. Each is kept as a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from itda.base import ids
from itda.consent import markers
from itda.consent.definition import ANY_CHANNEL, ConsentKey, ConsentState, Stage
from itda.consent.facts import Carrier, Facts, Sent, Transaction, Waiting
from itda.consent.judge import judge
from itda.consent.purposes import GUARDIAN
from itda.consent.standing import Consents
from itda.decisions.decide import decide
from itda.decisions.definition import Decision, Drop, Hold, Proposed, Send
from itda.decisions.policy import Policy
from itda.engine.about import About
from itda.experiments.assign import arm
from itda.messages.definition import Content, Message
from itda.profiles import orders
from itda.profiles.orders import Order
from itda.store.engagement_rows import SendDecisionRow

HOLDOUT = "brand holdout"
SEED = "journeys"
"""What the ids of positions and the arms are keyed for."""
_VERDICTS = {Send: "send", Hold: "hold", Drop: "drop"}


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message is for: one customer, and the address it would go to."""

    customer: bytes
    contact: bytes
    """The fragment of the address."""
    consents: Mapping[ConsentKey, ConsentState]
    orders: Mapping[str, Order] = {}
    sent: Sequence[Sent] = ()
    waiting: Sequence[Waiting] = ()
    about: About = About()


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One message at one moment. `now` and `consent_seq` are the log time and the last row of the ledger known."""

    stage: Stage
    message: Message
    channel: str
    language: str
    proposed: Proposed
    now: int
    consent_seq: int
    campaign: str = ""
    """The campaign that it is of; empty: of none."""
    opening: str | None = None
    """The subject as it will be read; None: as it is written."""
    optout_link: str | None = None
    """The recipient's own way out; known as the message leaves."""
    carrier: Carrier | None = None
    """What sends it, as far as anything is known of that."""


class Judged(msgspec.Struct, frozen=True):
    """What the gate says, and the row that keeps it."""

    decision: Decision
    row: SendDecisionRow

    @property
    def why(self) -> str:
        """The reasons in one line."""
        return ", ".join(self.row.reasons)


class Gate:
    """The gate of a workspace. `seed` draws who gets no advertising at all.

    `vouched` are the sources whose word counts: who bought what is told by many, and only by these does a purchase
    excuse an advertisement.
    """

    def __init__(self, policy: Policy, seed: bytes, country: str, vouched: Collection[str]) -> None:
        self.policy = policy
        self._vouched = vouched
        self._seed = seed
        self._countries = (country,) if country else None

    def ask(self, asking: Asking, subject: Subject) -> Judged:
        """What becomes of a message now."""
        facts = self.facts(asking, subject)
        held = self.policy.at(asking.now)
        verdict = judge(facts, held.asked(facts), asking.now, held.waivers, is_chosen=True)
        decision = decide(asking.proposed, facts, {asking.channel: verdict}, asking.now, self.policy.brand)
        return Judged(decision, self._row(asking, subject, facts, decision))

    def facts(self, asking: Asking, subject: Subject) -> Facts:
        """All that the rules are asked about."""
        message = asking.message
        content = message.contents[asking.channel][asking.language]
        share = self.policy.holdout_share
        about, consented = subject.about, Consents(subject.consents, subject.contact)
        bought = tuple(_transactions(subject.orders, subject.contact, self._vouched))
        # Who bought here and told no other country lives where the shop is; numbers are opened as a message leaves.
        is_at_home = asking.stage == "choice" or any(sale.is_direct for sale in bought)
        return Facts(
            stage=asking.stage,
            channel=asking.channel,
            message_class=message.message_class,
            ground=message.ground or "",
            purpose=message.purpose,
            message=message.name,
            words=message.words,
            campaign=asking.campaign,
            category=message.category,
            markers=promoting(content),
            opening=content.subject if asking.opening is None else asking.opening,
            sender=self.policy.sender,
            countries=about.where.countries or (self._countries if is_at_home else None),
            regions=about.where.regions,
            zones=about.where.zones,
            age_band=about.age_band,
            has_guardian=consented.standing(GUARDIAN, ANY_CHANNEL).status == "granted",
            is_stopped=about.is_stopped,
            is_leaving=about.is_leaving,
            consents=consented,
            transactions=bought,
            optout_link=asking.optout_link,
            carrier=asking.carrier,
            decision=asking.proposed.id,
            consents_read_at=asking.now,
            sent=tuple(subject.sent),
            waiting=tuple(subject.waiting),
            arm=arm(self._seed, HOLDOUT, subject.customer, share) if share else "treated",
        )

    def _row(self, asking: Asking, subject: Subject, facts: Facts, decision: Decision) -> SendDecisionRow:
        return SendDecisionRow(
            outbox=asking.proposed.id,
            stage=asking.stage,
            at=asking.now,
            verdict=_VERDICTS[type(decision)],
            reasons=[str(reason) for reason in decision.reasons],
            packs=self.policy.version_at(asking.now),
            inputs_sha256=_digest(facts, subject),
            consent_seq=asking.consent_seq,
            hold_until=decision.until if isinstance(decision, Hold) else None,
        )


@lru_cache(maxsize=512)
def promoting(content: Content) -> tuple[str, ...]:
    """The words of promotion in a message as it is written."""
    return markers.found(content.subject, content.preheader, content.body, content.text)


def outbox_id(seed: bytes, journey: str, step: str, entry_event: str, contact: bytes) -> bytes:
    """The id of a message that a journey wants said: the same however often it is asked for."""
    return ids.keyed(seed, "outbox", journey, step, entry_event, contact)


def values_label(message: bytes) -> str:
    """What the values of a message in the outbox are bound to, besides whose they are."""
    return f"outbox:{message.hex()}"


def _transactions(bought: Mapping[str, Order], contact: bytes, vouched: Collection[str]) -> Iterable[Transaction]:
    for key, order in sorted(bought.items()):
        if orders.is_order(order):
            yield Transaction(
                id=orders.order_id(key),
                ended_at=orders.ended_at(order),
                categories=orders.categories(order),
                is_direct=order.source in vouched and orders.is_contact(order, contact),
            )


def _digest(facts: Facts, subject: Subject) -> bytes:
    """SHA-256 of all that the decision was taken on."""
    told = msgspec.structs.asdict(facts)
    told["consents"] = sorted((list(key), state) for key, state in subject.consents.items())
    told["sender"] = None if facts.sender is None else (facts.sender.name, sorted(facts.sender.optouts.items()))
    return hashlib.sha256(msgspec.msgpack.encode(told, order="deterministic", enc_hook=repr)).digest()
