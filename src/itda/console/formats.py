"""Numbers, money and times as people of one language and one zone write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta, get_timezone_name
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)

from itda.base.instant import to_datetime

NOTHING = "\u2013"
"""What stands where nothing is known: an en dash."""
LONGEST_AMOUNT = 9
"""Letters of an amount that fit the large type of a card."""


class Formats:
    """One language in one zone. `currency` is what amounts without their own are in."""

    def __init__(self, language: str, zone: str, currency: str) -> None:
        self._locale = Locale.parse(language)
        self._zone = ZoneInfo(zone)
        self._currency = currency

    def number(self, value: float, digits: int = 2) -> str:
        """1,234,567; fractions up to `digits`."""
        return format_decimal(value, format="#,##0." + "#" * digits if digits else "#,##0", locale=self._locale)

    def signed(self, value: float) -> str:
        """+4.2: with its sign (a true minus) and one decimal."""
        return format_decimal(value, format="+#,##0.0;\u2212#,##0.0", locale=self._locale)

    def share(self, value: float) -> str:
        """A share of 0..1 as a percentage with one decimal; what is not quite all is never shown as all."""
        shown = min(value, 0.999) if value < 1 else value
        return format_percent(shown, format="#,##0.0%" if 0 < shown < 1 else "#,##0%", locale=self._locale)

    def money(self, minor: int, currency: str = "") -> str:
        """An amount in minor units with its sign."""
        code = currency or self._currency
        amount = Decimal(minor).scaleb(-get_currency_precision(code))
        return format_currency(amount, code, locale=self._locale)

    def short_money(self, minor: int, currency: str = "") -> str:
        """An amount that fits a card: long ones without their decimals, longer ones shortened (₩45.93억, $4.59B)."""
        full = self.money(minor, currency)
        if len(full) <= LONGEST_AMOUNT:
            return full
        code = currency or self._currency
        amount = Decimal(minor).scaleb(-get_currency_precision(code))
        whole = format_currency(amount, code, format="¤#,##0", currency_digits=False, locale=self._locale)
        if len(whole) <= LONGEST_AMOUNT:
            return whole
        return format_compact_currency(amount, code, fraction_digits=2, locale=self._locale)

    def amount(self, value: Decimal, currency: str = "") -> str:
        """An amount in major units."""
        return format_currency(value, currency or self._currency, locale=self._locale)

    def local(self, at: int) -> datetime:
        """The moment in the workspace's zone."""
        return to_datetime(at).astimezone(self._zone)

    def day(self, at: int) -> str:
        """2026. 11. 21. (토), Sat, Nov 21, 2026."""
        pattern = "y. M. d. (EEE)" if self._locale.language == "ko" else "EEE, MMM d, y"
        return format_datetime(self.local(at), pattern, locale=self._locale)

    def date(self, at: int) -> str:
        """A date alone, in the medium form of the language."""
        return format_date(self.local(at).date(), "medium", locale=self._locale)

    def calendar(self, text: str) -> str:
        """A local date written as 2026-11-21, in the medium form of the language."""
        return format_date(date.fromisoformat(text), "medium", locale=self._locale)

    def month(self, text: str) -> str:
        """A month written as 2026-11: 2026년 11월, Nov 2026."""
        pattern = "y년 M월" if self._locale.language == "ko" else "MMM y"
        return format_date(date.fromisoformat(f"{text}-01"), pattern, locale=self._locale)

    def minor(self, currency: str = "") -> int:
        """How many minor units a major one has."""
        return int(10 ** get_currency_precision(currency or self._currency))

    def time(self, at: int) -> str:
        """14:02, in both languages on the 24-hour clock."""
        return format_time(self.local(at), "HH:mm", locale=self._locale)

    def clock(self, at: int) -> str:
        """14:02:09 and the zone's short name."""
        return f"{format_time(self.local(at), 'HH:mm:ss', locale=self._locale)} {self.zone(at)}"

    def span(self, micros: int) -> str:
        """How long something took: 3 hours, 3시간."""
        return format_timedelta(timedelta(microseconds=micros), threshold=1.5, locale=self._locale)

    def moment(self, at: int) -> str:
        """A date and a time, to the minute."""
        return f"{self.date(at)} {self.time(at)}"

    @property
    def zone_name(self) -> str:
        """Eastern Time (America/New_York), 대한민국 시간 (Asia/Seoul): one name for winter and summer."""
        key = self._zone.key
        if "/" not in key or key.startswith("Etc/"):  # UTC and its like are names already
            return key
        return f"{get_timezone_name(self._zone, 'long', locale=self._locale)} ({key})"

    def zone(self, at: int) -> str:
        """KST, EST, UTC: the zone's abbreviation at one moment, else its offset."""
        short = self.local(at).tzname() or ""
        return short if short.isalpha() else get_timezone_name(self.local(at), "short", locale=self._locale)

    def iso(self, at: int) -> str:
        """For `datetime` attributes: ISO 8601 with the offset, to the second."""
        return self.local(at).isoformat(timespec="seconds")
