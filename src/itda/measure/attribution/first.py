"""All to the first touch: what brought them."""

from __future__ import annotations

from typing import Any

from itda.measure.attribution.definition import Model


def _credit(path: Any, amount: Any) -> Any:
    return (path.k == 1).ifelse(amount, 0)


MODEL = Model(
    name="first",
    label_ko="첫 접점",
    label_en="First touch",
    meaning_ko="주문 전 기간의 첫 접점이 전부를 받습니다.",
    meaning_en="The first touch within the window gets all of it.",
    credit=_credit,
)
