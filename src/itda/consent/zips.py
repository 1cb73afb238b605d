"""ZIP codes of the United States by their first three digits: which state, and which clocks may be in use there.

By the list of prefixes of the US Postal Service (Labeling List L002). A state in more than one zone has all of them: a
message then waits until every one of them is open (47 CFR 64.1200(c)(1)).
"""

from __future__ import annotations

from bisect import bisect_right

_EAST, _CENTRAL, _MOUNTAIN, _WEST = "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"
_FIRST: tuple[tuple[int, str], ...] = (
    (5, "NY"), (6, "PR"), (8, "VI"), (9, "PR"), (10, "MA"), (28, "RI"), (30, "NH"), (39, "ME"), (50, "VT"), (55, "MA"),
    (56, "VT"), (60, "CT"), (70, "NJ"), (90, ""), (100, "NY"), (150, "PA"), (197, "DE"), (200, "DC"), (201, "VA"),
    (202, "DC"), (206, "MD"), (220, "VA"), (247, "WV"), (270, "NC"), (290, "SC"), (300, "GA"), (320, "FL"), (340, ""),
    (341, "FL"), (350, "AL"), (370, "TN"), (386, "MS"), (398, "GA"), (400, "KY"), (430, "OH"), (460, "IN"), (480, "MI"),
    (500, "IA"), (530, "WI"), (550, "MN"), (569, "DC"), (570, "SD"), (580, "ND"), (590, "MT"), (600, "IL"), (630, "MO"),
    (660, "KS"), (680, "NE"), (700, "LA"), (716, "AR"), (730, "OK"), (733, "TX"), (734, "OK"), (750, "TX"), (800, "CO"),
    (820, "WY"), (832, "ID"), (834, "WY"), (835, "ID"), (840, "UT"), (850, "AZ"), (870, "NM"), (885, "TX"), (889, "NV"),
    (900, "CA"), (962, ""), (967, "HI"), (969, "GU"), (970, "OR"), (980, "WA"), (995, "AK"),
)  # fmt: skip
"""The first prefix of each run and its state; empty for the armed forces abroad, whose clock nobody can tell."""
_STARTS = [start for start, _ in _FIRST]
_BY_ZONE: dict[tuple[str, ...], str] = {
    (_EAST,): "CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV",
    (_EAST, _CENTRAL): "FL IN KY MI TN",
    (_CENTRAL,): "AL AR IA IL LA MN MO MS OK WI",
    (_CENTRAL, _MOUNTAIN): "KS ND NE SD TX",
    (_MOUNTAIN,): "CO MT NM UT WY",
    (_MOUNTAIN, "America/Phoenix"): "AZ",
    (_MOUNTAIN, _WEST): "ID NV OR",
    (_WEST,): "CA WA",
    ("America/Anchorage", "America/Adak"): "AK",
    ("Pacific/Honolulu",): "HI",
    ("America/Puerto_Rico",): "PR VI",
    ("Pacific/Guam",): "GU",
}
ZONES: dict[str, tuple[str, ...]] = {state: zones for zones, states in _BY_ZONE.items() for state in states.split()}
"""State → its clocks, in names of the tz database."""


def states(code: str) -> tuple[str, ...]:
    """The states that a ZIP code, or its first two or three digits, may be of; none where it is no such code."""
    digits = code.strip()[:3]
    if len(digits) < 2 or not digits.isascii() or not digits.isdigit():  # noqa: PLR2004 - two digits are an area
        return ()
    first = int(digits.ljust(3, "0"))
    last = int(digits.ljust(3, "9"))
    found = {_FIRST[place][1] for number in range(first, last + 1) if (place := bisect_right(_STARTS, number) - 1) >= 0}
    return tuple(sorted(found - {""})) if "" not in found else ()
