from __future__ import annotations

from decimal import Decimal

import pytest

from itda.base import money


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        (12.9, "USD", 1290), (12.90, "KRW", 13), ("12.90", "USD", 1290), ("1,234.50", "USD", 123450), (0.1, "USD", 10),
        (1.005, "USD", 100), ("1.015", "USD", 102), (-2.5, "KRW", -2), (3.5, "KRW", 4), (7, "JPY", 7), ("1.2345", "KWD", 1234),
        (Decimal("0.125"), "USD", 12), (" 5 ", "USD", 500),
    ],
)  # fmt: skip
def test_an_amount_is_rounded_half_to_even_from_its_text(value: object, currency: str, minor: int) -> None:
    assert money.minor(value, currency) == minor


@pytest.mark.parametrize(
    "value",
    [None, True, "", "twelve", "1,23", float("nan"), float("inf"), "1e400", "1e1000000", "1e-1000000", 10**15, [], {}],
)
def test_what_is_no_amount_is_none(value: object) -> None:
    assert money.minor(value, "USD") is None


def test_millionths_go_back_to_minor_units_half_to_even() -> None:
    assert [money.minor_of_micros(amount, "USD") for amount in (5_000, 15_000, 15_001, -5_000)] == [0, 2, 2, 0]
    assert money.minor_of_micros(1_500_000, "KRW") == 2


def test_quantities_are_numbers_again() -> None:
    assert (money.of_micros(3_000_000), money.of_micros(2_500_000)) == (3, 2.5)
    assert money.micros("0.1") == 100_000


def test_text_has_the_currencys_places() -> None:
    assert (money.text(1290, "USD"), money.text(1290, "KRW")) == ("12.90", "1290")
