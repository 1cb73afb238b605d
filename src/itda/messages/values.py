"""A customer's answers as templates see them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from itda.base import money
from itda.profiles.view import Answers, TraitAnswer


def customer_values(answers: Answers, opened: Callable[[TraitAnswer], Any]) -> dict[str, Any]:
    """Trait → value for a `View`: sealed ones opened by whoever may, money in major units, what is unknown left out."""
    found = {}
    for answer in (*answers.declared, *answers.computed):
        value = opened(answer) if answer.is_sealed else answer.value
        if answer.unit == "minor" and isinstance(value, int):
            value = Decimal(value).scaleb(-money.digits(answer.currency))
        if value is not None and not answer.is_spilled:
            found[answer.name] = value
    return found
