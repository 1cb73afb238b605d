"""What records must share to be looked at together: of every column its value, and shorter forms that survive slips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from itda.identity.match.columns import Column
from itda.identity.match.kinds.email import before_at
from itda.identity.match.kinds.phone import last_four
from itda.identity.match.kinds.postcode import area
from itda.identity.match.levels import Form, Hashes

_SPREAD = np.int64(-7_046_029_254_386_353_131)
_POSITIVE = np.int64(2**63 - 1)


class Key(NamedTuple):
    """One form of one column; of each record a number, -1 where it has none."""

    column: int
    form: str
    codes: Hashes
    leads: bool
    """Whether it may stand alone."""


def _whole(value: pl.Expr) -> pl.Expr:
    return value


def _reading(value: pl.Expr) -> pl.Expr:
    first = value.str.split("|").list.first()
    return pl.when(first.str.contains("*", literal=True)).then(None).otherwise(first)


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
    "phone": {"whole": _long, "last four": last_four},
    "email": {"whole": _whole, "before the @": before_at},
    "given_by_email": {}, "family_by_email": {},
    "code": {"whole": _whole},
    "address": {
        "whole": _whole,
        "number and road": _number_and_road,
    },
    "postcode": {"whole": _whole, "area": area},
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
        for form, shape in FORMS[column.kind].items():
            codes = np.append(column.values.form(shape), -1)[column.codes]
            if (codes >= 0).any():
                found.append(Key(at, form, codes, (column.kind, form) not in _NEVER_LEAD))
    return found


def both(one: Hashes, other: Hashes) -> Hashes:
    """The key of sharing two keys: one number of the two, hardly ever that of another two."""
    joined = ((one * _SPREAD) ^ other) & _POSITIVE
    joined[(one < 0) | (other < 0)] = -1
    return joined
