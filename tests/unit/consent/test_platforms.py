"""Audiences in the form of each platform, by the vectors of the privacy specification."""

from __future__ import annotations

import pytest

from itda.consent.platforms import GOOGLE, META, hashed, rows
from itda.events.normalise.email import email
from itda.events.normalise.phone import phone

VECTORS = [
    (GOOGLE, "email", "Kim.Min@Gmail.com", "da0d7fd2ac606d76a08e305b34f17d48fdbd2e4fe002e460b60d00605702dfc7"),
    (META, "email", "Kim.Min@Gmail.com", "0439364ad5896d4aaf6ab6d3abdf499f1a2263c879c9ff26c29c6667f6eeeb8d"),
    (GOOGLE, "email", " Kim.Min@Example.co.kr", "0d5256e2ed3446db29e6abe2e2407daab4e8b0c6b7deccfc9fe7da368333dc2d"),
    (META, "email", "kim.min@example.co.kr", "0d5256e2ed3446db29e6abe2e2407daab4e8b0c6b7deccfc9fe7da368333dc2d"),
    (GOOGLE, "phone", "010-1234-5678", "2efdd01fdf56e3f07de56acd9d40beb256d5983aec5f6d597c2c48354f35f9e0"),
    (META, "phone", "010-1234-5678", "5d639079300bfabb1fa81139c823d324b2a67e9dd4157475190a31fb17528bc0"),
]


@pytest.mark.parametrize(("platform", "kind", "said", "wanted"), VECTORS)
def test_t24_each_platform_hashes_its_own_form(platform: object, kind: str, said: str, wanted: str) -> None:
    normal = email(said, "KR") if kind == "email" else phone(said, "KR")
    assert normal is not None
    assert hashed(platform, kind, normal) == wanted


def test_a_row_holds_each_address_once_and_none_is_no_row() -> None:
    both = rows(GOOGLE, ["kim.min@gmail.com", "kimmin@gmail.com"], ["+821012345678"])
    assert both == [(VECTORS[0][3], VECTORS[4][3], "GRANTED", "GRANTED")]
    assert rows(META, [], ["+821012345678"]) == [("", VECTORS[5][3])]
    assert rows(META, [], []) == []
