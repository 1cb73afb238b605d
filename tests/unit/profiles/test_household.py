"""Who lives together: two of three of address, phone and family name, or the same declared household."""

from __future__ import annotations

from itertools import permutations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from itda.events.normalise import NORMALISERS
from itda.profiles.household import MOST, grouped, shared, ties

HOME = "경기도 성남시 분당구 판교역로 235, 103동 704호"


def told(**said: object) -> dict[str, str]:
    written = {name.replace("__", "."): value for name, value in said.items()}
    return shared(written, lambda number: NORMALISERS["phone"].apply(number, "KR"))


@pytest.mark.parametrize(
    ("one", "other", "tied_by"),
    [
        (told(name="김민수", address=HOME), told(name="Kim Yuna", address="성남시 분당구 판교역로 235 103-704"), ("address", "family_name")),
        (told(name="김민수", phone="010-2345-6789"), told(name="김유나", mobile="+82 10 2345 6789"), ("phone", "family_name")),
        (told(name="김민수", phone="010-2345-6789", address=HOME), told(name="이영희", phone="01023456789", address=HOME), ("address", "phone")),
        (told(name="김민수", address=HOME), told(name="김유나", address=HOME.replace("704", "705")), ()),
        (told(name="김민수", phone="010-2345-6789"), told(name="이영희", phone="010-2345-6789"), ()),
        (told(name="김민수"), told(name="김유나"), ()),
        (told(household_id=7), told(household_id="7"), ("household_id",)),
        (told(household_id="7", name="김민수", address=HOME), told(household_id="8", name="김유나", address=HOME), ()),
        (told(household_id="7", name="김민수", address=HOME), told(name="김유나", address=HOME), ("address", "family_name")),
        (told(name="John Smith", address__street="12 Main Street", address__line2="Apt 4", address__city="Leeds"),
         told(lastName="Smith", address="12 Main St Apt 4, Leeds"), ("address", "family_name")),
        (told(name="John Smith", address="12 Main St, Leeds"), told(name="Ann Smith", address="12 Main St, Ely"), ()),
        (told(lastName="이", address__city="성남시 분당구", address__street="판교역로 235", address__line2="103동 704호"),
         told(name="Lee Minho", address=HOME), ("address", "family_name")),
        (told(name="김*수", address="분당구"), told(name="김*수", address="분당구"), ()),
    ],
)  # fmt: skip
def test_two_are_of_one_household_by_what_they_share(
    one: dict[str, str], other: dict[str, str], tied_by: tuple[str, ...]
) -> None:
    assert ties(one, other) == ties(other, one) == tied_by
    assert ("a" in grouped({"a": one, "b": other})) is bool(tied_by)


def test_whoever_is_tied_to_somebody_of_a_household_is_of_it() -> None:
    people = {
        "father": told(name="김민수", phone="010-2345-6789", address=HOME),
        "mother": told(name="이영희", phone="010-2345-6789", address=HOME),
        "son": told(name="김준", address=HOME),
        "stranger": told(name="이영희", phone="010-9999-8888"),
    }
    assert ties(people["mother"], people["son"]) == ()
    family = ["father", "mother", "son"]
    assert grouped(people) == dict.fromkeys(family, family)


def test_too_many_are_an_office_and_no_household() -> None:
    people = {number: told(name="김민수", address=HOME) for number in range(MOST)}
    assert len(grouped(people)) == MOST
    assert grouped(people | {MOST: told(name="김민수", address=HOME)}) == {}


WORDS = {"household_id": ["1", "2"], "address": ["x", "y"], "phone": ["5", "6"], "family_name": ["gim", "i"]}
PEOPLE = st.dictionaries(
    st.integers(0, 9),
    st.fixed_dictionaries({}, optional={word: st.sampled_from(values) for word, values in WORDS.items()}),
    max_size=8,
)


@given(PEOPLE, st.randoms(use_true_random=False))
def test_households_part_people_whatever_the_order_they_are_met_in(people: dict, chance: object) -> None:
    found = {who: frozenset(group) for who, group in grouped(people).items()}
    order = list(people)
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert {who: frozenset(group) for who, group in grouped({who: people[who] for who in order}).items()} == found
    for who, group in found.items():
        assert who in group
        assert all(found[other] == group for other in group)
    for (one, told_of_one), (other, told_of_other) in permutations(people.items(), 2):
        if ties(told_of_one, told_of_other):
            assert other in found[one]
