"""Invented customers of a chain, any number of them, each with a few records that differ as records of one person do.

Columns, shares of missing values and of errors, sizes of customers and what households share follow the CRM extract
that the set `crm_100k` is: 1.48 records a customer, 30 % of customers with more than one, e-mail missing in 26 %, phone
in 20 %, birth date in 14 %, address in 12 %; misspelt, swapped and abbreviated names; people who moved; husband and
wife on one phone; the till's `none@none.com`. Everything follows from the seed, and nobody is real.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from bench.identity.sets import Given, numbers, write

COLUMNS = ("source", "first_name", "surname", "dob", "email", "phone", "address", "city", "postcode")
_SIZES = (1, 2, 3, 4, 5, 6)
_SIZE_WEIGHTS = (70.1, 19.1, 6.0, 2.8, 1.5, 0.5)


def _words(text: str) -> list[str]:
    return text.split()


_SYLLABLES = _words("ba be bo ca co da de el fa go ha in jo ka le ma ne or pa ra sa to va zi")
_FIRST = _words(
    "Michael David Jennifer John James Christopher Robert Matthew Jessica Lisa William Joseph Daniel Kimberly Brian "
    "Elizabeth Melissa Sarah Kevin Amanda Michelle Anthony Thomas Joshua Jason Ashley Mary Andrew Steven Angela Amy "
    "Laura Nicole Karen Susan Heather Stephanie Rebecca Linda Maria Patricia Mark Paul Richard Timothy Jeffrey Eric "
    "Charles Donna Cynthia Sandra Tanya Diane Juan Paige Vincent Sherry Samuel Noah Tara Tristan Renee Margaret Alyssa "
    "Lawrence Sara Wendy Peter Carlos Victoria Hannah Olivia Ethan Jacob Emma Sophia Lucas Grace Chloe Logan Dylan Ruth"
)
_SURNAMES = _words(
    "Smith Johnson Williams Jones Brown Miller Davis Garcia Wilson Rodriguez Moore Anderson Martinez Hernandez Thomas "
    "Taylor Martin Jackson Lopez Thompson White Gonzalez Lee Harris Clark Lewis Robinson Walker Perez Hall Young Allen "
    "Sanchez Wright King Scott Green Baker Adams Nelson Hill Ramirez Campbell Mitchell Roberts Carter Phillips Evans"
)
_DOMAINS = ("gmail.com", "naver.com", "yahoo.com", "hotmail.com", "kakao.com")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Record = tuple[str | None, ...]


def _zipf(count: int, power: float) -> list[float]:
    return list(accumulate((rank + 2) ** -power for rank in range(count)))


class People:
    """An endless row of customers, drawn one after the other."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._first = [*_FIRST, *self._invented(1_500, 3)]
        self._surnames = [*_SURNAMES, *self._invented(12_000, 4)]
        self._weights = {
            size: _zipf(size, power)
            for size, power in ((len(self._first), 0.9), (len(self._surnames), 0.8), (2_500, 0.9))
        }
        self._neighbour: Record | None = None

    def _invented(self, count: int, syllables: int) -> list[str]:
        names: dict[str, None] = {}
        while len(names) < count:
            names["".join(self._chance.choices(_SYLLABLES, k=syllables)).capitalize()] = None
        return list(names)

    def _one_of(self, values: list[str]) -> str:
        return self._chance.choices(values, cum_weights=self._weights[len(values)])[0]

    def customer(self) -> list[Record]:
        """The records of the next customer."""
        chance = self._chance.random
        person = self._person()
        moved = (*person[:5], *self._home()) if chance() < 0.25 else None
        self._neighbour = person
        count = self._chance.choices(_SIZES, _SIZE_WEIGHTS)[0]
        return [self._record(moved if moved and chance() < 0.3 else person) for _ in range(count)]

    def _person(self) -> Record:
        """Everything true of one person: first name, surname, birth date, e-mail, phone, address, city, postcode."""
        draw, neighbour = self._chance, self._neighbour
        first, surname = self._one_of(self._first), self._one_of(self._surnames)
        birth = f"{draw.randrange(1934, 2009)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}"
        phone, home = f"010{draw.randrange(10_000_000, 99_999_999)}", None
        if neighbour is not None and draw.random() < 0.09:  # the same household
            surname, home = str(neighbour[1]), neighbour[5:]
            phone = str(neighbour[4]) if draw.random() < 0.8 else phone
        return first, surname, birth, self._email(first, surname), phone, *(home or self._home())

    def _email(self, first: str, surname: str) -> str:
        draw = self._chance
        one, other = first.lower(), surname.lower()
        number, at = draw.randrange(10, 9_999), draw.choice(_DOMAINS)
        return f"{draw.choice((f'{one}.{other}', f'{one[0]}{other}', one, other))}{number}@{at}"

    def _home(self) -> tuple[str, str, str]:
        draw = self._chance
        street = "".join(draw.choices(_SYLLABLES, k=4)).capitalize()
        city = draw.choices(range(2_500), cum_weights=self._weights[2_500])[0]
        way = draw.choice(("St", "Ave", "Rd"))
        return f"{draw.randrange(1, 300)} {street} {way}", f"City{city:04d}", f"{city:04d}{draw.randrange(40):02d}"

    def _record(self, person: Record) -> Record:
        """One record of a person, as somebody wrote it down."""
        chance = self._chance.random
        first, surname, birth, email, phone, address, city, postcode = map(str, person)
        if chance() < 0.017:
            first, surname = surname, first
        elif chance() < 0.016:
            first = first[0]
        elif chance() < 0.006:
            surname = self._one_of(self._surnames)
        junk = "none@none.com" if chance() < 0.002 else None
        return (
            self._chance.choice(("crm", "pos", "web")),
            None if chance() < 0.0065 else self._misspelt(first, 0.055),
            None if chance() < 0.0036 else self._misspelt(surname, 0.05),
            None if chance() < 0.143 else self._redated(birth),
            junk or (None if chance() < 0.264 else self._misspelt(email, 0.03)),
            "01000000000" if chance() < 0.003 else None if chance() < 0.204 else self._misspelt(phone, 0.03),
            None if chance() < 0.121 else self._misspelt(address, 0.07),
            city,
            postcode,
        )

    def _misspelt(self, text: str, share: float) -> str:
        """With a letter more, fewer, another, or two swapped; `share` is how often."""
        draw = self._chance
        if draw.random() >= share or len(text) < 2:
            return text
        at = draw.randrange(1, len(text))
        kind = draw.randrange(4)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at - 1] + text[at:]
        if kind == 2:
            return text[:at] + draw.choice(_LETTERS) + text[at + 1 :]
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]

    def _redated(self, birth: str) -> str:
        """A date as it is, with day and month swapped, or with a wrong digit."""
        chance = self._chance.random()
        year, month, day = birth.split("-")
        if chance < 0.01:
            return f"{year}-{day}-{month}" if int(day) <= 12 else birth
        if chance < 0.03:
            return f"{int(year) + self._chance.choice((-10, -1, 1, 10))}-{month}-{day}"
        return birth


def records(count: int, seed: int) -> Iterator[tuple[str, Record]]:
    """So many records, each with the number of its customer."""
    people, made, number = People(seed), 0, 0
    while made < count:
        for record in people.customer()[: count - made]:
            yield str(number), record
            made += 1
        number += 1


def make(count: int, folder: Path, seed: int = 11) -> Given:
    """Write so many records as Parquet into a folder, shuffled, with ids that say nothing."""
    name = f"synthetic_{count}"
    told, rows = zip(*records(count, seed), strict=True)
    table = pa.table(
        {column: pa.array(values, pa.string()) for column, values in zip(COLUMNS, zip(*rows, strict=True), strict=True)}
    )
    ids = list(numbers(count, name))
    return Given(name, (write(table, ids, folder / name / "customers.parquet"),), dict(zip(ids, told, strict=True)))
