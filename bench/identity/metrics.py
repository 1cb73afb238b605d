"""How right a matcher is: pairs it scored, and the customers it ended with. Pure; counted, never enumerated.

Four figures a tool, as its authors and ours use the words:

- scored pairs: the pairs a matcher itself says are one person, before it draws conclusions from them;
- cluster: all pairs of records that it ended up putting together (what follows from its pairs included);
- B-cubed: precision and recall of the cluster of each record, averaged over records (Bagga and Baldwin 1998), which
  lets a large person count as often as it has records and not as often as it has pairs;
- exact: clusters that are somebody's records, all of them and no others (of clusters of two and more).

Clusters are counted by their overlaps with the true ones (Hubert and Arabie 1985): a cluster of n records holds
n(n-1)/2 pairs, so the work grows with the records and not with the pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple

Clusters = Mapping[str, Hashable]
"""The cluster of every record, by the record's id."""


class Score(NamedTuple):
    """Shares from 0 to 1. Who claims nothing claims nothing wrong: precision 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean; 0 when both are."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    @staticmethod
    def of(hits: float, claimed: float, true: float) -> Score:
        """From counts: what is right, what was claimed, what is true."""
        return Score(hits / claimed if claimed else 1.0, hits / true if true else 1.0)


def pairs_of(records: int) -> int:
    """How many pairs so many records make."""
    return records * (records - 1) // 2


def completed(truth: Clusters, found: Clusters) -> dict[str, Hashable]:
    """A cluster for every record of the truth: one that the matcher does not name is alone.

    Raises:
        ValueError: the matcher names a record that is not there.
    """
    strange = next((record for record in found if record not in truth), None)
    if strange is not None:
        raise ValueError(f"{strange!r} is no record of this set")
    return {record: found.get(record, ("alone", record)) for record in truth}


class Overlaps:
    """Sizes of the true clusters, of those found, and of what each two have in common."""

    def __init__(self, truth: Clusters, found: Clusters) -> None:
        given = completed(truth, found)
        self.records = len(truth)
        self.true = Counter(truth.values())
        self.found = Counter(given.values())
        self.common = Counter((truth[record], given[record]) for record in truth)

    def pairs(self) -> Score:
        """Of all pairs of records put together."""
        return Score.of(*(sum(map(pairs_of, sizes.values())) for sizes in (self.common, self.found, self.true)))

    def b_cubed(self) -> Score:
        """Of the cluster of each record, averaged over records."""
        if not self.records:
            return Score(1.0, 1.0)
        precision = sum(both * both / self.found[found] for (_, found), both in self.common.items())
        recall = sum(both * both / self.true[true] for (true, _), both in self.common.items())
        return Score(precision / self.records, recall / self.records)

    def exact(self) -> Score:
        """Of clusters of two and more: those that are somebody's records, all of them and no others."""
        hits = sum(
            both == self.true[true] == self.found[found] for (true, found), both in self.common.items() if both > 1
        )
        return Score.of(hits, *(sum(size > 1 for size in sizes.values()) for sizes in (self.found, self.true)))


def scored_pairs(truth: Clusters, pairs: Iterable[tuple[str, str]]) -> Score:
    """Of the pairs a matcher says are one person; each counts once, whichever end comes first.

    Raises:
        KeyError: a pair names a record that is not there.
    """
    each = {(min(a, b), max(a, b)) for a, b in pairs if a != b}
    hits = sum(truth[a] == truth[b] for a, b in each)
    return Score.of(hits, len(each), sum(map(pairs_of, Counter(truth.values()).values())))
