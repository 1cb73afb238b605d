"""The figures of the identity benchmark against pairs that are counted one by one."""

from itertools import combinations

import pytest
from bench.identity.metrics import Overlaps, Score, scored_pairs
from hypothesis import given
from hypothesis import strategies as st

TRUTH = {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2, "f": 3}


def test_who_is_right_in_everything_gets_one_everywhere():
    overlaps = Overlaps(TRUTH, {record: str(cluster) for record, cluster in TRUTH.items()})
    assert overlaps.pairs() == overlaps.b_cubed() == overlaps.exact() == Score(1.0, 1.0)


def test_a_split_costs_recall_and_no_precision():
    overlaps = Overlaps(TRUTH, {**TRUTH, "c": 9})
    assert overlaps.pairs() == Score(1.0, 2 / 4)
    assert overlaps.b_cubed() == Score(1.0, pytest.approx((2 * 2 / 3 + 1 / 3 + 3) / 6))
    assert overlaps.exact() == Score(1 / 2, 1 / 2)


def test_a_wrong_join_costs_precision_and_no_recall():
    overlaps = Overlaps(TRUTH, {**TRUTH, "f": 2})
    assert overlaps.pairs() == Score(4 / 6, 1.0)
    assert overlaps.b_cubed() == Score(pytest.approx((3 + 2 * 2 / 3 + 1 / 3) / 6), 1.0)


def test_who_joins_nobody_has_claimed_nothing_wrong():
    overlaps = Overlaps(TRUTH, {})
    assert overlaps.pairs() == Score(1.0, 0.0)
    assert overlaps.pairs().f1 == 0.0


def test_a_record_that_was_left_out_is_alone():
    assert Overlaps(TRUTH, {"a": 1, "b": 1}).pairs() == Overlaps(TRUTH, {"a": 1, "b": 1, "c": 2, "d": 3}).pairs()


def test_a_record_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="'z' is no record"):
        Overlaps(TRUTH, {"z": 1})


def test_a_scored_pair_counts_once_whichever_end_comes_first():
    assert scored_pairs(TRUTH, [("a", "b"), ("b", "a"), ("a", "d"), ("e", "e")]) == Score(1 / 2, 1 / 4)


@given(st.dictionaries(st.text("abcdefghij", min_size=1, max_size=2), st.tuples(st.integers(0, 4), st.integers(0, 4))))
def test_counting_by_overlaps_is_counting_every_pair(drawn):
    truth = {record: clusters[0] for record, clusters in drawn.items()}
    found = {record: clusters[1] for record, clusters in drawn.items()}
    together = [pair for pair in combinations(truth, 2) if found[pair[0]] == found[pair[1]]]
    assert Overlaps(truth, found).pairs() == scored_pairs(truth, together)
