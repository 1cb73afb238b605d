"""What an event from any touchpoint says of a consent."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.consent.situations import MAIL, PERSON, SUBJECT

from itda.consent.acts import CONSENT_CHANGED, Said, read
from itda.consent.definition import ADS, ConsentEvent


def said(**properties: Any) -> ConsentEvent:
    found = read(
        Said(
            name=CONSENT_CHANGED, event_id="e1", source="web", occurred_at=1, received_at=2, properties=properties,
            fragment=PERSON, identifiers={"email": MAIL},
        ),
        "A",
        (),
    )  # fmt: skip
    assert found is not None
    return found


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
    found = said(purpose="가" * 200, channel="나" * 1000, is_given=False)
    assert len((found.key.purpose + found.key.channel).encode()) <= 400
    assert found.key.contact == SUBJECT
