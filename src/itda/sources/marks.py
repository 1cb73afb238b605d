"""How far a source is read: the value its cursor column had last, and from where the next reading begins.

Values of one column are of one type: numbers, times (with a zone or without), dates, or text. What is kept of a value
is text, so that it comes back exactly as it was. A reading begins at the last value, not behind it: rows that share it
may have come later; with an overlap it begins so much earlier.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import msgspec

from itda.base import instant

Value = int | float | Decimal | datetime | date | str
MarkType = Literal["number", "time", "date", "text"]
_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,20})?")
_SECOND = 19
"""Signs of an ISO time to the second."""


class Mark(msgspec.Struct, frozen=True):
    """A value of a cursor column, as it is kept."""

    type: MarkType
    text: str

    @property
    def value(self) -> Value:
        """What a database is asked with."""
        match self.type:
            case "number":
                exact = Decimal(self.text)
                return int(exact) if exact == exact.to_integral_value() and exact.as_tuple().exponent == 0 else exact
            case "time":
                return datetime.fromisoformat(self.text)
            case "date":
                return date.fromisoformat(self.text)
            case "text":
                return self.text


class Overlap(msgspec.Struct, frozen=True):
    """How far before the last value a reading begins: `length` in microseconds for times, `units` for numbers."""

    length: int = 0
    units: int = 0

    def __bool__(self) -> bool:
        return bool(self.length or self.units)


def of(value: Any) -> Mark:
    """The mark of a value as a database gave it; `ValueError` for what has no order, such as true or a list."""
    if isinstance(value, str):
        return Mark("text", value)
    if isinstance(value, datetime):
        return Mark("time", value.isoformat())
    if isinstance(value, date):
        return Mark("date", value.isoformat())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError(f"{type(value).__name__} is no number, time or text to go by")  # noqa: TRY004 - of data
    if not Decimal(value).is_finite():
        raise ValueError("is no number to go by")
    return Mark("number", str(value))


def read(text: str, like: MarkType | None) -> Mark:
    """The mark that somebody wrote, of the type that the column has; without one: a number, an ISO time, or text."""
    said = text.strip()
    if like == "text":
        return Mark("text", said)
    if like in (None, "number"):
        if _NUMBER.fullmatch(said):
            return Mark("number", said)
        if like == "number":
            raise ValueError(f"{text!r} is no number, and the column holds numbers")
    try:
        if like == "date" or (like is None and len(said) == len("2026-01-01")):
            return Mark("date", date.fromisoformat(said[:10]).isoformat())
        return Mark("time", datetime.fromisoformat(said).isoformat())
    except ValueError:
        if like is not None:
            raise ValueError(f"{text!r} is no time: write it as 2026-01-31 or 2026-01-31T10:00:00") from None
    return Mark("text", said)


def of_json(text: str) -> MarkType:
    """Of what type a value is that somebody wrote and a service will give in JSON, which knows no times."""
    return "number" if _NUMBER.fullmatch(text.strip()) else "text"


def begin(mark: Mark, overlap: Overlap) -> Mark:
    """Where the reading after this mark begins. `ValueError` where the overlap does not suit the column."""
    if not overlap:
        return mark
    if mark.type == "number":
        if not overlap.units:
            raise ValueError("the column holds numbers: write the overlap as a number")
        return Mark("number", str(Decimal(mark.text) - overlap.units))
    if not overlap.length:
        raise ValueError("the column holds times: write the overlap as `10 min`")
    length = timedelta(microseconds=overlap.length)
    if mark.type == "date":
        return Mark("date", (date.fromisoformat(mark.text) - max(length, timedelta(days=1))).isoformat())
    try:
        earlier = datetime.fromisoformat(mark.text) - length
    except ValueError:
        raise ValueError("the column holds text that is no ISO time: leave the overlap out") from None
    return Mark(mark.type, earlier.isoformat() if mark.type == "time" else _alike(earlier, mark.text))


def _alike(moment: datetime, text: str) -> str:
    """A time written as another one is, so that texts compare as times do."""
    if len(text) <= len("2026-01-01"):
        return moment.date().isoformat()
    written = moment.replace(tzinfo=None).isoformat(text[10], "microseconds")
    rest = text[_SECOND:]
    fraction = len(rest[1:]) - len(rest[1:].lstrip("0123456789")) if rest.startswith(".") else 0
    digits = "." + written[_SECOND + 1 :].ljust(fraction, "0")[:fraction] if fraction else ""
    return written[:_SECOND] + digits + rest[len(digits) :]


def order(mark: Mark) -> Decimal | None:
    """A number that goes up as the values do; None for text that is no time, which has an order of its own.

    Times without a zone are set as if they were UTC: they are compared with their like only.
    """
    if mark.type == "number":
        return Decimal(mark.text)
    try:
        moment = datetime.fromisoformat(mark.text)
    except ValueError:
        return None
    return Decimal(instant.from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
