"""What was learnt: how often pairs of one person, of one household and of strangers agree at each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from itda.identity.match.columns import Column
from itda.identity.match.kinds import COMPARISONS
from itda.identity.match.scoring import Model, Table

_MOST_FREQUENT = 20_000


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The weights of one column. Shares 0 to 1; the rows of each table: the column it rests on differs, is the same."""

    label: str
    kind: str
    rests_on: str | None = None
    """The label of a column whose sameness makes this one less telling: the city under the postcode."""
    person: tuple[tuple[float, ...], tuple[float, ...]]
    """Share of each level among pairs of one person (Fellegi and Sunter's m)."""
    household: tuple[tuple[float, ...], tuple[float, ...]]
    strangers: tuple[tuple[float, ...], tuple[float, ...]]
    """Among strangers (their u)."""
    frequent: Mapping[str, float] = {}
    """Of common values, the share of other people who have it; any other value: `rare`."""
    rare: float = 1e-6


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """All that a score needs."""

    records: int
    """Of how many records it was learnt."""
    person: float
    """The share of pairs that are one person, of all pairs of records."""
    household: float
    swapped: float
    """The share of pairs of one person whose given and family names were swapped."""
    threshold: float
    """Bits from which on two records are taken for one person."""
    evidence: tuple[Evidence, ...]


def weights_of(columns: Sequence[Column], model: Model, records: int, threshold: float) -> Weights:
    """What was learnt on columns, in a form to keep."""
    evidence = []
    for at, column in enumerate(columns):
        frequency, rests_on = model.frequency[at], model.rests_on[at]
        rare = float(frequency.min(initial=1.0))
        common = np.flatnonzero((frequency > 2 * rare) & (column.comparison.side is None))
        common = common[np.argsort(-frequency[common], kind="stable")][:_MOST_FREQUENT]
        evidence.append(
            Evidence(
                label=column.label, kind=column.kind,
                rests_on=None if rests_on is None else columns[rests_on].label,
                person=_rows(model.person[at]), household=_rows(model.household[at]),
                strangers=_rows(model.strangers[at]), rare=rare,
                frequent=dict(zip(column.values.texts[common], frequency[common].tolist(), strict=True)),
            )
        )  # fmt: skip
    return Weights(
        records=records, person=model.person_share, household=model.household_share, swapped=model.swapped,
        threshold=threshold, evidence=tuple(evidence),
    )  # fmt: skip


def _rows(table: Table) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(table[0].tolist()), tuple(table[1].tolist())


def from_splink(saved: Mapping[str, Any], kinds: Mapping[str, str], threshold: float = 0.0) -> Weights:
    """Weights that Splink 5 trained: its saved model (`save_model_to_json`), and the kind of each of its comparisons.

    `kinds` is by `output_column_name`. Splink's levels stand best first, ours worst first; where it has fewer, a share
    is divided among ours of the same rank, which leaves their ratios as they are. Splink knows no households.

    Raises:
        KeyError: a comparison without a kind, or a kind that is not there.
    """
    evidence = []
    for comparison in saved["comparisons"]:
        label = str(comparison["output_column_name"])
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")][::-1]
        count = len(COMPARISONS[kinds[label]].levels)
        rank = [round(at * (len(levels) - 1) / (count - 1)) for at in range(count)]
        person, strangers = (
            tuple(float(levels[at][share]) / rank.count(at) for at in rank)
            for share in ("m_probability", "u_probability")
        )
        evidence.append(
            Evidence(label=label, kind=kinds[label], person=(person, person), household=(strangers, strangers),
                     strangers=(strangers, strangers), rare=strangers[-1])
        )  # fmt: skip
    return Weights(
        records=0, person=float(saved["probability_two_random_records_match"]), household=0.0, swapped=0.01,
        threshold=threshold, evidence=tuple(evidence),
    )  # fmt: skip
