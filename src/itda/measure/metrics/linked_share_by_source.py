"""How much of what each source told is tied to somebody known, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import Metric
from itda.measure.metrics.linked_share import linked

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    seen = linked(facts)
    return facts.counted(seen, seen.who.count(), seen.count(), series=seen.source)


METRIC = Metric(
    name="linked_share_by_source",
    label_ko="소스별 식별 연결률",
    label_en="Linked share by source",
    unit="share",
    meaning_ko="소스마다, 그 소스로 들어온 기간의 상호작용 가운데 알려진 식별자로 연결된 고객의 것의 비율.",
    meaning_en="Of each source: interactions of the period whose customer has a known identifier ÷ all it told.",
    by=("month", "week", "day"),
    adds_up=("month", "week", "day"),
    has_whole=False,
    expression=_expression,
)
