"""What the matching finds among people: whom it would join, whom a steward should look at, and how sure it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from itda.base.errors import Fault, Refused
from itda.engine.matching import preparing, reading, run, understanding
from itda.engine.questions.matching_people import People
from itda.identity.match import calibration, clusters, precision, single
from itda.identity.match.calibration import Calibration
from itda.identity.match.columns import Column, Rows
from itda.identity.match.decided import pinned
from itda.identity.match.inference import IGNORED
from itda.identity.match.levels import Floats, Mask
from itda.identity.match.weights import Weights, weights_of
from itda.identity.policy import IdentityPolicy
from itda.identity.worth import worth

Step = Callable[[str], None]
MOST_TASKS, CHECKS = 1_000, 20
"""So many pairs are put up at most, those most worth a decision; and so many of those joined, drawn by hash."""
_OF_MANY = frozenset({"category", "text"})
"""Kinds of columns that say what sort of customer somebody is, not who."""
WHAT = {single.PRIOR: "prior", single.ORDER: "order", single.HOUSEHOLD: "household"}


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One part of the evidence as a task keeps it: no values."""

    label: str
    what: str
    """Empty for a value compared; else prior, order or household."""
    said: str
    bits: float


class Pair(msgspec.Struct, frozen=True):
    """Two people, by their places, and how probable it is that they are one, by model and decisions.

    `bits` are the model's own in what is asked (`Asked`), corrected by decisions in links.
    """

    one: int
    other: int
    bits: float
    probability: float


_Told = tuple[Literal["pair", "check"], Pair]


class Asked(msgspec.Struct, frozen=True):
    """A question for a steward."""

    kind: Literal["pair", "check"]
    pair: Pair
    worth: float
    evidence: list[Said]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Links and pairs are by the places of people."""

    version: str
    people: int
    pairs: int = 0
    duplicates: float = 0.0
    threshold: float | None = None
    precision: float | None = None
    links: list[Pair] = []
    labels: list[int] = []
    """Of each person the first of those it is joined with."""
    asked: list[Asked] = []
    above: int = 0
    """Pairs in the band for a steward, put up or not."""
    checked: int = 0
    checked_right: int = 0
    is_calibrated: bool = False
    weights: str = "{}"


class _Frame(NamedTuple):
    """People in the order in which they are compared."""

    raw: pl.DataFrame
    columns: list[Column]
    used: list[str]
    """The columns that are compared, as people's values name them."""
    place: list[int]
    """Of each row the place among people."""


def found(people: People, policy: IdentityPolicy, latest: int, step: Step = lambda _: None) -> Found:
    """Compare everybody. Where nothing tells people apart nothing is found; `latest` is the last year of birth.

    Raises:
        Refused: people cannot be compared, which says nothing of the links that were found before.
    """
    frame = _frame(people, latest)
    if frame is None:
        return Found(version=_version("", people), people=len(people.fragments))
    apart = _Apart(people, policy, frame.place)
    if not apart.together:
        return Found(version=_version("", people), people=len(people.fragments))
    told = run.pairs(frame.columns, len(frame.place), step, apart.may, apart.together)
    step("Linking")
    corrected = calibration.calibrated(people.decided)
    return _Comparing(people, policy, frame, apart, told, corrected).found()


def _frame(people: People, latest: int) -> _Frame | None:
    if len(people.fragments) < 2 or not people.values:  # noqa: PLR2004 - it takes two
        return None
    made = pl.DataFrame(people.values, schema=dict.fromkeys(people.values, pl.String))
    names = pl.Series("\0at", [fragment.hex() for fragment in people.fragments])
    try:
        raw = reading.read([made.with_columns(names)], "\0at")
        guesses = understanding.understood(raw, people.kinds)
    except Refused as refused:
        raise _unchanged(refused.faults[0].what) from refused
    kinds = {name: guess.kind for name, guess in guesses.items() if guess.kind not in _OF_MANY}
    columns = preparing.columns(raw, kinds, latest)
    if not understanding.is_usable(columns):
        if any(one.action == "likely" for one in people.steered):
            raise _unchanged("tells nobody apart any more, though links of the matching stand")
        return None
    used = [name for name, kind in kinds.items() if kind != IGNORED]
    place = {name: at for at, name in enumerate(names.to_list())}
    return _Frame(raw, columns, used, [place[name] for name in raw[reading.ID].to_list()])


def _unchanged(what: str) -> Refused:
    """That people cannot be compared is no finding: what was found before stands."""
    cure = "look at what traits your sources told of late; to take links back all the same: itda cut"
    return Refused(Fault(what=f"nothing was compared nor changed: what was said of people {what}", cure=cure))


class _Apart:
    """Who cannot be one customer whatever the evidence: a limit would keep them apart."""

    def __init__(self, people: People, policy: IdentityPolicy, place: list[int]) -> None:
        bounded = [kind for kind in policy.kinds if kind.name in people.bounded]
        self._most = [min(limit.most for limit in kind.bounds if not limit.window) for kind in bounded]
        counts = np.array([people.bounded[kind.name] for kind in bounded], np.int32).reshape(len(bounded), -1)
        kept = np.minimum(counts, np.array(self._most, np.int32).reshape(-1, 1))[:, place]
        self._kept, self._group, sizes = np.unique(kept, axis=1, return_inverse=True, return_counts=True)
        self._group = self._group.reshape(-1)
        groups = np.arange(len(sizes), dtype=np.int32)
        one, other = (side.ravel() for side in np.meshgrid(groups, groups))
        self._may = ~self._conflicting(one, other).reshape(len(sizes), len(sizes))
        ordered = np.outer(sizes, sizes).astype(float) - np.diag(sizes)
        self.together = float((ordered * self._may).sum() / 2)
        """How many pairs may be one customer."""

    def _conflicting(self, one: Rows, other: Rows) -> Mask:
        apart = np.zeros(len(one), bool)
        for counts, most in zip(self._kept, self._most, strict=True):
            apart |= (counts[one] > 0) & (counts[other] > 0) & (counts[one] + counts[other] > most)
        return apart

    def may(self, left: Rows, right: Rows) -> Mask:
        """Which of these pairs may."""
        found: Mask = self._may[self._group[left], self._group[right]]
        return found


class _Comparing:
    """One run at work."""

    def __init__(
        self,
        people: People,
        policy: IdentityPolicy,
        frame: _Frame,
        apart: _Apart,
        told: run.Pairs,
        corrected: Calibration,
    ) -> None:
        self._people, self._policy, self._frame, self._told = people, policy, frame, told
        self._apart, self._corrected = apart, corrected
        self._row = {place: row for row, place in enumerate(frame.place)}

    def _score(self, left: Rows, right: Rows) -> Floats:
        bits = self._corrected.bits(run.scored(self._frame.columns, self._told.model, left, right))
        return np.where(self._apart.may(left, right), bits, np.float32(-clusters.PINNED))

    def _candidates(self) -> tuple[Rows, Rows, Floats]:
        told, count = self._told, len(self._frame.place)
        bits = self._corrected.bits(told.bits)
        cut = [
            (min(rows), max(rows))
            for one in self._people.steered
            if one.action == "cannot" and one.one >= 0 and one.other >= 0 and one.one != one.other
            for rows in [(self._row[one.one], self._row[one.other])]
        ]
        left, right, bits = pinned(told.left, told.right, bits, count, [], cut)
        strong = (bits > clusters.LEAST) | (bits <= -clusters.PINNED)
        return left[strong], right[strong], bits[strong]

    def found(self) -> Found:
        """Everything."""
        matching, count = self._policy.matching, len(self._frame.place)
        left, right, bits = self._candidates()
        drawn = clusters.clusters(count, left, right, bits, self._score, 0.0)
        target = matching.join or run.TARGET
        threshold, estimated = precision.threshold(drawn.joins, target)
        is_reached = len(drawn.joins.bits) > 0 and estimated >= target
        labels = np.arange(count, dtype=np.int32)
        if matching.join is not None and is_reached:
            labels = clusters.clusters(count, left, right, bits, self._score, threshold).labels
        links = self._tree(labels, left, right, bits)
        band = self._band(labels, left, right, bits)
        weights = weights_of(self._frame.columns, self._told.model, count, threshold)
        evidence = [msgspec.structs.replace(one, frequent={}) for one in weights.evidence]
        kept = msgspec.json.encode(msgspec.structs.replace(weights, evidence=tuple(evidence))).decode()
        least = threshold if is_reached else np.inf
        corrected = self._corrected
        above = [one for one in self._people.decided if corrected.shift + corrected.slope * one.bits > least]
        place = self._frame.place
        return Found(
            version=_version(kept, self._people), people=count, pairs=len(self._told.left),
            duplicates=_expected(drawn.joins), threshold=float(threshold) if is_reached else None,
            precision=float(estimated) if is_reached else None, links=links,
            labels=[place[labels[self._row[at]]] for at in range(count)],
            asked=self._asked(links, band, weights), above=len(band), checked=len(above),
            checked_right=sum(one.is_same for one in above), is_calibrated=corrected.is_learnt, weights=kept,
        )  # fmt: skip

    def _pair(self, left: int, right: int, bits: float) -> Pair:
        """`bits` are corrected already."""
        place = self._frame.place
        return Pair(place[left], place[right], bits, float(1 / (1 + np.exp2(-np.clip(bits, -60, 60)))))

    def _tree(self, labels: npt.NDArray[np.int32], left: Rows, right: Rows, bits: Floats) -> list[Pair]:
        """The strongest links that hold each cluster together (Kruskal 1956)."""
        inside = np.flatnonzero((labels[left] == labels[right]) & (bits > clusters.LEAST))
        inside = inside[np.lexsort((right[inside], left[inside], -bits[inside]))]
        joined = Sets(len(labels))
        taken = [at for at in inside.tolist() if joined.join(int(left[at]), int(right[at]))]
        return [self._pair(int(left[at]), int(right[at]), float(bits[at])) for at in taken]

    def _band(self, labels: npt.NDArray[np.int32], left: Rows, right: Rows, bits: Floats) -> list[Pair]:
        """Pairs for a steward: probable enough, joined by nothing, kept apart by nobody."""
        least = self._policy.matching.review
        if least is None:
            return []
        from_bits = np.log2(least / (1 - least)) if 0 < least < 1 else np.inf if least else -np.inf
        at = np.flatnonzero((bits >= from_bits) & (bits > clusters.LEAST) & (labels[left] != labels[right]))
        return [self._pair(int(left[one]), int(right[one]), float(bits[one])) for one in at]

    def _asked(self, links: Iterable[Pair], band: list[Pair], weights: Weights) -> list[Asked]:
        checks = sorted(links, key=self._drawn)[:CHECKS]
        told: list[_Told] = [("check", pair) for pair in checks]  # all that were drawn, whatever they are worth
        told += sorted((("pair", pair) for pair in band), key=self._place)[:MOST_TASKS]
        return [self._question(kind, pair, weights) for kind, pair in sorted(told, key=self._place)]

    def _place(self, told: _Told) -> tuple[float, int, int]:
        kind, pair = told
        return -self._worth(kind, pair), pair.one, pair.other

    def _drawn(self, pair: Pair) -> bytes:
        """Chance that is the same in every run."""
        ends = sorted((self._people.fragments[pair.one], self._people.fragments[pair.other]))
        return hashlib.blake2b(b"".join(ends), digest_size=8).digest()

    def _worth(self, kind: str, pair: Pair) -> float:
        events, placed = self._people.events, self._people.orders
        return worth(
            kind, pair.probability, min(events[pair.one], events[pair.other]), min(placed[pair.one], placed[pair.other])
        )

    def _question(self, kind: Literal["pair", "check"], pair: Pair, weights: Weights) -> Asked:
        rows = self._row[pair.one], self._row[pair.other]
        scored = single.score(self._forms(rows[0]), self._forms(rows[1]), weights)
        made = Pair(pair.one, pair.other, scored.bits, self._corrected.probability(scored.bits))
        evidence = [
            Said("" if one.label in WHAT else one.label, WHAT.get(one.label, ""), one.said, one.bits)
            for one in scored.reasons
        ]
        return Asked(kind, made, self._worth(kind, made), evidence)

    def _forms(self, row: int) -> Mapping[str, str]:
        """A record in the forms that are compared."""
        return {
            column.label: column.values.texts[column.codes[row]]
            for column in self._frame.columns
            if column.codes[row] >= 0
        }


def _expected(joins: precision.Joins) -> float:
    """How many of these joins are expected to be right: so many customers are one too many."""
    bits, pairs = joins.bits.astype(np.float64), joins.pairs.astype(np.float64)
    return float(np.sum(1 / (1 + np.exp2(-np.clip(bits * np.sqrt(pairs), -60, 60)))))


def _version(weights: str, people: People) -> str:
    told = f"{weights}|{len(people.fragments)}|{len(people.decided)}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


class Sets:
    """Who hangs together (union-find, with paths halved)."""

    def __init__(self, count: int) -> None:
        self._root = list(range(count))

    def join(self, one: int, other: int) -> bool:
        """Put two together; False where they were."""
        one, other = self.of(one), self.of(other)
        self._root[max(one, other)] = min(one, other)
        return one != other

    def of(self, one: int) -> int:
        """The first of those it hangs together with."""
        root = self._root
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one
