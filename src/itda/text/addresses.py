"""Addresses in parts that compare: Korean ones by road or by lot, and those written in Latin letters."""

from __future__ import annotations

import re
from typing import NamedTuple

from itda.text import korean_addresses
from itda.text.hangul import FIRST, LAST
from itda.text.letters import folded, plain

_HANGUL = re.compile(f"[{FIRST}-{LAST}]")
_WRITTEN = """
street st|str st|strt st|road rd|avenue ave|av ave|aven ave|boulevard blvd|boul blvd|bd blvd|drive dr|drv dr|lane ln
court ct|crt ct|place pl|square sq|terrace ter|terr ter|tce ter|parkway pkwy|highway hwy|crescent cres|cr cres|crs cres
close cl|circuit cct|circle cir|circ cir|trail trl|way wy|esplanade esp|grove gr|gardens gdns|gdn gdns|parade pde
alley aly|expressway expy|mount mt|saint st|fort ft|north n|south s|east e|west w|northeast ne|northwest nw
southeast se|southwest sw|apartment apt|suite ste|flat apt|unit apt|floor fl|building bldg|room rm|number no|strasse str
"""
"""Long and other forms → the short one: USPS Publication 28, appendices B and C; British and Australian ones."""
_SHORT = dict(pair.split() for pair in _WRITTEN.replace("\n", "|").split("|") if pair)
_ROADS_WRITTEN = "st rd ave blvd dr ln ct pl sq ter pkwy hwy cres cl cct cir trl wy esp gr gdns pde aly expy str"
_ROAD_ENDS = frozenset(_ROADS_WRITTEN.split())
_QUARTERS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})
_UNIT_WORDS = frozenset({"apt", "ste", "rm", "fl", "bldg", "no"})
_POSTCODES = (
    re.compile(r"\b([a-z]{1,2}\d[a-z\d]?) ?(\d[a-z]{2})$"),
    re.compile(r"\b(\d{5})(?:[- ]\d{4})$"),
    re.compile(r"\b([a-z]\d[a-z]) ?(\d[a-z]\d)$"),
    re.compile(r"(?<=[a-z] )(\d{4,6})$"),
)
"""British (Royal Mail, PAF formats), ZIP+4, Canadian, and digits after the last word."""
_POSTCODE_FIRST = re.compile(r"\d{4,6}")
_UNIT_BEFORE = re.compile(r"^(\d+[a-z]?) ?/ ?(?=\d)")
_NUMBER = re.compile(r"\d+[a-z]?(?:-\d+[a-z]?)?")


class Address(NamedTuple):
    """Parts of an address in lower case and short forms; what is not said is empty."""

    region: str = ""
    """Province or metropolitan city, short: 서울, 경기."""
    district: str = ""
    """City, county and ward: `성남시 분당구`."""
    town: str = ""
    """Town or quarter (읍면동, 리) as the law knows it; in Latin letters all words that are nothing else."""
    road: str = ""
    number: str = ""
    """Number of the building on the road: `57`, `57-3`, `12a`."""
    lot: str = ""
    """Number of the land in the town: `123-4`, `산12`."""
    unit: str = ""
    """Block and room, `103-704`, or one of them."""
    postcode: str = ""


def parsed(text: str) -> Address:
    """The parts of an address in one line."""
    if _HANGUL.search(text):
        return Address(**korean_addresses.parsed(folded(text)))
    return _latin(folded(text))


def _latin(text: str) -> Address:
    text = text.strip(" .,")
    postcode, unit = "", ""
    for form in _POSTCODES:
        found = form.search(text)
        if found:
            postcode, text = "".join(part for part in found.groups() if part), text[: found.start()]
            break
    before = _UNIT_BEFORE.match(text)
    if before:
        unit, text = before[1], text[before.end() :]
    road: list[str] = []
    number = ""
    town: list[str] = []
    for segment in text.split(","):
        words, said = _without_unit([_short(word) for word in _words(segment)])
        unit = unit or said
        if not number and not town:
            road, number, town = _street(words)
        elif words and not postcode and _POSTCODE_FIRST.fullmatch(words[0]):
            postcode, town = words[0], [*town, *words[1:]]
        else:
            town += words
    return Address(town=" ".join(town), road=" ".join(road), number=number, unit=unit, postcode=postcode)


def _street(words: list[str]) -> tuple[list[str], str, list[str]]:
    """Road, number and the rest. The road follows its number, or goes before it where the number ends the line."""
    number = next((word for word in words if _NUMBER.fullmatch(word)), "")
    place = words.index(number) if number else -1
    after, ahead = words[place + 1 :], words[: max(place, 0)]
    if not after:
        return ahead, number, []
    ends = [at for at, word in enumerate(after) if at and (word in _ROAD_ENDS or word.endswith("str"))]
    cut = ends[0] + 1 if ends else len(after)
    if cut < len(after) and after[cut] in _QUARTERS:
        cut += 1
    return after[:cut], number, [*after[cut:], *ahead]


def _words(text: str) -> list[str]:
    return [
        plain(word).replace(" ", "-")
        for word in re.sub(r"[,;/]", " ", text).replace("#", " no ").split()
        if plain(word)
    ]


def _short(word: str) -> str:
    if len(word) > len("strasse") and word.endswith(("strasse", "str")):
        return word.removesuffix("asse")
    return _SHORT.get(word, word)


def _without_unit(words: list[str]) -> tuple[list[str], str]:
    for place, word in enumerate(words[:-1]):
        if word in _UNIT_WORDS and any(map(str.isdigit, words[place + 1])):
            return words[:place] + words[place + 2 :], words[place + 1]
    return words, ""


def normal(text: str) -> str:
    """The address in one line of its parts, short forms throughout; equal for two spellings of one address."""
    return " ".join(part for part in parsed(text) if part)


def building(text: str) -> str:
    """What names the building: ward, road and number, or town and lot; empty where that is not said."""
    return building_of(parsed(text))


def building_of(address: Address) -> str:
    """As `building`, of a parsed address. The narrowest district alone, since the wider ones are often left out."""
    ward = address.district.rpartition(" ")[2]
    if address.road and address.number:
        return f"{ward} {address.road} {address.number}".strip()
    return f"{ward} {address.town} {address.lot}".strip() if address.town and address.lot else ""


def postcode(text: str) -> str:
    """A postcode without spaces and signs, in lower case; the first five digits of a ZIP+4."""
    text = folded(text)
    zip_4 = re.fullmatch(r"(\d{5})[- ]?\d{4}", text)
    return zip_4[1] if zip_4 else plain(text).replace(" ", "")
