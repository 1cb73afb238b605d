"""What somebody who wants to be erased is told that stays: what is then held, and nothing else."""

from __future__ import annotations

import pytest

from itda.base.instant import parse, text
from itda.engine.questions.mine import orders_kept_until
from itda.profiles.orders import NEVER, Order

NOW = parse("2026-11-22T12:00+09:00")
BOUGHT = Order(at=parse("2025-03-02T12:00+09:00"), ended_at=parse("2025-03-05T12:00+09:00"))


@pytest.mark.parametrize("country", ["KR", "kr", ""])
def test_orders_stay_for_five_years_from_their_last_day_in_korea(country: str) -> None:
    until = orders_kept_until(country, [BOUGHT, Order(at=parse("2024-01-01T00:00Z"))], NOW)
    assert until is not None
    assert text(until + 1) == "2030-03-05T15:00:00.000Z", "to the end of 5 March 2030 in Seoul"


def test_nobody_is_told_that_orders_stay_where_nothing_keeps_them() -> None:
    assert orders_kept_until("US", [BOUGHT], NOW) is None
    assert orders_kept_until("KR", [], NOW) is None
    assert orders_kept_until("KR", [Order(at=parse("2016-03-02T12:00+09:00"))], NOW) is None
    assert orders_kept_until("KR", [Order(at=NEVER)], NOW) is None
