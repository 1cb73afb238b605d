"""At which step of a journey people leave it before its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    steps = facts.asked("stages")
    steps = steps.mutate(part=steps.journey)
    return facts.counted(steps, steps.is_left.sum(), steps.count(), series=steps.step)


METRIC = Metric(
    name="journey_drop_off",
    label_ko="여정 단계별 이탈",
    label_en="Journey drop-off",
    unit="share",
    meaning_ko=(
        "기간에 들어온 사람의 여정에서, 그 단계에 이른 가운데 그 단계에서 끝까지 가지 않고 나간 비율(목표를 이룬"
        " 것은 이탈이 아닙니다)."
    ),
    meaning_en=(
        "Of those who came into a journey in the period and reached a step: who left there before the end. Reaching"
        " the goal is no loss."
    ),
    by=("journey",),
    has_whole=False,
    expression=_expression,
)
