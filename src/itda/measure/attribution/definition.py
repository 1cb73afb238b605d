"""What a model of attribution is: how an order's worth is shared among the touches on its path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One model. The protocol of the parts in attribution/."""

    name: str
    label_ko: str
    label_en: str
    meaning_ko: str
    meaning_en: str
    credit: Callable[[Any, Any], Any]
    """(path, amount) → the whole number that a touch gets. `path.k` counts the order's touches from 1 to `path.of`."""
