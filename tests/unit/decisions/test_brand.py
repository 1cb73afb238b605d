"""The brand's own rules hold or drop what the law lets through, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.unit.consent.situations import RULES, act, at, facts

from itda.base.instant import DAY, HOUR, MINUTE
from itda.consent.definition import ADS_AT_NIGHT, SUBJECT_WIDE, Verdict
from itda.consent.facts import Facts, MessageClass, Sent, Waiting
from itda.consent.judge import judge
from itda.decisions.decide import decide
from itda.decisions.definition import Decision, Drop, Hold, Proposed, Send
from itda.decisions.policy import Policy
from itda.decisions.rules import KINDS, caps, longest

NOON = at("2026-11-22 12:00")
CONSENTS = (act("grant", "2026-01-05 10:00", channel="push"), act("grant", "2026-01-05 10:00"))


def decided(given: Facts, now: int, rules: dict[str, Any], **more: Any) -> Decision:
    asked = [
        KINDS[name].asked(msgspec.convert(values, KINDS[name].arguments), "Asia/Seoul")
        for name, values in rules.items()
    ]
    intent = Proposed(id=b"me", message="autumn", message_class=given.message_class or "advertising", at=now, **more)
    return decide(intent, given, {given.channel: judge(given, RULES, now)}, now, asked)


def push(**more: Any) -> Facts:
    return facts("push", *CONSENTS, **more)


def information(**more: Any) -> Facts:
    return push(message_class="informational", ground="contract", **more)


def test_every_rule_has_its_sentence_and_is_found_by_its_name() -> None:
    assert set(KINDS) == {
        "caps", "holdout", "information", "night_guard", "pace", "paused", "priority", "quiet_hours", "waiting",
    }  # fmt: skip
    assert all(kind.sentence.endswith(".") for kind in KINDS.values())


def test_a_cap_counts_over_all_journeys_and_lets_go_when_the_oldest_is_out_of_its_span() -> None:
    rules = {"caps": {"limits": [{"most": 2, "per": 7}]}}
    before = (Sent(NOON - 6 * DAY, "email", "advertising"), Sent(NOON - DAY, "push", "advertising"))
    held = decided(push(sent=before), NOON, rules)
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("CAPPED", NOON + DAY)
    assert isinstance(decided(push(sent=before), NOON + DAY, rules), Send)
    assert isinstance(decided(push(sent=before[:1]), NOON, rules), Send)
    assert isinstance(decided(push(sent=None), NOON, rules), Drop), "what is not known blocks"
    assert isinstance(decided(information(sent=before), NOON, rules), Send)


def test_a_cap_of_one_channel_counts_that_channel_alone() -> None:
    rules = {"caps": {"limits": [{"most": 1, "per": 12, "unit": "hours", "channel": "push"}]}}
    by_mail, by_push = (Sent(NOON - HOUR, channel, "advertising") for channel in ("email", "push"))
    assert isinstance(decided(push(sent=(by_mail,)), NOON, rules), Send)
    assert isinstance(decided(push(sent=(by_push,)), NOON, rules), Hold)
    assert isinstance(decided(facts("email", *CONSENTS, sent=(by_push,)), NOON, rules), Send)


def test_a_cap_on_everything_counts_information_too_and_the_longest_hold_counts() -> None:
    rules = {"caps": {"limits": [{"most": 1, "message_class": "every"}, {"most": 1, "per": 3}]}}
    told = Sent(NOON - HOUR, "push", "informational")
    held = decided(information(sent=(told,)), NOON, rules)
    assert isinstance(held, Hold)
    both = decided(push(sent=(told, Sent(NOON - 2 * HOUR, "push", "advertising"))), NOON, rules)
    assert isinstance(both, Hold)
    assert both.until == NOON - 2 * HOUR + 3 * DAY
    yearly = msgspec.convert({"limits": [{"most": 9, "per": 60}, {"most": 1, "per": 3}]}, caps.Caps)
    assert longest({"caps": yearly}) == 60 * DAY
    assert longest({}) == 30 * DAY, "people's own pace looks back a month, whatever the brand names"


def test_quiet_hours_hold_until_they_end() -> None:
    rules = {"quiet_hours": {"from": "19:00", "to": "09:30", "channels": ["push"]}}
    evening = at("2026-11-22 19:00")
    held = decided(push(), evening, rules)
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("QUIET_HOURS", at("2026-11-23 09:30"))
    assert isinstance(decided(facts("email", *CONSENTS), evening, rules), Send)
    assert isinstance(decided(information(), evening, rules), Send)
    too = {"quiet_hours": {"from": "19:00", "to": "09:30", "information_too": True}}
    assert isinstance(decided(information(), evening, too), Hold)


def test_of_the_laws_hold_and_the_brands_the_later_counts() -> None:
    rules = {"quiet_hours": {"from": "19:00", "to": "09:30"}}
    held = decided(push(), at("2026-11-22 22:30"), rules)
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("NIGHT_NO_CONSENT", at("2026-11-23 09:30"))
    expired = decided(push(), at("2026-11-22 22:30"), rules, expires_at=at("2026-11-23 09:00"))
    assert isinstance(expired, Drop)
    assert expired.why == "EXPIRED_IN_HOLD"


def test_the_guard_holds_some_minutes_before_the_night() -> None:
    rules = {"night_guard": {"minutes": 10}}
    assert isinstance(decided(push(), at("2026-11-22 20:49:59"), rules), Send)
    held = decided(push(), at("2026-11-22 20:50"), rules)
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("NIGHT_IS_NEAR", at("2026-11-23 08:00"))
    night = act("grant", "2026-01-05 10:00", ADS_AT_NIGHT, "push")
    assert isinstance(decided(facts("push", *CONSENTS, night), at("2026-11-22 20:55"), rules), Send)
    assert isinstance(decided(facts("email", *CONSENTS), at("2026-11-22 20:55"), rules), Send)


def test_the_more_important_goes_first() -> None:
    rules = {"priority": {"within_hours": 24, "gap_minutes": 30}}
    other = Waiting(b"other", NOON + 2 * HOUR, 5, "advertising")
    held = decided(push(waiting=(other,)), NOON, rules, priority=1)
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("LESS_IMPORTANT", NOON + 2 * HOUR + 30 * MINUTE)
    assert isinstance(decided(push(waiting=(other,)), NOON, rules, priority=5), Send)
    later, me = msgspec.structs.replace(other, due_at=NOON + 3 * DAY), msgspec.structs.replace(other, id=b"me")
    assert isinstance(decided(push(waiting=(later, me)), NOON, rules, priority=1), Send)
    assert isinstance(decided(push(waiting=None), NOON, rules), Drop)


def test_who_is_held_out_gets_no_advertising_and_all_information() -> None:
    rules = {"holdout": {"percent": 5}}
    dropped = decided(push(arm="holdout"), NOON, rules)
    assert isinstance(dropped, Drop)
    assert dropped.why == "HELD_OUT"
    assert isinstance(decided(push(), NOON, rules), Send)
    assert isinstance(decided(information(arm="holdout"), NOON, rules), Send)


def test_the_brand_opens_nothing_that_the_law_closed() -> None:
    rules: dict[str, Any] = {"quiet_hours": {"from": "19:00", "to": "20:00"}, "holdout": {"percent": 0}}
    dropped = decided(facts("push"), NOON, rules)
    assert isinstance(dropped, Drop)
    assert dropped.why == "NO_CONSENT"


def test_of_several_channels_the_first_that_may_go_goes() -> None:
    intent = Proposed(id=b"me", message="autumn", message_class="advertising", at=NOON, expires_at=NOON + DAY)
    block, go = Verdict("block"), Verdict("transform")

    def of(**verdicts: Verdict) -> Decision:
        return decide(intent, push(), verdicts, NOON)

    sent = of(push=block, email=go, sms=go)
    assert isinstance(sent, Send)
    assert sent.channel == "email"
    soonest = of(push=Verdict("hold", (), NOON + 2 * HOUR), email=block, sms=Verdict("hold", (), NOON + HOUR))
    assert isinstance(soonest, Hold)
    assert soonest.until == NOON + HOUR
    assert isinstance(of(push=block, email=block), Drop)
    assert of() == decide(intent, push(), {}, NOON)
    assert isinstance(of(), Drop)
    assert isinstance(of(push=Verdict("hold")), Drop), "a hold without an end never ends"


@pytest.mark.parametrize("late", [0, 1, DAY])
def test_what_is_out_of_date_goes_nowhere(late: int) -> None:
    intent = Proposed(id=b"me", message="autumn", message_class="advertising", at=NOON, expires_at=NOON)
    assert isinstance(decide(intent, push(), {"push": Verdict()}, NOON + late), Drop)


def waiting(n: int, message_class: MessageClass = "advertising") -> tuple[Waiting, ...]:
    return tuple(Waiting(bytes([place]), NOON, 0, message_class) for place in range(n))


def test_a_message_is_not_taken_on_while_too_many_of_its_class_wait() -> None:
    rules = {"waiting": {"most": 3}}
    dropped = decided(push(stage="choice", waiting=waiting(3)), NOON, rules)
    assert isinstance(dropped, Drop)
    assert (dropped.why, dropped.reasons[-1].detail) == ("TOO_MANY_WAIT", "3 advertising messages wait already")
    assert isinstance(decided(push(stage="choice", waiting=waiting(2)), NOON, rules), Send)
    assert isinstance(decided(push(stage="choice", waiting=None), NOON, rules), Drop), "what is not known blocks"


def test_a_flood_of_advertisements_keeps_no_information_from_waiting() -> None:
    rules = {"waiting": {"most": 3}}
    assert isinstance(decided(information(stage="choice", waiting=waiting(9)), NOON, rules), Send)
    assert isinstance(decided(information(stage="choice", waiting=waiting(3, "informational")), NOON, rules), Drop)


def test_what_waits_already_leaves_however_much_waits_with_it() -> None:
    full = push(stage="departure", waiting=waiting(9), optout_link="https://x.example/u/1")
    assert isinstance(decided(full, NOON, {"waiting": {"most": 3}}), Send)


def told(n: int, **more: Any) -> tuple[Sent, ...]:
    """So many informational messages, one an hour, the latest an hour ago."""
    how = {"channel": "push", "message_class": "informational", **more}
    return tuple(Sent(NOON - (n - place) * HOUR, **how) for place in range(n))


def test_nobody_is_drowned_in_information_though_the_brand_says_nothing_of_it() -> None:
    policy = Policy()
    assert {rule.name for rule in policy.brand} == {"waiting", "information", "pace", "paused"}
    assert policy.capped_span == 30 * DAY, "as far as people's own pace looks back"

    def asked(sent: tuple[Sent, ...] | None, now: int = NOON) -> Decision:
        given = information(sent=sent)
        intent = Proposed(id=b"me", message="ready", message_class="informational", at=NOON)
        return decide(intent, given, {"push": judge(given, RULES, now)}, now, policy.brand)

    held = asked(told(10))
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("CAPPED", NOON - 10 * HOUR + DAY)
    assert isinstance(asked(told(10), held.until), Send)
    assert isinstance(asked(told(9)), Send)
    assert isinstance(asked(None), Drop), "what is not known blocks"


def test_the_cap_on_information_counts_information_of_the_same_channel_alone() -> None:
    rules = {"information": {"most": 2, "hours": 48}}
    assert isinstance(decided(information(sent=told(2)), NOON, rules), Hold)
    assert isinstance(decided(information(sent=told(2, channel="email")), NOON, rules), Send)
    assert isinstance(decided(information(sent=told(2, message_class="advertising")), NOON, rules), Send)
    assert isinstance(decided(push(sent=told(9)), NOON, rules), Send), "advertising has caps of its own"
    assert KINDS["information"].span(msgspec.convert(rules["information"], KINDS["information"].arguments)) == 2 * DAY


def paced(code: str, **more: Any) -> Facts:
    own = act(
        "grant", "2026-11-01 10:00", purpose="pace", channel="any", contact=SUBJECT_WIDE, text_id=f"pace-{code}@1/ko"
    )
    return facts("push", *CONSENTS, own, **more)


def test_ones_own_pace_holds_what_the_brand_would_send_and_never_information() -> None:
    before = (Sent(NOON - 5 * DAY, "email", "advertising"),)
    held = decided(paced("1-in-7", sent=before), NOON, {"pace": {}})
    assert isinstance(held, Hold)
    assert (held.why, held.until) == ("OWN_PACE", NOON + 2 * DAY)
    assert isinstance(decided(paced("2-in-7", sent=before), NOON, {"pace": {}}), Send)
    assert isinstance(decided(paced("none", sent=before * 9), NOON, {"pace": {}}), Send)
    assert isinstance(decided(push(sent=before * 9), NOON, {"pace": {}}), Send), "who set none has none"
    told = paced("1-in-7", sent=before, message_class="informational", ground="contract")
    assert isinstance(decided(told, NOON, {"pace": {}}), Send)


def test_who_paused_profiling_gets_no_advertising_until_they_allow_it_again() -> None:
    about = {"purpose": "profiling", "channel": "any", "contact": SUBJECT_WIDE}
    paused = act("refuse", "2026-11-01 10:00", **about)
    dropped = decided(facts("push", *CONSENTS, paused), NOON, {"paused": {}})
    assert isinstance(dropped, Drop)
    assert dropped.why == "PROFILING_PAUSED"
    again = act("grant", "2026-11-02 10:00", **about)
    assert isinstance(decided(facts("push", *CONSENTS, paused, again), NOON, {"paused": {}}), Send)
    told = facts("push", *CONSENTS, paused, message_class="informational", ground="contract")
    assert isinstance(decided(told, NOON, {"paused": {}}), Send)
