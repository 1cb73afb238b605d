"""The filters of our templates: each is bounded in time and in what it gives, whatever it is given."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from liquid import RenderContext
from liquid.builtin.filters import array, math, misc, string
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context

from itda.base import instant
from itda.base import money as amounts

LONGEST = 20_000
"""Letters that one filter may give."""
LARGEST = 10**15
"""Numbers that one filter may give are below this."""
STYLES = ("short", "medium", "long", "full")
MANNER = "(manner)"
"""The name, which no template can write, under which a filling keeps its language, zone and currency."""


class TooLargeError(Exception):
    """A value would be larger than a message may hold."""


class Manner(msgspec.Struct, frozen=True):
    """How values are told in one filling."""

    locale: Locale
    zone: ZoneInfo
    currency: str


class Filter(msgspec.Struct, frozen=True):
    """A filter, and what may be written with it."""

    act: Callable[..., Any]
    takes: str = "any"
    """The kind of value it is for: any, text, number, list, time."""
    gives: str = "text"
    """The kind of value it makes; `same`: the kind it was given; `item`: one of the list's."""
    least: int = 0
    """Arguments it must have."""
    most: int = 0
    """Arguments it may have."""
    may_name: bool = False
    """Its argument may be a variable; otherwise it is written out."""
    words: tuple[str, ...] = ()
    """What its argument may be; empty: anything."""


@with_context
def _money(value: object, currency: object = None, *, context: RenderContext) -> str:
    manner = _manner(context)
    number = amounts.number(value)
    if number is None:
        return ""
    known = isinstance(currency, str) and amounts.is_known(currency.upper())
    code = str(currency).upper() if known else manner.currency
    return str(format_currency(number, code, locale=manner.locale))


@with_context
def _number(value: object, *, context: RenderContext) -> str:
    number = amounts.number(value)
    return "" if number is None else str(format_decimal(number, locale=_manner(context).locale))


@with_context
def _date(value: object, style: str = "long", *, context: RenderContext) -> str:
    manner = _manner(context)
    at = _moment(value, manner.zone)
    return "" if at is None else str(format_date(at, style, locale=manner.locale))


@with_context
def _time(value: object, style: str = "short", *, context: RenderContext) -> str:
    manner = _manner(context)
    at = _moment(value, manner.zone)
    pattern = str(manner.locale.time_formats[style].pattern)
    if manner.locale.language == "ko":  # 오전 and 오후; the short form of CLDR is AM and PM
        pattern = pattern.replace("a", "aaaa")
    return "" if at is None else str(format_time(at, pattern, tzinfo=manner.zone, locale=manner.locale))


def _manner(context: RenderContext) -> Manner:
    found = context.globals[MANNER]
    assert isinstance(found, Manner)  # noqa: S101 - every filling gives one
    return found


def _moment(value: object, zone: ZoneInfo) -> datetime | None:
    """Microseconds UTC or ISO 8601 text as a time in the zone; a text without a zone is meant in it."""
    try:
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            return instant.to_datetime(value).astimezone(zone)
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
    if at is None:
        return None
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def _bounded(act: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, refusing what is too large."""

    @functools.wraps(act)
    def bounded(value: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(value, str | list) and len(value) > LONGEST:
            raise TooLargeError
        try:
            found = act(value, *arguments, **named)
        except (ValueError, ArithmeticError) as error:
            raise FilterArgumentError(type(error).__name__, token=None) from error
        if isinstance(found, str) and len(found) > LONGEST:
            raise TooLargeError
        if isinstance(found, int | float) and not -LARGEST < found < LARGEST:
            raise TooLargeError
        return found

    return bounded


_NUMBER = functools.partial(Filter, takes="number", gives="number")
_TEXT = functools.partial(Filter, takes="text")

FILTERS: Mapping[str, Filter] = {
    "default": Filter(misc.default, gives="same", least=1, most=1, may_name=True),
    "money": Filter(_money, takes="number", most=1, may_name=True),
    "number": Filter(_number, takes="number"),
    "date": Filter(_date, takes="time", most=1, words=STYLES),
    "time": Filter(_time, takes="time", most=1, words=STYLES),
    "upcase": _TEXT(string.upcase),
    "downcase": _TEXT(string.downcase),
    "capitalize": _TEXT(string.capitalize),
    "strip": _TEXT(string.strip),
    "truncate": _TEXT(string.truncate, least=1, most=2),
    "url_encode": _TEXT(string.url_encode),
    "size": Filter(misc.size, gives="number"),
    "first": Filter(array.first, takes="list", gives="item"),
    "last": Filter(array.last, takes="list", gives="item"),
    "join": Filter(array.join, takes="list", most=1),
    "round": _NUMBER(math.round_, most=1),
    "plus": _NUMBER(math.plus, least=1, most=1, may_name=True),
    "minus": _NUMBER(math.minus, least=1, most=1, may_name=True),
    "times": _NUMBER(math.times, least=1, most=1, may_name=True),
    "at_least": _NUMBER(math.at_least, least=1, most=1, may_name=True),
    "at_most": _NUMBER(math.at_most, least=1, most=1, may_name=True),
}
"""Filter → what it is."""
BOUNDED = {name: _bounded(part.act) for name, part in FILTERS.items()}
