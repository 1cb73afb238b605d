"""From pairs to clusters: what is linked through others is parted where evidence speaks against it."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from itda.identity.match.clusters import clusters, components
from itda.identity.match.decided import cycle, pinned
from itda.identity.match.precision import Joins, threshold


def drawn(
    size: int, told: dict[tuple[int, int], float], must: tuple = (), cannot: tuple = (), least: float = 0.0
) -> list:
    pairs = sorted(told)
    left, right = (np.array([pair[at] for pair in pairs], np.int32) for at in (0, 1))
    bits = np.array([told[pair] for pair in pairs], np.float32)
    left, right, bits = pinned(left, right, bits, size, must, cannot)

    def score(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return np.full(len(one), -6, np.float32)

    labels = clusters(size, left, right, bits, score, least).labels
    return sorted([at for at in range(size) if labels[at] == label] for label in set(labels.tolist()))


def test_a_chain_whose_ends_speak_against_each_other_is_parted_at_its_weakest_link() -> None:
    assert drawn(4, {(0, 1): 7, (1, 2): 1, (2, 3): 7}) == [[0, 1], [2, 3]]


def test_one_missing_link_does_not_part_what_all_else_holds_together() -> None:
    told = dict.fromkeys(combinations(range(4), 2), 6.0)
    told[0, 3] = -2
    assert drawn(4, told) == [[0, 1, 2, 3]]


def test_what_somebody_decided_outweighs_what_was_learnt() -> None:
    told = {(0, 1): 7.0, (1, 2): 7.0, (0, 2): 7.0}
    assert drawn(4, told, must=((2, 3),), cannot=((0, 1),)) in ([[0], [1, 2, 3]], [[0, 2, 3], [1]])
    assert drawn(2, {}, must=((1, 0),)) == [[0, 1]]


def test_decisions_that_contradict_each_other_are_found_with_the_way() -> None:
    assert cycle([(0, 1), (2, 1)], [(5, 6), (0, 2)]) == [0, 1, 2]
    assert cycle([(0, 1)], [(0, 2)]) is None


def test_the_threshold_is_the_lowest_with_the_precision_asked_for() -> None:
    joins = Joins(np.array([10, 10, 1], np.float32), np.ones(3, np.float32))
    assert threshold(joins, 0.99) == (1.0, threshold(joins, 0.99)[1])
    assert threshold(joins, 0.8)[0] == 0.0
    assert threshold(Joins(np.zeros(0, np.float32), np.zeros(0, np.float32)), 0.99) == (0.0, 1.0)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=14))
def test_components_are_those_of_a_search_from_each_record(edges: list[tuple[int, int]]) -> None:
    left, right = (np.array([edge[at] for edge in edges], np.int32) for at in (0, 1))
    near = {at: {at} for at in range(12)}
    for _ in range(12):
        for one, other in edges:
            near[one] |= near[other]
            near[other] |= near[one]
    assert components(12, left, right).tolist() == [min(near[at]) for at in range(12)]


@given(
    st.dictionaries(
        st.sampled_from(list(combinations(range(7), 2))), st.integers(-40, 40).map(lambda n: n * 0.37), max_size=21
    ),
    st.permutations(range(7)),
)
def test_the_order_of_pairs_changes_no_cluster(told: dict[tuple[int, int], float], order: list[int]) -> None:
    pairs = sorted(told, key=lambda pair: (order[pair[0]], order[pair[1]]))
    left, right = (np.array([pair[at] for pair in pairs], np.int32) for at in (0, 1))
    bits = np.array([told[pair] for pair in pairs], np.float32)

    def score(one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return np.full(len(one), -6, np.float32)

    labels = clusters(7, left, right, bits, score).labels
    assert sorted([at for at in range(7) if labels[at] == label] for label in set(labels.tolist())) == drawn(7, told)
