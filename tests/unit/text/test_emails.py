"""Which addresses are one mailbox, and whose name a local part is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.events.normalise import reader
from itda.text.emails import handle, mailbox, says


@pytest.mark.parametrize(
    ("address", "box"),
    [
        ("kim.min.su+shop@googlemail.com", "kimminsu@gmail.com"),
        ("kim@hanmail.net", "kim@daum.net"),
        ("a.b+c@outlook.com", "a.b@outlook.com"),
        ("a.b+c@naver.com", "a.b+c@naver.com"),
        ("kim@kakao.com", "kim@kakao.com"),
        ("+@gmail.com", "+@gmail.com"),
        ("nobody", "nobody"),
    ],
)
def test_spellings_of_one_mailbox_are_one_address(address: str, box: str) -> None:
    assert mailbox(address) == box


@given(
    st.text("ab.+", min_size=1, max_size=6),
    st.sampled_from(["gmail.com", "googlemail.com", "daum.net", "shop.example"]),
)
def test_a_mailbox_is_its_own_mailbox(local: str, domain: str) -> None:
    once = mailbox(f"{local}@{domain}")
    assert mailbox(once) == once


def test_a_kind_may_take_mailboxes_for_its_values() -> None:
    read = reader("mailbox", "KR")
    assert read(" Kim.Minsu+Shop@GoogleMail.com ") == "kimminsu@gmail.com"
    assert read("no address") is None


@pytest.mark.parametrize(
    ("address", "letters", "reading"),
    [
        ("Paige.Willis54+sale@kakao.com", "paigewillis", ""),
        ("gim.hohee@gmail.com", "gimhohee", "gim ho hui"),
        ("youngahlee80@naver.com", "youngahlee", "i yeong a"),
        ("yeonga.i@naver.com", "yeongai", "i yeong a"),
        ("minsunamgung@naver.com", "minsunamgung", "nam gung min su"),
        ("wondong52@naver.com", "wondong", "won dong"),
        ("mskim77@naver.com", "mskim", "gim ms"),
        ("kim.kj@naver.com", "kimkj", "gim gj"),
    ],
)
def test_an_address_says_its_letters_and_the_korean_names_they_may_be(address: str, letters: str, reading: str) -> None:
    said, *readings = says(address).split("|")
    assert said == f"@{letters}"
    assert reading in readings if reading else not readings


def test_an_address_without_letters_says_nothing() -> None:
    assert says("1234@naver.com") == ""


def test_the_handle_is_the_letters_of_the_local_part() -> None:
    assert handle("Paige.Willis54+sale@kakao.com") == "paigewillis"
