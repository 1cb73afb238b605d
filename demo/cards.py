"""Cards that people filled in for letters in the store: the same people as at the till, who left no number.

All of it is invented, from a fixed seed. One household in forty filled one in, with another e-mail address than the
customer file has and often in another spelling; of some households somebody else did, who lives there too.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from demo.people import SEED, Person, person

ONE_IN, ONE_MORE_IN = 40, 150
"""Of households, so many filled in a card though they have a membership; and so many where another one did."""


class Card(NamedTuple):
    """What is on it. Empty where nothing was written."""

    number: int
    name: str
    email: str
    birth_date: str
    address: str
    filled_in_at: str


def cards(households: Iterable[int]) -> Iterator[Card]:
    """The cards of these households."""
    for household in households:
        chance = random.Random(SEED * 7 + household)
        if chance.random() < 1 / ONE_IN:
            yield _own(person(household), chance)
        elif chance.random() < 1 / ONE_MORE_IN:
            yield _of_another(person(household), chance)


def _own(who: Person, chance: random.Random) -> Card:
    """The same person: the name as it is, romanised, turned or with a slip; the birth date mostly there."""
    spelled = (
        who.name,
        who.name,
        who.romanised,
        " ".join(who.romanised.split(" ")[::-1]),
        _slip(who.romanised, chance),
    )
    birth_date = who.birth_date if chance.random() < 0.85 else ""
    address = who.address.replace("서울시", "서울특별시") if chance.random() < 0.9 else ""
    return _card(who, chance.choice(spelled), who.romanised, birth_date, address, chance)


def _of_another(who: Person, chance: random.Random) -> Card:
    """Somebody of the same family name and address, of another age."""
    other = person(who.household + 100_000)
    name = who.name[0] + other.name[1:] if who.language == other.language == "ko" else other.name
    if who.language == other.language == "en":
        name = f"{other.name.split(' ')[0]} {who.name.split(' ')[1]}"
    return _card(who, name, other.romanised, other.birth_date, who.address, chance)


def _card(who: Person, name: str, latin: str, birth_date: str, address: str, chance: random.Random) -> Card:
    first, last = latin.lower().split(" ")
    email = f"{last[0]}{first}{who.household + 5000}@{chance.choice(('cards.example', 'paper.example'))}"
    day = f"2017-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}T12:00:00"
    return Card(who.household, name, email, birth_date, address, day)


def _slip(name: str, chance: random.Random) -> str:
    """Two letters that changed places."""
    at = chance.randrange(1, len(name) - 2)
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
