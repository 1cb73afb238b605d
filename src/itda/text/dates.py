"""Birth dates as people and systems write them: (year, month, day), 0 for what is unknown.

Digits of 8, 7 (a Korean resident number up to its century sign, Resident Registration Act rules §2), 6 and 4;
any separator, either order of day and month, Korean and English words. A date that cannot be (the 47th) is kept as it
was typed, since a slip of the finger is still alike.
"""

from __future__ import annotations

import re
from calendar import monthrange

from itda.text.letters import folded

Date = tuple[int, int, int]
UNKNOWN: Date = (0, 0, 0)
_EARLIEST = 1850
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: place for place, name in enumerate(_MONTH_NAMES.split(), 1)}
_NUMBERS = re.compile(r"\d+|[a-z]+")
_CLOCK = re.compile(r"[t ]\d{1,2}:\d{2}.*$")
_KOREAN = re.compile(r"(?:(\d{2}|\d{4})\s*년)?\s*(?:(\d{1,2})\s*월)?\s*(?:(\d{1,2})\s*일)?\s*생?")
_RESIDENT = re.compile(r"(\d{2})(\d{2})(\d{2})-?([0-9])(?:[\d*]{6})?")
_CENTURIES = (1800, 1900, 1900, 2000, 2000, 1900, 1900, 2000, 2000, 1800)
"""By the resident number's seventh sign, 0 to 9: sex and century."""


def parsed(text: str, latest: int, *, is_month_first: bool = False) -> Date:
    """(year, month, day), 0 for unknown; `UNKNOWN` for no date.

    `latest` is the last year in which anyone here can have been born: two digits of a year are the last such year not
    after it. `is_month_first` reads 04/08/1980 as the Americans do.
    """
    text = _CLOCK.sub("", folded(text)).strip(" .")
    if not text:
        return UNKNOWN
    if text.isdecimal():
        return _from_digits(text, latest)
    resident = _RESIDENT.fullmatch(text.replace(" ", ""))
    if resident and "-" in text:
        year, month, day, sign = map(int, resident.groups())
        return _CENTURIES[sign] + year, month, day
    korean = _KOREAN.fullmatch(text)
    if korean:
        year, month, day = (int(part or 0) for part in korean.groups())
        return _full(year, latest) if korean[1] and len(korean[1]) == len("80") else year, month, day
    return _from_parts(_NUMBERS.findall(text), latest, is_month_first=is_month_first)


def _full(year: int, latest: int) -> int:
    return latest - (latest - year) % 100


def _can_be(date: Date, latest: int) -> bool:
    year, month, day = date
    if not _EARLIEST <= year <= latest or not 0 <= month <= 12:  # noqa: PLR2004 - months of a year
        return False
    return 0 <= day <= (monthrange(year, month)[1] if month else 0)


def _from_digits(text: str, latest: int) -> Date:
    a, b, c = text[:4], text[4:6], text[6:]
    match len(text):
        case 8:
            read = [(a, b, c), (c2 := text[4:], text[2:4], text[:2]), (c2, text[:2], text[2:4])]
        case 7 if _can_be(seventh := _seventh(text), latest):
            return seventh
        case 6:
            short = str(_full(int(text[:2]), latest))
            of_end = str(_full(int(text[4:]), latest))
            read = [(short, text[2:4], text[4:]), (a, b, "0"), (of_end, text[2:4], text[:2])]
        case 4:
            read = [(text, "0", "0")]
        case _:
            return UNKNOWN
    dates = [(int(year), int(month), int(day)) for year, month, day in read]
    possible = [date for date in dates if _can_be(date, latest)]
    if possible:
        return possible[0]
    return dates[0] if len(text) > len("1980") else UNKNOWN


def _seventh(text: str) -> Date:
    return _CENTURIES[int(text[6])] + int(text[:2]), int(text[2:4]), int(text[4:6])


def _from_parts(parts: list[str], latest: int, *, is_month_first: bool) -> Date:
    month = next((_MONTHS[part[:3]] for part in parts if part[:3] in _MONTHS), 0)
    numbers = [part for part in parts if part.isdecimal()]
    years = [part for part in numbers if len(part) == len("1980")]
    if month:
        rest = [part for part in numbers if part not in years]
        if not years and len(rest) > 1:
            years = [str(_full(int(rest.pop()), latest))]
        return int(years[0]) if years else 0, month, int(rest[0]) if rest else 0
    if any(len(part) > len("1980") for part in numbers) or not 1 < len(numbers) <= len(UNKNOWN):
        return UNKNOWN
    if len(numbers) == 2:  # noqa: PLR2004 - a year and a month
        return (int(years[0]), int(numbers[1 - numbers.index(years[0])]), 0) if years else UNKNOWN
    first, second, third = map(int, numbers)
    of_first = (first if years else _full(first, latest), second, third)
    of_last = third if years else _full(third, latest)
    ways = [(of_last, first, second), (of_last, second, first)]
    ways = ways if is_month_first else ways[::-1]
    if years and numbers[0] != years[0]:
        tries = ways
    elif years:
        tries = [of_first, (first, third, second)]
    else:
        tries = [of_first, *ways]
    return next((date for date in tries if _can_be(date, latest)), tries[0])
