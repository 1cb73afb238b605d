"""What somebody who wants to be erased is told that stays: what is then held, and nothing else."""

from __future__ import annotations

import pytest

from itda.base.instant import parse, text
from itda.engine.requests.staying import staying

NOW = parse("2026-11-22T12:00+09:00")
TOLD = [
    ("Order Completed", parse("2024-01-01T12:00+09:00")),
    ("Order Delivered", parse("2025-03-05T12:00+09:00")),
    ("Complaint Received", parse("2024-02-29T12:00+09:00")),
    ("Product Viewed", parse("2026-11-21T12:00+09:00")),
]


@pytest.mark.parametrize("country", ["KR", "kr", ""])
def test_orders_stay_for_five_years_and_complaints_for_three_from_their_last_day_in_korea(country: str) -> None:
    found = [(one.what, text(one.until + 1), one.years) for one in staying(country, TOLD, NOW)]
    assert found == [("orders", "2030-03-05T15:00:00.000Z", 5), ("complaints", "2027-02-28T15:00:00.000Z", 3)]


def test_a_dispute_stays_without_any_order() -> None:
    assert [one.what for one in staying("KR", [("Dispute Opened", NOW)], NOW)] == ["complaints"]


def test_nobody_is_told_that_something_stays_where_nothing_keeps_it() -> None:
    assert staying("US", TOLD, NOW) == []
    assert staying("KR", [], NOW) == []
    old = [
        ("Order Completed", parse("2016-03-02T12:00+09:00")),
        ("Complaint Received", parse("2023-11-21T12:00+09:00")),
    ]
    assert staying("KR", old, NOW) == []
