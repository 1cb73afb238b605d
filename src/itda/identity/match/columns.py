"""Records as columns of codes, and the levels at which pairs of records agree in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from itda.identity.match.kinds import COMPARISONS
from itda.identity.match.kinds.name import SHORT
from itda.identity.match.levels import UNKNOWN, Codes, Comparison, Levels, Values

Rows: TypeAlias = npt.NDArray[np.int32]
"""Places of records."""
NAMES = ("given", "family")
BY_EMAIL = {f"{kind}_by_email": kind for kind in NAMES}
"""Evidence from the e-mail address of a record that lacks a name, and which name."""
SWAPPED, STRAIGHT = 0, 1
_ALIKE = 2
"""From this level on a name across is one that was swapped."""


class Column(NamedTuple):
    """One column: of every record the place of its value, -1 where it has none."""

    label: str
    kind: str
    codes: Codes
    values: Values
    """Shared by the given and the family name, so that their codes can be compared."""

    @property
    def comparison(self) -> Comparison:
        """How it is compared."""
        return COMPARISONS[self.kind]

    def counts(self) -> npt.NDArray[np.int64]:
        """How many records have each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))


class Agreement(NamedTuple):
    """The levels of pairs, a row a column; and whether the names of a pair were compared across."""

    levels: npt.NDArray[np.uint8]
    order: Levels
    """`STRAIGHT`, `SWAPPED`, or `UNKNOWN` where one of two names is missing."""

    def only(self, where: npt.NDArray[np.generic]) -> Agreement:
        """That of some of the pairs."""
        return Agreement(self.levels[:, where], self.order[where])


def compared(comparison: Comparison, values: Values, left: Codes, right: Codes) -> Levels:
    """The levels of pairs of values; each two distinct values are compared once, whichever comes first."""
    levels = np.full(len(left), UNKNOWN, np.uint8)
    known = (left >= 0) & (right >= 0)
    if comparison.side is not None:
        side = values.number(comparison.side)
        known &= side[left] != side[right]
    levels[known & (left == right)] = comparison.same
    at = np.flatnonzero(known & (left != right))
    if len(at):
        low, high = np.minimum(left[at], right[at]), np.maximum(left[at], right[at])
        once, back = np.unique(low.astype(np.int64) * len(values) + high, return_inverse=True)
        low, high = (once // len(values)).astype(np.int32), (once % len(values)).astype(np.int32)
        used, places = np.unique(np.concatenate([low, high]), return_inverse=True)
        low, high = np.split(places.astype(np.int32), 2)
        levels[at] = comparison.unequal(values.only(used), low, high)[back]
    return levels


def agreement(columns: Sequence[Column], left: Rows, right: Rows) -> Agreement:
    """At which levels each pair of records agrees."""
    levels = np.empty((len(columns), len(left)), np.uint8)
    for at, column in enumerate(columns):
        levels[at] = compared(column.comparison, column.values, column.codes[left], column.codes[right])
    order = _across(columns, left, right, levels)
    _beside(columns, levels)
    return Agreement(levels, order)


def _beside(columns: Sequence[Column], levels: npt.NDArray[np.uint8]) -> None:
    """What an address says of a name counts once: not where the addresses agree, and for a hidden name in its place."""
    mails = [at for at, column in enumerate(columns) if column.kind == "email"]
    for at, column in enumerate(columns):
        if column.kind not in BY_EMAIL:
            continue
        said = levels[at]
        for mail in mails:
            said[(levels[mail] > 0) & (levels[mail] != UNKNOWN)] = UNKNOWN
        for own, other in enumerate(columns):
            if other.kind == BY_EMAIL[column.kind]:
                levels[own, (said == column.comparison.same) & (levels[own] == SHORT)] = UNKNOWN


def _across(columns: Sequence[Column], left: Rows, right: Rows, levels: npt.NDArray[np.uint8]) -> Levels:
    """Compare given with family names where neither agrees with its own kind, and keep what is better."""
    places = [at for at, column in enumerate(columns) if column.kind in NAMES]
    order = np.full(len(left), UNKNOWN, np.uint8)
    if len(places) != len(NAMES):
        return order
    own, other = places
    order[(levels[own] != UNKNOWN) & (levels[other] != UNKNOWN)] = STRAIGHT
    at = np.flatnonzero((levels[own] < _ALIKE) & (levels[other] < _ALIKE))
    if not len(at):
        return order
    one, two = columns[own], columns[other]
    across = compared(one.comparison, one.values, one.codes[left[at]], two.codes[right[at]])
    back = compared(two.comparison, one.values, two.codes[left[at]], one.codes[right[at]])
    is_swapped = (across >= _ALIKE) & (back >= _ALIKE)
    found = at[is_swapped]
    levels[own, found], levels[other, found] = across[is_swapped], back[is_swapped]
    order[found] = SWAPPED
    return order
