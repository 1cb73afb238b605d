"""One run of a match: from files to clusters, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from itda.engine.matching import decisions, preparing, reading, understanding
from itda.identity.match import blocking, clusters, learning, precision
from itda.identity.match.columns import Agreement, Column, Rows, agreement
from itda.identity.match.decided import Pair, pinned
from itda.identity.match.inference import Guess
from itda.identity.match.keys import Key, keys
from itda.identity.match.levels import Floats, Mask
from itda.identity.match.scoring import Model, likelihoods
from itda.identity.match.weights import Weights, weights_of

Step = Callable[[str], None]
May = Callable[[Rows, Rows], Mask]
"""Which pairs of records may be of one person, whatever their likeness."""
TARGET = 0.99
"""The precision that is asked of the pairs put together, unless another is given."""
_SEED_PAIRS, _LEARN_PAIRS = 50_000, 150_000
_MANY, _SEEDS_OF_MANY = 200_000, 8
_FEW = 1_500
"""So few records are all compared with each other."""
_PORTION = 2_000_000


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What a match found. Shares 0 to 1."""

    records: int
    clusters: int
    joined: int
    """Records that are not alone."""
    largest: int
    pairs_compared: int
    pairs_joined: int
    precision: float | None
    """Of the pairs put together, the share that is estimated to be right; None where none were."""
    recall: float
    """Of the pairs of one person, the share that is estimated to be put together."""
    threshold_bits: float
    columns: Mapping[str, str]
    """What each column was taken for."""
    reasons: Mapping[str, str]
    rules: tuple[str, ...]
    """What records had to share to be compared."""


class Found(msgspec.Struct, frozen=True):
    """The clusters by record, the summary, and the weights."""

    frame: pl.DataFrame
    summary: Matched
    weights: Weights
    """What was learnt, to score single records by."""


def match(
    sources: Sequence[reading.Source], id_column: str, *, latest: int, said: Mapping[str, str] | None = None,
    target: float = TARGET, must: Path | None = None, cannot: Path | None = None, step: Step = lambda _: None,
) -> Found:  # fmt: skip
    """Link and dedupe record files or frames.

    `said` maps columns to kinds; `latest` is the last year in which people were born.

    Raises:
        Refused: files that cannot be read, ids that are missing or not unique, no usable column, files of different
            countries, decisions that contradict each other.
    """
    step("Reading")
    frame, paths = reading.read(sources, id_column), reading.names(sources)
    understanding.require_two(frame, paths)
    decided = decisions.read(must, cannot, frame)
    guesses = understanding.understood(frame, said or {})
    understanding.require_one_country(frame, guesses, paths)
    step("Preparing")
    columns = preparing.columns(frame, {name: guess.kind for name, guess in guesses.items()}, latest)
    understanding.require_usable(columns, paths, guesses)
    found = pairs(columns, frame.height, step)
    step("Clustering")
    labels, threshold, estimated = _clustered(columns, found, frame.height, decided, target)
    weights = weights_of(columns, found.model, frame.height, threshold)
    return Found(_named(frame, labels, paths), _summary(guesses, found, labels, threshold, estimated), weights)


def _clustered(
    columns: Sequence[Column], found: Pairs, records: int, decided: tuple[list[Pair], list[Pair]], target: float
) -> tuple[clusters.Labels, float, float]:
    left, right, bits = pinned(found.left, found.right, found.bits, records, *decided)
    strong = (bits > clusters.LEAST) | (bits <= -clusters.PINNED)
    left, right, bits = left[strong], right[strong], bits[strong]

    def score(one: Rows, two: Rows) -> Floats:
        return scored(columns, found.model, one, two)

    drawn = clusters.clusters(records, left, right, bits, score, 0.0)
    threshold, estimated = precision.threshold(drawn.joins, target)
    if threshold > 0:
        drawn = clusters.clusters(records, left, right, bits, score, threshold)
    return drawn.labels, threshold, estimated


def _summary(
    guesses: Mapping[str, Guess], found: Pairs, labels: clusters.Labels, threshold: float, estimated: float
) -> Matched:
    records = len(labels)
    sizes = np.bincount(labels, minlength=records).astype(np.int64)
    joined = int((sizes * (sizes - 1) // 2).sum())
    expected = found.model.person_share * records * (records - 1) / 2 / max(found.recall, 0.01)
    return Matched(
        records=records, clusters=int((sizes > 0).sum()), joined=int(sizes[sizes > 1].sum()), largest=int(sizes.max()),
        pairs_compared=len(found.left), pairs_joined=joined, precision=estimated if joined else None,
        recall=min(1.0, joined * estimated / max(expected, 1e-9)) if joined else 0.0, threshold_bits=threshold,
        columns={name: guess.kind for name, guess in guesses.items()},
        reasons={name: guess.why for name, guess in guesses.items()}, rules=found.rules,
    )  # fmt: skip


class Pairs(msgspec.Struct):
    """Candidate pairs of records with their bits, and what was learnt."""

    left: Rows
    right: Rows
    bits: Floats
    model: Model
    recall: float
    """The share of the pairs of one person that are estimated to be among the candidates."""
    rules: tuple[str, ...]


def budget(records: int) -> float:
    """How many pairs may be compared."""
    return min(1_000_000, 60 * records) + 4 * records


def _any(left: Rows, _: Rows) -> Mask:
    return np.ones(len(left), bool)


def pairs(columns: Sequence[Column], records: int, step: Step, may: May = _any, total: float | None = None) -> Pairs:
    """Choose which records are compared, and learn from them how much each agreement tells.

    `may` leaves out pairs that are of two persons for certain, so that they are neither compared nor learnt from;
    `total` is how many it leaves of all.
    """
    total = records * (records - 1) / 2 if total is None else total
    chance = learning.by_chance(columns, records)
    if records <= _FEW:
        one, two = np.triu_indices(records, 1)
        pairs = one.astype(np.int64) * records + two
        rules: tuple[str, ...] = ("all pairs",)
        recall = 1.0
    else:
        step("Choosing pairs")
        forms = keys(columns)
        found = blocking.rules(forms, records)
        allowed = budget(records)
        seeded = blocking.seeds(found, allowed / 3, _SEEDS_OF_MANY if records > _MANY else len(found))
        pairs = blocking.once([blocking.of(forms, rule, records) for rule in seeded])
        left, right, share = _probable(columns, _only(*_rows(pairs, records), may), total, chance)
        choice = blocking.chosen(found, forms, left, right, share, allowed)
        pairs = blocking.once([blocking.of(forms, rule, records) for rule in choice.rules])
        recall, rules = choice.recall, tuple(_spoken(rule, forms, columns) for rule in choice.rules)
    left, right = _only(*_rows(pairs, records), may)
    step("Comparing")
    agreed = _agreed(columns, left, right)
    step("Learning")
    model = _learnt(columns, agreed, left, right, total, chance, _LEARN_PAIRS)
    return Pairs(left, right, likelihoods(columns, model, agreed, left).bits(), model, recall, rules)


def _rows(pairs: npt.NDArray[np.int64], records: int) -> tuple[Rows, Rows]:
    return (pairs // records).astype(np.int32), (pairs % records).astype(np.int32)


def _only(left: Rows, right: Rows, may: May) -> tuple[Rows, Rows]:
    allowed = may(left, right)
    return left[allowed], right[allowed]


def _spoken(rule: blocking.Rule, forms: Sequence[Key], columns: Sequence[Column]) -> str:
    said = [(columns[forms[at].column].label, forms[at].form) for at in rule.keys]
    return " and ".join(label if form == "whole" else f"{label} ({form})" for label, form in said)


def _probable(
    columns: Sequence[Column], pairs: tuple[Rows, Rows], total: float, chance: learning.Chance
) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
    step = max(1, len(pairs[0]) // _SEED_PAIRS)
    left, right = pairs[0][::step], pairs[1][::step]
    agreed = agreement(columns, left, right)
    model = learning.learnt(columns, agreed, learning.Pairs(left, right, total, step), chance)
    share = 1 / (1 + np.exp2(-np.clip(likelihoods(columns, model, agreed, left).bits().astype(np.float64), -60, 60)))
    likely = share > 0.5  # noqa: PLR2004
    return left[likely], right[likely], share[likely]


def _learnt(
    columns: Sequence[Column],
    agreed: Agreement,
    left: Rows,
    right: Rows,
    total: float,
    chance: learning.Chance,
    most: int,
) -> Model:
    step = max(1, len(left) // most)
    some = np.arange(0, len(left), step)
    pairs = learning.Pairs(left[some], right[some], total, len(left) / max(len(some), 1))
    return learning.learnt(columns, agreed.only(some), pairs, chance)


def _agreed(columns: Sequence[Column], left: Rows, right: Rows) -> Agreement:
    parts = [
        agreement(columns, left[at : at + _PORTION], right[at : at + _PORTION])
        for at in range(0, max(len(left), 1), _PORTION)
    ]
    return Agreement(
        np.concatenate([part.levels for part in parts], axis=1), np.concatenate([part.order for part in parts])
    )


def scored(columns: Sequence[Column], model: Model, left: Rows, right: Rows) -> Floats:
    """The bits of evidence of any pairs of records."""
    return likelihoods(columns, model, agreement(columns, left, right), left).bits()


def _named(frame: pl.DataFrame, labels: npt.NDArray[np.int32], paths: Sequence[Path]) -> pl.DataFrame:
    """`id` and `cluster`, and where there are several files `file`; clusters are named by the first id in each."""
    ids = frame[reading.ID]
    named = pl.DataFrame({"id": ids, "cluster": ids.gather(labels.tolist() if len(labels) < 1 else pl.Series(labels))})
    if len(paths) > 1:
        names = pl.Series([path.name for path in paths])
        named = named.with_columns(names.gather(frame[reading.FILE].cast(pl.UInt32)).alias("file"))
        if ids.n_unique() != len(ids):
            first = pl.Series([f"{number + 1}:" for number in range(len(paths))]).gather(
                frame[reading.FILE].cast(pl.UInt32)
            )
            named = named.with_columns(cluster=(first + ids).gather(pl.Series(labels)))
    return named
