"""Values of columns as they stand in a wire event: text stays text, numbers keep their exact decimal text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from itda.base import instant, money
from itda.sources.definition import ColumnType, Time
from itda.sources.nesting import KEPT_LEVELS

Reader = Callable[[Any], Any]
"""From a column's value to a JSON value; None where it is empty. `ValueError` says what it is not."""

_REMEMBERED = 100_000
_UNITS = {"unix": instant.SECOND, "unix_ms": instant.SECOND // 1000}
DIGITS = 15
"""Digits that a double gives back."""
_MILLIONTH = Decimal("0.000001")
_FIRST = instant.from_datetime(datetime.min.replace(tzinfo=UTC))
_LAST = instant.from_datetime(datetime.max.replace(tzinfo=UTC))
"""Times that can be written."""
JSON_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
"""A decimal that is a JSON number as it stands."""
_JSON_NUMBER = re.compile(JSON_NUMBER)
_decoder = msgspec.json.Decoder(float_hook=money.written)
_TRUE = frozenset({"true", "t", "yes", "y", "1", "예", "네"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "아니오", "아니요"})


def reader(kind: ColumnType, zone: ZoneInfo) -> Reader:
    """The function that reads one type of column."""
    if kind == "text":
        return as_text
    if kind in ("number", "money"):
        return as_number
    if kind == "boolean":
        return as_truth
    if kind == "json":
        return as_json
    if kind == "time":
        at = Moments(Time(column=""), zone)
        return lambda value: None if as_text(value) is None else written_time(at.read(value))
    return as_is


def as_is(value: Any, levels: int = KEPT_LEVELS) -> Any:  # noqa: PLR0911 - one line a type reads best
    """What the file says: empty text is nothing, typed values keep their type, what is below these levels is cut."""
    if value.__class__ is str:
        return value.strip() or None
    if value is None or isinstance(value, bool | int):
        return value
    if value.__class__ is float:  # JSON writes a double by its shortest text, which is how money is read
        return value if isfinite(value) else None
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, dict):
        return {str(key): as_is(item, levels - 1) for key, item in value.items()} if levels else None
    if isinstance(value, list):
        return [as_is(item, levels - 1) for item in value] if levels else None
    return as_text(value)


def as_text(value: Any) -> str | None:  # noqa: PLR0911 - one line a type reads best
    """Text; whole numbers without a point, so that 42.0 and 42 are one number of a card."""
    if value.__class__ is str:
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        exact = money.number(value)
        if exact is None:
            return None
        return str(int(exact)) if exact == int(exact) else f"{exact:f}"
    if isinstance(value, date | time):
        return value.isoformat()
    raise ValueError("is no text")


def as_number(value: Any) -> Any:
    """A number, exact; `1,234.50` too."""
    kind = value.__class__
    if value is None or kind is int or (kind is float and isfinite(value)):
        return value
    if kind is str:
        value = value.strip()
        if not value:
            return None
        if len(value) <= DIGITS and _JSON_NUMBER.fullmatch(value):
            return msgspec.Raw(value.encode())
    return json_number(exact_number(value))


def exact_number(value: Any) -> Decimal:
    """The decimal of a number or of its text."""
    exact = money.number(value)
    if exact is None:
        raise ValueError("is no number")
    return exact


def json_number(value: float | Decimal) -> Any:
    """A number by its exact decimal text, as text where doubles would not hold it; None for no number."""
    exact = money.number(value)
    if exact is None:
        return None
    if len(exact.as_tuple().digits) > DIGITS:
        # More digits than a double holds are its rounding errors (0.30000000000000004), or a very large amount.
        exact = exact.quantize(_MILLIONTH).normalize()
    text = f"{exact:f}"
    return msgspec.Raw(text.encode()) if len(exact.as_tuple().digits) <= DIGITS else text


def as_json(value: Any) -> Any:
    """What a text of JSON holds, such as the lines of an order that a query gathered; numbers are exact."""
    if not isinstance(value, str):
        return as_is(value)
    try:
        return as_is(_decoder.decode(value)) if value.strip() else None
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("is no JSON") from None


def reach(item: Any, path: Sequence[str]) -> Any:
    """What stands at a path of an object; None where nothing does."""
    for key in path:
        if not isinstance(item, dict):
            return None
        item = item.get(key)
    return item


def as_truth(value: Any) -> bool | None:
    """True or false, in English or Korean."""
    if value is None or isinstance(value, bool):
        return value
    word = (as_text(value) or "").casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    if not word:
        return None
    raise ValueError("is neither true nor false")


def written_time(at: int) -> str:
    """ISO 8601 in UTC, to the microsecond where there is one."""
    return instant.to_datetime(at).isoformat().replace("+00:00", "Z")


class Moments:
    """Reads times in one format, remembering texts: a day's receipts share few of them to the minute."""

    def __init__(self, written: Time, zone: ZoneInfo) -> None:
        self._format = written.format
        self._zone = ZoneInfo(written.zone) if written.zone else zone
        self._known: dict[str, int] = {}

    def read(self, value: Any) -> int:
        """Microseconds UTC; `ValueError` when it is no time."""
        if value.__class__ is str:
            at = self._known.get(value)
            if at is None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                at = self._known[value] = self._of_text(value.strip())
            return at
        if isinstance(value, datetime):
            return self._aware(value)
        if isinstance(value, date):
            return self._aware(datetime.combine(value, time.min))
        if self._format in _UNITS and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return _in_range(int(exact_number(value) * _UNITS[self._format]))
        raise ValueError("is no time")

    def _of_text(self, text: str) -> int:
        unit = _UNITS.get(self._format)
        if unit is not None:
            return _in_range(int(exact_number(text) * unit))
        try:
            if self._format == "iso":
                return self._aware(datetime.fromisoformat(text))
            return self._aware(datetime.strptime(text, self._format))  # noqa: DTZ007 - the zone follows, where it has none
        except ValueError:
            raise ValueError(f"is no time of the format {self._format}") from None

    def _aware(self, moment: datetime) -> int:
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return _in_range(instant.from_datetime(moment))


def _in_range(at: int) -> int:
    if not _FIRST <= at <= _LAST:
        raise ValueError("is no time of the calendar")
    return at
