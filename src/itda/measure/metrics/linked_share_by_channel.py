"""How much of what happened on each channel is tied to somebody known, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import Metric
from itda.measure.metrics.linked_share import linked

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    seen = linked(facts)
    return facts.counted(seen, seen.who.count(), seen.count(), series=seen.channel)


METRIC = Metric(
    name="linked_share_by_channel",
    label_ko="채널별 식별 연결률",
    label_en="Linked share by channel",
    unit="share",
    meaning_ko="채널마다, 그 채널에서 있던 기간의 상호작용 가운데 알려진 식별자로 연결된 고객의 것의 비율.",
    meaning_en="Of each channel: interactions of the period whose customer has a known identifier ÷ all there were.",
    by=("month", "week", "day"),
    adds_up=("month", "week", "day"),
    has_whole=False,
    expression=_expression,
)
