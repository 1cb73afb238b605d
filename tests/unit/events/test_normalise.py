"""Normalisers: one way of writing each identifier."""

from __future__ import annotations

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from itda.events.normalise import NORMALISERS, reader


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("email", " Kim.Minji@Naver.COM ", "kim.minji@naver.com"),
        ("email", "kim+shop@gmail.com", "kim+shop@gmail.com"),
        ("email", "mailto:a@b.cz", "a@b.cz"),
        ("email", "김@한국.kr", "김@xn--3e0b707e.kr"),
        ("email", "nobody", None),
        ("email", "a@b@c.kr", None),
        ("email", "a..b@naver.com", None),
        ("email", "a@localhost", None),
        ("phone", "010-2345-6789", "+821023456789"),
        ("phone", "01023456789", "+821023456789"),
        ("phone", "+82 10 2345 6789", "+821023456789"),
        ("phone", "+82-010-2345-6789", "+821023456789"),
        ("phone", "821023456789", "+821023456789"),
        ("phone", "010 2345 6789", "+821023456789"),
        ("phone", "02-345-6789", "+8223456789"),
        ("phone", "+1 650 253 0000", "+16502530000"),
        ("phone", "12", None),
        ("phone", "010-2345-6789 ext. 3", None),
        ("membership", " 12-34 ab ", "1234AB"),
        ("membership", "0042", "0042"),
        ("membership", "---", None),
        ("user_id", " User-1 ", "User-1"),
        ("user_id", "undefined", None),
        ("user_id", "a\x00b", None),
        ("device", "ABCDEF01-2345", "abcdef01-2345"),
        ("device", "00000000-0000-0000-0000-000000000000", None),
        ("text", "b9482497-a84f-4164-b3f6-324c8684ab53", "b9482497-a84f-4164-b3f6-324c8684ab53"),
        ("text", "x" * 513, None),
        ("text", "  ", None),
    ],
)
def test_each_value_has_one_way_of_writing(name: str, text: str, value: str | None) -> None:
    assert reader(name, "KR")(text) == value
    assert NORMALISERS[name].apply(text, "KR") == value


def test_a_number_without_country_is_the_brands_own() -> None:
    assert reader("phone", "GB")("020 7946 0018") == "+442079460018"


@given(st.sampled_from(sorted(NORMALISERS)), st.text(max_size=60))
def test_normalising_twice_is_once(name: str, text: str) -> None:
    once = reader(name, "KR")(text)
    assert once is None or reader(name, "KR")(once) == once


@given(st.from_regex(r"(0|82|\+82|\+82-|\+820)10-?\d{4}-?\d{4}", fullmatch=True))
def test_the_short_way_for_korean_mobiles_agrees_with_the_library(text: str) -> None:
    if not text.isascii():
        return
    number = phonenumbers.parse(f"+{text}" if text.startswith("82") else text, "KR")
    by_library = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert reader("phone", "KR")(text) == (by_library if phonenumbers.is_valid_number(number) else None)


@given(
    st.from_regex(
        r"[a-z0-9._%+-]{1,66}@([a-z0-9-]{1,8}\.){1,3}(kr|com|test|local|arpa|onion|x--y|[a-z]{2,6})", fullmatch=True
    )
)
def test_the_short_way_for_addresses_agrees_with_the_library(text: str) -> None:
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
        expected: str | None = f"{found.local_part}@{found.ascii_domain}".lower()
    except EmailNotValidError:
        expected = None
    assert reader("email", "KR")(text) == expected


def test_an_answer_is_remembered_whatever_it_was() -> None:
    read = reader("email", "KR")
    assert [read("x"), read("x"), read("a@b.cz"), read("a@b.cz")] == [None, None, "a@b.cz", "a@b.cz"]
