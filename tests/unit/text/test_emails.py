"""Which addresses are one mailbox, and whose name a local part is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.events.normalise import reader
from itda.text.emails import Likeness, handle, likeness, local_keys, mailbox, name_keys


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
    ("name", "address", "says"),
    [
        ("Paige Willis", "paige.willis54@kakao.com", Likeness.FULL),
        ("Paige Willis", "willis_paige@kakao.com", Likeness.FULL),
        ("Paige Willis", "willispaige@kakao.com", Likeness.FULL),
        ("Willis, Paige Anne", "paigewillis@kakao.com", Likeness.FULL),
        ("Vincent Adams", "vadams9927@gmail.com", Likeness.INITIALS),
        ("Vincent Adams", "vincent.a@gmail.com", Likeness.INITIALS),
        ("Sherry Barber", "barber716@naver.com", Likeness.FAMILY),
        ("Sherry Barber", "sherry+shop@naver.com", Likeness.GIVEN),
        ("Sherry Barber", "rose@naver.com", Likeness.NONE),
        ("김호희", "gim.hohee@gmail.com", Likeness.FULL),
        ("이영아", "youngahlee80@naver.com", Likeness.FULL),
        ("Lee Young-Ah", "yeonga.i@naver.com", Likeness.FULL),
        ("남궁민수", "minsunamgung@naver.com", Likeness.FULL),
        ("남궁민수", "minsu77@naver.com", Likeness.GIVEN),
        ("이원동", "wondong52@naver.com", Likeness.GIVEN),
        ("김민수", "mskim77@naver.com", Likeness.INITIALS),
        ("김경준", "kim.kj@naver.com", Likeness.INITIALS),
        ("김민수", "parkjiho@naver.com", Likeness.NONE),
        ("김*수", "gimminsu@naver.com", Likeness.NONE),
        ("김민수", "1234@naver.com", Likeness.NONE),
        ("", "", Likeness.NONE),
    ],
)
def test_a_local_part_says_as_much_of_a_name(name: str, address: str, says: Likeness) -> None:
    assert likeness(name_keys(name), local_keys(address)) is says


def test_the_handle_is_the_letters_of_the_local_part() -> None:
    assert handle("Paige.Willis54+sale@kakao.com") == "paigewillis"
