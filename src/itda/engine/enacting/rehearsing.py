"""Judges the decisions of the last days again, under the packs in force and under others, and counts what differs.

A decision keeps a hash of its facts and not the facts, which are personal. They are gathered anew as the gate gathers
them: consents from the ledger up to the row that the decision knew, purchases and what was sent up to its moment, the
message as it is written today. What cannot be told any more is told to nobody: both judgements are of the same facts,
and `alike` says of how many of them the packs in force say today what was noted then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from itda.base.instant import DAY
from itda.consent.acts import PHONE
from itda.consent.definition import ConsentEvent, ConsentKey, ConsentState, Stage, Verdict
from itda.consent.facts import Facts, Sent
from itda.consent.judge import judge
from itda.consent.ledger import Reconfirm, fold
from itda.decisions.definition import Proposed
from itda.decisions.policy import Policy
from itda.engine.about import About, about
from itda.engine.enacting.tally import Decided, Rehearsal, Tally
from itda.engine.gate import SEED, Asking, Gate, Subject
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.messages import links
from itda.messages.definition import Message
from itda.messages.links import Links
from itda.profiles.orders import Order
from itda.store import consents, outbox

DAYS = 30
_AT_ONCE = 1_000
_DECISIONS = """
select d.seq, d.outbox, d.stage, d.at, d.reasons, d.consent_seq, o.message, o.channel, o.language, o.fragment,
  o.contact, o.created_at, o.expires_at, o.variant, o.priority, o.campaign
from send_decision d join outbox o on o.id = d.outbox where d.seq > %s and d.at >= %s order by d.seq limit %s
"""


class _Row(msgspec.Struct, frozen=True):
    """A decision with its message, in the order of the columns."""

    seq: int
    outbox: bytes
    stage: str
    at: int
    reasons: list[str]
    consent_seq: int
    message: str
    channel: str
    language: str
    fragment: bytes
    contact: bytes
    created_at: int
    expires_at: int
    variant: str
    priority: int
    campaign: str


class _Owner:
    """A customer as they are joined today, with what the ledger says of them."""

    def __init__(self, customer: bytes, orders: Mapping[str, Order], known: Mapping[Stage, About]) -> None:
        self.customer = customer
        self.orders = orders
        self.about = known
        """Stage → what is known of them then: where a message is chosen no phone is opened."""
        self.events: list[ConsentEvent] = []
        self.sent: list[Sent] = []
        self._folded: dict[tuple[int, Reconfirm], dict[ConsentKey, ConsentState]] = {}

    def states(self, seq: int, reconfirm: Reconfirm) -> dict[ConsentKey, ConsentState]:
        """What their acts up to this row of the ledger come to."""
        known = [event for event in self.events if event.seq <= seq]
        what = len(known), reconfirm
        if what not in self._folded:
            self._folded[what] = fold(known, reconfirm)
        return self._folded[what]


def rehearse(work: Work, before: Policy, after: Policy, days: int = DAYS) -> Rehearsal:
    """What the rules and waivers of `after` would have done with the decisions of so many days, by those in force."""
    return _Rehearsing(work, before, after).through(work.now - days * DAY).told(days)


class _Rehearsing:
    def __init__(self, work: Work, before: Policy, after: Policy) -> None:
        self._work = work
        self._before = before
        self._after = after
        workspace = work.workspace
        self._gate = Gate(before, work.vault.seed(SEED), workspace.country, workspace.granting)
        self._base = workspace.email.base_url if workspace.email is not None else "https://localhost"
        self._secret = work.vault.seed(links.SEED)
        self._tally = Tally()

    def through(self, since: int) -> Tally:
        """Take every decision since then, in portions."""
        after = 0
        while rows := self._rows(after, since):
            owners = self._owners(rows)
            for row in rows:
                self._take(row, owners.get(row.fragment))
            after = rows[-1].seq
        return self._tally

    def _rows(self, after: int, since: int) -> list[_Row]:
        found = self._work.connection.execute(_DECISIONS, [after, since, _AT_ONCE], binary=True).fetchall()
        return [_Row(*row) for row in found]

    def _take(self, row: _Row, owner: _Owner | None) -> None:
        message = self._work.workspace.messages.get(row.message)
        is_there = message is not None and row.language in message.contents.get(row.channel, {})
        if owner is None or message is None or not is_there:
            self._tally.lost(row.outbox.hex())
            return
        was, then = (
            _verdict(policy, self._facts(row, owner, message, policy.reconfirm), row.at)
            for policy in (self._before, self._after)
        )
        decided = Decided(row.outbox.hex(), row.message, row.channel, row.at)
        self._tally.take(decided, was, then, is_alike=self._is_alike(row, was))

    def _facts(self, row: _Row, owner: _Owner, message: Message, reconfirm: Reconfirm) -> Facts:
        way_out = Links(base=self._base, outbox=row.outbox, secret=self._secret).unsubscribe
        stage: Stage = "choice" if row.stage == "choice" else "departure"
        asking = Asking(
            stage=stage,
            message=message,
            channel=row.channel,
            language=row.language,
            proposed=Proposed(
                id=row.outbox, message=message.name, message_class=message.message_class, at=row.created_at,
                expires_at=row.expires_at, variant=row.variant, priority=row.priority,
            ),
            now=row.at,
            consent_seq=row.consent_seq,
            campaign=row.campaign,
            optout_link=way_out if row.stage == "departure" else None,
        )  # fmt: skip
        subject = Subject(
            customer=owner.customer,
            contact=row.contact,
            consents=owner.states(row.consent_seq, reconfirm),
            orders=owner.orders,
            about=owner.about[stage],
            sent=[one for one in owner.sent if one.at < row.at],
        )
        return self._gate.facts(asking, subject)

    def _is_alike(self, row: _Row, verdict: Verdict) -> bool:
        """Whether of the rules of law the same spoke then, as far as it was the law that decided."""
        ids = {rule.id for rule in self._before.at(row.at).rules}
        noted = {reason for reason in row.reasons if reason.partition(" ")[0] in ids}
        return noted == {str(reason) for reason in verdict.reasons}

    def _owners(self, rows: Sequence[_Row]) -> dict[bytes, _Owner]:
        """The customers of these messages by each of their fragments; none of those who were erased."""
        connection = self._work.connection
        owners = dict(self._found(person.load(self._work, sorted({row.fragment for row in rows}))))
        fragments = sorted(owners)
        for event in consents.events_of(connection, fragments):
            owners[event.key.fragment].events.append(event)
        since = min(row.at for row in rows) - self._before.capped_span
        for fragment, sent in outbox.sent_to(connection, fragments, since) if fragments else ():
            owners[fragment].sent.append(sent)
        return owners

    def _found(self, members: Sequence[Member]) -> Iterator[tuple[bytes, _Owner]]:
        customers: dict[bytes, list[Member]] = {}
        for member in members:
            customers.setdefault(member.customer, []).append(member)
        told = self._work.workspace.reading_fold
        for customer, own in customers.items():
            states = [told.decode(member.state) for member in own if member.state is not None]
            state = told.combine(states)
            phones = [self._work.value(one.key) for one in own if one.kind == PHONE and one.key is not None]
            known: dict[Stage, About] = {
                "choice": about(state.declared),
                "departure": about(state.declared, phones),
            }
            owner = _Owner(customer, state.orders, known)
            yield from ((member.fragment, owner) for member in own if member.key is not None)


def _verdict(policy: Policy, facts: Facts, at: int) -> Verdict:
    held = policy.at(at)
    return judge(facts, held.asked(facts), at, held.waivers)
