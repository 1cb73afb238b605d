"""How many people there were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    seen = facts.parted(facts.asked("interactions"))
    return facts.counted(seen, seen.customer.nunique())


METRIC = Metric(
    name="customers",
    label_ko="고객",
    label_en="Customers",
    unit="count",
    meaning_ko="기간 안에 한 번이라도 상호작용이나 기록이 있는 고객 수. 공용 식별자와 차단된 값은 세지 않습니다.",
    meaning_en="People with at least one interaction or record in the period. Hubs and blocked values are no people.",
    by=(*TIMES, *PLACES, *GROUPS),
    expression=_expression,
)
