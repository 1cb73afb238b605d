"""What an event from any touchpoint says of a consent."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.unit.consent.situations import MAIL, PERSON, SUBJECT

from itda.consent.acts import CONSENT_CHANGED, PERMITTED, UNCLEAR, UNSUBSCRIBED, UNVOUCHED, Said, Words, read
from itda.consent.definition import ADS, ADS_AT_NIGHT, CONSENT, TRACKING, ConsentEvent
from itda.consent.ledger import fold

WORDS = Words(purposes=(ADS, ADS_AT_NIGHT, TRACKING), channels=("any", "email", "sms"), texts=("ads-email@1/ko",))


def every(*, may_grant: bool = True, name: str = CONSENT_CHANGED, **properties: Any) -> list[tuple[str, ConsentEvent]]:
    return read(
        Said(
            name=name, event_id="e1", source="web", occurred_at=1, received_at=2, properties=properties,
            fragment=PERSON, identifiers={"email": MAIL}, may_grant=may_grant,
        ),
        "A",
        WORDS,
    )  # fmt: skip


def said(**properties: Any) -> ConsentEvent:
    ((_, event),) = every(**properties)
    return event


@pytest.mark.parametrize("channel", ["email", "Email", " EMAIL "])
@pytest.mark.parametrize("purpose", [ADS, "Ad_Receive"])
def test_an_act_is_about_the_same_however_its_purpose_and_channel_are_spelt(purpose: str, channel: str) -> None:
    assert said(purpose=purpose, channel=channel, is_given=False).key == ("A", PERSON, MAIL, ADS, "email")


def test_an_act_that_says_both_at_once_takes_away() -> None:
    assert said(purpose=ADS, channel="email", is_given=True, action="withdraw").action == "withdraw"
    assert said(purpose=ADS, channel="email", is_given=True, action="refuse").action == "refuse"
    assert said(purpose=ADS, channel="email", is_given=False, action="grant").action == "withdraw"
    assert said(purpose=ADS, channel="email", is_given=True, action="confirm").action == "confirm"


def test_words_without_end_fit_the_ledgers_keys() -> None:
    """An index of PostgreSQL takes some 2,700 bytes: a longer key would stop whoever writes it, and all behind it."""
    found = said(purpose="가" * 200, channel="나" * 1000, is_given=True)
    assert len((found.key.purpose + found.key.channel).encode()) <= 400
    assert found.key.contact == SUBJECT


@pytest.mark.parametrize("action", ["", "grant", "confirm", "import"])
def test_a_consent_through_a_source_that_may_not_grant_is_a_request_that_says_so(action: str) -> None:
    found = said(may_grant=False, purpose=ADS, channel="email", is_given=True, action=action)
    assert (found.action, found.ground, found.key.contact) == ("request", UNVOUCHED, MAIL)
    trusted = said(purpose=ADS, channel="email", is_given=True, action=action)
    assert (trusted.action, trusted.ground) == ("confirm" if action == "confirm" else "grant", CONSENT)


def test_nobodys_consent_begins_or_lasts_longer_by_what_anybody_may_say() -> None:
    asked = said(may_grant=False, purpose=ADS, channel="email", is_given=True)
    (state,) = fold([asked]).values()
    assert (state.status, state.last_grant_at) == ("pending", None)
    refused = said(may_grant=False, purpose=ADS, channel="email", is_given=False)
    later = msgspec.structs.replace(asked, id=b"later", occurred_at=9)
    (state,) = fold([refused, later]).values()
    assert state.status == "withdrawn", "a refusal stands until somebody grants who may"
    granted = said(purpose=ADS, channel="email", is_given=True)
    confirmed = msgspec.structs.replace(
        said(may_grant=False, purpose=ADS, channel="email", is_given=True, action="confirm"), id=b"later", occurred_at=9
    )
    assert [one.last_confirm_at for one in fold([granted, confirmed]).values()] == [None]


@pytest.mark.parametrize(("purpose", "channel"), [("marketing", "email"), (ADS, "e-mail")])
@pytest.mark.parametrize("action", ["", "request", "maybe"])
def test_what_anybody_may_say_in_unknown_words_leaves_no_trace(purpose: str, channel: str, action: str) -> None:
    assert every(may_grant=False, purpose=purpose, channel=channel, is_given=True, action=action) == []


@pytest.mark.parametrize("may_grant", [True, False])
def test_what_takes_away_is_believed_through_every_source(may_grant: bool) -> None:
    assert said(may_grant=may_grant, purpose=ADS, channel="email", is_given=False).action == "withdraw"
    assert said(may_grant=may_grant, name=UNSUBSCRIBED, channel="email").action == "withdraw"


def test_a_withdrawal_on_an_unknown_channel_is_one_on_every_channel_and_address() -> None:
    found = said(purpose=ADS, channel="e-mail", is_given=False)
    assert (found.action, found.ground, found.key) == ("withdraw", UNCLEAR, ("A", PERSON, SUBJECT, ADS, "any"))


def test_a_withdrawal_for_an_unknown_purpose_is_one_for_every_purpose() -> None:
    found = every(purpose="marketing", channel="email", is_given=False)
    assert [event.key.purpose for _, event in found] == [ADS, ADS_AT_NIGHT, TRACKING]
    assert {(event.action, event.ground, event.key.contact) for _, event in found} == {("withdraw", UNCLEAR, MAIL)}
    assert len({key for key, _ in found}) == len({event.id for _, event in found}) == len(found)
    assert found == every(purpose="Marketing ", channel="email", is_given=False), "told twice it is the same"


def test_a_consent_in_unknown_words_is_about_these_words_and_nothing_else() -> None:
    found = said(purpose="marketing", channel="e-mail", is_given=True)
    assert (found.action, found.key) == ("grant", ("A", PERSON, SUBJECT, "marketing", "e-mail"))


@pytest.mark.parametrize(
    ("action", "read_as"),
    [
        ("opt_out", "withdraw"),
        ("Unsubscribe", "withdraw"),
        ("수신거부", "withdraw"),
        ("Denied", "refuse"),
        ("거부", "refuse"),
    ],
)
def test_other_words_for_taking_away_are_known_and_go_before_is_given(action: str, read_as: str) -> None:
    assert said(purpose=ADS, channel="email", is_given=True, action=action).action == read_as
    assert said(purpose=ADS, channel="email", is_given=False, action=action).action == read_as


def test_is_given_beside_a_word_that_nobody_knows_gives_nothing() -> None:
    found = said(purpose=ADS, channel="email", is_given=True, action="maybe")
    assert (found.action, found.ground) == ("request", UNCLEAR)


def test_kr_18_that_a_phone_lets_an_app_notify_is_no_consent() -> None:
    found = said(purpose=ADS, channel="sms", is_given=True, collector="OS_permission")
    assert (found.action, found.ground) == ("request", PERMITTED)
    assert fold([found])[found.key].status == "pending"
    assert said(purpose=ADS, channel="sms", is_given=False, collector="os_permission").action == "withdraw"
