"""The law's cases from end to end, as the privacy specification numbers them: facts, verdict, decision, what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.consent.situations import LINK, OTHER, PERSON, PHONE, RULES, act, at, bought, facts, states

from itda.consent import labels, markers
from itda.consent.acts import Said, Words, read
from itda.consent.definition import ADS, ADS_AT_NIGHT, ConsentEvent
from itda.consent.facts import Facts
from itda.consent.judge import judge, tasks
from itda.consent.ledger import fold
from itda.consent.standing import Consents
from itda.decisions.decide import decide
from itda.decisions.definition import Decision, Drop, Hold, Proposed, Send

WORDS = Words(purposes=(ADS, ADS_AT_NIGHT), channels=("any", "email", "sms", "push"))
PUSH_CONSENT = act("grant", "2026-01-05 10:00", channel="push")
SMS_CONSENT = act("grant", "2026-01-05 10:00", channel="sms")
MAIL_CONSENT = act("grant", "2026-01-05 10:00")


def decided(given: Facts, when: str, **more: Any) -> Decision:
    """What the gate says at this moment in Seoul."""
    now = at(when)
    intent = Proposed(id=b"1", message="autumn", message_class=given.message_class or "advertising", at=now, **more)
    return decide(intent, given, {given.channel: judge(given, RULES, now)}, now)


def why(decision: Decision) -> set[str]:
    return {reason.code for reason in decision.reasons}


def test_t01_a_push_at_night_with_consent_for_the_day_alone_waits_for_eight() -> None:
    decision = decided(facts("push", PUSH_CONSENT), "2026-11-22 22:30")
    assert isinstance(decision, Hold)
    assert (decision.until, decision.why) == (at("2026-11-23 08:00"), "NIGHT_NO_CONSENT")


def test_t01_a_message_that_is_out_of_date_by_then_is_dropped() -> None:
    decision = decided(facts("push", PUSH_CONSENT), "2026-11-22 22:30", expires_at=at("2026-11-23 07:00"))
    assert isinstance(decision, Drop)
    assert decision.why == "EXPIRED_IN_HOLD"


def test_t02_with_consent_for_the_night_it_goes_labelled() -> None:
    night = act("grant", "2026-01-05 10:00", ADS_AT_NIGHT, "push")
    decision = decided(facts("push", PUSH_CONSENT, night), "2026-11-22 22:30")
    assert isinstance(decision, Send)
    assert labels.opening(decision.changes, "가을 소식").startswith("(광고)브랜드A")


@pytest.mark.parametrize(
    ("when", "kind"),
    [("2026-11-22 20:59:59", Send), ("2026-11-22 21:00:00", Hold), ("2026-11-23 07:59:59", Hold), ("2026-11-23 08:00:00", Send)],
)  # fmt: skip
def test_t03_the_night_begins_at_nine_and_ends_at_eight_to_the_second(when: str, kind: type) -> None:
    assert isinstance(decided(facts("sms", SMS_CONSENT), when), kind)


def test_t04_a_mail_may_go_at_night_labelled_and_with_the_headers_of_one_click() -> None:
    decision = decided(facts("email", MAIL_CONSENT), "2026-11-22 23:00")
    assert isinstance(decision, Send)
    assert labels.opening(decision.changes, "가을 소식").startswith("(광고)")
    assert labels.headers(decision.changes) == {
        "List-Unsubscribe": f"<{LINK}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_t05_who_opts_out_by_080_while_a_message_waits_does_not_get_it() -> None:
    assert isinstance(decided(facts("push", PUSH_CONSENT), "2026-11-22 22:30"), Hold)
    reply = Said(
        name="Consent Changed", event_id="080-1", source="ars", occurred_at=at("2026-11-22 23:10"),
        received_at=at("2026-11-22 23:10"), properties={"purpose": ADS, "channel": "any", "is_given": False},
        fragment=PERSON, identifiers={"phone": PHONE},
    )  # fmt: skip
    ((_, event),) = read(reply, "A", WORDS)
    decision = decided(facts("push", PUSH_CONSENT, event), "2026-11-23 08:00")
    assert isinstance(decision, Drop)
    assert "OPTED_OUT" in why(decision)
    (task,) = tasks(event, RULES)
    assert (task.kind, task.due_at) == ("notice", at("2026-12-06 23:10"))


def test_t06_news_of_an_order_goes_at_any_hour_without_a_label() -> None:
    found = markers.found(
        "주문하신 상품이 출고되었습니다", "오늘 발송했습니다. 할인 금액: 3,000원, 적립 예정 포인트 120점"
    )
    shipped = facts("push", message_class="informational", ground="contract", markers=found, opening="출고 안내")
    decision = decided(shipped, "2026-11-22 23:00")
    assert isinstance(decision, Send)
    assert labels.opening(decision.changes, "출고 안내") == "출고 안내"


def test_t07_a_coupon_in_the_body_makes_it_advertising() -> None:
    found = markers.found("출고 안내", "오늘 발송했습니다. 지금 10% 쿠폰을 받으세요")
    shipped = facts("push", message_class="informational", ground="contract", markers=found)
    decision = decided(shipped, "2026-11-22 12:00")
    assert isinstance(decision, Drop)
    assert {"RECLASSIFIED", "NO_CONSENT"} <= why(decision)


def test_t08_shoes_are_offered_within_six_months_to_who_bought_shoes() -> None:
    given = facts("push", category="shoes", transactions=(bought(),))
    decision = decided(given, "2026-11-30 12:00")
    assert isinstance(decision, Send)
    (evidence,) = [reason for reason in decision.reasons if reason.code == "EXISTING_CUSTOMER"]
    assert "O-1" in evidence.detail


def test_t09_later_or_for_other_goods_it_is_refused() -> None:
    late = decided(facts("push", category="shoes", transactions=(bought(),)), "2026-12-02 12:00")
    other = decided(facts("push", category="cosmetics", transactions=(bought(),)), "2026-11-30 12:00")
    assert isinstance(late, Drop)
    assert isinstance(other, Drop)
    assert "EXCEPTION_EXPIRED" in why(late)
    assert "NOT_SIMILAR" in why(other)


def test_t10_an_address_from_a_partner_is_no_customers() -> None:
    given = facts("push", category="shoes", transactions=(bought(is_direct=False),))
    assert "NOT_DIRECTLY_COLLECTED" in why(decided(given, "2026-11-30 12:00"))


def test_t11_a_mail_with_a_wrong_label_is_refused_and_one_without_gets_it_once() -> None:
    bad = decided(facts("email", MAIL_CONSENT, opening="[광고]브랜드A 세일"), "2026-11-22 12:00")
    assert isinstance(bad, Drop)
    assert bad.why == "BAD_LABEL"
    good = decided(facts("email", MAIL_CONSENT, opening="브랜드A 세일"), "2026-11-22 12:00")
    assert isinstance(good, Send)
    once = labels.opening(good.changes, "브랜드A 세일")
    assert once == "(광고) 브랜드A 세일"
    assert labels.opening(good.changes, once) == once
    lines = labels.footers(good.changes, "")
    body = "\n".join(f"{line.value} {line.link}" for line in lines)
    assert "수신거부" in body
    assert LINK in body
    assert labels.footers(good.changes, body) == ()
    again = decided(facts("email", MAIL_CONSENT, opening=once), "2026-11-22 12:00")
    assert isinstance(again, Send)


def test_t11_a_text_message_gets_label_and_way_out_once() -> None:
    assert decided(facts("sms", SMS_CONSENT, opening="[광고]브랜드A 세일"), "2026-11-22 12:00").why == "BAD_LABEL"
    good = decided(facts("sms", SMS_CONSENT, opening="브랜드A 세일", caller="02-123-4567"), "2026-11-22 12:00")
    assert isinstance(good, Send)
    once = labels.text(good.changes, "브랜드A 세일")
    assert once == "(광고)브랜드A 세일\n무료수신거부 080-123-4567"
    assert labels.text(good.changes, once) == once


def test_t16_a_consent_nobody_confirmed_ends_before_its_second_anniversary() -> None:
    old = act("grant", "2024-11-22 10:00")
    assert isinstance(decided(facts("email", old), "2026-11-21 12:00"), Send)
    decision = decided(facts("email", old), "2026-11-22 12:00")
    assert isinstance(decision, Drop)
    assert decision.why == "NOT_RECONFIRMED"
    leap = act("grant", "2024-02-29 10:00")
    assert isinstance(decided(facts("email", leap), "2026-02-27 23:59"), Send)
    assert isinstance(decided(facts("email", leap), "2026-02-28 00:00"), Drop)


def test_t22_a_withdrawal_stays_one_when_customers_are_joined() -> None:
    p_withdrew = act("withdraw", "2025-01-01 10:00", channel="sms")
    q_granted = act("grant", "2026-01-01 10:00", channel="sms", fragment=OTHER)
    apart = Consents(states(q_granted), PHONE)
    joined = Consents(states(p_withdrew, q_granted), PHONE)
    assert apart.standing(ADS, "sms").status == "granted"
    assert joined.standing(ADS, "sms").status == "withdrawn"
    decision = decided(facts("sms", consents=joined), "2026-11-22 12:00")
    assert isinstance(decision, Drop)
    assert {"OPTED_OUT", "REFUSED_ELSEWHERE"} <= why(decision)
    assert isinstance(decided(facts("sms", consents=apart), "2026-11-22 12:00"), Send), "apart again, each has its own"


def test_t28_one_click_is_a_withdrawal_that_counts_once_and_at_once() -> None:
    def clicked(event_id: str) -> ConsentEvent:
        said = Said(
            name="Unsubscribed", event_id=event_id, source="itda", occurred_at=at("2026-11-22 12:00"),
            received_at=at("2026-11-22 12:00"), properties={"channel": "email"}, fragment=PERSON,
            identifiers={"email": MAIL_CONSENT.key.contact},
        )  # fmt: skip
        ((_, event),) = read(said, "A", WORDS)
        return event

    once, twice = clicked("m-1"), clicked("m-1")
    assert once == twice, "the same click is the same act"
    assert once.key == MAIL_CONSENT.key
    assert fold([MAIL_CONSENT, once, twice]) == fold([MAIL_CONSENT, once])
    assert isinstance(decided(facts("email", MAIL_CONSENT), "2026-11-22 12:00"), Send), "reading a page changes nothing"
    decision = decided(facts("email", MAIL_CONSENT, once), "2026-11-22 12:00")
    assert isinstance(decision, Drop)
    assert "OPTED_OUT" in why(decision)
