"""Resident registration numbers. All numbers here are made up; their check digits are computed."""

from __future__ import annotations

import pytest

from itda.events.forbidden import find, holds, is_barcode, is_resident_number, masked, masked_bytes, may_hold


def made(front: str, head: str) -> str:
    """A number with a right check digit."""
    digits = front + head
    rest = sum(w * int(d) for w, d in zip((2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), digits, strict=True)) % 11
    check = (11 - rest) % 10 if head[0] in "1234" else (13 - rest) % 10
    return f"{front}-{head}{check}"


@pytest.mark.parametrize("number", [made("900131", "112345"), made("051231", "423456"), made("880229", "512345")])
def test_numbers_with_a_right_check_digit_are_found_however_written(number: str) -> None:
    for text in (number, number.replace("-", ""), number.replace("-", " - "), f"주민번호 {number}입니다"):
        assert holds(text), text


def test_a_wrong_check_digit_before_2020_is_no_number() -> None:
    number = made("900131", "112345")
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not holds(wrong)


def test_who_was_born_after_october_2020_is_told_by_the_pattern() -> None:
    for last in range(10):
        assert holds(f"210305-312345{last}")
    assert not any(holds(f"210305312345{last}") for last in range(10))


@pytest.mark.parametrize("text", ["2026-11-22T01:02:03.004Z", "1795303422306", "900131-0123456", "901331-1123456"])
def test_times_and_impossible_dates_are_no_numbers(text: str) -> None:
    assert not holds(text)


def test_an_article_number_in_a_code_field_is_no_person() -> None:
    clash = next(
        code
        for serial in range(1_000_000)
        if is_barcode(code := ean(f"880123{serial:06d}")) and is_resident_number(code[:6], "", code[6:])
    )
    assert find({"sku": clash}, frozenset({"sku"})) is None
    assert find({"comment": clash}, frozenset({"sku"})) == "comment"


def ean(twelve: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return twelve + str((10 - total % 10) % 10)


def test_it_is_found_in_any_depth_and_in_keys() -> None:
    number = made("900131", "112345")
    assert find({"a": [{"b": f"x {number}"}]}, frozenset()) == "a[].b"
    assert find({number: 1}, frozenset()) == "*"
    assert find({"a": ["x", 1, None]}, frozenset()) is None


def test_masking_leaves_the_rest() -> None:
    number = made("900131", "112345")
    assert masked({"a": f"my number is {number}.", "b": 1}) == {"a": "my number is ******-*******.", "b": 1}
    assert number.encode() not in masked_bytes(f'{{"broken": "{number}'.encode())


def test_the_sieve_lets_no_number_through() -> None:
    number = made("900131", "112345")
    assert may_hold(f'{{"a":"{number}"}}'.encode())
    assert may_hold(f'{{"a":"{number.replace("-", "")}"}}'.encode())
    assert not may_hold(b'{"messageId":"b9482497-a84f-4164-b3f6-324c8684ab53","timestamp":"2026-11-21T23:24:36.634Z"}')
