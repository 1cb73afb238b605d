"""Names in a file where Hangul and Latin spellings of Korean names stand side by side, as readings that meet."""

from __future__ import annotations

from collections import Counter

import polars as pl

from itda.identity.match.kinds.name import HIDDEN, OR
from itda.text import masks, names
from itda.text.families import DOUBLE
from itda.text.hangul import FIRST, LAST
from itda.text.readings import given_readings

_HANGUL = f"[{FIRST}-{LAST}]"
_FEW = 0.05
_MOST = 4
Halves = tuple[str, str]
"""Given and family name."""


def is_korean(*series: pl.Series) -> bool:
    """Whether a fair share of names is in Hangul."""
    known = sum(len(values) - values.null_count() for values in series)
    return sum(int(values.str.contains(_HANGUL).sum()) for values in series) > _FEW * max(known, 1)


def _halved(reading: str, family_length: int = 1) -> Halves:
    signs = reading.split()
    return " ".join(signs[family_length:]), " ".join(signs[:family_length])


def _hangul(text: str) -> Halves | None:
    name = names.normal(text)
    signs = masks.pattern(name)
    if not signs:
        return None
    cut = 2 if name[:2] in DOUBLE and len(name) > 2 else 1  # noqa: PLR2004
    return " ".join(signs[cut:]), " ".join(signs[:cut])


def parts(whole: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Given and family names as readings; of a Latin spelling first the reading that most names in Hangul here have."""
    counted = whole.drop_nulls().value_counts()
    hangul: dict[str, Halves] = {}
    often: Counter[Halves] = Counter()
    givens: Counter[str] = Counter()
    for text, count in counted.iter_rows():
        halves = _hangul(text)
        if halves is not None:
            hangul[text] = halves
            if HIDDEN not in "".join(halves):
                often[halves] += count
                givens[halves[0]] += count
    texts = counted[whole.name].to_list()
    found = [hangul[text] if text in hangul else _latin(text, often, givens) for text in texts]
    table = pl.DataFrame(
        {
            "text": texts,
            "given": [given or None for given, _ in found],
            "family": [family or None for _, family in found],
        },
        schema={"text": pl.String, "given": pl.String, "family": pl.String},
    )
    joined = pl.DataFrame({"text": whole}).join(table, on="text", how="left", maintain_order="left")
    return joined["given"], joined["family"]


def _latin(text: str, often: Counter[Halves], givens: Counter[str]) -> Halves:
    readings = [_halved(key) for key in names.keys(text)]
    if not readings:
        family, given = names.parts(text)
        return given, family
    order = sorted(range(len(readings)), key=lambda at: (-often[readings[at]], -givens[readings[at][0]], at))
    best = [readings[at] for at in order[:_MOST]]
    family = best[0][1]
    return OR.join(dict.fromkeys(given for given, _ in best)), OR.join(
        dict.fromkeys([family, *(one for _, one in best)])
    )


def single(values: pl.Series) -> pl.Series:
    """A given or a family name whose other half is missing."""
    distinct = values.drop_nulls().unique().to_list()
    read = [" ".join(masks.pattern(names.normal(text))) or OR.join(given_readings(names.normal(text))[:_MOST])
            or names.normal(text) for text in distinct]  # fmt: skip
    table = pl.DataFrame({"text": distinct, "read": read}, schema={"text": pl.String, "read": pl.String})
    return pl.DataFrame({"text": values}).join(table, on="text", how="left", maintain_order="left")["read"]
