from itda.base.counted import counted


def test_one_is_one_and_any_other_number_is_many():
    assert [counted(n, "row") for n in (0, 1, 2, 1_500)] == ["0 rows", "1 row", "2 rows", "1,500 rows"]
    assert counted(2, "match", "matches") == "2 matches"
