"""Each rule of the packs, by its own test: what it refuses, and what it lets through."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.consent.situations import BRAND, LINK, OTHER, RULES, SUBJECT, act, at, bought, facts

from itda.base.instant import HOUR, SECOND
from itda.consent import labels
from itda.consent.definition import ADS_AT_NIGHT, Finding
from itda.consent.facts import Carrier, Facts
from itda.consent.judge import judge, tasks
from itda.consent.packs import KINDS
from itda.consent.rule import Rule

BY_ID = {rule.id: rule for rule in RULES}
NOON, NIGHT = at("2026-11-22 12:00"), at("2026-11-22 22:30")
MORNING = at("2026-11-23 08:00")
DAY_CONSENT = act("grant", "2026-01-05 10:00", channel="push")
MAIL_CONSENT = act("grant", "2026-01-05 10:00")


def codes(rule: str, given: Facts, now: int = NOON) -> list[str]:
    """What one rule alone says."""
    return [reason.code for reason in judge(given, [BY_ID[rule]], now).reasons]


def information(**more: object) -> Facts:
    return facts("push", message_class="informational", ground="contract", **more)


def test_every_rule_has_a_test_here_or_examples_of_its_own() -> None:
    tested = {
        name.split("_")[1:3] and "-".join(name.split("_")[1:3]).upper()
        for name in globals()
        if name.startswith("test_")
    }
    assert {rule.id for rule in RULES if not rule.examples} <= tested


def test_every_rule_says_where_it_is_from() -> None:
    for rule in RULES:
        assert rule.sentence.endswith("."), rule.id
        assert rule.source, rule.id
        assert rule.mark in "PSM", rule.id
        assert rule.check is not None or rule.task is not None, rule.id
        assert rule.on_missing == "block", rule.id


def test_kr_01_what_has_no_class_or_ground_or_promotes_is_advertising_and_warned_of() -> None:
    assert codes("KR-01", information()) == []
    assert codes("KR-01", information(markers=("쿠폰",))) == ["RECLASSIFIED"]
    assert codes("KR-01", information(markers=None)) == ["RECLASSIFIED"]
    assert codes("KR-01", facts("push", message_class="informational")) == ["NO_GROUND"]
    assert codes("KR-01", facts("push", message_class=None)) == ["UNCLASSIFIED"]
    assert not information().is_advertising
    assert all(one.is_advertising for one in (information(markers=("쿠폰",)), facts("push", message_class=None)))


def test_kr_02_without_a_consent_for_this_medium_and_address_nothing_goes() -> None:
    assert codes("KR-02", facts("push", DAY_CONSENT)) == []
    assert codes("KR-02", facts("push", MAIL_CONSENT)) == ["NO_CONSENT"]
    assert codes("KR-02", facts("push")) == ["NO_CONSENT"]
    assert codes("KR-02", facts("push", act("grant", "2026-01-05 10:00", channel="push", contact=OTHER))) == [
        "NO_CONSENT"
    ]
    wide = act("grant", "2026-01-05 10:00", channel="push", contact=SUBJECT)
    assert codes("KR-02", facts("push", wide)) == ["NO_CONSENT"], "a new address has no consent until it is given one"
    assert codes("KR-02", facts("push", consents=None)) == ["NOT_KNOWN"]
    assert codes("KR-02", facts("push", DAY_CONSENT, purpose="personalise")) == ["NO_CONSENT"]
    personal = act("grant", "2026-01-05 10:00", "personalise", "any", contact=SUBJECT)
    assert codes("KR-02", facts("push", DAY_CONSENT, personal, purpose="personalise")) == []
    assert codes("KR-02", information()) == []


def test_kr_03_a_purchase_excuses_the_same_kind_of_goods_for_six_months() -> None:
    now = at("2026-11-30 12:00")
    shoes = {"category": "shoes", "transactions": (bought(),)}
    assert codes("KR-03", facts("push", **shoes), now) == []
    assert codes("KR-02", facts("push", **shoes), now) == ["EXISTING_CUSTOMER"]
    assert codes("KR-03", facts("push", **shoes), at("2026-12-01 23:59")) == []
    assert codes("KR-03", facts("push", **shoes), at("2026-12-02 00:00")) == ["EXCEPTION_EXPIRED"]
    assert codes("KR-03", facts("push", **(shoes | {"category": "cosmetics"})), now) == ["NOT_SIMILAR"]
    partner = shoes | {"transactions": (bought(is_direct=False),)}
    assert codes("KR-03", facts("push", **partner), now) == ["NOT_DIRECTLY_COLLECTED"]
    assert codes("KR-03", facts("push", DAY_CONSENT, **partner), now) == []


def test_kr_04_a_refusal_beats_consent_and_exception() -> None:
    gone = act("withdraw", "2026-11-01 10:00", channel="push")
    assert codes("KR-04", facts("push", DAY_CONSENT)) == []
    assert codes("KR-04", facts("push", DAY_CONSENT, gone)) == ["OPTED_OUT"]
    excused = facts("push", gone, category="shoes", transactions=(bought(),))
    assert codes("KR-04", excused, at("2026-11-10 10:00")) == ["OPTED_OUT"]
    everything = act("withdraw", "2026-11-01 10:00", channel="any", contact=SUBJECT)
    assert codes("KR-04", facts("push", DAY_CONSENT, everything)) == ["OPTED_OUT"]
    again = act("grant", "2026-11-02 10:00", channel="push")
    assert codes("KR-04", facts("push", DAY_CONSENT, everything, again)) == []


@pytest.mark.parametrize(
    ("when", "until"),
    [
        ("2026-11-22 20:59:59", None),
        ("2026-11-22 21:00:00", "2026-11-23 08:00"),
        ("2026-11-23 00:00:00", "2026-11-23 08:00"),
        ("2026-11-23 07:59:59", "2026-11-23 08:00"),
        ("2026-11-23 08:00:00", None),
    ],
)
def test_kr_05_the_night_needs_a_consent_of_its_own(when: str, until: str | None) -> None:
    verdict = judge(facts("push", DAY_CONSENT), [BY_ID["KR-05"]], at(when))
    assert verdict.hold_until == (at(until) if until else None)
    assert verdict.action == ("hold" if until else "allow")
    assert judge(facts("email", MAIL_CONSENT), [BY_ID["KR-05"]], at(when)).action == "allow"
    night = act("grant", "2026-01-05 10:00", ADS_AT_NIGHT, "push")
    assert judge(facts("push", DAY_CONSENT, night), [BY_ID["KR-05"]], at(when)).action == "allow"
    assert judge(information(), [BY_ID["KR-05"]], at(when)).action == "allow"


def test_kr_06_a_consent_for_the_night_rests_on_the_one_for_the_day() -> None:
    night = act("grant", "2026-01-05 10:00", ADS_AT_NIGHT, "push")
    gone = act("withdraw", "2026-11-01 10:00", channel="push")
    again = act("grant", "2026-11-02 10:00", channel="push")
    assert codes("KR-06", facts("push", DAY_CONSENT, night), NIGHT) == []
    assert codes("KR-06", facts("push", night), NIGHT) == ["NIGHT_WITHOUT_DAY"]
    assert codes("KR-06", facts("push", night), NOON) == []
    assert codes("KR-05", facts("push", DAY_CONSENT, night, gone), NIGHT) == ["NIGHT_NO_CONSENT"]
    assert codes("KR-05", facts("push", DAY_CONSENT, night, gone, again), NIGHT) == ["NIGHT_NO_CONSENT"]
    assert judge(facts("push", DAY_CONSENT, night), RULES, NIGHT).action == "transform"


@pytest.mark.parametrize(
    "bad",
    [
        "[광고]세일",
        "(광 고)세일",
        "(광/고)세일",
        "광고)세일",
        "\uff08광고\uff09세일",
        " 【광고】 세일",
        "(광\u200b고)세일",
    ],
)
def test_kr_08_what_looks_like_the_label_and_is_not_is_refused(bad: str) -> None:
    assert codes("KR-08", facts("push", DAY_CONSENT, opening=bad)) == ["BAD_LABEL"]
    assert codes("KR-09", facts("email", MAIL_CONSENT, opening=bad)) == ["BAD_LABEL"]


@pytest.mark.parametrize("channel", ["sms", "lms", "mms", "push", "kakao"])
def test_kr_08_texts_begin_with_the_label_and_the_sender(channel: str) -> None:
    verdict = judge(facts(channel, DAY_CONSENT), [BY_ID["KR-08"]], NOON)
    assert labels.opening(verdict.changes, "가을 소식") == "(광고)브랜드A 가을 소식"
    assert codes("KR-08", facts(channel, opening="광고 문의 안내")) == ["LABEL"], "the word alone is no label"
    assert codes("KR-08", facts(channel, opening=None)) == ["NOT_KNOWN"]
    assert codes("KR-08", facts(channel, opening=None, stage="choice")) == ["LABEL"]
    assert codes("KR-08", facts(channel, sender=msgspec.structs.replace(BRAND, name=""))) == ["MISSING_PROFILE"]
    assert codes("KR-08", information()) == []


def test_kr_09_a_mail_shows_the_label_and_the_whole_profile() -> None:
    verdict = judge(facts("email", MAIL_CONSENT), [BY_ID["KR-09"]], NOON)
    assert verdict.action == "transform"
    assert labels.opening(verdict.changes, "가을 소식") == "(광고) 가을 소식"
    shown = "\n".join(change.value for change in labels.footers(verdict.changes, ""))
    assert all(
        word in shown for word in (BRAND.name, BRAND.email, BRAND.phone, BRAND.address, "수신거부", "unsubscribe")
    )
    assert {change.link for change in labels.footers(verdict.changes, "")} == {"", LINK}
    for field in ("name", "email", "phone", "address"):
        less = msgspec.structs.replace(BRAND, **{field: ""})
        assert codes("KR-09", facts("email", MAIL_CONSENT, sender=less)) == ["MISSING_PROFILE"]
    assert codes("KR-09", facts("email", MAIL_CONSENT, sender=None)) == ["NOT_KNOWN"]


def test_kr_11_every_advertisement_says_how_to_reach_the_sender() -> None:
    verdict = judge(facts("push", DAY_CONSENT), [BY_ID["KR-11"]], NOON)
    assert [change.value for change in verdict.changes] == ["문의 02-123-4567"]
    assert codes("KR-11", facts("sms", caller=BRAND.phone)) == []
    assert codes("KR-11", facts("push", caller=BRAND.phone)) == ["CONTACT"]
    assert codes("KR-11", facts("push", sender=msgspec.structs.replace(BRAND, phone="", email=""))) == ["NO_CONTACT"]


def test_kr_12_every_advertisement_ends_with_a_way_out_that_costs_nothing() -> None:
    def lines(channel: str, **more: object) -> list[str]:
        return [change.value for change in judge(facts(channel, **more), [BY_ID["KR-12"]], NOON).changes]

    assert lines("sms") == ["무료수신거부 080-123-4567"]
    assert lines("lms") == lines("kakao") == lines("sms")
    assert lines("push") == ["수신거부: 설정 > 알림"]
    assert len(lines("email")) == 2
    closed = msgspec.structs.replace(BRAND, optouts={})
    for channel in ("sms", "push", "kakao"):
        assert codes("KR-12", facts(channel, sender=closed)) == ["NO_FREE_OPTOUT"]
    assert codes("KR-12", facts("email", optout_link=None)) == ["NO_FREE_OPTOUT"]
    assert codes("KR-12", facts("email", optout_link=None, stage="choice")) == ["WAY_OUT"]


@pytest.mark.parametrize("action", ["grant", "refuse", "withdraw"])
def test_kr_14_an_act_makes_a_notice_due_in_fourteen_days(action: str) -> None:
    event = act(action, "2026-11-22 23:10", channel="sms")
    found = tasks(event, RULES)
    assert [(task.kind, task.event, task.due_at) for task in found] == [("notice", event.id, at("2026-12-06 23:10"))]
    assert tasks(act(action, "2026-11-22 23:10", "profiling", "any"), RULES) == ()
    assert tasks(act(action, "2024-01-01 10:00", recorded_at=at("2026-11-22 10:00")), RULES) == ()
    assert tasks(act("import", "2026-11-22 23:10"), RULES) == ()


def test_kr_15_two_years_without_a_confirmation_end_it() -> None:
    old = act("grant", "2024-11-22 10:00", channel="push")
    assert codes("KR-15", facts("push", old), at("2026-11-21 23:59")) == []
    assert codes("KR-15", facts("push", old), at("2026-11-22 00:00")) == ["NOT_RECONFIRMED"]
    kept = act("confirm", "2026-11-10 09:00", channel="push")
    assert codes("KR-15", facts("push", old, kept), at("2026-11-22 00:00")) == []
    night = act("grant", "2024-11-22 10:00", ADS_AT_NIGHT, "push")
    assert codes("KR-05", facts("push", old, night, kept), NIGHT) == ["NIGHT_NOT_RECONFIRMED"]


def test_ch_01_a_mail_carries_the_headers_of_one_click() -> None:
    verdict = judge(facts("email", MAIL_CONSENT), [BY_ID["CH-01"]], NOON)
    assert labels.headers(verdict.changes) == {
        "List-Unsubscribe": f"<{LINK}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert codes("CH-01", facts("email", optout_link="http://shop.example/u/abc")) == ["NO_ONE_CLICK"]
    assert codes("CH-01", facts("email", optout_link="http://127.0.0.1:8090/u/abc")) == ["ONE_CLICK"]
    assert codes("CH-01", facts("email", optout_link=None)) == ["NO_ONE_CLICK"]
    assert codes("CH-01", facts("push")) == []


def test_ch_02_the_link_ends_in_a_token_that_says_nothing() -> None:
    assert codes("CH-02", facts("email")) == []
    for link in (
        f"{LINK}@mail.kr",
        "https://shop.example/u/min%40mail.kr-0123456789",
        "https://shop.example/u/short",
        None,
    ):
        assert codes("CH-02", facts("email", optout_link=link)) == ["OPTOUT_NOT_OPAQUE"]


def test_x_01_nothing_leaves_whose_decision_is_not_kept() -> None:
    assert codes("X-01", facts("push")) == []
    assert codes("X-01", information(decision=None)) == ["NOT_KNOWN"]
    assert codes("X-01", facts("push", decision=None, stage="choice")) == []


def test_x_02_consent_is_read_again_within_a_minute() -> None:
    assert codes("X-02", facts("push", consents_read_at=NOON - 60 * SECOND)) == []
    assert codes("X-02", facts("push", consents_read_at=NOON - 61 * SECOND)) == ["CONSENT_NOT_FRESH"]
    assert codes("X-02", facts("push", consents_read_at=None)) == ["NOT_KNOWN"]


def test_x_03_one_refusal_among_the_joined_is_the_answer() -> None:
    gone = act("withdraw", "2026-01-01 10:00", channel="push", fragment=OTHER)
    assert codes("X-03", facts("push", DAY_CONSENT, gone)) == ["REFUSED_ELSEWHERE"]
    assert codes("X-03", facts("push", DAY_CONSENT)) == []


def test_what_was_refused_on_every_channel_is_refused_in_every_country() -> None:
    abroad = {"countries": ("JP",), "sender": msgspec.structs.replace(BRAND, country="JP")}
    wide = act("withdraw", "2026-06-01 10:00", channel="any", contact=SUBJECT)
    assert judge(facts("push", DAY_CONSENT, **abroad), RULES, NOON).action == "allow"
    assert judge(facts("push", DAY_CONSENT, wide, **abroad), RULES, NOON).action == "block"
    news = act("withdraw", "2026-06-01 10:00", "news", channel="push")
    assert judge(facts("push", DAY_CONSENT, news, purpose="news", **abroad), RULES, NOON).action == "block"


def test_x_05_where_no_pack_speaks_for_a_country_an_advertisement_takes_a_consent() -> None:
    abroad = {"countries": ("JP",), "sender": msgspec.structs.replace(BRAND, country="JP")}
    assert codes("X-05", facts("push", **abroad)) == ["NO_CONSENT"]
    assert codes("X-05", facts("push", DAY_CONSENT, **abroad)) == []
    assert codes("X-05", facts("push", countries=("DE",))) == []  # the sender's own law speaks
    assert codes("X-05", facts("push", message_class="informational", ground="contract", **abroad)) == []


def test_a_fact_that_is_missing_blocks_unless_the_rule_says_otherwise() -> None:
    def asked(on_missing: str) -> Rule:
        return Rule(
            id="R", sentence="s.", source="x", mark="M", needs=("transactions",), on_missing=on_missing,
            check=lambda _facts, _now: Finding("warn", "ASKED"),
        )  # fmt: skip

    unknown = facts("push", transactions=None)
    assert judge(unknown, [asked("block")], NOON).action == "block"
    assert judge(unknown, [asked("allow")], NOON).action == "allow"
    assert judge(facts("push"), [asked("block")], NOON).action == "warn"


def test_a_rule_of_a_country_holds_where_person_or_sender_may_be_there() -> None:
    abroad = msgspec.structs.replace(BRAND, country="DE")
    assert codes("KR-02", facts("push", countries=("DE",), sender=abroad)) == []
    assert codes("KR-02", facts("push", countries=("DE",))) == ["NO_CONSENT"]
    assert codes("KR-02", facts("push", countries=("KR",), sender=abroad)) == ["NO_CONSENT"]
    assert codes("KR-02", facts("push", countries=None, sender=abroad)) == ["NO_CONSENT"]
    unsaid = msgspec.structs.replace(BRAND, country="")
    assert codes("KR-02", facts("push", countries=("DE",), sender=unsaid)) == ["NO_CONSENT"]


@pytest.mark.parametrize(
    ("pack", "values"),
    [
        ("kr_network", {"night_from": "21:30"}), ("kr_network", {"night_to": "07:30"}), ("kr_network", {"night_to": "8"}),
        ("core", {"fresh_s": 61}), ("gmail", {"token_letters": 8}),
    ],
)  # fmt: skip
def test_values_that_would_loosen_the_law_are_named(pack: str, values: dict[str, object]) -> None:
    kind = KINDS[pack]
    assert kind.looser(kind.parameters()) == ()
    assert kind.looser(msgspec.convert(values, kind.parameters)) != ()


def test_stricter_values_are_taken() -> None:
    kind = KINDS["kr_network"]
    values = msgspec.convert({"night_from": "20:00", "exception_months": 0}, kind.parameters)
    assert kind.looser(values) == ()
    pack = kind.pack(values)
    assert judge(facts("push", DAY_CONSENT), pack.rules, at("2026-11-22 20:10")).hold_until == MORNING
    held = facts("push", category="shoes", transactions=(bought(),))
    assert "EXCEPTION_EXPIRED" in [r.code for r in judge(held, pack.rules, at("2026-06-02 12:00")).reasons]


def test_x_04_an_address_that_passed_on_has_no_consent() -> None:
    assert codes("X-04", facts("push", DAY_CONSENT)) == []
    assert codes("X-04", facts("push", DAY_CONSENT, is_recycled=True)) == ["ADDRESS_PASSED_ON"]


def test_ch_03_no_mail_leaves_on_what_was_read_more_than_a_minute_ago() -> None:
    assert codes("CH-03", facts("email", MAIL_CONSENT, consents_read_at=NOON - 60 * SECOND)) == []
    assert codes("CH-03", facts("email", MAIL_CONSENT, consents_read_at=NOON - 61 * SECOND)) == ["OPTOUT_LATE"]


def test_ch_04_a_domain_that_proves_nothing_sends_no_mail_until_it_does() -> None:
    for looked, said in ((True, []), (None, []), (False, ["DOMAIN_NOT_AUTHENTICATED"])):
        assert codes("CH-04", facts("email", carrier=Carrier(is_authenticated=looked))) == said
    assert codes("CH-04", facts("push", carrier=Carrier(is_authenticated=False))) == []
    waits = judge(facts("email", carrier=Carrier(is_authenticated=False)), [BY_ID["CH-04"]], NOON)
    assert (waits.action, waits.hold_until) == ("hold", NOON + HOUR), "it is no fault of the mail"


def test_ch_05_mails_that_readers_call_spam_warn_then_wait_then_stop() -> None:
    def said(rate: float | None) -> str:
        return judge(facts("email", carrier=Carrier(spam_rate=rate)), [BY_ID["CH-05"]], NOON).action

    steps = (None, 0.0009, 0.001, 0.002, 0.003)
    assert [said(rate) for rate in steps] == ["allow", "allow", "warn", "hold", "block"]
