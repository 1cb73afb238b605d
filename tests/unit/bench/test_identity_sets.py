"""What matchers are given says nothing of who is whom, and the truth is kept by the ids they were given."""

from collections import Counter

import duckdb
import pytest
from bench.identity.persons import COLUMNS, make, records
from bench.identity.sets import Known, found, give, person, read

FEBRL = Known("febrl", ("a.csv", "b.csv"), "rec_id", "rec_id")


@pytest.fixture
def febrl(tmp_path):
    for name, kind in (("a", "org"), ("b", "dup-0")):
        rows = [f"rec-{number}-{kind}, name{number}, " for number in range(40)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["rec_id, given_name, surname", *rows]))
    return give(FEBRL, found(FEBRL, [tmp_path]), tmp_path / "given")


def test_neither_columns_nor_ids_nor_order_give_the_truth_away(febrl):
    tables = [read(path) for path in febrl.files]
    assert [table.column_names for table in tables] == [["id", "given_name", "surname"]] * 2
    for table in tables:
        numbers = [int(value.removeprefix("name")) for value in table["given_name"].to_pylist()]
        ids = list(map(int, table["id"].to_pylist()))
        assert numbers != sorted(numbers)
        assert ids != sorted(ids)
        assert [ids[numbers.index(number)] for number in range(40)] != sorted(ids)


def test_the_truth_is_kept_by_the_ids_that_were_given(febrl):
    assert Counter(febrl.truth.values()) == {str(number): 2 for number in range(40)}
    for path in febrl.files:
        table = read(path)
        for own, name in zip(table["id"].to_pylist(), table["given_name"].to_pylist(), strict=True):
            assert name == f"name{febrl.truth[own]}"


def test_an_empty_value_is_none_and_nothing_stands_in_spaces(febrl):
    assert read(febrl.files[0])["surname"].null_count == 40


def test_a_folder_that_lacks_a_file_of_a_set_lacks_the_set(tmp_path):
    (tmp_path / "a.csv").write_text("rec_id\n")
    assert found(FEBRL, [tmp_path]) is None


def test_an_id_of_another_form_is_refused_rather_than_a_person_of_its_own():
    assert person("rec_id", " rec-12-dup-3 ") == person("rec_id", "rec-12-org") == "12"
    with pytest.raises(ValueError, match="no FEBRL id"):
        person("rec_id", "12-org")


def test_invented_customers_follow_from_the_seed_and_differ_as_real_ones_do(tmp_path):
    made = list(records(5_000, 11))
    assert made == list(records(5_000, 11))
    assert made != list(records(5_000, 12))
    sizes = Counter(Counter(number for number, _ in made).values())
    assert 0.66 < sizes[1] / sizes.total() < 0.74
    missing = {name: sum(row[at] is None for _, row in made) / 5_000 for at, name in enumerate(COLUMNS)}
    assert missing["email"] == pytest.approx(0.264, abs=0.03)
    assert missing["dob"] == pytest.approx(0.143, abs=0.03)
    given = make(500, tmp_path)
    count, columns = duckdb.sql(f"select count(distinct id), count(*) from '{given.files[0]}'").fetchall()[0]
    assert count == columns == len(given.truth) == 500
