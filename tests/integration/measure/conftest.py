"""Metrics are put into words by the process of the tests: one of their own for each would load Ibis anew every time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import pytest

from itda.engine import phrasing


@pytest.fixture(scope="package", autouse=True)
def phrased_here() -> Iterator[None]:
    apart = phrasing._questions
    phrasing._questions = lru_cache(phrasing.put)
    yield
    phrasing._questions = apart
