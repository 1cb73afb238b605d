"""What journeys want said is put to the gate for the first time, and what may go or has to wait enters the outbox.

What does not go enters it too, with why: everything that was ever wanted for somebody can be told.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from itda.base.instant import DAY
from itda.consent.acts import CONTACT_KINDS
from itda.consent.definition import SUBJECT_WIDE
from itda.consent.facts import Sent, Waiting
from itda.decisions.definition import Drop, Hold, Proposed
from itda.engine.about import about
from itda.engine.deciding.people import Customer
from itda.engine.gate import Asking, Gate, Subject, outbox_id, values_label
from itda.engine.keyring import RETENTION
from itda.journeys.intent import Intent
from itda.messages.definition import Message
from itda.store import consents
from itda.store.database import Connection
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import OutboxRow, SendDecisionRow
from itda.store.engagement_sql import EngagementWrites
from itda.store.ports import KeyRow
from itda.store.vault import Vault

_log = logging.getLogger(__name__)

KEPT = 3 * DAY
"""A message that has not left so long after it was wanted is out of date."""
NO_MESSAGE = "NO_MESSAGE"
NO_CONTACT = "NO_CONTACT"
BROKEN = "BROKEN"
"""Our own code failed with it; once that is mended it may be replayed."""
_LANGUAGE_TRAITS = ("language", "locale")


class Chooser:
    """Puts intents to the gate. `seed` keys the ids of messages."""

    def __init__(
        self,
        gate: Gate,
        messages: Mapping[str, Message],
        vault: Vault,
        seed: bytes,
        language: str,
        accounts: Collection[str],
    ) -> None:
        self._gate = gate
        self._accounts = accounts
        self._messages = messages
        self._vault = vault
        self._seed = seed
        self._language = language

    def chosen(
        self,
        store: EngagementStore,
        connection: Connection,
        intents: Sequence[Intent],
        owners: Mapping[bytes, Customer],
        now: int,
        writes: EngagementWrites,
    ) -> list[tuple[Intent, str]]:
        """Write every intent into the outbox with its decision; those that do not go, and why.

        `owners` are customers by each of their fragments; `now` is log time.
        """
        people = {owner.id: owner for intent in intents if (owner := owners.get(intent.fragment)) is not None}
        past = _Past(store, list(people.values()), now - self._gate.policy.capped_span)
        keys = {row.fragment: row for row in store.keys_of(sorted({intent.fragment for intent in intents}))}
        seq = consents.last_seq(connection)
        unsent: list[tuple[Intent, str]] = []
        for intent in intents:
            owner = owners[intent.fragment]
            decisions: list[SendDecisionRow] = []
            asked = wanted(self._seed, intent, owner, now, self._accounts)
            try:
                row, why = self._row(intent, asked, owner, past, now, seq, decisions)
                row = self._sealed(row, intent, keys.get(intent.fragment), is_needed=not why)
            except Exception:  # noqa: BLE001 - one message must never stop the others
                _log.exception("a message broke our own code and is dead: %s", asked.id.hex())
                row, why, decisions = self._broken(asked, intent, keys.get(intent.fragment)), BROKEN, []
            writes.outbox.append(row)
            writes.decisions += decisions
            past.add(owner.id, row)
            if why:
                unsent.append((intent, why))
        return unsent

    def _row(
        self,
        intent: Intent,
        row: OutboxRow,
        owner: Customer,
        past: _Past,
        now: int,
        seq: int,
        decisions: list[SendDecisionRow],
    ) -> tuple[OutboxRow, str]:
        """The message's row as it is decided, and why it does not go, if it does not."""
        message, contact = self._messages.get(intent.message), row.contact
        if message is None or intent.channel not in message.contents:
            return msgspec.structs.replace(row, reasons=NO_MESSAGE), NO_MESSAGE
        language = message.language(intent.channel, *_languages(owner), self._language)
        row = msgspec.structs.replace(
            row, message_version=message.version, message_class=message.message_class, purpose=message.purpose,
            language=language, priority=message.priority,
        )  # fmt: skip
        if contact == SUBJECT_WIDE:
            return msgspec.structs.replace(row, reasons=NO_CONTACT), NO_CONTACT
        asking = Asking(
            stage="choice",
            message=message,
            channel=intent.channel,
            language=language,
            proposed=Proposed(
                id=row.id, message=message.name, message_class=message.message_class, at=intent.at,
                expires_at=row.expires_at, priority=row.priority,
            ),
            now=now,
            consent_seq=seq,
            campaign=row.campaign,
        )  # fmt: skip
        judged = self._gate.ask(asking, past.subject(owner, contact))
        decisions.append(judged.row)
        decision = judged.decision
        if isinstance(decision, Drop):
            return msgspec.structs.replace(row, reasons=judged.why or decision.why), decision.why
        is_held = isinstance(decision, Hold)
        not_before = decision.until if isinstance(decision, Hold) else max(decision.at, now)
        return msgspec.structs.replace(
            row, status="held" if is_held else "queued", not_before=not_before, reasons=judged.why, is_told=False
        ), ""

    def _sealed(self, row: OutboxRow, intent: Intent, key: KeyRow | None, *, is_needed: bool) -> OutboxRow:
        """The row with what the message is filled with, under the person's own key."""
        if not is_needed or key is None or key.retention != RETENTION:
            return row
        cipher = self._vault.unwrap(key.fragment, key.wrapped_key, key.retention)
        sealed = cipher.seal(intent.fragment, values_label(row.id), msgspec.json.encode(intent.values))
        return msgspec.structs.replace(row, values_sealed=sealed)

    def _broken(self, row: OutboxRow, intent: Intent, key: KeyRow | None) -> OutboxRow:
        """The row of a message with which our own code fails: it may be replayed once that is mended."""
        with contextlib.suppress(Exception):
            row = self._sealed(row, intent, key, is_needed=True)
        message = self._messages.get(intent.message)
        if message is not None:
            row = msgspec.structs.replace(
                row, message_version=message.version, message_class=message.message_class, purpose=message.purpose,
                language=next(iter(message.contents.get(intent.channel, {})), ""), priority=message.priority,
            )  # fmt: skip
        return msgspec.structs.replace(row, status="dead", reasons=BROKEN)


def wanted(seed: bytes, intent: Intent, owner: Customer, now: int, accounts: Collection[str]) -> OutboxRow:
    """The row of a message that a journey wants, before anything is decided on it."""
    contact = contact_of(owner, intent.channel, intent.fragment, accounts)
    return OutboxRow(
        id=outbox_id(seed, intent.journey, intent.step, intent.entry_event, contact),
        position_id=intent.position_id,
        journey=intent.journey,
        step=intent.step,
        message=intent.message,
        message_version="",
        channel=intent.channel,
        message_class="advertising",
        purpose="",
        fragment=intent.fragment,
        contact=contact,
        status="dropped",
        not_before=now,
        created_at=now,
        expires_at=intent.at + KEPT,
        is_told=True,
    )


def _languages(owner: Customer) -> Iterator[str]:
    """The languages a person is written to in, as far as they are known in the clear."""
    for name in _LANGUAGE_TRAITS:
        said = owner.state.declared.get(name)
        if said is not None and not said.is_sealed and isinstance(said.value, str):
            yield said.value[:2].lower()


def contact_of(owner: Customer, channel: str, entry: bytes, accounts: Collection[str]) -> bytes:
    """The fragment of the address a channel reaches a customer by; SUBJECT_WIDE where none surely is theirs.

    Of several it is the one that the journey's entry counted on; else, of whom one account alone is known (`accounts`
    are kinds such as a login or a card), the one used last. Several addresses that no account holds together, or more
    than one does, may be those of people who share a device: nothing goes to any of them.
    """
    kind = CONTACT_KINDS.get(channel, "")
    own = [one.fragment for one in owner.identifiers if one.kind == kind]
    if len(own) > 1 and entry in own:
        return entry
    held = Counter(one.kind for one in owner.identifiers if one.kind in accounts)
    if len(own) > 1 and (not held or max(held.values()) > 1):
        return SUBJECT_WIDE
    return max(own, key=lambda one: (owner.last_at.get(one, 0), one), default=SUBJECT_WIDE)


class _Past:
    """What went to these people, and what waits to."""

    def __init__(self, store: EngagementStore, people: Sequence[Customer], since: int) -> None:
        customers = {fragment: owner.id for owner in people for fragment in owner.fragments}
        self._sent: dict[bytes, list[Sent]] = {}
        self._waiting: dict[bytes, list[Waiting]] = {}
        for fragment, at, channel, message_class, message in store.sent(sorted(customers), since):
            self._sent.setdefault(customers[fragment], []).append(Sent(at, channel, message_class, message))
        for fragment, *waiting in store.waiting(sorted(customers)):
            self._waiting.setdefault(customers[fragment], []).append(Waiting(*waiting))

    def subject(self, owner: Customer, contact: bytes) -> Subject:
        return Subject(
            customer=owner.id,
            contact=contact,
            consents=owner.consents,
            orders=owner.state.orders,
            sent=self._sent.get(owner.id, ()),
            waiting=self._waiting.get(owner.id, ()),
            about=about(owner.state.declared),
        )

    def add(self, customer: bytes, row: OutboxRow) -> None:
        """A message more waits."""
        if row.status not in ("dropped", "dead"):
            waiting = Waiting(row.id, row.not_before, row.priority, row.message_class)
            self._waiting.setdefault(customer, []).append(waiting)
