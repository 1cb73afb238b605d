"""How often a channel helped an order along without being the last touch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    orders = facts.asked("orders")
    orders = facts.unsplit(orders) if facts.by == "channel" else facts.parted(orders)
    orders = orders.filter(orders.customer.notnull()).select("part", "number", "customer", "happened_at")
    path = facts.ranked(facts.before(orders, facts.touches()), "part", "number")
    path = path.filter(path.touched_at.notnull())
    helped = path.group_by("part", "number", "point").aggregate(is_assist=path.k.max() < path.of.max())
    if facts.by == "channel":
        helped = helped.mutate(part=helped.point)
    return facts.counted(helped, helped.is_assist.sum())


METRIC = Metric(
    name="assists",
    label_ko="기여(어시스트)",
    label_en="Assists",
    unit="count",
    meaning_ko="채널이 주문 전 경로에 있었지만 마지막 접점의 채널은 아니었던 횟수. 주문마다 채널별로 한 번 셉니다.",
    meaning_en=(
        "How often a channel was on the path to an order while the last touch was on another: once for each order"
        " and channel. Split by channel, it is the channel that helped."
    ),
    by=("channel", *TIMES, "store", *GROUPS),
    adds_up=("channel", *TIMES, "store"),
    expression=_expression,
)
