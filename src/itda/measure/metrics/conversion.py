"""How many of those who came bought."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    told = facts.asked("interactions")
    seen = facts.parted(told.filter(told.is_touch, told.customer.notnull())).select("part", "customer").distinct()
    bought = facts.parted(facts.asked("orders"))
    bought = bought.select(in_part=bought.part, buyer=bought.customer).distinct()
    people = seen.left_join(bought, [seen.part == bought.in_part, seen.customer == bought.buyer])
    return facts.counted(people, people.buyer.count(), people.count())


METRIC = Metric(
    name="conversion",
    label_ko="구매 전환율",
    label_en="Conversion",
    unit="share",
    meaning_ko=(
        "기간에 접점이 있는 고객 가운데 같은 기간에 주문한 고객의 비율. 나누어 볼 때는 같은 날, 같은 채널 등에서 둘"
        " 다 한 고객."
    ),
    meaning_en=(
        "People with a touch in the period who placed an order in it ÷ people with a touch in it. Split by day,"
        " channel and so on: who did both there."
    ),
    by=(*TIMES, *PLACES, *GROUPS),
    expression=_expression,
)
