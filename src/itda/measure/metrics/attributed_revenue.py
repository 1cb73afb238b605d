"""Which channels and messages revenue came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.attribution import MODELS
from itda.measure.attribution.credit import credited
from itda.measure.definition import Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    orders = facts.asked("orders")
    orders = orders.filter(orders.is_own_currency)
    return credited(facts, orders.mutate(amount=orders.net_minor))


METRIC = Metric(
    name="attributed_revenue",
    label_ko="기여도에 따른 매출",
    label_en="Attributed revenue",
    unit="minor",
    meaning_ko=(
        "기간의 매출을 주문 전 {days}일 안의 접점에 나눈 금액: 첫 접점, 마지막 접점, 균등. 메시지와"
        " 여정은 열람과 클릭으로 받습니다. 접점이 없는 주문의 매출은 이름 없는 칸에 있어, 모두 더하면 매출과"
        " 같습니다."
    ),
    meaning_en=(
        "Revenue of the period, shared among the touches within {days} days before each order:"
        " to the first, the last, or all alike. Messages and their journeys get theirs by opens and clicks. What"
        " orders without a touch brought in is in the part without a name, so all parts add up to the revenue."
    ),
    by=("channel", "message", "journey"),
    adds_up=("channel", "message", "journey"),
    series=tuple(MODELS),
    expression=_expression,
)
