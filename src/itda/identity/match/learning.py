"""Finding the weights without labels: expectation and maximisation over candidate pairs (Dempster, Laird, Rubin 1977).

What strangers share is counted on pairs drawn evenly from all, less what the pairs of one person add to it; the share
of one person's pairs is of all pairs, so that pairs that blocking left out count as strangers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from itda.identity.match.columns import BY_EMAIL, STRAIGHT, SWAPPED, Agreement, Column, Rows, agreement
from itda.identity.match.levels import UNKNOWN, Floats, Levels, Mask
from itda.identity.match.scoring import Likelihoods, Model, Table, likelihoods

_DRAWN, _DRAWN_OF_MANY, _SHARING = 400_000, 120_000, 30_000
_MANY = 200_000
_PEOPLE = 500.0
"""A short list is of people among at least so many: what two share there is not common for being half of it."""
_ROUNDS, _FEWEST_ROUNDS, _ENOUGH = 40, 6, 3e-4
_MAY_REST_ON = {
    "postcode": ("address",),
    "place": ("address", "postcode", "place"),
    "category": ("given", "postcode", "place"),
}
"""The town follows from the postcode, the sex from the given name. Such evidence must not count twice."""
_DEPENDS, _DEPENDS_RISE = 0.15, 3.0
"""A column rests on another where sharing that one makes it equal at least so often, and so many times as often."""
_FEWEST = 50
"""With fewer pairs to look at nothing is said to rest on anything."""


class Pairs(NamedTuple):
    """Candidate pairs; and how many pairs there are in all (those not compared included)."""

    left: Rows
    right: Rows
    total: float
    weight: float
    """How many candidates each of these stands for."""


def drawn(records: int) -> tuple[Rows, Rows]:
    """Pairs of records spread evenly over all pairs; the same for the same number of records."""
    most = _DRAWN if records < _MANY else _DRAWN_OF_MANY
    at = np.arange(min(most, records * max(records - 1, 1)), dtype=np.int64)
    left = at % records
    right = (left + 1 + (at * 2_654_435_761 >> 7) % max(records - 1, 1)) % records
    keep = left != right
    return left[keep].astype(np.int32), right[keep].astype(np.int32)


def shares(
    levels: npt.NDArray[np.uint8],
    count: int,
    prior: npt.NDArray[np.float64],
    weight: npt.NDArray[np.floating[Any]] | None = None,
) -> Table:
    """The share of each level among known ones, with a few pairs' worth of a prior."""
    known = levels != UNKNOWN
    counted = np.bincount(levels[known], None if weight is None else weight[known], minlength=count)[:count] + prior
    total: Table = counted / counted.sum()
    return total


class Sharing(NamedTuple):
    """Pairs of records that share the value of one column."""

    left: Rows
    agreed: Agreement


class Chance(NamedTuple):
    """How often pairs drawn at random agree, and on which column each one rests."""

    rests_on: tuple[int | None, ...]
    tables: tuple[Table, ...]
    sharing: dict[int, Sharing]


def by_chance(columns: Sequence[Column], records: int) -> Chance:
    """Count levels of pairs drawn at random, and find what rests on what."""
    left, right = drawn(records)
    agreed = agreement(columns, left, right)
    alone = [_alone(column, levels) for column, levels in zip(columns, agreed.levels, strict=True)]
    sharing: dict[int, Sharing] = {}
    rests_on, tables = [], []
    for at, column in enumerate(columns):
        found, table, shared = None, alone[at], _DEPENDS
        for parent in range(at):
            if columns[parent].kind not in _MAY_REST_ON.get(column.kind, ()):
                continue
            if parent not in sharing:
                sharing[parent] = _sharing(columns, parent)
            under = _under(columns, at, parent, sharing[parent], alone[at])
            if under is not None and under[-1] > shared and under[-1] > _DEPENDS_RISE * alone[at][-1]:
                found, table, shared = parent, under, float(under[-1])
        rests_on.append(found)
        tables.append(np.stack([alone[at], table]))
    return Chance(tuple(rests_on), tuple(tables), {at: sharing[at] for at in set(rests_on) if at is not None})


def _alone(column: Column, levels: npt.NDArray[np.uint8]) -> Table:
    """Equal values are counted exactly, other levels on pairs drawn."""
    size = column.comparison.same + 1
    table = shares(levels, size, np.full(size, 0.5))
    if column.comparison.side is not None:
        return table
    counts = column.counts().astype(np.float64)
    known = counts.sum()
    equal = max(float((counts * (counts - 1)).sum()) / max(known * (known - 1), 1), 1e-9)
    table[:-1] *= (1 - equal) / table[:-1].sum()
    table[-1] = equal
    return table


def _under(columns: Sequence[Column], at: int, parent: int, sharing: Sharing, prior: Table) -> Table | None:
    """Levels among pairs that share another column and nothing that tells persons apart."""
    if len(sharing.left) < _FEWEST:
        return None
    told = np.ones(len(sharing.left), bool)
    for other, column in enumerate(columns):
        if other not in {at, parent} and column.kind not in _MAY_REST_ON:
            told &= sharing.agreed.levels[other] != column.comparison.same
    return shares(sharing.agreed.levels[at][told], len(prior), prior * 5)


def _sharing(columns: Sequence[Column], at: int, most: int = _SHARING) -> Sharing:
    """Neighbours when ordered by the column."""
    codes = columns[at].codes
    order = np.argsort(codes, kind="stable").astype(np.int32)
    order = order[codes[order] >= 0]
    left, right = [], []
    for step in (1, 3):
        same = np.flatnonzero(codes[order[:-step]] == codes[order[step:]])
        same = same[:: max(1, len(same) * 2 // most)]
        left.append(order[same])
        right.append(order[same + step])
    one, two = np.concatenate(left), np.concatenate(right)
    return Sharing(one, agreement(columns, one, two))


def _first_guess(columns: Sequence[Column], chance: Chance, pairs: Pairs, equals: Sequence[_Equals]) -> Model:
    """Where learning begins: persons agree mostly, households in what they share, strangers by chance."""
    person, household, frequency = [], [], []
    for at, column in enumerate(columns):
        size = column.comparison.same + 1
        mostly = np.full(size, 0.2 / max(size - 1, 1))
        mostly[-1] = 0.8
        person.append(np.stack([mostly, mostly]))
        household.append(np.stack([mostly, mostly]) * 0.7 + chance.tables[at] * 0.3)
        frequency.append(equals[at].alone)
    start = min(0.3 * len(np.unique(pairs.left)) * pairs.weight / pairs.total, 0.3)
    kinds = [column.comparison for column in columns if column.kind not in BY_EMAIL]
    can_tell = sum(not kind.is_shared for kind in kinds) > 1 and sum(kind.is_shared for kind in kinds) > 1
    return Model(
        chance.rests_on, tuple(person), tuple(household), chance.tables, tuple(frequency),
        person_share=start, household_share=start * 0.1 if can_tell else 0.0, swapped=0.01,
    )  # fmt: skip


class _Equals:
    """The pairs that have one value of a column, by value."""

    def __init__(self, column: Column, levels: Levels, left: Rows) -> None:
        self.at = np.flatnonzero(levels == column.comparison.same)
        self.values, self.back = np.unique(column.codes[left[self.at]], return_inverse=True)
        counts = column.counts().astype(np.float64)
        self.counts, self.total = counts[self.values], max(float(counts.sum()), _PEOPLE)
        self.alone: Table = np.maximum(counts - 1, 0.5) / self.total

    def frequency(self, person: npt.NDArray[np.floating[Any]]) -> Table:
        """Of each value the share of strangers who have it: records less those of the same person.

        `person` says of each pair how likely it is one person.
        """
        matched = np.bincount(self.back, person[self.at], len(self.values))
        found = self.alone.copy()
        found[self.values] = np.maximum(self.counts - 1 - 2 * matched / self.counts, 0.5) / self.total
        return found


def learnt(
    columns: Sequence[Column], agreed: Agreement, pairs: Pairs, chance: Chance, begin: Model | None = None
) -> Model:
    """The weights that explain the candidate pairs best, from a first model on if there is one."""
    equals = [_Equals(column, levels, pairs.left) for column, levels in zip(columns, agreed.levels, strict=True)]
    model = begin or _first_guess(columns, chance, pairs, equals)
    for turn in range(_ROUNDS):
        found = likelihoods(columns, model, agreed, pairs.left)
        before, model = model, _maximised(columns, model, agreed, pairs, chance, found, equals)
        if abs(model.person_share - before.person_share) < _ENOUGH * before.person_share and turn > _FEWEST_ROUNDS:
            break
    return model


def _maximised(
    columns: Sequence[Column],
    model: Model,
    agreed: Agreement,
    pairs: Pairs,
    chance: Chance,
    found: Likelihoods,
    equals: Sequence[_Equals],
) -> Model:
    whole = np.logaddexp(np.logaddexp(found.person, found.household), found.strangers)
    person, household = np.exp(found.person - whole), np.exp(found.household - whole)
    person_share = max(float(person.sum(dtype=np.float64)) * pairs.weight / pairs.total, 1e-12)
    household_share = float(household.sum(dtype=np.float64)) * pairs.weight / pairs.total
    tables: list[list[Table]] = [[], [], [], []]
    strangers = {at: _strangers(columns, model, sharing) for at, sharing in chance.sharing.items()}
    for at, column in enumerate(columns):
        size, levels = column.comparison.same + 1, agreed.levels[at]
        parent = model.rests_on[at]
        under = None if parent is None else agreed.levels[parent] == columns[parent].comparison.same
        flat = np.full(size, 0.5 / size)
        tables[0].append(_split(levels, person, under, flat))
        tables[1].append(_split(levels, household, under, flat))
        left = _less(chance.tables[at][0], tables[0][-1][0], person_share)
        sharing = None if parent is None else chance.sharing[parent].agreed.levels[at]
        rest = left if parent is None or sharing is None else shares(sharing, size, left * 5, strangers[parent])
        tables[2].append(np.stack([left, rest]))
        tables[3].append(equals[at].frequency(person * pairs.weight))
    both = (agreed.order == SWAPPED) | (agreed.order == STRAIGHT)
    swapped = float(person[agreed.order == SWAPPED].sum() / max(person[both].sum(), 1.0))
    return Model(
        model.rests_on, tuple(tables[0]), tuple(tables[1]), tuple(tables[2]), tuple(tables[3]),
        person_share=person_share, household_share=household_share if model.household_share else 0.0,
        swapped=max(swapped, 1e-4),
    )  # fmt: skip


def _split(levels: Levels, weight: Floats, under: Mask | None, flat: Table) -> Table:
    """Shares of levels where the column it rests on differs, and where it is the same."""
    size = len(flat)
    if under is None:
        alone = shares(levels, size, flat, weight)
        return np.stack([alone, alone])
    alone = shares(levels[~under], size, flat, weight[~under])
    return np.stack([alone, shares(levels[under], size, alone * 5, weight[under])])


def _strangers(columns: Sequence[Column], model: Model, sharing: Sharing) -> Table:
    """Of pairs that share one column, how likely each is of strangers."""
    found = likelihoods(columns, model, sharing.agreed, sharing.left)
    whole = np.logaddexp(np.logaddexp(found.person, found.household), found.strangers)
    share: Table = np.exp(found.strangers - whole).astype(np.float64)
    return share


def _less(table: Table, person: Table, share: float) -> Table:
    """What strangers share: what pairs at random share, less the pairs of one person among them."""
    left = np.maximum(table - share * person, table * 0.02)
    rest: Table = left / left.sum()
    return rest
