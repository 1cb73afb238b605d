"""Where a person may live: every candidate counts, and what nobody knows is not guessed."""

from __future__ import annotations

import pytest

from itda.base import instant
from itda.consent.facts import Record
from itda.consent.packs.kr_ecommerce import kept_until
from itda.consent.whereabouts import NOWHERE, code_of, told
from itda.consent.zips import ZONES, states


def test_nothing_known_is_no_candidate() -> None:
    assert told() == NOWHERE == told(country="Narnia", postal="94110")


def test_what_was_said_and_what_is_dialled_are_both_candidates() -> None:
    found = told(country="독일", phones=("+821012345678", "+14155550123"))
    assert found.countries == ("DE", "KR", "US")
    assert found.zones == ("Asia/Seoul", "America/Los_Angeles")
    assert told(country="US", phones=("+18005550123",)).zones is None, "a number of the whole country says no clock"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("94110", ("CA",)),
        ("10001", ("NY",)),
        ("99", ("AK", "WA")),
        ("09012", ()),
        ("x", ()),
        ("006", ("PR",)),
        ("", ()),
    ],
)
def test_a_zip_code_or_its_beginning_names_the_states_it_may_be_of(code: str, found: tuple[str, ...]) -> None:
    assert states(code) == found
    assert all(ZONES[state] for state in found)


def test_a_state_that_was_said_goes_before_the_zip_code() -> None:
    assert told(country="US", state="tx", postal="10001").zones == ("America/Chicago", "America/Denver")


@pytest.mark.parametrize(("word", "code"), [("KR", "KR"), ("uk", "GB"), ("한국", "KR"), ("Germany", "DE"), ("", "")])
def test_countries_are_known_as_people_write_them(word: str, code: str) -> None:
    assert code_of(word) == code


@pytest.mark.parametrize(
    ("kind", "until"),
    [("advertising", "2025-09-03"), ("contract", "2030-03-03"), ("payment", "2030-03-03"), ("complaint", "2028-03-03"),
     ("login", "2025-06-03"), ("browsing", None)],
)  # fmt: skip
def test_kr_45_each_record_is_kept_as_long_as_its_law_says(kind: str, until: str | None) -> None:
    at = instant.parse("2025-03-02T12:00+09:00")
    found = kept_until(Record(kind, at))
    assert found == (instant.parse(f"{until}T00:00+09:00") if until else None)
