"""Which of the names that people's values have are compared."""

from __future__ import annotations

import pytest

from itda.engine.questions.matching_columns import MOST, Columns, is_plain


def test_values_stand_where_their_people_do():
    columns = Columns()
    columns.add(0, {"name": "kim"})
    columns.add(2, {"name": "lee", "city": "seoul"})
    columns.add(3, {"city": "busan"})
    assert columns.whole(4) == {"name": ["kim", None, "lee", None], "city": [None, None, "seoul", "busan"]}


def test_however_many_names_are_made_up_few_are_compared_and_those_said_of_most_people_stay():
    columns = Columns(always=["phone"])
    for at in range(3_000):
        said = {"name": f"n{at}", **{f"made up {at} {number}": "x" for number in range(3)}}
        columns.add(at, said | ({"phone": "02"} if at == 2_000 else {}) | ({"rare": "x"} if at in {5, 6} else {}))
    assert set(columns.whole(3_000)) == {"name", "phone"}
    many = Columns(always=["phone"])
    many.add(0, {"phone": "02"})
    for at in range(1, 9):
        many.add(at, {f"t{number}": "x" for number in range(MOST * 2)})
    assert len(many.whole(10)) == MOST
    assert "phone" in many.whole(10)


@pytest.mark.parametrize("name", ["name ", " name", "\ufeffname", "\u3000name", "", "\0id"])
def test_a_name_that_would_be_anothers_once_spaces_are_away_is_none(name: str):
    assert not is_plain(name)
    assert is_plain("full name")
