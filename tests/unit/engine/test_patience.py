"""Somebody else's code that ends the process ends its own run alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from itda.base.errors import Unavailable
from itda.base.instant import SECOND
from itda.engine.fetching.patience import patiently


def leaving() -> Iterator[int]:
    yield 1
    sys.exit("no token")


def test_code_that_exits_is_a_failure_of_its_source_and_nothing_more() -> None:
    given = patiently("leaving", leaving, 20 * SECOND)
    assert next(given) == 1
    with pytest.raises(Unavailable, match="gave up with SystemExit"):
        next(given)
    assert list(patiently("leaving", lambda: iter([2]), 20 * SECOND)) == [2]
