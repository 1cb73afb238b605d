"""All to the last touch: what closed it."""

from __future__ import annotations

from typing import Any

from itda.measure.attribution.definition import Model


def _credit(path: Any, amount: Any) -> Any:
    return (path.k == path.of).ifelse(amount, 0)


MODEL = Model(
    name="last",
    label_ko="마지막 접점",
    label_en="Last touch",
    meaning_ko="주문 직전의 접점이 전부를 받습니다.",
    meaning_en="The last touch before the order gets all of it.",
    credit=_credit,
)
