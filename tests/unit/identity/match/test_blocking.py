from __future__ import annotations

import numpy as np

from itda.identity.match.blocking import once


def test_pairs_found_by_several_rules_are_kept_once_and_in_order() -> None:
    found = [np.array([7, 3, 3], np.int64), np.array([0, 7], np.int64)]
    assert once(found).tolist() == [0, 3, 7]


def test_rules_that_find_no_pair_leave_none() -> None:
    nothing = np.zeros(0, np.int64)
    assert once([]).tolist() == once([nothing, nothing]).tolist() == []
