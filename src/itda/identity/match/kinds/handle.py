"""The given or family name of one record, against the e-mail address of another that lacks it.

A value is a name in the form of `name`; or, of a record without it, what its address says: `@`, the letters of the
local part, and after `|` what they may be read as in Korean, `@minsukim|gim min su`. Two names, and two addresses, say
nothing of each other here: they are compared as what they are.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import Postfix, Prefix

from itda.identity.match.kinds.name import OR
from itda.identity.match.levels import Codes, Comparison, Levels, Unequal, Values, raised
from itda.text.readings import initial

_SAYS = "@"
LEVELS = ("not in it", "its first letter", "in it")
_FIRST, _INSIDE = 1, 2
_SHORTEST = 3
"""Fewer letters stand at the end of many a local part by chance."""


def _is_address(value: pl.Expr) -> pl.Expr:
    return value.str.starts_with(_SAYS)


def _is_read(value: pl.Expr) -> pl.Expr:
    return value.str.contains(OR, literal=True)


def _letters(value: pl.Expr) -> pl.Expr:
    return value.str.strip_prefix(_SAYS).str.extract(r"^([^|]*)").str.replace_all(r"[ \-]", "")


def _begin(value: pl.Expr) -> pl.Expr:
    return _letters(value).str.slice(0, 1)


def _end(value: pl.Expr) -> pl.Expr:
    return _letters(value).str.slice(-1, 1)


def _compared(values: Values, name: Codes, address: Codes, *, is_family: bool) -> Levels:
    letters = np.array(values.series.to_frame().select(_letters(pl.col("value"))).to_series().to_list(), dtype=object)
    texts = letters[name].tolist(), letters[address].tolist()
    begins = process.cpdist(*texts, scorer=Prefix.similarity, dtype=np.uint8)
    ends = process.cpdist(*texts, scorer=Postfix.similarity, dtype=np.uint8)
    lengths = np.array([len(text) for text in letters.tolist()], np.int64)[name]
    first = values.form(_begin)[name]
    levels = np.zeros(len(name), np.uint8)
    raised(levels, (first == values.form(_begin)[address]) | (first == values.form(_end)[address]), _FIRST)
    raised(levels, ((begins == lengths) | (ends == lengths)) & (lengths >= _SHORTEST), _INSIDE)
    is_read = values.number(_is_read) == 1
    for at in np.flatnonzero(is_read[name] | is_read[address]).tolist():
        read = values.texts[address[at]].split(OR)[1:]
        said = [_said(one, read, is_family=is_family) for one in values.texts[name[at]].split(OR)]
        levels[at] = max(*said, int(levels[at]))
    return levels


def _said(name: str, readings: list[str], *, is_family: bool) -> int:
    """What readings say of one reading of a name; each has the family first, or is a given name alone."""
    if is_family:
        return _INSIDE if any(read.startswith(f"{name} ") for read in readings) else 0
    given = {read.partition(" ")[2] for read in readings} | set(readings)
    initials = "".join(map(initial, name.split()))
    return _INSIDE if name in given else _FIRST if initials in given else 0


def _unequal(*, is_family: bool) -> Unequal:
    def unequal(values: Values, left: Codes, right: Codes) -> Levels:
        turned = values.number(_is_address)[left] == 1
        return _compared(values, np.where(turned, right, left), np.where(turned, left, right), is_family=is_family)

    return unequal


GIVEN_BY_EMAIL = Comparison("given_by_email", LEVELS, _unequal(is_family=False), is_shared=False, side=_is_address)
FAMILY_BY_EMAIL = Comparison("family_by_email", LEVELS, _unequal(is_family=True), is_shared=True, side=_is_address)
