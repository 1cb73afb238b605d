"""What the orders brought in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    placed = facts.asked("orders")
    placed = facts.parted(placed.filter(placed.is_own_currency))
    return facts.counted(placed, placed.net_minor.sum())


METRIC = Metric(
    name="revenue",
    label_ko="매출",
    label_en="Revenue",
    unit="minor",
    meaning_ko=(
        "기간에 주문된 주문의 매출에서 환불, 반품, 취소를 뺀 금액. 다른 통화의 주문은 환산하지 않고 따로 셉니다."
    ),
    meaning_en=(
        "Revenue of the orders placed in the period, less what was refunded, returned and cancelled. Orders in"
        " other currencies are not converted; how many were left out is said."
    ),
    by=(*TIMES, *PLACES, *GROUPS),
    adds_up=(*TIMES, *PLACES),
    expression=_expression,
)
