"""Weights that Splink trained score records as ours do."""

from __future__ import annotations

import pytest

from itda.identity.match.single import score
from itda.identity.match.weights import from_splink

SAVED = {
    "probability_two_random_records_match": 1 / 1024,
    "comparisons": [
        {"output_column_name": "surname", "comparison_levels": [
            {"sql_condition": "surname_l IS NULL", "is_null_level": True},
            {"sql_condition": "surname_l = surname_r", "m_probability": 0.8, "u_probability": 0.05},
            {"sql_condition": "ELSE", "m_probability": 0.2, "u_probability": 0.95},
        ]},
        {"output_column_name": "sex", "comparison_levels": [
            {"sql_condition": "sex_l IS NULL", "is_null_level": True},
            {"sql_condition": "sex_l = sex_r", "m_probability": 0.98, "u_probability": 0.5},
            {"sql_condition": "ELSE", "m_probability": 0.02, "u_probability": 0.5},
        ]},
    ],
}  # fmt: skip
KINDS = {"surname": "family", "sex": "category"}


def test_weights_of_splink_give_the_bits_that_splink_gives() -> None:
    weights = from_splink(SAVED, KINDS)
    bits = {reason.label: reason.bits for reason in score({"surname": "kim", "sex": "f"}, {"surname": "kim", "sex": "m"}, weights).reasons}  # fmt: skip
    assert bits["surname"] == pytest.approx(4.0, abs=1e-3)
    assert bits["sex"] == pytest.approx(-4.644, abs=1e-3)
    assert bits["of two records taken at random"] == pytest.approx(-10, abs=0.01)


def test_a_comparison_of_splink_without_a_kind_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        from_splink(SAVED, {"surname": "family"})
