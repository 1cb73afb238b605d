"""Two records, one score: the same weights and comparisons as for millions, with the reasons said one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from itda.identity.match.columns import NAMES, SWAPPED, Column, agreement
from itda.identity.match.levels import UNKNOWN, Codes, Values
from itda.identity.match.scoring import Model, likelihoods, of_column
from itda.identity.match.weights import Weights

PRIOR, ORDER, HOUSEHOLD = "of two records taken at random", "names the other way round", "the same household"


class Reason(NamedTuple):
    """What one column says."""

    label: str
    said: str
    """How the two values agree, in words."""
    bits: float
    """For one person where above 0; twice the odds each."""


class Scored(NamedTuple):
    """Bits for and against two records being one person, and the reasons, which add up to them."""

    bits: float
    reasons: tuple[Reason, ...]


def score(one: Mapping[str, str], other: Mapping[str, str], weights: Weights) -> Scored:
    """Compare two records, by label of the evidence, in the forms that the kinds want; what is missing says nothing."""
    columns = _columns(one, other, weights)
    model = _model(columns, weights)
    left, right = np.array([0], np.int32), np.array([1], np.int32)
    agreed = agreement(columns, left, right)
    bits = float(likelihoods(columns, model, agreed, left).bits()[0])
    reasons = [Reason(PRIOR, "", float(np.log2(weights.person / (1 - weights.person - weights.household))))]
    for at, column in enumerate(columns):
        level = int(agreed.levels[at][0])
        if level != UNKNOWN:
            said = of_column(columns, model, agreed, left, at)
            found = float(said.person[0] - said.strangers[0]) / float(np.log(2))
            reasons.append(Reason(column.label, column.comparison.levels[level], found))
    if agreed.order[0] == SWAPPED:
        reasons.append(Reason(ORDER, "", float(np.log2(max(weights.swapped, 1e-6)))))
    rest = bits - sum(reason.bits for reason in reasons)
    reasons.append(Reason(HOUSEHOLD, "", min(rest, 0.0)))
    return Scored(bits, tuple(reasons))


def _columns(one: Mapping[str, str], other: Mapping[str, str], weights: Weights) -> list[Column]:
    names = [evidence.label for evidence in weights.evidence if evidence.kind in NAMES]
    shared = _values([record.get(label) for label in names for record in (one, other)])
    columns = []
    for evidence in weights.evidence:
        said = [one.get(evidence.label) or None, other.get(evidence.label) or None]
        values = shared if evidence.label in names else _values(said)
        columns.append(Column(evidence.label, evidence.kind, _codes(said, values), values))
    return columns


def _values(said: list[str | None]) -> Values:
    return Values(pl.Series(list(dict.fromkeys(text for text in said if text)), dtype=pl.String))


def _codes(said: list[str | None], values: Values) -> Codes:
    places = {text: at for at, text in enumerate(values.texts)}
    return np.array([places.get(text, -1) for text in said], np.int32)


def _model(columns: list[Column], weights: Weights) -> Model:
    labels = [evidence.label for evidence in weights.evidence]
    return Model(
        tuple(None if told.rests_on is None else labels.index(told.rests_on) for told in weights.evidence),
        tuple(np.array(told.person) for told in weights.evidence),
        tuple(np.array(told.household) for told in weights.evidence),
        tuple(np.array(told.strangers) for told in weights.evidence),
        tuple(
            np.array([told.frequent.get(text, told.rare) for text in column.values.texts] or [1.0])
            for told, column in zip(weights.evidence, columns, strict=True)
        ),
        person_share=weights.person, household_share=weights.household, swapped=weights.swapped,
    )  # fmt: skip
