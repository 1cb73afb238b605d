"""Which channels and messages orders came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.attribution import MODELS
from itda.measure.attribution.credit import credited
from itda.measure.definition import Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts

_SCALE = 1_000_000


def _expression(facts: Facts) -> Any:
    orders = facts.asked("orders")
    return credited(facts, orders.mutate(amount=_SCALE))


METRIC = Metric(
    name="attributed_orders",
    label_ko="기여도에 따른 주문",
    label_en="Attributed orders",
    unit="count",
    meaning_ko=(
        "기간의 주문을 그 전 {days}일 안의 접점에 나눈 수: 첫 접점, 마지막 접점, 균등. 메시지와"
        " 여정은 열람과 클릭으로 받습니다. 접점이 없는 주문은 이름 없는 칸에 있어, 모두 더하면 주문 수와 같습니다."
    ),
    meaning_en=(
        "Orders of the period, shared among the touches within {days} days before each: to the"
        " first, the last, or all alike. Messages and their journeys get theirs by opens and clicks. Orders without"
        " a touch are in the part without a name, so all parts add up to the orders."
    ),
    by=("channel", "message", "journey"),
    adds_up=("channel", "message", "journey"),
    series=tuple(MODELS),
    scale=_SCALE,
    expression=_expression,
)
