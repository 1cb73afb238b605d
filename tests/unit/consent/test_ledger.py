"""What the ledger's events come to, one after another."""

from __future__ import annotations

import pytest
from tests.unit.consent.situations import MAIL, OTHER, PERSON, SUBJECT, act, at, states

from itda.base.instant import day_to_date
from itda.consent.definition import ADS, ADS_AT_NIGHT, ConsentEvent, ConsentState
from itda.consent.ledger import Reconfirm, copies, fold, reconfirm_due
from itda.consent.standing import Consents

GRANT = act("grant", "2026-01-05 10:00")


def state(*acts: ConsentEvent) -> ConsentState:
    """The one state of acts about one key."""
    (found,) = states(*acts).values()
    return found


def due(granted: str, *confirmed: str, **rules: object) -> str:
    """The last day to confirm, as written."""
    times = tuple(at(f"{day} 12:00") for day in confirmed)
    return str(day_to_date(reconfirm_due(at(f"{granted} 12:00"), times, Reconfirm(**rules))))


def test_the_latest_act_counts_and_of_two_at_once_the_one_that_takes_away() -> None:
    assert state(GRANT, act("withdraw", "2026-02-01 10:00")).status == "withdrawn"
    assert state(act("withdraw", "2026-01-05 10:00"), GRANT).status == "withdrawn"
    assert state(act("withdraw", "2026-01-04 10:00"), GRANT).status == "granted"


def test_a_late_withdrawal_that_is_older_than_the_consent_does_not_cancel_it() -> None:
    late = act("withdraw", "2025-12-31 10:00", recorded_at=at("2026-06-01 10:00"), seq=9)
    found = state(GRANT, late)
    assert (found.status, found.refused_at, found.event_seq) == ("granted", at("2025-12-31 10:00"), 9)


def test_a_file_grants_only_with_a_text_or_evidence() -> None:
    assert state(act("import", "2026-01-05 10:00")).status == "unknown"
    assert state(act("import", "2026-01-05 10:00", text_id="ads@1/ko")).status == "granted"
    assert state(act("import", "2026-01-05 10:00", has_evidence=True)).status == "granted"
    assert state(act("withdraw", "2026-01-04 10:00"), act("import", "2026-01-05 10:00")).status == "withdrawn"


def test_asking_suspending_restoring_and_expiring_move_only_what_they_can() -> None:
    asked, stopped = act("request", "2026-01-01 10:00"), act("suspend", "2026-02-01 10:00")
    assert state(asked).status == "pending"
    assert state(GRANT, act("request", "2026-02-01 10:00")).status == "granted"
    assert state(GRANT, stopped).status == "suspended"
    assert state(GRANT, stopped, act("restore", "2026-03-01 10:00")).status == "granted"
    assert state(act("restore", "2026-03-01 10:00")).status == "unknown"
    assert state(act("confirm", "2026-03-01 10:00")).status == "unknown"
    assert state(GRANT, act("expire", "2026-03-01 10:00")).status == "expired"
    assert state(act("refuse", "2026-03-01 10:00")).status == "refused"
    gone = act("withdraw", "2026-02-01 10:00")
    assert (
        state(GRANT, gone, act("restore", "2026-03-01 10:00"), act("confirm", "2026-03-02 10:00")).status == "withdrawn"
    )


def test_the_day_to_confirm_is_the_day_before_the_second_anniversary_of_the_consent() -> None:
    assert due("2024-11-22") == "2026-11-21"
    assert due("2024-02-29") == "2026-02-27"
    assert due("2024-11-22", "2026-11-10") == "2028-11-21"
    assert due("2024-11-22", "2026-11-10", "2028-11-01") == "2030-11-21"
    assert due("2024-11-22", "2026-12-24") == "2028-11-21", "late, and counted from the consent"
    assert due("2024-11-22", "2030-12-24") == "2032-11-21"
    assert due("2024-11-22", "2025-06-01") == "2026-11-21", "long before it is asked for, it confirms nothing"
    assert due("2024-11-22", "2026-11-10", counts_from="last_confirm") == "2028-11-09"
    assert due("2024-11-22", years=1) == "2025-11-21"


def test_a_new_consent_counts_two_years_anew() -> None:
    found = state(GRANT, act("confirm", "2026-02-01 10:00"), act("grant", "2026-05-01 10:00"))
    assert day_to_date(found.reconfirm_due or 0).isoformat() == "2028-04-30"
    assert found.since == at("2026-01-05 10:00")
    assert found.last_grant_at == at("2026-05-01 10:00")
    assert state(GRANT, act("withdraw", "2026-02-01 10:00")).reconfirm_due is None


def test_the_consent_date_is_that_of_seoul() -> None:
    late_evening = act("grant", "2024-11-22 23:30")  # 14:30 UTC
    early = act("grant", "2024-11-23 00:30")  # the day before, in UTC
    assert day_to_date(state(late_evening).reconfirm_due or 0).isoformat() == "2026-11-21"
    assert day_to_date(state(early).reconfirm_due or 0).isoformat() == "2026-11-22"


def test_a_withdrawal_is_copied_to_all_who_are_joined_and_a_new_consent_ends_its_copies() -> None:
    gone = act("withdraw", "2026-03-01 10:00")
    own = act("grant", "2026-01-01 10:00", fragment=OTHER)
    (copy,) = copies(gone, [PERSON, OTHER])
    assert copies(gone, [PERSON, OTHER]) == [copy], "made twice it is the same"
    assert copy.key.fragment == OTHER
    apart = fold([GRANT, gone, own, copy])
    assert {found.status for found in apart.values()} == {"withdrawn"}
    again = act("grant", "2026-04-01 10:00")
    (end,) = copies(again, [PERSON, OTHER])
    found = fold([GRANT, gone, own, copy, again, end])
    assert {one.status for one in found.values()} == {"granted"}
    silent = fold([copy, end])
    assert [one.status for one in silent.values()] == ["unknown"], "a copy's end grants nothing"
    refused = act("refuse", "2026-02-01 10:00", fragment=OTHER)
    assert fold([refused, copy, end])[refused.key].status == "refused"
    assert copies(copy, [PERSON, OTHER]) == []
    assert copies(act("confirm", "2026-04-01 10:00"), [OTHER]) == []


def test_a_fragment_that_never_answered_leaves_the_others_theirs() -> None:
    asked = act("request", "2026-02-01 10:00", fragment=OTHER)
    assert Consents(states(GRANT, asked), MAIL).standing(ADS, "email").status == "granted"
    assert Consents(states(asked), MAIL).standing(ADS, "email").status == "pending"
    assert Consents({}, MAIL).standing(ADS, "email").status == "unknown"


def test_of_joined_consents_the_one_to_confirm_first_binds() -> None:
    older = act("grant", "2025-01-05 10:00", fragment=OTHER)
    joined = Consents(states(GRANT, older), MAIL).standing(ADS, "email")
    assert day_to_date(joined.reconfirm_due or 0).isoformat() == "2027-01-04"


def test_what_is_said_of_all_channels_can_only_take_away() -> None:
    everywhere = act("grant", "2026-02-01 10:00", channel="any", contact=SUBJECT)
    assert Consents(states(everywhere), MAIL).standing(ADS, "email").status == "unknown"
    never = act("withdraw", "2026-02-01 10:00", channel="any", contact=SUBJECT)
    assert Consents(states(GRANT, never), MAIL).standing(ADS, "email").status == "withdrawn"
    assert Consents(states(never), MAIL).standing(ADS, "email").status == "withdrawn"
    after = act("grant", "2026-03-01 10:00")
    lifted = act("grant", "2026-02-15 10:00", channel="any", contact=SUBJECT)
    assert Consents(states(GRANT, never, lifted), MAIL).standing(ADS, "email").status == "withdrawn"
    assert Consents(states(GRANT, never, after), MAIL).standing(ADS, "email").status == "granted"


def test_the_night_ends_with_the_day_and_does_not_come_back_with_it() -> None:
    night = act("grant", "2026-01-05 10:00", ADS_AT_NIGHT)
    gone, again = act("withdraw", "2026-02-01 10:00"), act("grant", "2026-03-01 10:00")
    anew = act("grant", "2026-03-02 10:00", ADS_AT_NIGHT)

    def at_night(*acts: ConsentEvent) -> str:
        return Consents(states(*acts), MAIL).standing(ADS_AT_NIGHT, "email").status

    assert at_night(GRANT, night) == "granted"
    assert at_night(night) == "suspended"
    assert at_night(GRANT, night, gone) == "withdrawn"
    assert at_night(GRANT, night, gone, again) == "withdrawn"
    assert at_night(GRANT, night, gone, again, anew) == "granted"
    assert at_night(GRANT, night, act("suspend", "2026-02-01 10:00")) == "suspended"


def test_statuses_tell_all_that_was_ever_said() -> None:
    night = act("grant", "2026-01-05 10:00", ADS_AT_NIGHT, "push")
    assert Consents(states(GRANT, night)).statuses() == {(ADS, "email"): "granted", (ADS_AT_NIGHT, "push"): "suspended"}


@pytest.mark.parametrize("action", ["grant", "withdraw"])
def test_one_act_told_twice_is_one(action: str) -> None:
    one = act(action, "2026-01-05 10:00")
    assert fold([one, one]) == fold([one])
