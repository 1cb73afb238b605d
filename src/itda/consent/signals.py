"""What a page's consent banner says by machine: Google's consent mode, TCF, GPP and the US privacy string.

Such a string can only take away here: what it denies is withdrawn, what it grants gives nothing, since nobody can show
who said so and to which words. So of string and ledger the stricter holds (CH-12). The string itself stays in the
event as it came.

The layouts are those of IAB's TCF 2.2 core segment, and of GPP 1 with the sections tcfeuv2 (2), uspv1 (6), usnat (7),
usca (8) and those of states from usva (9) to usmn (23), as IAB's own encoders have them (iabtcf-es, iabgpp-es: their
test vectors are our tests). Later sections of states are not read. What TCF's purposes mean for Google's signals is
Google's own mapping, from memory (M).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

SALE, USER_DATA, PERSONAL, BEHAVIOURAL = "sale_share", "ad_user_data", "ad_personalization", "behav_ads"
FIELDS = ("ad_storage", "ad_user_data", "ad_personalization", "tcf", "gpp", "us_privacy")
_GOOGLE: Mapping[str, tuple[str, ...]] = {
    "ad_storage": (BEHAVIOURAL,), "ad_user_data": (USER_DATA,), "ad_personalization": (PERSONAL, BEHAVIOURAL),
}  # fmt: skip
_TCF: tuple[tuple[tuple[int, ...], tuple[str, ...]], ...] = (
    ((1,), (BEHAVIOURAL,)), ((1, 7), (USER_DATA,)), ((3, 4), (PERSONAL, BEHAVIOURAL)),
)  # fmt: skip
"""TCF purposes that all have to be agreed to → what is denied without."""
_PURPOSES_AT, _PURPOSES = 152, 24
_TCFEU, _USP, _USNAT, _USCA, _USUT, _USIA, _LAST = 2, 6, 7, 8, 11, 18, 23
_OPTED_OUT = 1
_Optouts = tuple[tuple[int, tuple[str, ...]], ...]
_TARGETED = (BEHAVIOURAL, PERSONAL)
_OPTOUTS: Mapping[int, _Optouts] = {
    **dict.fromkeys(range(_USCA + 1, _LAST + 1), ((12, (SALE,)), (14, _TARGETED))),
    **dict.fromkeys((_USUT, _USIA), ((14, (SALE,)), (16, _TARGETED))),
    _USNAT: ((18, (SALE,)), (20, (SALE,)), (22, _TARGETED)),
    _USCA: ((12, (SALE,)), (14, (SALE,))),
}
"""Section → places of its two-bit opt-outs, and what each denies."""
_GPC_SEGMENT = "011"
"""A segment that says what the browser said: its type (two bits, 1), and that GPC was on."""
_LONGEST = 4_000
_HIGHEST = 64
"""No section has a higher number: a header that says so is none of ours."""


def denied(said: Mapping[str, Any]) -> tuple[str, ...]:
    """The purposes that these signals deny, each once; what cannot be read denies nothing by itself."""
    found: dict[str, None] = {}
    for name, purposes in _GOOGLE.items():
        if said.get(name) in ("denied", False):
            found |= dict.fromkeys(purposes)
    for name, read in (("tcf", _tcf), ("gpp", _gpp), ("us_privacy", _us_privacy)):
        text = said.get(name)
        if isinstance(text, str) and 0 < len(text) <= _LONGEST:
            found |= dict.fromkeys(read(text))
    return tuple(sorted(found))


def _tcf(text: str) -> Iterator[str]:
    bits = _bits(text.partition(".")[0])
    if len(bits) < _PURPOSES_AT + _PURPOSES or int(bits[:6], 2) != 2:  # noqa: PLR2004 - version 2 of the format
        return
    agreed = {number + 1 for number in range(_PURPOSES) if bits[_PURPOSES_AT + number] == "1"}
    for needed, purposes in _TCF:
        if not set(needed) <= agreed:
            yield from purposes


def _us_privacy(text: str) -> Iterator[str]:
    if len(text) == 4 and text[0] == "1" and text[2] in "Yy":  # noqa: PLR2004 - 1YNN
        yield SALE


def _gpp(text: str) -> Iterator[str]:
    header, *parts = text.split("~")
    for section, part in zip(_sections(_bits(header)), parts, strict=False):
        if section == _TCFEU:
            yield from _tcf(part)
        elif section == _USP:
            yield from _us_privacy(part)
        elif section in _OPTOUTS:
            core, *others = part.split(".")
            bits = _bits(core)
            for place, purposes in _OPTOUTS[section]:
                if len(bits) >= place + 2 and int(bits[place : place + 2], 2) == _OPTED_OUT:
                    yield from purposes
            if any(_bits(other).startswith(_GPC_SEGMENT) for other in others):
                yield SALE


def _sections(bits: str) -> list[int]:
    """The sections that a GPP header names: a count, then ids or ranges as differences in Fibonacci coding."""
    if len(bits) < 24 or int(bits[:6], 2) != 3:  # noqa: PLR2004 - GPP's own type
        return []
    found: list[int] = []
    last, at = 0, 24
    for _ in range(int(bits[12:24], 2)):
        is_range, at = bits[at : at + 1] == "1", at + 1
        first, at = _fibonacci(bits, at)
        end = last + first
        if is_range:
            more, at = _fibonacci(bits, at)
            end += more
        if not first or end > _HIGHEST:
            return found
        found += range(last + first, end + 1)
        last = end
    return found


def _fibonacci(bits: str, at: int) -> tuple[int, int]:
    """A number in Fibonacci coding, ended by two ones, and where it ends; 0 where there is none that a header has."""
    value, one, two, was = 0, 1, 2, "0"
    while at < len(bits) and one <= _HIGHEST * 2:
        bit = bits[at]
        at += 1
        if bit == "1" and was == "1":
            return value, at
        value += one if bit == "1" else 0
        one, two, was = two, one + two, bit
    return 0, at


def _bits(text: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(text + "A" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return ""
    return "".join(f"{byte:08b}" for byte in raw)
