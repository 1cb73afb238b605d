"""The match in Python: files or frames in, one frame out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path

import polars as pl

from itda.engine.matching.run import TARGET
from itda.engine.matching.run import match as run


def match(
    *sources: str | PathLike[str] | pl.DataFrame, id: str, kinds: Mapping[str, str] | None = None,  # noqa: A002
    precision: float = TARGET,
) -> pl.DataFrame:  # fmt: skip
    """Find the records that are of one person.

    `sources` are paths of CSV, JSON lines or Parquet files, or Polars frames; `id` is the column that names a record,
    the same in all; `kinds` says what columns are (column → kind), where that is not found out by itself; `precision`
    is the share of pairs that shall be right. The frame has `id` and `cluster`, and of several sources `file`.

    Raises:
        Refused: sources that cannot be read, ids missing or not unique, no usable column, sources of two countries.
    """
    given = [source if isinstance(source, pl.DataFrame) else Path(source) for source in sources]
    return run(given, id, latest=datetime.now(UTC).year, said=kinds, target=precision).frame
