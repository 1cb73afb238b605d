"""How many orders were placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    placed = facts.parted(facts.asked("orders"))
    return facts.counted(placed, placed.count())


METRIC = Metric(
    name="orders",
    label_ko="주문",
    label_en="Orders",
    unit="count",
    meaning_ko="기간에 주문된 주문 수. 전부 취소된 주문은 세지 않습니다. 주문 날짜는 처음 주문된 날입니다.",
    meaning_en=(
        "Orders placed in the period, without those cancelled whole. An order is of the day it was first placed."
    ),
    by=(*TIMES, *PLACES, *GROUPS),
    adds_up=(*TIMES, *PLACES),
    expression=_expression,
)
