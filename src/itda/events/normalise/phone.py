"""Phone numbers in E.164 (ITU-T), by Google's libphonenumber; a number without a country is the brand's own."""

from __future__ import annotations

import re
import unicodedata

from itda.events.normalise.normaliser import Normaliser

_KOREAN_MOBILE = re.compile(r"(?:0|\+?82-?0?)10-?([1-46-9]\d{3})-?(\d{4})")
_LONGEST = 40


def phone(text: str, country: str) -> str | None:
    """`+821012345678` for 010-1234-5678 in Korea; None when no such number can exist."""
    text = text.strip()
    if country == "KR":
        match = _KOREAN_MOBILE.fullmatch(text)
        if match is not None and text.isascii():
            return f"+8210{match[1]}{match[2]}"
    if len(text) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"82\d{9,10}", text) and country == "KR":
        text = f"+{text}"
    import phonenumbers  # noqa: PLC0415 - large, and most processes never get here

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


NORMALISER = Normaliser("phone", phone, is_costly=True)
