"""Clear derivatives of sealed values: what may be looked at without opening the seal.

Each is a function (value, local day of the event) → a coarse value, or None where the value says nothing. They are
chosen so that many people share each answer: an age band of ten years, a day of the year, a mail provider (any other
domain is `other`, since a domain of one's own names its owner), the leading figures of a postal code, a page's path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from itda.base.ages import band
from itda.base.instant import day_to_date
from itda.text.stopping import wish

Derivation = Callable[[Any, int], Any]

_BIRTH = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})(?:[T ].*)?")
_OLDEST = 120

MAIL_PROVIDERS = frozenset({
    "gmail.com", "googlemail.com", "naver.com", "daum.net", "hanmail.net", "kakao.com", "nate.com", "yahoo.com",
    "yahoo.co.kr", "yahoo.co.jp", "hotmail.com", "outlook.com", "outlook.kr", "live.com", "msn.com", "icloud.com",
    "me.com", "mac.com", "aol.com", "gmx.de", "gmx.net", "web.de", "proton.me", "protonmail.com", "qq.com", "163.com",
    "126.com", "korea.com", "dreamwiz.com", "empal.com", "lycos.co.kr", "orange.fr", "mail.ru", "yandex.ru",
})  # fmt: skip


def born(value: Any) -> date | None:
    """A birth date written as 1990-01-31, 19900131, 1990.01.31 or a full ISO time."""
    match = _BIRTH.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def age_band(value: Any, local_date: int) -> str | None:
    """Ten years of age on the event's day: `30-39`; the ends are `0-13` (children, by Korean law) and `80+`."""
    birth = born(value)
    if birth is None:
        return None
    today = day_to_date(local_date)
    age = today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))
    return band(age) if 0 <= age <= _OLDEST else None


def month_day(value: Any, _local_date: int) -> str | None:
    """The day of the year a birthday falls on, `01-31`, without the year."""
    birth = born(value)
    return f"{birth.month:02d}-{birth.day:02d}" if birth else None


def domain(value: Any, _local_date: int) -> str | None:
    """The provider of a mail address, or `other`."""
    if not isinstance(value, str) or "@" not in value:
        return None
    provider = value.rpartition("@")[2].strip().lower()
    return provider if provider in MAIL_PROVIDERS else "other"


def area(value: Any, _local_date: int) -> str | None:
    """The first two signs of a postal code: a city or a part of a country."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    return text[:2] if len(text) >= 4 else None  # noqa: PLR2004 - no postal code is shorter


def path(value: Any, _local_date: int) -> str | None:
    """The path of a web address (RFC 3986 §3.3), without host, query and fragment."""
    if not isinstance(value, str):
        return None
    rest = value.partition("#")[0].partition("?")[0]
    scheme, found, after = rest.partition("//")
    if found and (not scheme or scheme.endswith(":")):
        _, slash, tail = after.partition("/")
        return slash + tail or "/"
    return rest or "/"


def host(value: Any, _local_date: int) -> str | None:
    """The host of a web address, which for a referrer says where somebody came from."""
    if not isinstance(value, str):
        return None
    authority = value.partition("//")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    return authority.rpartition("@")[2].partition(":")[0].lower() or None


def is_given(value: Any, _local_date: int) -> bool:
    """That there is a value at all."""
    return value is not None and value != ""


def asks(value: Any, _local_date: int) -> str | None:
    """Whether a reply says that no more shall come: `stop`, or `other` for whatever else it says."""
    return wish(value) if isinstance(value, str) and value.strip() else None


DERIVATIONS: Mapping[str, Derivation] = MappingProxyType(
    {
        "age_band": age_band,
        "month_day": month_day,
        "domain": domain,
        "area": area,
        "path": path,
        "host": host,
        "given": is_given,
        "wish": asks,
    }
)
