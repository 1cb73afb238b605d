"""Households: customers who live together, told from what was said of each; nobody is ever joined by it.

The rule, in full. Where both were said to be of a household (`household_id`), equal ids are one household and different
ones are two. Else they are of one household when they share two of three: address (one building and one unit), phone,
family name. Who is tied to somebody of a household is of it. More than MOST customers are an office, a dormitory or a
shop's own telephone: no household.

What counts of each is what was said last, over all that is joined. A customer that is somebody's duplicate, and not
joined yet, counts as one more.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, TypeVar, get_args

from itda.text import addresses, masks, names
from itda.text.families import FAMILIES

Word = Literal["household_id", "address", "phone", "family_name"]
MOST = 12
_ENOUGH = 2
_IDS = ("household_id", "householdId", "household_key", "household")
_PHONES = ("phone", "mobile")
_NAMES = ("name", "full_name", "fullName")
_FAMILIES = ("lastName", "last_name")
_STREETS = (("address.street", "address.line1"), ("address.street2", "address.line2"))
_TOWNS = ("address.state", "address.city", "address.postalCode", "address.postal_code")
Key = TypeVar("Key", bound=Hashable)
Said = Mapping[str, Any]
"""Trait → what was said of somebody."""


def findable(said: Said, phone: Callable[[str], str | None]) -> dict[Word, str]:
    """Of what a household shares that by which every tie is found: two of three take an address or a phone.

    `phone` gives the normal form of a number, None for what is none.
    """
    number = _first(said, _PHONES)
    found: dict[Word, str] = {
        "household_id": _first(said, _IDS),
        "address": _address(said),
        "phone": (phone(number) or "") if number else "",
    }
    return {word: value for word, value in found.items() if value}


def shared(said: Said, phone: Callable[[str], str | None]) -> dict[Word, str]:
    """What a household shares, of somebody: equal where two agree. What is not known is left out."""
    found, family = findable(said, phone), _family(said)
    return {**found, "family_name": family} if family else found


def ties(one: Mapping[Word, str], other: Mapping[Word, str]) -> tuple[Word, ...]:
    """What ties two into one household; empty where the rule does not."""
    if "household_id" in one and "household_id" in other:
        return ("household_id",) if one["household_id"] == other["household_id"] else ()
    equal = tuple(word for word in get_args(Word) if word in one and one[word] == other.get(word))
    return equal if len(equal) >= _ENOUGH else ()


def grouped(people: Mapping[Key, Mapping[Word, str]]) -> dict[Key, list[Key]]:
    """Customer → all of its household, itself among them, in the order given; who has none is left out."""
    holders: dict[tuple[Word, str], list[Key]] = {}
    for who, told in people.items():
        for word, value in told.items():
            if word != "family_name":
                holders.setdefault((word, value), []).append(who)
    together = {who: [who] for who in people}
    for near in holders.values():
        for one, other in combinations(near, 2):
            if together[one] is not together[other] and ties(people[one], people[other]):
                _unite(together, one, other)
    order = {who: place for place, who in enumerate(people)}
    return {who: sorted(group, key=order.__getitem__) for who, group in together.items() if 1 < len(group) <= MOST}


def _unite(together: dict[Key, list[Key]], one: Key, other: Key) -> None:
    group = together[one]
    joining = together[other]
    group += joining
    for who in joining:
        together[who] = group


def _first(said: Said, fields: Iterable[str]) -> str:
    for field in fields:
        value = said.get(field)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _address(said: Said) -> str:
    """Building and unit, with the town where no ward is said; empty where no building is."""
    written = _first(said, ("address",)) or _put_together([_first(said, fields) for fields in _STREETS], said)
    if not written:
        return ""
    found = addresses.parsed(written)
    building = addresses.building_of(found)
    town = "" if found.district or found.lot else found.town
    return f"{building}|{found.unit}|{town}" if building else ""


def _put_together(streets: Sequence[str], said: Said) -> str:
    """One line of an address that was said in parts: in Korea the wider part first, elsewhere last."""
    if not streets[0]:
        return ""
    towns = [town for field in _TOWNS[:2] if (town := _first(said, (field,)))]
    if any("\uac00" <= sign <= "\ud7a3" for sign in streets[0]):
        return " ".join((*(town for town in towns if town not in streets[0]), *filter(None, streets)))
    return ", ".join((*filter(None, streets), *towns, *filter(None, [_first(said, _TOWNS[2:])])))


def _family(said: Said) -> str:
    """The family name, a Korean one by its sound, so that 김 and Kim are one."""
    family = _first(said, _FAMILIES)
    family = names.normal(family) if family else names.parts(_first(said, _NAMES))[0]
    if not family or masks.HIDDEN in family:
        return ""
    read = masks.pattern(family)
    if read:
        return " ".join(read)
    return next(iter(FAMILIES.get(family.replace("-", ""), ())), family)
