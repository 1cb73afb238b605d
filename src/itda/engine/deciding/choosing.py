"""What journeys want said is put to the gate for the first time, and what may go or has to wait enters the outbox.

What does not go enters it too, with why: everything that was ever wanted for somebody can be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from itda.base.instant import DAY
from itda.consent.acts import CONTACT_KINDS
from itda.consent.definition import SUBJECT_WIDE
from itda.consent.facts import Sent, Waiting
from itda.decisions.definition import Drop, Hold, Proposed
from itda.engine.deciding.people import Customer
from itda.engine.gate import Asking, Gate, Subject, outbox_id, values_label
from itda.engine.keyring import RETENTION
from itda.journeys.intent import Intent
from itda.messages.definition import Message
from itda.store import consents
from itda.store.database import Connection
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import OutboxRow
from itda.store.engagement_sql import EngagementWrites
from itda.store.vault import Cipher, Vault

KEPT = 3 * DAY
"""A message that has not left so long after it was wanted is out of date."""
NO_MESSAGE = "NO_MESSAGE"
NO_CONTACT = "NO_CONTACT"
_LANGUAGE_TRAITS = ("language", "locale")


class Chooser:
    """Puts intents to the gate. `seed` keys the ids of messages."""

    def __init__(self, gate: Gate, messages: Mapping[str, Message], vault: Vault, seed: bytes, language: str) -> None:
        self._gate = gate
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
        ciphers = self._ciphers(store, intents)
        seq = consents.last_seq(connection)
        unsent: list[tuple[Intent, str]] = []
        for intent in intents:
            row, why = self._row(intent, owners[intent.fragment], past, now, seq, writes)
            cipher = ciphers.get(intent.fragment)
            if cipher is not None and not why:
                sealed = cipher.seal(intent.fragment, values_label(row.id), msgspec.json.encode(intent.values))
                row = msgspec.structs.replace(row, values_sealed=sealed)
            writes.outbox.append(row)
            past.add(owners[intent.fragment].id, row)
            if why:
                unsent.append((intent, why))
        return unsent

    def _row(
        self, intent: Intent, owner: Customer, past: _Past, now: int, seq: int, writes: EngagementWrites
    ) -> tuple[OutboxRow, str]:
        """The message's row, and why it does not go, if it does not."""
        message = self._messages.get(intent.message)
        contact = contact_of(owner, intent.channel)
        key = outbox_id(self._seed, intent.journey, intent.step, intent.entry_event, contact)
        row = OutboxRow(
            id=key,
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
        if message is None or intent.channel not in message.contents:
            return msgspec.structs.replace(row, reasons=NO_MESSAGE), NO_MESSAGE
        language = message.language(intent.channel, *_wanted(owner), self._language)
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
                id=key, message=message.name, message_class=message.message_class, at=intent.at,
                expires_at=row.expires_at, priority=row.priority,
            ),
            now=now,
            consent_seq=seq,
        )  # fmt: skip
        judged = self._gate.ask(asking, past.subject(owner, contact))
        writes.decisions.append(judged.row)
        decision = judged.decision
        if isinstance(decision, Drop):
            return msgspec.structs.replace(row, reasons=judged.why or decision.why), decision.why
        is_held = isinstance(decision, Hold)
        not_before = decision.until if isinstance(decision, Hold) else max(decision.at, now)
        return msgspec.structs.replace(
            row, status="held" if is_held else "queued", not_before=not_before, reasons=judged.why, is_told=False
        ), ""

    def _ciphers(self, store: EngagementStore, intents: Sequence[Intent]) -> dict[bytes, Cipher]:
        fragments = sorted({intent.fragment for intent in intents})
        return {
            row.fragment: self._vault.unwrap(row.fragment, row.wrapped_key, row.retention)
            for row in store.keys_of(fragments)
            if row.retention == RETENTION
        }


def _wanted(owner: Customer) -> Iterator[str]:
    """The languages a person is written to in, as far as they are known in the clear."""
    for name in _LANGUAGE_TRAITS:
        said = owner.state.declared.get(name)
        if said is not None and not said.is_sealed and isinstance(said.value, str):
            yield said.value[:2].lower()


def contact_of(owner: Customer, channel: str) -> bytes:
    """The fragment of the address a channel reaches a customer by: the one used last; SUBJECT_WIDE where none is."""
    kind = CONTACT_KINDS.get(channel, "")
    own = [one.fragment for one in owner.identifiers if one.kind == kind]
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
        )

    def add(self, customer: bytes, row: OutboxRow) -> None:
        """A message more waits."""
        if row.status != "dropped":
            waiting = Waiting(row.id, row.not_before, row.priority, row.message_class)
            self._waiting.setdefault(customer, []).append(waiting)
