"""Money: whole minor units of a currency (ISO 4217), read from the text of a number, never from binary arithmetic.

A number that came through JSON as a Python float is read by its shortest text, which is what was written for up to
15 significant digits (IEEE 754 binary64). Rounding is half to even, once, at the amount as it came.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from babel.numbers import get_currency_precision, is_currency

MICRO = 1_000_000
"""Quantities other than money are kept exact in millionths, so that sums do not depend on their order."""
LARGEST = 10**15
"""Amounts of this size in major units or more are no money, whatever they are."""
_MOST_PLACES = 400
"""A first digit further from the point is of no number (a double's is at most 324): `1e-999999` would be a megabyte."""
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_ONE = Decimal(1)


@lru_cache(maxsize=256)
def digits(currency: str) -> int:
    """Decimal places of a currency's minor unit: 2 for USD, 0 for KRW."""
    return int(get_currency_precision(currency))


@lru_cache(maxsize=1024)
def is_known(currency: str) -> bool:
    """Whether this is a currency code of ISO 4217."""
    return is_currency(currency)


def written(text: str) -> Decimal:
    """The decimal of a JSON number's text; `ValueError` where its exponent is beyond any decimal's."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("a number beyond all bounds") from None


def number(value: object) -> Decimal | None:
    """The exact decimal of a JSON number or of a number's text (`1,234.50` too); None when it is no finite number."""
    if type(value) is float:
        exact = Decimal(repr(value))
    elif type(value) is int:
        exact = Decimal(value)
    elif isinstance(value, Decimal):
        exact = value
    elif isinstance(value, str):
        text = value.strip()
        if "," in text and _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        try:
            exact = Decimal(text)
        except InvalidOperation:
            return None
    else:
        return None
    if not exact.is_finite() or abs(exact.adjusted()) > _MOST_PLACES:
        return None
    return exact if abs(exact) < LARGEST else None


def is_amount(value: object) -> bool:
    """Whether `number` reads it."""
    return -LARGEST < value < LARGEST if type(value) is int else number(value) is not None


def minor(value: object, currency: str) -> int | None:
    """An amount in minor units, half to even; None when the value is no amount."""
    if type(value) is int and -LARGEST < value < LARGEST:
        scaled: int = value * 10 ** digits(currency)
        return scaled
    return _scaled(value, digits(currency))


def micros(value: object) -> int | None:
    """A quantity in millionths, half to even; None when the value is no number."""
    if type(value) is int and -LARGEST < value < LARGEST:
        return value * MICRO
    return _scaled(value, 6)


def minor_of_micros(amount: int, currency: str) -> int:
    """Millionths of a currency's major unit as minor units, half to even."""
    unit: int = 10 ** (6 - min(digits(currency), 6))
    whole, rest = divmod(amount, unit)
    is_up = rest * 2 > unit or (rest * 2 == unit and whole % 2 == 1)
    return whole + 1 if is_up else whole


def of_micros(amount: int) -> int | float:
    """The number that so many millionths are: an `int` where it is whole."""
    whole, rest = divmod(amount, MICRO)
    return whole if rest == 0 else amount / MICRO


def text(amount_minor: int, currency: str) -> str:
    """Plain decimal text in major units: 12.90."""
    return str(Decimal(amount_minor).scaleb(-digits(currency)))


def _scaled(value: object, places: int) -> int | None:
    exact = number(value)
    return None if exact is None else int(exact.scaleb(places).quantize(_ONE, rounding=ROUND_HALF_EVEN))
