"""Files of decisions: two columns of ids a line, pairs that must or must not be one person."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from itda.base.errors import Fault, Refused
from itda.engine.matching.reading import ID, table
from itda.identity.match.decided import Pair, cycle


def read(must: Path | None, cannot: Path | None, frame: pl.DataFrame) -> tuple[list[Pair], list[Pair]]:
    """Places of records, for both kinds of decisions.

    Raises:
        Refused: an id that is not there, or decisions that contradict each other.
    """
    if must is None and cannot is None:
        return [], []
    places = {text: at for at, text in enumerate(frame[ID].to_list())}
    one, other = (_pairs(path, places) for path in (must, cannot))
    found = cycle(one, other)
    if found:
        ids = frame[ID].gather(found).to_list()
        way = ", ".join(ids)
        if len(ids) == 1:
            what = f"{ids[0]} is said not to be the same person as itself"
            raise Refused(Fault(what=what, cure="take that line away", file=str(cannot)))
        what = f"{ids[0]} and {ids[-1]} must not be one person, and other decisions make them one: {way}"
        raise Refused(Fault(what=what, cure="take back one of them", file=str(cannot)))
    return one, other


def _pairs(path: Path | None, places: dict[str, int]) -> list[Pair]:
    if path is None:
        return []
    rows = table(path)
    if rows.width < 2:  # noqa: PLR2004 - a pair
        raise Refused(Fault(what="has no two columns of ids", file=str(path)))
    return [(_place(one, places, path), _place(other, places, path)) for one, other in rows[:, :2].iter_rows()]


def _place(text: str | None, places: dict[str, int], path: Path) -> int:
    if text is None or text not in places:
        raise Refused(Fault(what=f"there is no record {text!r}", file=str(path)))
    return places[text]
