"""Adding evidence up: bits for and against two records being one person, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from itda.identity.match.columns import SWAPPED, Agreement, Column, Rows
from itda.identity.match.levels import UNKNOWN

Logs: TypeAlias = npt.NDArray[np.float32]
Table: TypeAlias = npt.NDArray[np.float64]
"""Shares of levels; row 0 where the column it rests on differs or is not known, row 1 where that is the same."""


class Model(NamedTuple):
    """Weights in the form that arrays of pairs want; of each column one table or one list."""

    rests_on: tuple[int | None, ...]
    """The place of the column that makes this one less telling."""
    person: tuple[Table, ...]
    household: tuple[Table, ...]
    strangers: tuple[Table, ...]
    frequency: tuple[Table, ...]
    """Of each value the share of strangers who have it."""
    person_share: float
    household_share: float
    swapped: float


class Likelihoods(NamedTuple):
    """Natural logarithms, shares of the classes included."""

    person: Logs
    household: Logs
    strangers: Logs

    def bits(self) -> Logs:
        """The logarithm to base 2 of the odds that a pair is one person."""
        others = np.logaddexp(self.household, self.strangers)
        return ((self.person - others) / np.float32(np.log(2))).astype(np.float32)


def _padded(table: Table) -> Logs:
    logs = np.zeros((2, UNKNOWN + 1), np.float32)
    logs[:, : table.shape[1]] = np.log(np.maximum(table, 1e-12))
    return logs.reshape(-1)


def of_column(columns: Sequence[Column], model: Model, agreed: Agreement, left: Rows, at: int) -> Likelihoods:
    """Of each pair, by class, what one column says: 0 where a value is missing.

    Values that few strangers have weigh more (Winkler 2000, frequency-based matching).
    """
    rows, same, parent = agreed.levels[at].astype(np.int16), columns[at].comparison.same, model.rests_on[at]
    is_frequent = (agreed.levels[at] == same) & (columns[at].comparison.side is None)
    if parent is not None:
        under = agreed.levels[parent] == columns[parent].comparison.same
        rows += np.where(under, np.int16(UNKNOWN + 1), np.int16(0))
        is_frequent &= ~under
    strangers = _padded(model.strangers[at])[rows]
    where = np.flatnonzero(is_frequent)
    strangers[where] = np.log(model.frequency[at][columns[at].codes[left[where]]])
    household = _padded(model.household[at])[rows] if columns[at].comparison.is_shared else strangers
    return Likelihoods(_padded(model.person[at])[rows], household, strangers)


def likelihoods(columns: Sequence[Column], model: Model, agreed: Agreement, left: Rows) -> Likelihoods:
    """Of each pair, by class, everything together."""
    count = agreed.levels.shape[1]
    person = np.full(count, np.log(model.person_share), np.float32)
    household = np.full(count, np.log(max(model.household_share, 1e-300)), np.float32)
    strangers = np.full(count, np.log1p(-model.person_share - model.household_share), np.float32)
    for at in range(len(columns)):
        said = of_column(columns, model, agreed, left, at)
        person += said.person
        household += said.household
        strangers += said.strangers
    person[agreed.order == SWAPPED] += np.float32(np.log(max(model.swapped, 1e-6)))
    return Likelihoods(person, household, strangers)
