"""How consents are caught at the doors, by the situations that the rule book names."""

from __future__ import annotations

from tests.unit.consent.situations import MAIL, PERSON, PHONE, RULES, act, at, facts

from itda.consent.acts import Said, Words
from itda.consent.acts import read as read_acts
from itda.consent.definition import ADS
from itda.consent.heard import OPTOUT_CALLED, TEXT_RECEIVED, is_to_be_read, read
from itda.consent.judge import judge, tasks
from itda.consent.ledger import fold
from itda.consent.standing import Consents


def heard(name: str, when: str, **properties: str) -> Said:
    return Said(
        name=name, event_id="e1", source="ars", occurred_at=at(when), received_at=at(when), properties=properties,
        fragment=PERSON, identifiers={"phone": PHONE},
    )  # fmt: skip


def codes(verdict: object) -> set[str]:
    return {reason.code for reason in verdict.reasons}  # type: ignore[attr-defined]


def test_t05_who_calls_080_at_night_gets_nothing_in_the_morning_and_is_told_so_within_14_days() -> None:
    agreed = act("grant", "2026-11-01 12:00", channel="sms")
    held = judge(facts("sms", agreed), RULES, at("2026-11-22 22:30"))
    assert (held.action, held.hold_until) == ("hold", at("2026-11-23 08:00"))
    ((_, refused),) = read(heard(OPTOUT_CALLED, "2026-11-22 23:10"), "A")
    morning = judge(facts("sms", agreed, refused), RULES, at("2026-11-23 08:00"))
    assert morning.action == "block"
    assert "OPTED_OUT" in codes(morning)
    (owed,) = tasks(refused, RULES)
    assert (owed.kind, owed.due_at) == ("notice", at("2026-12-06 23:10"))


def test_a_reply_that_says_stop_takes_away_on_every_channel_of_that_number_alone() -> None:
    ((_, refused),) = read(heard(TEXT_RECEIVED, "2026-11-22 10:00", text_wish="stop"), "A")
    assert (refused.key.contact, refused.key.channel, refused.action) == (PHONE, "any", "withdraw")
    by_mail = act("grant", "2026-11-01 12:00")
    by_talk = act("grant", "2026-11-01 12:00", channel="kakao")
    states = fold([refused, by_mail, by_talk])
    assert Consents(states, PHONE).standing(ADS, "kakao").status == "withdrawn"
    assert Consents(states, MAIL).standing(ADS, "email").status == "granted"


def test_other_words_are_no_act_and_are_for_a_person_to_read() -> None:
    said = heard(TEXT_RECEIVED, "2026-11-22 10:00", text_wish="other")
    assert read(said, "A") == []
    assert is_to_be_read(said)
    assert not is_to_be_read(heard(OPTOUT_CALLED, "2026-11-22 10:00"))


def test_t23_a_new_number_has_no_consent_until_it_is_given_one() -> None:
    agreed = act("grant", "2026-11-01 12:00", channel="sms")
    new = bytes([9]) * 16
    consents = Consents(fold([agreed]), new)
    assert consents.standing(ADS, "sms").status == "unknown"
    for channel in ("sms", "kakao"):
        verdict = judge(facts(channel, consents=consents), RULES, at("2026-11-22 12:00"))
        assert verdict.action == "block"
        assert "NO_CONSENT" in codes(verdict)


def test_t26_what_a_browser_says_by_gpc_stops_sale_and_sharing_for_the_person() -> None:
    said = Said(
        name="Consent Changed", event_id="gpc:a:u:1", source="web", occurred_at=1, received_at=1, fragment=PERSON,
        properties={"purpose": "sale_share", "channel": "any", "is_given": False, "collector": "gpc"}, identifiers={},
    )  # fmt: skip
    ((_, event),) = read_acts(said, "A", Words(purposes=("sale_share",), channels=("any", "email")))
    assert (event.action, event.source) == ("withdraw", "gpc")
    granted = act("grant", "1970-01-01 09:00", purpose="sale_share", channel="any", contact=event.key.contact)
    assert Consents(fold([granted, event])).standing("sale_share", "any").status == "withdrawn"
