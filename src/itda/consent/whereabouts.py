"""Where a person may live, by what they said, their phone and their address: every candidate, for the strictest counts.

Nothing known is no candidate at all, and then every law is asked. In the United States the clock follows the address;
without one it follows the area code.
"""

from __future__ import annotations

import msgspec

from itda.consent.zips import ZONES, states

_WORDS = {
    "korea": "KR", "south korea": "KR", "republic of korea": "KR", "rok": "KR", "대한민국": "KR", "한국": "KR",
    "usa": "US", "united states": "US", "united states of america": "US", "미국": "US", "uk": "GB",
    "united kingdom": "GB", "germany": "DE", "deutschland": "DE", "독일": "DE", "france": "FR", "프랑스": "FR",
    "japan": "JP", "日本": "JP", "일본": "JP", "china": "CN", "中国": "CN", "중국": "CN",
}  # fmt: skip
_KOREA, _STATES = "KR", "US"
_SEOUL = "Asia/Seoul"
_CODE = 2
_MANY = 6
"""A number with more clocks than this is of the whole country and says nothing."""


class Whereabouts(msgspec.Struct, frozen=True):
    """The candidates. `countries` None: nothing is known."""

    countries: tuple[str, ...] | None = None
    """ISO 3166."""
    regions: tuple[str, ...] = ()
    """ISO 3166-2, of the United States alone."""
    zones: tuple[str, ...] | None = None
    """In names of the tz database; None: not known."""


NOWHERE = Whereabouts()


def told(country: str = "", state: str = "", postal: str = "", phones: tuple[str, ...] = ()) -> Whereabouts:
    """Where a person may be who said this. `phones` are in E.164, `postal` may be cut after two digits.

    Nothing is remembered: numbers are personal.
    """
    own, dialled = code_of(country), tuple(filter(None, (_country_of(phone) for phone in phones)))
    countries = tuple(dict.fromkeys(filter(None, (own, *dialled))))
    if not countries:
        return NOWHERE
    regions: tuple[str, ...] = ()
    zones: tuple[str, ...] = (_SEOUL,) if _KOREA in countries else ()
    if _STATES in countries:
        found = _states(state, postal) if own in ("", _STATES) else ()
        regions = tuple(f"US-{one}" for one in found)
        clocks = tuple(dict.fromkeys(zone for one in found for zone in ZONES[one]))
        clocks = clocks or tuple(dict.fromkeys(zone for phone in phones for zone in _zones_of(phone)))
        if not clocks:
            return Whereabouts(countries, regions)
        zones = (*zones, *clocks)
    return Whereabouts(countries, regions, zones or None)


def code_of(word: str) -> str:
    """The ISO 3166 code of a country as people write it; empty where it is none that we know."""
    word = word.strip()
    if len(word) == _CODE and word.isascii() and word.isalpha():
        return _WORDS.get(word.lower(), word.upper())
    return _WORDS.get(word.lower(), "")


def _states(state: str, postal: str) -> tuple[str, ...]:
    said = state.strip().upper().removeprefix("US-")
    return (said,) if said in ZONES else states(postal)


def _country_of(phone: str) -> str:
    if phone.startswith("+82"):
        return _KOREA
    import phonenumbers  # noqa: PLC0415 - large, and most numbers of a shop are of one country

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""


def _zones_of(phone: str) -> tuple[str, ...]:
    if not phone.startswith("+1"):
        return ()
    import phonenumbers  # noqa: PLC0415 - the same
    from phonenumbers import timezone  # noqa: PLC0415 - the same

    try:
        zones = tuple(timezone.time_zones_for_number(phonenumbers.parse(phone)))
    except phonenumbers.NumberParseException:
        return ()
    return zones if len(zones) <= _MANY and "Etc/Unknown" not in zones else ()
