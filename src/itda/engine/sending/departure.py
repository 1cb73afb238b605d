"""Messages leave: in one transaction each is decided anew on what is known now, filled, and marked as attempted.

Nothing here talks to a server. What commits is an attempt with its decision, a hold, or an end with its reasons.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from itda.access.actor import Actor
from itda.base import ids
from itda.base.errors import Conflict, Refused, Unavailable
from itda.base.instant import HOUR, MINUTE, SECOND
from itda.channels.definition import EmailChannel, Request
from itda.channels.email import Mailing, Marks, message_id, prepare
from itda.consent import labels, pauses
from itda.consent.acts import PHONE
from itda.consent.definition import ConsentKey, ConsentState
from itda.consent.facts import Carrier, Sent, Waiting
from itda.consent.standing import Consents, lets_track
from itda.decisions.definition import Drop, Hold, Proposed, Send
from itda.engine.about import About, about
from itda.engine.gate import Asking, Gate, Judged, Subject
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.sending import filling
from itda.engine.sending.complaints import Complaints
from itda.engine.sending.effects import CHANNEL
from itda.engine.sending.proving import Proving
from itda.engine.work import Work
from itda.messages.definition import Message, Rendered, Unrenderable
from itda.messages.links import Links
from itda.messages.template import changed, render
from itda.profiles.fold import FragmentState
from itda.profiles.places import of_place
from itda.store import consents, outbox, requests
from itda.store.database import Connection
from itda.store.engagement_rows import OutboxRow, SendDecisionRow
from itda.store.engagement_sql import decisions
from itda.store.outbox import Attempt, Moved
from itda.store.vault import Unsealable, Vault
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader

_log = logging.getLogger(__name__)

BEHIND = SECOND
"""The decider has read the log up to so long before now, or nothing leaves."""
NOBODY = "NO_CUSTOMER"
"""It was meant for what turned out to be a hub, or a value that nobody owns."""
ERASED, PARTED, DEAD_ADDRESS, GONE = "ERASED", "CONTACT_PARTED", "ADDRESS_REFUSED", "NO_MESSAGE"
ASIDE, PAUSE = "PUT_ASIDE", HOUR
"""The decider could not go on with its customer, and may not know of an order or a refusal: it is looked at later."""
UNPLACED = "LOCATION_PAUSED"
"""It was to go for where somebody was, who paused the use of that."""
BAD_LABEL = "KR-09 BAD_LABEL"
BROKEN = "BROKEN"
"""Our own code failed with it; once that is mended it may be replayed."""
_ACTOR = Actor(name="sender", role="machine", system="engine")


class Departing(msgspec.Struct, frozen=True):
    """A message whose attempt is committed: it may be handed to the server now."""

    attempt: bytes
    message: bytes
    tries: int
    request: Request


class Left(msgspec.Struct):
    """What came of a look into the outbox. `found` messages were due; `is_behind`: the decider has to read on first."""

    found: int = 0
    going: list[Departing] = []
    is_behind: bool = False
    log_time: int = 0


class Leaving(msgspec.Struct, frozen=True):
    """What messages leave with. `seed` keys the ids of attempts, `secret` signs the addresses in them."""

    workspace: Workspace
    vault: Vault
    lake: LakeReader
    gate: Gate
    channel: EmailChannel
    seed: bytes
    secret: bytes
    proving: Proving
    complaints: Complaints = msgspec.field(default_factory=Complaints)


class _Owner(msgspec.Struct):
    """One customer, as they are now."""

    id: bytes
    members: list[Member]
    state: FragmentState
    consents: dict[ConsentKey, ConsentState]
    sent: list[Sent] = []
    waiting: list[Waiting] = []
    about: About | None = None
    """None until it is asked for: numbers have to be opened."""
    is_readable: bool = True
    """Whether their state is what is kept of them; what is kept may be beyond reading."""


def leave(connection: Connection, leaving: Leaving, now: int, most: int) -> Left:
    """Decide on messages that are due, as many as `most`, in the caller's transaction."""
    is_covered, log_time = outbox.covered(connection, now - BEHIND)
    if not is_covered:
        return Left(is_behind=True, log_time=log_time)
    rows = outbox.due(connection, now, [CHANNEL], most)
    if not rows:
        return Left(log_time=log_time)
    work = Work(connection, leaving.workspace, leaving.vault, leaving.lake, now=now, actor=_ACTOR, reason="sending")
    deciding = _Deciding(work, leaving, rows)
    for row in rows:
        deciding.decide(row)
    deciding.write()
    return Left(len(rows), deciding.going, log_time=log_time)


class _Deciding:
    """The decisions of one transaction."""

    def __init__(self, work: Work, leaving: Leaving, rows: Sequence[OutboxRow]) -> None:
        self._work = work
        self._in = leaving
        # The ledger's number first: the states read after it are those of this number, or later ones.
        self._seq = consents.last_seq(work.connection)
        self._owners = _owners(work, rows, leaving.gate.policy.capped_span)
        self._refused = outbox.refused_by_address(work.connection, sorted({row.contact for row in rows}))
        self._aside = outbox.aside(work.connection, sorted(self._owners))
        self._stopped = requests.stopped(work.connection, sorted(self._owners))
        self._carrier = Carrier(
            spam_rate=leaving.complaints.share(work.connection, work.now),
            is_authenticated=leaving.proving.is_authenticated,
        )
        begin = {one.name: one.enter.event for one in leaving.workspace.journeys}
        self._of_place = {name for name, events in begin.items() if events is not None and of_place(events)}
        """Journeys that begin with where somebody was."""
        self._decisions: list[SendDecisionRow] = []
        self._attempts: list[Attempt] = []
        self._moved: list[Moved] = []
        self.going: list[Departing] = []

    def decide(self, row: OutboxRow) -> None:
        """Let one message go, hold it or end it. Our own fault with one is told, and stops no other."""
        told: tuple[list[Any], ...] = (self._decisions, self._attempts, self._moved, self.going)
        before = [len(some) for some in told]
        try:
            self._decide(row)
        except (psycopg.Error, Conflict, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - one message must never stop the others
            _log.exception("a message broke our own code and is dead: %s", row.id.hex())
            for some, length in zip(told, before, strict=True):
                del some[length:]
            self._end(row, BROKEN, "dead")

    def _decide(self, row: OutboxRow) -> None:
        owner = self._owners.get(row.fragment)
        members = {member.fragment: member for member in owner.members} if owner is not None else {}
        own, contact = members.get(row.fragment), members.get(row.contact)
        if owner is None or own is None or own.key is None:
            self._end(row, ERASED, "cancelled")
        elif own.hub == "confirmed" or own.is_blocked:
            self._end(row, NOBODY)
        elif contact is None:
            self._end(row, PARTED)
        elif contact.key is None:
            self._end(row, ERASED, "cancelled")
        elif self._is_stopped(row, owner):
            self._end(row, requests.STOPPED, "cancelled")
        elif self._is_refused(row, owner):
            self._end(row, DEAD_ADDRESS)
        elif row.journey in self._of_place and self._is_unplaced(owner):
            self._end(row, UNPLACED)
        elif not owner.is_readable or row.fragment in self._aside:
            self._pause(row)
        else:
            message = self._in.workspace.message(row.message)
            if message is None or row.language not in message.contents.get(CHANNEL, {}):
                self._end(row, GONE, "dead")
            else:
                self._ask(row, owner, message, self._work.value(contact.key))

    def write(self) -> None:
        """Write it all down."""
        connection = self._work.connection
        outbox.move(connection, self._moved)
        outbox.begin(connection, self._attempts)
        for statement, columns in decisions(self._decisions):
            connection.execute(statement, columns, prepare=True)

    def _is_stopped(self, row: OutboxRow, owner: _Owner) -> bool:
        """Whether they asked that all use stops; what informs them still leaves, unless they are to be erased."""
        found = [self._stopped[one.fragment] for one in owner.members if one.fragment in self._stopped]
        return bool(found) and (any(found) or row.message_class == "advertising")

    def _is_unplaced(self, owner: _Owner) -> bool:
        """Whether they paused the use of where they are."""
        return pauses.is_paused(Consents(owner.consents), pauses.LOCATION)

    def _is_refused(self, row: OutboxRow, owner: _Owner) -> bool:
        """Whether the address was refused for good, and nobody consented for it since."""
        refused_at = self._refused.get(row.contact)
        if refused_at is None:
            return False
        granted = (state.last_grant_at or 0 for key, state in owner.consents.items() if key.contact == row.contact)
        return max(granted, default=0) <= refused_at

    def _pause(self, row: OutboxRow) -> None:
        """What cannot be decided on now is looked at later, as long as it is of use."""
        if row.expires_at > self._work.now:
            self._moved.append(Moved(row.id, "held", self._work.now + PAUSE, ASIDE))
        else:
            self._end(row, ASIDE)

    def _ask(self, row: OutboxRow, owner: _Owner, message: Message, address: str) -> None:
        links = Links(base=self._in.channel.base_url, outbox=row.id, secret=self._in.secret)
        judged = self._in.gate.ask(
            Asking(
                stage="departure",
                message=message,
                channel=CHANNEL,
                language=row.language,
                proposed=Proposed(
                    id=row.id, message=message.name, message_class=message.message_class, at=row.created_at,
                    expires_at=row.expires_at, variant=row.variant, priority=row.priority,
                ),
                now=self._work.now,
                consent_seq=self._seq,
                campaign=row.campaign,
                optout_link=links.unsubscribe,
                carrier=self._carrier,
            ),
            Subject(
                customer=owner.id, contact=row.contact, consents=owner.consents, orders=owner.state.orders,
                sent=owner.sent, waiting=[one for one in owner.waiting if one.id != row.id], about=self._about(owner),
            ),
        )  # fmt: skip
        self._decisions.append(judged.row)
        match judged.decision:
            case Drop() as drop:
                self._moved.append(Moved(row.id, "dropped", row.not_before, judged.why or drop.why))
            case Hold() as hold:
                self._moved.append(Moved(row.id, "held", hold.until, judged.why or hold.why))
            case Send() as send:
                self._go(row, owner, message, address, links, send, judged)

    def _about(self, owner: _Owner) -> About:
        if owner.about is None:
            keys = [member.key for member in owner.members if member.kind == PHONE and member.key is not None]
            owner.about = about(owner.state.declared, [self._work.value(key) for key in keys])
        return owner.about

    def _go(
        self, row: OutboxRow, owner: _Owner, message: Message, address: str, links: Links, send: Send, judged: Judged
    ) -> None:
        now, tries = self._work.now, row.tries + 1
        made = self._made(row, owner, message, address, links)
        if isinstance(made, str):
            self._decisions[-1] = msgspec.structs.replace(judged.row, verdict="drop", reasons=[made])
            self._moved.append(Moved(row.id, "dead", row.not_before, made))
            return
        token = links.token("bounce")
        marks = Marks(
            message_id=message_id(token, self._in.channel.address.rpartition("@")[2]),
            token=token,
            at=now,
            campaign=row.campaign,
            message=row.message,
            journey=row.journey,
        )
        channel = self._in.channel
        mailing = Mailing(address=channel.address, bounces=channel.bounces, reply_to=channel.reply_to)
        try:
            request = prepare(changed(made, send.changes), self._in.workspace.consent.sender, mailing, address, marks)
        except Refused as refused:
            self._decisions[-1] = msgspec.structs.replace(judged.row, verdict="drop", reasons=["NO_ADDRESS"])
            self._moved.append(Moved(row.id, "dead", row.not_before, f"NO_ADDRESS {refused.faults[0].what}"))
            return
        attempt = ids.keyed(self._in.seed, "attempt", row.id, str(tries))
        self._attempts.append(Attempt(attempt, row.id, tries, request.message_id, now, self._seq))
        owner.sent.append(Sent(now, CHANNEL, message.message_class, message.name))
        self.going.append(Departing(attempt, row.id, tries, request))

    def _made(self, row: OutboxRow, owner: _Owner, message: Message, address: str, links: Links) -> Rendered | str:
        """The message filled; else why it cannot be."""
        try:
            values = filling.view(
                self._work, row, message, owner.members, owner.state, address, is_placed=not self._is_unplaced(owner)
            )
        except Unsealable:
            return "UNSEALABLE"
        is_tracked = (
            self._in.channel.tracks and message.is_trackable and lets_track(owner.consents, row.contact, CHANNEL)
        )
        made = render(message, CHANNEL, row.language, values, links, is_tracked=is_tracked)
        if isinstance(made, Unrenderable):
            return f"UNRENDERABLE {made.reason} {made.detail}".strip()
        return BAD_LABEL if labels.is_badly_labelled(made.subject) else made

    def _end(self, row: OutboxRow, why: str, status: str = "dropped") -> None:
        """End a message that is not for the gate to decide on."""
        self._moved.append(Moved(row.id, status, row.not_before, why))
        self._decisions.append(
            SendDecisionRow(
                outbox=row.id, stage="departure", at=self._work.now, verdict="drop", reasons=[why],
                packs=self._in.gate.policy.version_at(self._work.now), inputs_sha256=b"", consent_seq=self._seq,
            )
        )  # fmt: skip


def _owners(work: Work, rows: Sequence[OutboxRow], span: int) -> dict[bytes, _Owner]:
    """The customers of these messages, by each of their fragments."""
    members: dict[bytes, list[Member]] = {}
    for member in person.load(work, sorted({row.fragment for row in rows})):
        members.setdefault(member.customer, []).append(member)
    fold = work.workspace.reading_fold
    owners: dict[bytes, _Owner] = {}
    for customer, own in members.items():
        owner = _Owner(customer, own, FragmentState(), {})
        try:
            states = [fold.decode(member.state) for member in own if member.state is not None]
            owner.state = states[0] if len(states) == 1 else fold.combine(states)
        except Exception:  # noqa: BLE001 - one customer must never stop the others
            _log.exception("what is kept of a customer cannot be read: %s", ids.customer_text(customer))
            owner.is_readable = False
        owners |= {member.fragment: owner for member in own}
    fragments = sorted(owners)
    if not fragments:
        return owners
    for key, state in consents.states_of(work.connection, fragments).items():
        owners[key.fragment].consents[key] = state
    for fragment, sent in outbox.sent_to(work.connection, fragments, work.now - max(span, MINUTE)):
        owners[fragment].sent.append(sent)
    for fragment, one in outbox.waiting_for(work.connection, fragments):
        owners[fragment].waiting.append(one)
    return owners
