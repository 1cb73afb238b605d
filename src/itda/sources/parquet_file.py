"""Parquet: typed columns; times come as ISO text, 32-bit numbers by their own shortest text, not with false digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from itda.base.errors import Fault, Refused
from itda.sources.rows import RefusedRow, Row, require

AT_ONCE = 8_192
_UNREADABLE = (pa.ArrowException, OSError, ValueError)
"""Whatever a damaged file makes of the library that reads it."""


class ParquetFile:
    """One Parquet file. `file` is binary, seekable and stays open while it is read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        file.seek(0)
        self._name = name
        try:
            self._parquet = pq.ParquetFile(file)
            self.columns = tuple(self._parquet.schema_arrow.names)
        except _UNREADABLE as error:
            raise Refused(Fault(what=f"is no Parquet file: {_first_line(error)}", file=name)) from None
        self.total = int(self._parquet.metadata.num_rows)
        self.header: int | None = None
        self.about = f"Parquet, {self.total:,} rows"

    def names(self, _wanted: Sequence[str]) -> tuple[str, ...]:
        """The columns, all of which the file names itself."""
        return self.columns

    def read(self, wanted: Sequence[str]) -> Iterator[Row | RefusedRow]:
        """Every row with the values of these columns."""
        require(self, wanted, self._name)
        batches = self._parquet.iter_batches(batch_size=AT_ONCE, columns=list(dict.fromkeys(wanted)))
        line = 0
        while True:
            try:
                batch = next(batches, None)
                columns = [] if batch is None else [_values(batch.column(name)) for name in wanted]
            except _UNREADABLE as error:
                what = f"is damaged after row {line:,}: {_first_line(error)}"
                raise Refused(Fault(what=what, cure="have it written anew", file=self._name)) from None
            if batch is None:
                return
            for values in zip(*columns, strict=True):
                line += 1
                yield Row(line, values)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _values(column: Any) -> list[Any]:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        texts = column.cast(pa.float32()).cast(pa.string()).to_pylist()
        return [None if text is None else Decimal(text) for text in texts]
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.string())
    elif pa.types.is_date(kind) or pa.types.is_time(kind):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values
