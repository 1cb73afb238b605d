from __future__ import annotations

from decimal import Decimal

from itda.messages.values import customer_values
from itda.profiles.view import Answers, TraitAnswer


def test_templates_see_opened_values_and_major_units_and_nothing_that_is_unknown() -> None:
    answers = Answers(
        declared=[TraitAnswer(name="name", kind="declared", value=b"sealed", is_sealed=True)],
        computed=[
            TraitAnswer(name="orders", kind="count", value=0),
            TraitAnswer(name="revenue", kind="sum", value=1999, unit="minor", currency="USD"),
            TraitAnswer(name="won", kind="sum", value=1999, unit="minor", currency="KRW"),
            TraitAnswer(name="last", kind="last", value=None),
            TraitAnswer(name="many", kind="top", value=[1], is_spilled=True),
        ],
    )
    assert customer_values(answers, lambda answer: f"opened {answer.name}") == {
        "name": "opened name",
        "orders": 0,
        "revenue": Decimal("19.99"),
        "won": Decimal(1999),
    }
