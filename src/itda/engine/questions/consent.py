"""What a customer consented to, act by act; and what the gate would say of a message to them."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.base.instant import day_to_date
from itda.consent import packs
from itda.consent.acts import CONTACT_KINDS, PHONE, UNCLEAR, UNVOUCHED
from itda.consent.definition import ADS, SUBJECT, SUBJECT_WIDE, ConsentKey, ConsentState
from itda.consent.facts import MessageClass, Sent, Waiting
from itda.consent.ledger import JOINED
from itda.consent.standing import Consents
from itda.decisions.definition import Drop, Hold, Proposed, Send
from itda.decisions.policy import Policy
from itda.engine.about import about
from itda.engine.app import Answer
from itda.engine.back_then import policy as past_policy
from itda.engine.deciding.choosing import NO_CONTACT
from itda.engine.gate import SEED, Asking, Gate, Judged, Subject
from itda.engine.questions import person
from itda.engine.questions.links import who
from itda.engine.questions.person import Member, Person, Who
from itda.engine.work import Work
from itda.messages.definition import Content, Message
from itda.store import consents, requests
from itda.store.arrays import byteas
from itda.store.engagement import SENT, WAITING

DOUBTS = (UNVOUCHED, UNCLEAR)
_LAST = "select fragment, last_at from fragment where fragment = any(%b)"
_TASKS = """
select t.kind, t.due_at, e.action, e.occurred_at from duty t join consent_event e on e.seq = t.event_seq
where t.subject_ref = any(%s) and t.done_at is null order by t.due_at, t.id limit %s
"""
_IN_ALL = """
select (select count(*) from consent_event where subject_ref = any(%s)),
  (select count(*) from duty where subject_ref = any(%s) and done_at is null)
"""


class StandingView(msgspec.Struct, frozen=True):
    """How a customer stands to one purpose on one channel, over all that is joined."""

    purpose: str
    channel: str
    contact: str
    """The address, as kind:value; empty where it is about the person."""
    status: str
    since: int
    confirm_by: str | None
    """The last day to ask for a confirmation, as YYYY-MM-DD."""
    text: str


class ActView(msgspec.Struct, frozen=True):
    """One act in the ledger. Times are microseconds UTC."""

    seq: int
    action: str
    purpose: str
    channel: str
    who: str
    """The identifier that it was told of."""
    contact: str
    occurred_at: int
    recorded_at: int
    source: str
    actor: str
    """Who wrote it down: `subject`, or staff (`•••` where the role may not be told: no API key is)."""
    text: str
    is_copy: bool
    """It was written because another identifier of this customer did so."""
    doubt: str = ""
    """`unvouched`: a consent, by a source whose consents do not count. `unclear`: in words that nobody here knows."""


class TaskView(msgspec.Struct, frozen=True):
    """Something that is owed to a customer."""

    kind: str
    due_at: int
    action: str
    occurred_at: int


class ConsentView(msgspec.Struct, frozen=True):
    """A customer's consents."""

    customer: str
    standings: list[StandingView]
    acts: list[ActView]
    """The last ones written, oldest first."""
    tasks: list[TaskView]
    left_off: int = 0
    """Acts, standings and tasks beyond the `limit` of each, which are not told here."""


class ReasonView(msgspec.Struct, frozen=True):
    """What one rule said."""

    rule: str
    action: str
    code: str
    detail: str


class ChangeView(msgspec.Struct, frozen=True):
    """What would be added to the message."""

    kind: str
    name: str
    value: str
    link: str


class DecisionView(msgspec.Struct, frozen=True):
    """What the gate says of a message at a moment. Times are microseconds UTC."""

    decision: str
    """send, hold or drop."""
    why: str
    until: int | None
    reasons: list[ReasonView]
    changes: list[ChangeView]
    packs: str
    """The rules that were asked, with their versions, as JSON."""


class ConsentOf(msgspec.Struct, frozen=True):
    """The consents of one customer, by an identifier or by a customer's id."""

    permission: ClassVar[str] = "consent.read"
    who: Who
    limit: int = 500
    """Acts, standings and tasks of each that are told at most."""

    def answer(self, work: Work) -> Answer[ConsentView | None]:
        """The view; None when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            return Answer(None)
        states = consents.states_of(work.connection, found.fragments)
        names = {member.fragment: _named(work, member) for member in found.members}
        names[SUBJECT_WIDE] = ""
        acts = [
            ActView(
                one.seq, one.action, one.key.purpose, one.key.channel, names.get(one.key.fragment, ""),
                names.get(one.key.contact, "an address of another customer"), one.occurred_at, one.recorded_at,
                one.source, _by(work, one.actor), one.text_id, one.ground == JOINED,
                one.ground if one.ground in DOUBTS else "",
            )
            for one in consents.events_of(work.connection, found.fragments, self.limit)
        ]  # fmt: skip
        tasks = [TaskView(*row) for row in work.connection.execute(_TASKS, [found.fragments, self.limit]).fetchall()]
        standings = _standings(states, names)
        beyond = work.connection.execute(_IN_ALL, [found.fragments, found.fragments]).fetchone() or (0, 0)
        left_off = sum(beyond) + len(standings) - len(acts) - len(tasks) - len(standings[: self.limit])
        view = ConsentView(ids.customer_text(found.customer), standings[: self.limit], acts, tasks, left_off)
        return Answer(view, tuple(found.fragments), 1)


class WouldSend(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate would say of a message to this customer at a moment, if it were chosen then. Nothing is written."""

    permission: ClassVar[str] = "decision.ask"
    who: Who
    channel: str
    message_class: MessageClass
    at: int | None = None
    """In microseconds UTC; None: now."""
    message: str = ""
    """A message of the workspace; left out: one of this class, about nothing."""
    pack: str = ""
    """Only the rules of this pack, or of a country's such as `kr`, and of what always holds; empty: every rule."""

    def answer(self, work: Work) -> Answer[DecisionView | None]:
        """The decision; None when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            return Answer(None)
        if self.channel not in (*work.workspace.channels, *CONTACT_KINDS):
            raise Refused(Fault(what=f"{self.channel!r} is no channel", cure=", ".join(work.workspace.channels)))
        now = work.now if self.at is None else self.at
        policy = self._policy(work, now)
        message = self._message(work)
        contact = _contact(work, found, self.channel)
        if contact is None:
            reason = ReasonView("decide", "block", NO_CONTACT, f"this customer has no address for {self.channel}")
            view = DecisionView("drop", NO_CONTACT, None, [reason], [], policy.version_at(now))
            return Answer(view, tuple(found.fragments), 1)
        gate = Gate(policy, work.vault.seed(SEED), work.workspace.country, work.workspace.granting)
        languages = list(message.contents[self.channel])
        asking = Asking(
            stage="choice", message=message, channel=self.channel, language=languages[0], now=now,
            consent_seq=consents.last_seq(work.connection),
            proposed=Proposed(
                id=b"", message=message.name, message_class=message.message_class, at=now, priority=message.priority
            ),
        )  # fmt: skip
        judged = gate.ask(asking, _subject(work, found, contact, now - policy.capped_span))
        return Answer(_told(judged), tuple(found.fragments), 1)

    def _policy(self, work: Work, now: int) -> Policy:
        """What held at that moment, of it the packs that are asked for."""
        policy = past_policy(work, now)
        if not self.pack:
            return policy
        names = packs.named(self.pack)
        if not names:
            raise Refused(Fault(what=f"{self.pack!r} is no pack", cure=f"known: {', '.join(packs.VERSIONS)}"))
        asked = tuple(one for one in policy.packs if one.name in names or one.layer == "core")
        return msgspec.structs.replace(policy, packs=asked, brand=())

    def _message(self, work: Work) -> Message:
        if not self.message:
            is_ad = self.message_class == "advertising"
            return Message(
                name="", message_class=self.message_class, ground=None if is_ad else "contract",
                purpose=ADS if is_ad else "", contents={self.channel: {"": Content(subject="", body="")}},
            )  # fmt: skip
        message = work.workspace.messages.get(self.message)
        if message is None:
            cure = f"known here: {', '.join(work.workspace.messages)}" if work.workspace.messages else ""
            raise Refused(Fault(what=f"{self.message!r} is no message of this workspace", cure=cure))
        if not message.contents.get(self.channel):
            cure = f"it is written for: {', '.join(message.contents)}"
            raise Refused(Fault(what=f"{self.message} has nothing to say on {self.channel}", cure=cure))
        return message


def _told(judged: Judged) -> DecisionView:
    decision = judged.decision
    reasons = [ReasonView(one.rule, one.action, one.code, one.detail) for one in decision.reasons]
    match decision:
        case Send():
            changes = [ChangeView(one.kind, one.name, one.value, one.link) for one in decision.changes]
            return DecisionView("send", "", None, reasons, changes, judged.row.packs)
        case Hold(until, why):
            return DecisionView("hold", why, until, reasons, [], judged.row.packs)
        case Drop(why):
            return DecisionView("drop", why, None, reasons, [], judged.row.packs)


def _subject(work: Work, found: Person, contact: bytes, since: int) -> Subject:
    fragments = byteas(found.fragments)
    fold = work.workspace.reading_fold
    states = [fold.decode(member.state) for member in found.members if member.state is not None]
    sent = [Sent(*row[1:]) for row in work.connection.execute(SENT, [fragments, since])]
    waiting = [Waiting(*row[1:]) for row in work.connection.execute(WAITING, [fragments])]
    state = fold.combine(states)
    phones = [work.value(member.key) for member in found.members if member.kind == PHONE and member.key is not None]
    return Subject(
        customer=found.customer,
        contact=contact,
        consents=consents.states_of(work.connection, found.fragments),
        orders=state.orders,
        sent=sent,
        waiting=waiting,
        about=about(state.declared, phones, requests.stopped(work.connection, found.fragments)),
    )


def _contact(work: Work, found: Person, channel: str) -> bytes | None:
    """The address used last; SUBJECT_WIDE on a channel that has none, None where the customer has none."""
    kind = CONTACT_KINDS.get(channel)
    if kind is None:
        return SUBJECT_WIDE
    having = [member.fragment for member in found.members if member.kind == kind and member.key is not None]
    seen = dict[bytes, int](work.connection.execute(_LAST, [byteas(having)]).fetchall())
    return max(having, key=lambda one: (seen.get(one, 0), one), default=None)


def _standings(states: dict[ConsentKey, ConsentState], names: dict[bytes, str]) -> list[StandingView]:
    said = sorted({(key.purpose, key.channel, key.contact) for key in states})
    found = []
    for purpose, channel, contact in said:
        state = Consents(states, contact).standing(purpose, channel)
        due = day_to_date(state.reconfirm_due).isoformat() if state.reconfirm_due is not None else None
        named = names.get(contact, "an address of another customer")
        found.append(StandingView(purpose, channel, named, state.status, state.since, due, state.text_id))
    return found


def _by(work: Work, actor: str) -> str:
    return actor if actor == SUBJECT else who(work, actor)


def _named(work: Work, member: Member) -> str:
    view = person.identifier_view(work, member)
    return f"{view.kind}:{view.value}" if member.key is not None else f"{view.kind}: erased"
