"""Where people stop on the way from looking to buying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure import funnel
from itda.measure.definition import FUNNEL, GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    stages = funnel.reached(facts)
    lost = []
    for name, here, onward in zip(facts.parameters.funnel, stages, [*stages[1:], None], strict=True):
        if onward is None:
            lost.append(facts.counted(here, 0, here.count(), series=name))
            continue
        later = onward.select(in_part=onward.part, who=onward.customer)
        both = here.left_join(later, [here.part == later.in_part, here.customer == later.who])
        lost.append(facts.counted(both, both.count() - both.who.count(), both.count(), series=name))
    return facts.together(*lost)


METRIC = Metric(
    name="stage_drop_off",
    label_ko="단계별 이탈",
    label_en="Stage drop-off",
    unit="share",
    meaning_ko=(
        "구매 단계(보기, 담기, 결제 시작, 주문)마다, 시간 순서대로 그 단계에 이른 고객 가운데 다음 단계에 이르지"
        " 않은 고객의 비율."
    ),
    meaning_en=(
        "For each stage of buying (looked, put into the cart, began to pay, ordered): of the people who reached it"
        " in order of time, those who did not reach the next."
    ),
    by=(*TIMES, *PLACES, *GROUPS),
    series=FUNNEL,
    expression=_expression,
)
