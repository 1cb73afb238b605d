"""How many of the pairs above the matching's threshold are one person, by what stewards said of them, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from itda.measure.definition import TIMES, Metric, Row
from itda.measure.interval import wilson

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    run = facts.latest(facts.parted(facts.asked("runs")))
    return facts.counted(run, run.checked_right.sum(), run.checked.sum().fill_null(0))


def _finish(rows: list[Row]) -> list[Row]:
    """With the interval of each share."""
    found = []
    for row in rows:
        low, high = wilson(row.n, row.d) if row.d else (None, None)
        found.append(msgspec.structs.replace(row, low=low, high=high))
    return found


METRIC = Metric(
    name="match_precision",
    label_ko="매칭 정밀도",
    label_en="Precision of matching",
    unit="share",
    meaning_ko=(
        "기간의 마지막 매칭까지 담당자가 판단한 쌍 가운데 매칭 기준을 넘는 것 중 같은 사람이라고 한 비율과 그 95 % 구간"
        "(Wilson 1927). 판단이 없으면 값이 없습니다."
    ),
    meaning_en=(
        "Of the pairs above the threshold of matching that stewards had decided by the last matching of the period, how"
        " many they said are one person, with its 95 % interval (Wilson 1927). Without a decision there is no value."
    ),
    by=TIMES,
    expression=_expression,
    finish=_finish,
)
