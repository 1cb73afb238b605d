"""What a journey brought that would not have come by itself: those treated held against those held out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import Metric, Row
from itda.measure.interval import newcombe

if TYPE_CHECKING:
    from itda.measure.facts import Facts

TREATED, HOLDOUT, DIFFERENCE, ATTRIBUTED = "treated", "holdout", "difference", "attributed"


def _expression(facts: Facts) -> Any:
    travels = facts.asked("travels")
    people = travels.group_by("journey", "arm", "unit").aggregate(
        reached=travels.is_goal.cast("int64").max(), after=travels.is_goal_after_message.cast("int64").max()
    )
    people = people.mutate(part=people.journey)
    treated = people.filter(people.arm == TREATED)
    return facts.together(
        facts.counted(people, people.reached.sum(), people.count(), series=people.arm),
        facts.counted(treated, treated.after.sum(), treated.count(), series=ATTRIBUTED),
    )


def _finish(rows: list[Row]) -> list[Row]:
    """Beside the arms of each journey their difference and its interval."""
    arms = {(row.part, row.series): row for row in rows}
    found = list(rows)
    for part in dict.fromkeys(row.part for row in rows):
        treated, held = arms.get((part, TREATED)), arms.get((part, HOLDOUT))
        if treated is None or held is None:
            continue
        between = newcombe(treated.n, treated.d or 0, held.n, held.d or 0)
        if between is not None:
            found.append(
                Row(series=DIFFERENCE, part=part, n=treated.n + held.n, d=(treated.d or 0) + (held.d or 0),
                    value=between.value, low=between.low, high=between.high)
            )  # fmt: skip
    return found


METRIC = Metric(
    name="holdout_difference",
    label_ko="보류군 대비 차이",
    label_en="Difference to the holdout",
    unit="share",
    meaning_ko=(
        "기간에 여정에 들어온 사람 가운데 목표를 이룬 비율을, 대상군과 아무것도 보내지 않은 보류군으로 나누어 그"
        " 차이와 95 % 구간(Newcombe 1998)으로 말합니다. 옆의 기여도는 메시지 뒤에 목표를 이룬 대상군의 비율로,"
        " 저절로 왔을 사람도 들어 있습니다."
    ),
    meaning_en=(
        "Of the people who came into a journey in the period, who reached its goal: those treated, those held out"
        " and sent nothing, and the difference with its 95 % interval (Newcombe 1998). `attributed` beside it is"
        " the share of those treated who reached the goal after a message, which counts those who would have come"
        " anyway."
    ),
    by=("journey",),
    has_whole=False,
    series=(TREATED, HOLDOUT, DIFFERENCE, ATTRIBUTED),
    expression=_expression,
    finish=_finish,
)
