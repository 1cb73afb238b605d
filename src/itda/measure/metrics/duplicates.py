"""How many customers are estimated to be one more of somebody, by the matching, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    run = facts.latest(facts.parted(facts.asked("runs")))
    return facts.counted(run, run.duplicates.sum(), run.people.sum().fill_null(0))


METRIC = Metric(
    name="duplicates",
    label_ko="중복 고객 추정",
    label_en="Duplicates estimated",
    unit="share",
    meaning_ko=(
        "기간의 마지막 매칭에서 비교한 고객 가운데, 이미 있는 사람이 또 하나의 고객으로 있는 것으로 모델이 추정한 수의"
        " 비율. 매칭을 돌린 적이 없으면 값이 없습니다."
    ),
    meaning_en=(
        "Of the customers that the last matching of the period compared, how many its model estimates to be one more of"
        " somebody who is there already. Where nothing was matched there is no value."
    ),
    by=TIMES,
    expression=_expression,
)
