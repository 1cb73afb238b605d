"""A name against the e-mail address of a record that has none."""

from __future__ import annotations

import random

import polars as pl
import pytest
from tests.unit.engine.matching.people import FAMILY, GIVEN, quality

from itda.engine.matching import preparing
from itda.engine.matching.run import Found, match
from itda.identity.match.single import Scored, score

LATEST = 2026
KINDS = {"first name": "given", "surname": "family", "email": "email", "phone": "phone"}


def shop(people: int) -> pl.DataFrame:
    """Of everybody one receipt, with a name and the end of a phone number that several share, and one address."""
    draw = random.Random(11)
    rows = []
    for who in range(people):
        given, family, tail = draw.choice(GIVEN), draw.choice(FAMILY), f"{draw.randrange(100):04}"
        mail = draw.choice((f"{given}.{family}", f"{given[0]}{family}", f"{family}.{given}", f"{given}{family}"))
        rows += [
            {"who": str(who), "first name": given, "surname": family, "email": None, "phone": tail},
            {"who": str(who), "first name": None, "surname": None,
             "email": f"{mail}{draw.randrange(99)}@mail.com", "phone": tail},
        ]  # fmt: skip
    draw.shuffle(rows)
    return pl.DataFrame([{"key": f"r{at}", **row} for at, row in enumerate(rows)])


def run(frame: pl.DataFrame, **said: str) -> Found:
    return match([frame.drop("who")], "key", latest=LATEST, said={**KINDS, **said})


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return shop(200)


@pytest.fixture(scope="module")
def found(people: pl.DataFrame) -> Found:
    return run(people)


def test_a_receipt_with_a_name_finds_the_address_made_of_it_and_not_others_of_its_number(
    people: pl.DataFrame, found: Found
) -> None:
    precision, recall = quality(people, found.frame)
    assert precision > 0.98
    assert recall > 0.9
    assert quality(people, run(people, email="ignore").frame)[1] < 0.5


def scored(found: Found, *rows: dict[str, str | None]) -> Scored:
    """The score of two records, in the forms in which they are compared among the others that tell what columns are."""
    beside = shop(20).drop("key", "who")
    frame = pl.concat([pl.DataFrame(rows, schema=beside.schema), beside])
    columns = preparing.columns(frame, KINDS, LATEST)
    one, other = (
        {one.label: str(one.values.texts[one.codes[at]]) for one in columns if one.codes[at] >= 0} for at in (0, 1)
    )
    forward, back = score(one, other, found.weights), score(other, one, found.weights)
    assert forward.bits == pytest.approx(back.bits, abs=1e-3)
    assert sum(reason.bits for reason in forward.reasons) == pytest.approx(forward.bits, abs=1e-3)
    return forward


def record(given: str | None, family: str | None, email: str | None) -> dict[str, str | None]:
    return {"first name": given, "surname": family, "email": email, "phone": "0007"}


def told(score: Scored) -> dict[str, str]:
    return {reason.label: reason.said for reason in score.reasons if reason.said}


def test_one_pair_is_scored_with_what_the_address_says_among_the_reasons(found: Found) -> None:
    named = record("anna", "ashwood", None)
    same = scored(found, named, record(None, None, "ashwood.anna7@mail.com"))
    initial = scored(found, named, record(None, None, "aashwood@mail.com"))
    other = scored(found, named, record(None, None, "ben.elmton@mail.com"))
    assert told(same)["email: given"] == told(same)["email: family"] == "in it"
    assert told(initial)["email: given"] == "its first letter"
    assert told(other)["email: given"] == told(other)["email: family"] == "not in it"
    assert same.bits > initial.bits > other.bits


@pytest.mark.parametrize(
    ("one", "other", "compared"),
    [
        (record("anna", "ashwood", None), record("anna", "ashwood", "anna.ashwood@mail.com"), set()),
        (record("anna", "ashwood", None), record("anna", None, "anna.ashwood@mail.com"), {"email: family"}),
        (record("anna", "ashwood", "anna.ashwood@mail.com"), record(None, None, "anna.ashwood@mail.com"), set()),
        (record("anna", "ashwood", "x1@a.org"), record(None, None, "ashwood@mail.com"), {"email: given", "email: family"}),
        (record(None, None, "ashwood@a.org"), record(None, None, "ashwood@mail.com"), set()),
    ],
)  # fmt: skip
def test_no_agreement_counts_twice(
    found: Found, one: dict[str, str | None], other: dict[str, str | None], compared: set[str]
) -> None:
    assert {label for label in told(scored(found, one, other)) if label.startswith("email: ")} == compared


def test_a_korean_name_is_found_in_an_address_and_one_letter_of_it_is_no_initial() -> None:
    names = pl.DataFrame(
        {"name": ["이민수", None, "김*수", "이영희"], "email": [None, "lee.minsu@a.com", "kimjisu@a.com", "x@a.com"]}
    )
    columns = {one.label: one for one in preparing.columns(names, {"name": "name", "email": "email"}, LATEST)}
    values = {
        part: [str(column.values.texts[code]) if code >= 0 else "" for code in column.codes]
        for part in ("given", "family")
        for column in [columns[f"email: {part}"]]
    }
    assert values["family"][0] == values["family"][3] == "i"
    assert values["family"][1].startswith("@leeminsu|i min su")
    assert values["given"][2].startswith("@kimjisu|gim ji su")


def test_of_a_hidden_name_the_address_says_more_and_is_heard_in_its_place(found: Found) -> None:
    named = record("anna", "ashwood", None)
    hidden = told(scored(found, named, record("a", "ashwood", "anna.ashwood@mail.com")))
    unsaid = told(scored(found, named, record("a", "ashwood", "rosebud@mail.com")))
    assert hidden["email: given"] == "in it"
    assert "first name" not in hidden
    assert unsaid["first name"] == "short or hidden"
    assert unsaid["email: given"] == "not in it"
