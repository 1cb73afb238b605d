"""How many of those met online bought in a shop thereafter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    chosen = facts.parameters
    told = facts.asked("interactions")
    online = facts.parted(told.filter(told.is_touch, told.customer.notnull(), told.channel.isin(chosen.online)))
    met = online.select("part", "customer", "happened_at")
    placed = facts.table("orders")
    placed = placed.filter(placed.channel.isin(chosen.in_store)).select(
        buyer=placed.customer, bought_at=placed.happened_at
    )
    went = met.inner_join(
        placed,
        [
            met.customer == placed.buyer,
            placed.bought_at > met.happened_at,
            placed.bought_at <= met.happened_at + chosen.window,
        ],
    )
    went = went.select(in_part=went.part, buyer=went.buyer).distinct()
    people = met.select("part", "customer").distinct()
    people = people.left_join(went, [people.part == went.in_part, people.customer == went.buyer])
    return facts.counted(people, people.buyer.count(), people.count())


METRIC = Metric(
    name="online_to_store_conversion",
    label_ko="온라인에서 매장으로의 전환율",
    label_en="Online to store conversion",
    unit="share",
    meaning_ko=(
        "기간에 온라인({online}) 접점이 있는 고객 가운데, 그 뒤 {days}일 안에 매장({in_store})에서 주문한 고객의 비율."
    ),
    meaning_en=(
        "People with an online touch ({online}) in the period who bought in a shop ({in_store}) within {days} days"
        " after it ÷ people with an online touch in it."
    ),
    by=(*TIMES, *PLACES, *GROUPS),
    expression=_expression,
)
