"""The law's cases from end to end, as the privacy specification numbers them: facts, verdict, decision, what is sent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.unit.consent.situations import (
    BRAND,
    LINK,
    OTHER,
    PERSON,
    PHONE,
    RULES,
    SUBJECT,
    act,
    at,
    bought,
    facts,
    states,
)  # fmt: skip

from itda.base import instant
from itda.base.instant import day_to_date
from itda.consent import labels, markers
from itda.consent.acts import Said, Words, read
from itda.consent.definition import ADS, ADS_AT_NIGHT, ConsentEvent
from itda.consent.facts import Destination, Facts, Template
from itda.consent.judge import judge, tasks
from itda.consent.ledger import fold
from itda.consent.packs.kr_network.permission import after_request
from itda.consent.purposes import BOX
from itda.consent.standing import Consents
from itda.consent.whereabouts import told
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
    given = facts("email", category="shoes", transactions=(bought(),))  # a push takes a consent in any case (CH-11)
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


def test_t12_a_text_without_a_number_to_refuse_by_for_nothing_does_not_go() -> None:
    closed = msgspec.structs.replace(BRAND, optouts={})
    decision = decided(facts("sms", SMS_CONSENT, sender=closed), "2026-11-22 12:00")
    assert isinstance(decision, Drop)
    assert decision.why == "NO_FREE_OPTOUT"


def test_t13_an_alimtalk_that_leads_to_an_event_is_refused_as_it_is_written() -> None:
    def said(template: Template, **more: Any) -> set[str]:
        text = {"message_class": "informational", "ground": "contract", "stage": "publish", "template": template}
        return {
            reason.code for reason in judge(facts("alimtalk", **(text | more)), RULES, at("2026-11-22 12:00")).reasons
        }

    assert said(Template(message_class="informational")) == set()
    assert said(Template(message_class="informational", has_promotional_link=True)) == {"ALIMTALK_INFORMS_ONLY"}
    assert said(Template(message_class="advertising")) == {"ALIMTALK_INFORMS_ONLY"}
    assert "ALIMTALK_INFORMS_ONLY" in said(Template(message_class="informational"), markers=("이벤트",))


def test_t14_kakao_takes_no_advertising_after_ten_to_nine_whatever_was_consented_to() -> None:
    day, night = (act("grant", "2026-01-05 10:00", purpose, "kakao") for purpose in (ADS, ADS_AT_NIGHT))
    decision = decided(facts("kakao", day, night), "2026-11-22 20:55")
    assert isinstance(decision, Hold)
    assert (decision.until, decision.why) == (at("2026-11-23 08:00"), "KAKAO_CLOSED")
    assert isinstance(decided(facts("kakao", day, night), "2026-11-22 20:49"), Send)


def test_t15_what_fails_over_to_a_text_needs_the_consent_for_texts() -> None:
    kakao = act("grant", "2026-01-05 10:00", channel="kakao")
    assert isinstance(decided(facts("kakao", kakao), "2026-11-22 12:00"), Send)
    decision = decided(facts("sms", kakao, fails_over="kakao"), "2026-11-22 12:00")
    assert isinstance(decision, Drop)
    assert decision.why == "NO_CONSENT"
    assert "KR-25" in {reason.rule for reason in decision.reasons}
    both = decided(facts("sms", kakao, SMS_CONSENT, fails_over="kakao", opening="가을"), "2026-11-22 12:00")
    assert isinstance(both, Send)
    assert labels.text(both.changes, "가을") == "(광고)브랜드A 가을\n무료수신거부 080-123-4567"


def test_t17_silence_after_a_request_that_came_keeps_the_consent_and_one_that_bounced_suspends_it() -> None:
    old = act("grant", "2024-11-22 10:00")
    kept = act(after_request(is_delivered=True, silence="maintain"), "2026-11-10 09:00")
    assert isinstance(decided(facts("email", old, kept), "2026-11-22 12:00"), Send)
    (state,) = states(old, kept).values()
    assert state.reconfirm_due is not None
    assert day_to_date(state.reconfirm_due).isoformat() == "2028-11-21"
    for answer in (
        after_request(is_delivered=False, silence="maintain"),
        after_request(is_delivered=True, silence="suspend"),
    ):
        gone = act(answer, "2026-11-10 09:00")
        (state,) = states(old, gone).values()
        assert state.status == "suspended"
        decision = decided(facts("email", old, gone), "2026-11-22 12:00")
        assert isinstance(decision, Drop)
        assert "SUSPENDED" in why(decision)


def test_t19_who_refuses_all_that_is_optional_buys_as_everybody_does() -> None:
    refused = [act("refuse", "2026-11-01 10:00", one.code, "any", contact=SUBJECT) for one in BOX if one.is_optional]
    order = facts("email", *refused, message_class="informational", ground="contract", opening="주문 안내")
    assert isinstance(decided(order, "2026-11-22 12:00"), Send)
    assert isinstance(decided(facts("email", *refused), "2026-11-22 12:00"), Drop)


def test_t23_a_new_number_has_no_consent_until_one_is_given_for_it() -> None:
    old = act("grant", "2026-01-05 10:00", channel="sms", contact=OTHER)
    for channel in ("sms", "kakao"):
        given = act("grant", "2026-01-05 10:00", channel=channel, contact=OTHER)
        now = facts(channel, given)
        assert now.consents is not None
        assert now.consents.standing(ADS, channel).status == "unknown"
        decision = decided(now, "2026-11-22 12:00")
        assert isinstance(decision, Drop)
        assert decision.why == "NO_CONSENT"
    assert isinstance(decided(facts("sms", old, SMS_CONSENT), "2026-11-22 12:00"), Send)


def test_t27_a_text_to_california_waits_for_eight_there() -> None:
    where = told(country="US", postal="94110", phones=("+14155550123",))
    american = msgspec.structs.replace(BRAND, country="US")
    given = facts(
        "sms", SMS_CONSENT, sender=american, countries=where.countries, regions=where.regions, zones=where.zones
    )
    assert where.regions == ("US-CA",)
    decision = decided(given, "2026-11-22 22:30")  # half past eight in New York
    assert isinstance(decision, Hold)
    assert (decision.until, decision.why) == (instant.parse("2026-11-22T08:00-08:00"), "CLOSED_THERE")
    assert told(phones=("+14155550123",)).zones == ("America/Los_Angeles",)
    both = msgspec.structs.replace(given, zones=("America/New_York", "Pacific/Honolulu"))
    late = decided(both, "2026-11-23 01:00")  # eleven in New York, six in Honolulu
    assert isinstance(late, Hold)
    assert late.until == instant.parse("2026-11-22T08:00-10:00")


def test_t25_a_row_of_somebody_in_germany_goes_only_where_both_signals_are_granted() -> None:
    to = Destination(
        name="google", country="US", is_listed=True, is_behavioural=True, takes_signals=True, mechanism="SCC 2021/914"
    )
    given = [
        act("grant", "2026-01-05 10:00", purpose, "any", contact=SUBJECT)
        for purpose in ("provide_3p:google", "overseas:google", "behav_ads", "ad_user_data")
    ]
    denied = act("refuse", "2026-01-05 10:00", "ad_personalization", "any", contact=SUBJECT)
    granted = act("grant", "2026-01-05 10:00", "ad_personalization", "any", contact=SUBJECT)
    row = {"stage": "export", "countries": ("DE",), "destination": to, "reason": "autumn"}
    for signal, said in ((denied, {"NO_AD_CONSENT"}), (granted, set())):
        verdict = judge(facts("ads", *given, signal, **row), RULES, at("2026-11-22 12:00"))
        assert {reason.code for reason in verdict.reasons if reason.action == "block"} == said
    korean = facts("ads", *given, **(row | {"countries": ("KR",)}))
    assert judge(korean, RULES, at("2026-11-22 12:00")).action == "allow", "nobody asks for these signals elsewhere"
