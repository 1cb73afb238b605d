"""The people the demo invents: The Complete Journey says nothing about who its households are.

Everything comes from a fixed seed and the household's number, so two runs invent the same people. Nobody can be
reached: addresses end in `.example` (RFC 2606), Korean numbers begin with 010-0000, which is not given out, American
ones are 555-01xx, reserved for fiction.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import phonenumbers

SEED = 20170101
_SURNAMES = (
    ("김", "kim"), ("이", "lee"), ("박", "park"), ("최", "choi"), ("정", "jung"), ("강", "kang"), ("조", "cho"),
    ("윤", "yoon"), ("장", "jang"), ("임", "lim"), ("한", "han"), ("오", "oh"), ("서", "seo"), ("신", "shin"),
    ("권", "kwon"), ("황", "hwang"), ("안", "ahn"), ("송", "song"), ("류", "ryu"), ("홍", "hong"),
)  # fmt: skip
_SYLLABLES = (
    ("민", "min"), ("지", "ji"), ("서", "seo"), ("연", "yeon"), ("현", "hyun"), ("우", "woo"), ("준", "jun"),
    ("수", "su"), ("은", "eun"), ("아", "ah"), ("하", "ha"), ("윤", "yun"), ("도", "do"), ("영", "young"),
    ("진", "jin"), ("혜", "hye"), ("태", "tae"), ("성", "sung"), ("경", "kyung"), ("주", "ju"),
)  # fmt: skip
_GIVEN = (
    "Olivia", "Liam", "Emma", "Noah", "Amelia", "Oliver", "Sophia", "James", "Charlotte", "Henry", "Mia", "Lucas",
    "Harper", "Theodore", "Evelyn", "Jack", "Luna", "Levi", "Nora", "Owen", "Hazel", "Wyatt", "Violet", "Caleb",
    "Stella", "Isaac", "Maya", "Elias", "Ruth", "Walter", "Irene", "Samuel", "Clara", "Felix", "Ada", "Hugo",
)  # fmt: skip
_FAMILY = (
    "Smith", "Johnson", "Williams", "Brown", "Garcia", "Miller", "Davis", "Martinez", "Wilson", "Anderson", "Thomas",
    "Taylor", "Moore", "Jackson", "Martin", "Thompson", "White", "Harris", "Clark", "Lewis", "Robinson", "Walker",
    "Young", "Allen", "King", "Wright", "Scott", "Hill", "Green", "Adams", "Baker", "Nelson", "Carter", "Mitchell",
)  # fmt: skip
_BOROUGHS = ("가람구", "나래구", "다솜구", "라온구", "마루구", "바다구", "새솔구", "아람구")
_ROADS = ("은하수로", "무지개길", "달빛로", "별빛길", "햇살로", "구름길", "바람로", "이슬길", "노을로", "안개길")
_STREETS = (
    "Dragonfly Lane", "Moonbeam Road", "Cinnamon Street", "Thistle Avenue", "Lantern Court", "Marigold Road",
    "Otter Street", "Quill Lane", "Saffron Avenue", "Windmill Close", "Juniper Road", "Pebble Street",
)  # fmt: skip
_DOMAINS = ("mail.example", "post.example", "letters.example", "inbox.example")


class Person(NamedTuple):
    """Who we say a household is."""

    household: int
    name: str
    email: str
    phone: str
    """International form."""
    language: str
    birth_date: str
    address: str
    """Streets and numbers that no town has together."""
    romanised: str
    """The name in Latin letters."""

    @property
    def user_id(self) -> str:
        """Its login in the web shop."""
        return f"web-{self.household:05d}"


def person(household: int) -> Person:
    """The person we invent for a household, always the same."""
    chance = random.Random(SEED * 100_003 + household)
    domain = chance.choice(_DOMAINS)
    if chance.random() < 0.5:
        family, first, second = chance.choice(_SURNAMES), *chance.sample(_SYLLABLES, 2)
        name = family[0] + first[0] + second[0]
        romanised = f"{family[1]} {first[1]}-{second[1]}".title()
        local = f"{first[1]}{second[1]}.{family[1]}"
        phone, language = f"+82 10-0000-{household:04d}", "ko"
    else:
        given, surname = chance.choice(_GIVEN), chance.choice(_FAMILY)
        name = romanised = f"{given} {surname}"
        local = f"{given}.{surname}".lower()
        area = _AREAS[household // 100 % len(_AREAS)]
        phone, language = f"+1 {area} 555 01{household % 100:02d}", "en"
    born = f"{chance.randint(1938, 1998)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    number = chance.randint(1, 980)
    address = (
        f"서울시 {chance.choice(_BOROUGHS)} {chance.choice(_ROADS)} {number}"
        if language == "ko"
        else f"{number} {chance.choice(_STREETS)}"
    )
    email = f"{local}.{household}@{domain}"
    return Person(household, name, email, phone, language, born, address, romanised)


def _areas() -> list[int]:
    return [area for area in range(201, 990)
            if phonenumbers.is_valid_number(phonenumbers.parse(f"+1{area}5550100", None))]  # fmt: skip


_AREAS = _areas()
