"""Files of records as one frame of text: CSV, JSON lines and Parquet, in UTF-8, UTF-16 or CP949."""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from itda.base.errors import Fault, Refused
from itda.sources.csv_file import CsvFile
from itda.sources.rows import RefusedRow

Source: TypeAlias = Path | pl.DataFrame
FILE = "\0file"
ID = "\0id"
"""Names of our own columns, which no file can have."""
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ARCHIVE = b"PK\3\4"
_LOOKED_AT, _ZEROS, _MOSTLY = 4_096, 20, 4
"""Bytes of a file that are looked at; of UTF-16 without a mark at least one in so many of them is 0, and these zeros
are so many times as often of one place of the two (가 is one of the few signs with a zero in the other)."""


def read(sources: Sequence[Source], id_column: str) -> pl.DataFrame:
    """All rows of all files as text, spaces around values and names away, in an order that follows from their ids.

    Raises:
        Refused: with every file that cannot be read, is empty, or whose ids are missing or not unique.
    """
    frames: list[pl.DataFrame] = []
    faults: list[Fault] = []
    for place, (source, path) in enumerate(zip(sources, names(sources), strict=True)):
        try:
            frame = table(path) if isinstance(source, Path) else _cleaned(source, path)
            frames.append(_with_ids(frame, id_column, path, place))
        except Refused as refused:
            faults += refused.faults
    if faults:
        raise Refused(*faults)
    joined = pl.concat(frames, how="diagonal")
    return joined[np.argsort(joined[ID].hash().to_numpy() ^ joined[FILE].hash().to_numpy(), kind="stable")]


def names(sources: Sequence[Source]) -> list[Path]:
    """What each source is called: a file by its path, a frame by its number."""
    return [source if isinstance(source, Path) else Path(f"frame {at + 1}") for at, source in enumerate(sources)]


def table(path: Path) -> pl.DataFrame:
    """All rows of one file as text.

    Raises:
        Refused: it cannot be read, or is empty.
    """
    return _cleaned(_frame(path), path)


def _frame(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise Refused(Fault(what="is no file", file=str(path)))
    if path.stat().st_size == 0:
        raise Refused(Fault(what="is empty", cure="the first row names the columns", file=str(path)))
    kind = path.suffix.lower()
    try:
        if kind in {".parquet", ".pq"}:
            return pl.DataFrame(pl.from_arrow(pq.read_table(path)))  # a damaged file ends the process of polars' own
        text = _text(path)
        if kind in {".jsonl", ".ndjson", ".json"}:
            return _json(path, text, may_be_list=kind == ".json")
        return _csv(path, text)
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError, UnicodeError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Refused(Fault(what=f"cannot be read: {said}", file=str(path),
                            cure="give CSV, JSON lines (.jsonl) or Parquet")) from error  # fmt: skip


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LOOKED_AT)


def _text(path: Path) -> bytes | None:
    """A UTF-16 file as UTF-8; None for any other text.

    Raises:
        Refused: it is no text, but a spreadsheet or a picture.
    """
    start = _start(path)
    if start.startswith(_ARCHIVE):
        cure = "save it as CSV, or give .parquet files their name"
        raise Refused(Fault(what="is a spreadsheet or an archive", cure=cure, file=str(path)))
    if start.startswith(_MARKS):
        return path.read_bytes().decode("utf-16").encode()
    if b"\0" not in start:
        return None
    # Text of any language has line ends, spaces or digits, whose first byte in UTF-16 is 0.
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) < max(_MOSTLY * min(even, odd), len(start) // _ZEROS):
        raise Refused(Fault(what="is no text", cure="give CSV, JSON lines (.jsonl) or Parquet", file=str(path)))
    return path.read_bytes().decode("utf-16-le" if odd > even else "utf-16-be").encode()


def _json(path: Path, text: bytes | None, *, may_be_list: bool) -> pl.DataFrame:
    """One object a line, or one list of objects."""
    start = _start(path) if text is None else text[:_LOOKED_AT]
    if text is None and start.startswith(codecs.BOM_UTF8):
        text = path.read_bytes()
    if text is not None:
        text, start = text.removeprefix(codecs.BOM_UTF8), start.removeprefix(codecs.BOM_UTF8)
    source = path if text is None else io.BytesIO(text)
    is_list = may_be_list and start.lstrip().startswith(b"[")
    return pl.read_json(source) if is_list else pl.read_ndjson(source, infer_schema_length=None)


def _csv(path: Path, text: bytes | None) -> pl.DataFrame:
    with path.open("rb") if text is None else io.BytesIO(text) as file:
        about = CsvFile(file, str(path))
        _require_names_once(about.columns, path)
        source: Path | io.BytesIO = path if text is None else io.BytesIO(text)
        try:
            if about.encoding not in {"utf-8", "utf-8-sig"}:
                source = io.BytesIO(path.read_bytes().decode(about.encoding).encode())
            return pl.read_csv(source, separator=about.delimiter, infer_schema=False)
        except (pl.exceptions.PolarsError, UnicodeError):
            wrong = next((row for row in about.read(about.columns) if isinstance(row, RefusedRow)), None)
            if wrong is None:
                raise
            raise Refused(Fault(what=wrong.detail, cure="mend that line", file=str(path), line=wrong.line)) from None


def _cleaned(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    if not frame.height:
        raise Refused(Fault(what="has no records", file=str(path)))
    nested = [name for name, kind in frame.schema.items() if kind.is_nested() or kind == pl.Binary]
    frame = frame.drop(nested)
    text = [pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in frame.columns]
    frame = frame.select(text)
    names = [name.strip().lstrip("\ufeff") for name in frame.columns]
    _require_names_once(names, path)
    frame.columns = names
    return frame


def _require_names_once(names: Sequence[str], path: Path) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Refused(Fault(what=f"has two columns named {twice[0]!r}", file=str(path)))


def _with_ids(frame: pl.DataFrame, id_column: str, path: Path, place: int) -> pl.DataFrame:
    if id_column not in frame.columns:
        there = ", ".join(frame.columns[:20])
        raise Refused(Fault(what=f"has no column {id_column!r}", cure=f"name one of: {there}", file=str(path)))
    ids = frame[id_column]
    if ids.null_count():
        first = int(ids.is_null().arg_max() or 0) + 1
        what = f"{ids.null_count():,} records have no id in {id_column!r}, the first is record {first:,}"
        raise Refused(Fault(what=what, file=str(path)))
    if ids.n_unique() != len(ids):
        again = ids.filter(ids.is_duplicated())
        what = f"ids in {id_column!r} are not unique: {again.n_unique():,} occur more than once, such as {again[0]!r}"
        raise Refused(Fault(what=what, cure="name a column in which each record has its own", file=str(path)))
    return frame.drop(id_column).with_columns(ids.alias(ID), pl.lit(place, pl.Int32).alias(FILE))
