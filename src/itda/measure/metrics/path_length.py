"""How many touches there were before an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    orders = facts.paths()
    return facts.counted(orders, orders.length.sum(), orders.count())


METRIC = Metric(
    name="path_length",
    label_ko="구매 경로의 길이",
    label_en="Path length",
    unit="count",
    meaning_ko="기간의 주문마다 그 전 {days}일 안에 있던 접점 수의 평균.",
    meaning_en=("Touches within {days} days before an order, on average over the orders of the period."),
    by=(*TIMES, *PLACES, *GROUPS),
    adds_up=(*TIMES, *PLACES),
    expression=_expression,
)
