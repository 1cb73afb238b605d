"""How many orders came about over several channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    orders = facts.paths()
    return facts.counted(orders, orders.is_cross.sum(), orders.count())


METRIC = Metric(
    name="cross_channel_conversion",
    label_ko="크로스 채널 전환율",
    label_en="Cross-channel conversion",
    unit="share",
    meaning_ko=(
        "기간의 주문 가운데, 주문 전 {days}일 안에 고객이 둘 이상의 채널에서 접점을 가진 주문의 비율."
        " 이전 구매도 접점입니다."
    ),
    meaning_en=(
        "Orders of the period before which, within {days} days, their customer was met on two"
        " or more channels ÷ all orders. An earlier purchase is a touch too; the order itself is none."
    ),
    by=(*TIMES, *PLACES, *GROUPS),
    adds_up=(*TIMES, *PLACES),
    expression=_expression,
)
