"""What a column is, by its name in two languages and by its values."""

from __future__ import annotations

import pytest

from itda.identity.match.inference import Seen, guess


def kind(name: str, *values: str, times: int = 3) -> str:
    return guess(Seen(name, values, len(values) * times, len(values))).kind


NAMES = ("kim", "lee", "park")


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("first_name", NAMES, "given"), ("givenName", NAMES, "given"), ("이름", ("김민수", "이영희", "박철수"), "given"),
        ("성명", ("김민수", "이영희"), "name"), ("고객명", ("김민수", "이영희"), "name"), ("full name", NAMES, "name"),
        ("first_and_surname", NAMES, "name"), ("성", ("김", "이"), "family"), ("Last Name", NAMES, "family"),
        ("생년월일", ("1980-04-08", "800408"), "birth"), ("dob", ("19800408", "19900101"), "birth"),
        ("birth_place", ("london", "bristol"), "place"), ("휴대폰번호", ("010-1234-5678", "01099998888"), "phone"),
        ("전화번호", ("02-123-4567", "5678"), "phone"), ("이메일", ("a@b.kr", "c@d.kr"), "email"),
        ("주소", ("서울 강남구 강남대로 11", "부산 해운대구 1"), "address"), ("우편번호", ("06236", "48094"), "postcode"),
        ("회원번호", ("M123456", "M998877"), "code"), ("성별", ("남", "여"), "category"),
        ("soc_sec_id", ("1804974", "6089216"), "code"), ("street_number", ("7", "12"), "number"),
        ("suburb", ("cleveland", "marsden"), "place"), ("created_at", ("2024-01-01", "2024-01-02"), "ignore"),
        ("cluster", ("1", "2"), "ignore"), ("x1", ("a@b.kr", "c@d.kr"), "email"),
        ("x2", ("1980-04-08", "1990-05-09"), "birth"), ("x3", ("+82 10-1234-5678", "010-9999-8888"), "phone"),
        ("x4", ("12.5", "13.5", "14"), "ignore"), ("email", ("yes", "no"), "category"),
        ("x6", ("12 oak street", "77 pine road"), "category"), ("x5", ("wr11 7qp", "sw1a 2bj"), "postcode"),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_name_and_its_values(name: str, values: tuple[str, ...], found: str) -> None:
    assert kind(name, *values) == found


def test_many_streets_postcodes_and_hangul_names_are_known_without_a_name() -> None:
    assert kind("x", *(f"{at} oak street" for at in range(100))) == "address"
    assert kind("x", *(f"서울 강남구 강남대로 {at}" for at in range(100))) == "address"
    assert kind("x", *(f"{10_000 + at}" for at in range(100))) == "postcode"
    assert kind("x", *(f"김{chr(0xAC00 + at * 28)}수" for at in range(100))) == "name"


def test_a_column_whose_values_never_repeat_is_no_evidence() -> None:
    assert kind("x", "A-10001", "A-10002", "A-10003", times=1) == "ignore"


def test_a_column_with_one_value_is_no_evidence() -> None:
    assert kind("first_name", "kim") == "ignore"
