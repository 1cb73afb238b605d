"""What the gate is told of a person in the clear."""

from __future__ import annotations

import pytest

from itda.engine.about import about
from itda.profiles.fold import Declared


def declared(**said: object) -> dict[str, Declared]:
    return {name.replace("__", "."): Declared(1, "e", value, False, "crm") for name, value in said.items()}


def test_what_is_sealed_tells_nothing_and_what_is_clear_is_taken() -> None:
    sealed = {"country": Declared(1, "e", b"x", True, "crm")}
    assert about(sealed).where.countries is None
    assert about(declared(address__country="KR")).where.countries == ("KR",)
    found = about(declared(country="US", address__postal_code_area="94"), ["+14155550123"])
    assert found.where.regions == ("US-CA",)


@pytest.mark.parametrize(
    ("said", "band"),
    [({"birthday_age_band": "30-39"}, "30-39"), ({"birthday_age_band": "80+"}, "80+"), ({"age": 13}, "0-13"),
     ({"age": "19"}, "14-19"), ({"age": 85}, "80+"), ({"age": 45}, "40-49"), ({"age": 45, "birth_date_age_band": "0-13"}, "0-13"),
     ({"age": "unknown"}, None), ({"age_band": "young"}, None), ({}, None)],
)  # fmt: skip
def test_of_several_ages_the_youngest_counts(said: dict[str, object], band: str | None) -> None:
    assert about(declared(**said)).age_band == band


def test_who_is_to_be_forgotten_is_told_from_who_wants_to_be_let_be() -> None:
    one, other = bytes(16), bytes([1]) * 16
    assert not about({}).is_stopped
    assert (about({}, (), {one: False}).is_stopped, about({}, (), {one: False}).is_leaving) == (True, False)
    assert about({}, (), {one: False, other: True}).is_leaving
