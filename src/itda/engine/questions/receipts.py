"""Receipts of what a customer consented to, for themselves and for whoever they show them to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from itda.base import ids
from itda.consent import receipt
from itda.consent.definition import ConsentEvent, ConsentKey
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.person import Member, Who
from itda.engine.work import Work
from itda.store import consent_texts, consents


class ConsentReceipt(msgspec.Struct, frozen=True):
    """A receipt of all consents of one customer, as ISO/IEC TS 27560 structures it (JSON-LD, in DPV terms)."""

    permission: ClassVar[str] = "consent.read"
    who: Who

    def answer(self, work: Work) -> Answer[dict[str, Any] | None]:
        """The receipt; None when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            return Answer(None)
        return Answer(receipt_of(work, found.customer, found.members), tuple(found.fragments), 1)


def receipt_of(work: Work, customer: bytes, members: Sequence[Member]) -> dict[str, Any]:
    """The receipt of a customer with these identifiers, each address as who asks may see it."""
    fragments = [member.fragment for member in members]
    kinds = {member.fragment: member.kind for member in members if member.key is not None}
    values = {
        member.fragment: person.shown(work, member.kind, work.value(member.key))
        for member in members
        if member.key is not None
    }
    states = consents.states_of(work.connection, fragments)
    acts: dict[ConsentKey, list[ConsentEvent]] = {}
    for act in consents.events_of(work.connection, fragments):
        acts.setdefault(act.key, []).append(act)
    held = [
        receipt.Held(
            key=key, state=state, acts=sorted(acts.get(key, ()), key=lambda one: (one.occurred_at, one.seq)),
            contact_kind=kinds.get(key.contact, ""), contact=values.get(key.contact, ""),
        )
        for key, state in sorted(states.items())
        if key in acts
    ]  # fmt: skip
    ids_shown = {act.text_id for some in acts.values() for act in some if act.text_id}
    shown = {
        one: receipt.Shown(one, language, body)
        for one, language, body in consent_texts.kept(work.connection, ids_shown)
    }
    policy = work.workspace.consent
    return receipt.receipt(ids.customer_text(customer), held, policy.sender, policy.purposes, shown, work.now)
