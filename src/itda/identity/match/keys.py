"""What records must share to be looked at together: of every column its value, and shorter forms that survive slips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from itda.identity.match.columns import Column

Codes64: TypeAlias = npt.NDArray[np.int64]
Form: TypeAlias = Callable[[pl.Expr], pl.Expr]
_VALUE = pl.col("value")


class Key(NamedTuple):
    """One form of one column; of each record a number, -1 where it has none."""

    column: int
    form: str
    codes: Codes64
    leads: bool
    """Whether it may stand alone."""


def _whole(value: pl.Expr) -> pl.Expr:
    return value


def _reading(value: pl.Expr) -> pl.Expr:
    first = value.str.split("|").list.first()
    return pl.when(first.str.contains("*", literal=True)).then(None).otherwise(first)


def _digits(count: int) -> Form:
    return lambda value: pl.when(value.str.len_bytes() >= count).then(value.str.slice(-count))


def _long(value: pl.Expr) -> pl.Expr:
    return pl.when(value.str.len_bytes() > 4).then(value)  # noqa: PLR2004 - four digits are the end of a number


def _last_syllable(value: pl.Expr) -> pl.Expr:
    return pl.when(value.str.contains(" ")).then(value.str.split("|").list.first().str.split(" ").list.last())


def _consonants(value: pl.Expr) -> pl.Expr:
    return _reading(value).str.slice(0, 1) + _reading(value).str.slice(1).str.replace_all("[aeiouyhw ]", "")


def _number_and_road(value: pl.Expr) -> pl.Expr:
    return value.str.extract(r"(\d+)").fill_null("") + value.str.extract(r"([^\W\d]{3})")


_NAME: Mapping[str, Form] = {
    "whole": _reading,
    "first three letters": lambda value: _reading(value).str.slice(0, 3),
    "last syllable": _last_syllable,
}
FORMS: Mapping[str, Mapping[str, Form]] = {
    "given": _NAME,
    "family": {**_NAME, "consonants": _consonants},
    "birth": {
        "whole": _whole,
        "month and day": lambda value: pl.when(value.str.slice(4) != "0000").then(value.str.slice(4)),
        "year": lambda value: pl.when(value.str.slice(0, 4) != "0000").then(value.str.slice(0, 4)),
    },
    "phone": {"whole": _long, "last four": _digits(4)},
    "email": {"whole": _whole, "before the @": lambda value: value.str.split("@").list.first()},
    "code": {"whole": _whole},
    "address": {
        "whole": _whole,
        "number and road": _number_and_road,
    },
    "postcode": {"whole": _whole, "area": lambda value: value.str.slice(0, 3)},
    "place": {"whole": _whole},
    "category": {"whole": _whole},
    "text": {"whole": _whole},
}  # fmt: skip
"""By kind of column."""
_NEVER_LEAD = {("birth", "year"), ("category", "whole"), ("given", "last syllable"), ("family", "last syllable")}


def keys(columns: Sequence[Column]) -> list[Key]:
    """All keys of all columns."""
    found = []
    for at, column in enumerate(columns):
        values = pl.DataFrame({"value": pl.Series(column.values.texts.tolist(), dtype=pl.String)})
        for form, shape in FORMS[column.kind].items():
            shaped = values.select(shape(_VALUE).rank("dense").alias("key"))["key"].fill_null(0)
            of_value = np.append(shaped.to_numpy().astype(np.int64) - 1, -1)
            codes = of_value[column.codes]
            if (codes >= 0).any():
                found.append(Key(at, form, codes, (column.kind, form) not in _NEVER_LEAD))
    return found


def both(one: Codes64, other: Codes64) -> Codes64:
    """The key of sharing two keys."""
    joined = one * (int(other.max(initial=0)) + 1) + other
    joined[(one < 0) | (other < 0)] = -1
    return joined
