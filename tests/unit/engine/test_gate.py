"""What the gate is told of a customer before it decides."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.consent.situations import BRAND, MAIL, PERSON, PHONE, act, at, states

from itda.consent.waiver import Waiver
from itda.decisions.definition import Drop, Proposed, Send
from itda.decisions.policy import Policy
from itda.decisions.rules import KINDS
from itda.decisions.rules.holdout import Holdout
from itda.engine.gate import Asking, Gate, Subject
from itda.messages.definition import Content, Message
from itda.profiles.orders import Order

NOON = at("2026-11-22 12:00")
SHOES = Message(
    name="shoes", message_class="advertising", purpose="ad_receive", category="shoes",
    contents={"email": {"ko": Content(subject="새 신발", body="<mjml></mjml>")}},
)  # fmt: skip
ASKING = Asking(
    stage="choice", message=SHOES, channel="email", language="ko", now=NOON, consent_seq=0,
    proposed=Proposed(id=b"1", message="shoes", message_class="advertising", at=NOON),
)  # fmt: skip


@pytest.mark.parametrize(("source", "decision"), [("till", Send), ("web", Drop)])
def test_a_purchase_excuses_an_advertisement_only_where_somebody_vouches_for_who_tells_of_it(
    source: str, decision: type
) -> None:
    placed = at("2026-11-01 12:00")
    order = Order(
        at=placed, event_id="1", placed_at=placed, amount=100, currency="KRW", source=source, categories="shoes",
        contacts=MAIL[:8],
    )  # fmt: skip
    gate = Gate(Policy(sender=BRAND), b"seed", "KR", {"till", "itda"})
    judged = gate.ask(ASKING, Subject(customer=PERSON, contact=MAIL, consents={}, orders={"shop\x1f1": order}))
    assert isinstance(judged.decision, decision), judged.why


def test_the_brands_holdout_goes_by_the_customers_id_whichever_of_their_addresses_is_written_to() -> None:
    held = KINDS["holdout"].asked(Holdout(percent=50), "Asia/Seoul")
    gate = Gate(Policy(sender=BRAND, brand=(held,), holdout_share=0.5), b"seed", "KR", {"till"})
    drawn: list[bool] = []
    for customer in (bytes([number]) * 16 for number in range(20)):
        told = [
            gate.ask(ASKING, Subject(customer=customer, contact=contact, consents=states(granted))).decision
            for contact in (MAIL, PHONE)
            for granted in [act("grant", "2026-06-01 10:00", fragment=customer, contact=contact)]
        ]
        are_held = {isinstance(one, Drop) and one.why == "HELD_OUT" for one in told}
        assert len(are_held) == 1, told
        drawn += are_held
        assert are_held == {True} or all(isinstance(one, Send) for one in told), told
    assert 0 < sum(drawn) < len(drawn)


def test_a_waiver_for_a_message_ends_with_the_first_letter_that_changes_in_it() -> None:
    waiver = Waiver(
        rule="KR-22", basis="an opinion", author="a", approver="b", first_day=20_770, last_day=20_787,
        starts_at=NOON - 1, ends_at=NOON + 1, messages=(f"shoes@{SHOES.words}",),
    )  # fmt: skip
    gate, subject = Gate(Policy(sender=BRAND), b"seed", "KR", ()), Subject(customer=PERSON, contact=MAIL, consents={})
    assert waiver.covers(gate.facts(ASKING, subject), NOON)
    for changed in (
        msgspec.structs.replace(SHOES, category="wine"),
        msgspec.structs.replace(SHOES, contents={"email": {"ko": Content(subject="새 신발!", body="<mjml></mjml>")}}),
    ):
        assert not waiver.covers(gate.facts(msgspec.structs.replace(ASKING, message=changed), subject), NOON)
    renamed = msgspec.structs.replace(SHOES, label_ko="신발")
    assert waiver.covers(gate.facts(msgspec.structs.replace(ASKING, message=renamed), subject), NOON)
