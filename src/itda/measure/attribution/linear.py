"""The same to every touch. What does not divide goes by single units to the earliest, so that nothing is lost."""

from __future__ import annotations

from typing import Any

from itda.measure.attribution.definition import Model


def _credit(path: Any, amount: Any) -> Any:
    left_over = amount.abs() % path.of
    even = ((amount.abs() - left_over) / path.of).cast("int64")  # exact: what is divided has no remainder
    return (even + (path.k <= left_over).cast("int64")) * amount.sign().cast("int64")


MODEL = Model(
    name="linear",
    label_ko="균등",
    label_en="Linear",
    meaning_ko=(
        "주문 전 기간의 모든 접점이 똑같이 나누어 받습니다. 나누어떨어지지 않는 최소 단위는 앞선 접점부터 하나씩"
        " 받습니다."
    ),
    meaning_en="Every touch within the window gets the same; units that do not divide go to the earliest, one each.",
    credit=_credit,
)
