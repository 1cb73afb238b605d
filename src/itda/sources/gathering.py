"""A mapping over whole columns of text: the rows of many groups become events at a time.

It gives what `Mapper.event` gives, to the byte: values that need a closer look (signs that JSON escapes, numbers
that are not plain decimals) send their whole group there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import polars as pl

from itda.sources.csv_file import Plain
from itda.sources.definition import Column, FileMapping
from itda.sources.mapping import Gathered, Mapped, Mapper
from itda.sources.rows import RefusedRow, Row
from itda.sources.values import DIGITS, JSON_NUMBER, json_number

LINE, GROUP = "line", "group"
_TEXTS, _NUMBERS = ("auto", "text"), ("number", "money")
_NUMBER = f"^{JSON_NUMBER}$"
_ESCAPED = r'[\x00-\x1f"\\]'
_SUMMED = r"^-?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?$"
_SUM = pl.Decimal(38, 6)


class Event(NamedTuple):
    """One event and the first of its rows in the file."""

    line: int
    item: Mapped | RefusedRow


def is_fit(mapping: FileMapping) -> bool:
    """Whether the lines of its groups can be written column by column."""
    fields = mapping.lines.fields.values() if mapping.lines is not None else ()
    return bool(mapping.group_by) and all(field.type in _TEXTS + _NUMBERS for field in fields)


class Gatherer:
    """One mapping for many groups at a time. Frames hold a row's line, its group and the mapper's columns by place."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self._places = [str(place) for place in range(len(mapper.columns))]
        self._by = self._place(mapper.mapping.group_by)
        self._sums = mapper.sums

    def _place(self, column: str) -> str:
        return str(self._mapper.columns.index(column))

    def parsed(self, plain: Plain, header: tuple[str, ...]) -> pl.DataFrame:
        """Rows as they stand in a file with this header."""
        wanted = [header.index(name) for name in self._mapper.columns]
        few = sorted(set(wanted))
        read = pl.read_csv(
            plain.data, has_header=False, separator=plain.delimiter, quote_char=None, infer_schema=False,
            empty_string_is_null=False, columns=few,
        ).get_columns()  # fmt: skip
        columns = {place: read[few.index(at)] for place, at in zip(self._places, wanted, strict=True)}
        return self._framed(pl.DataFrame(columns).with_row_index(LINE, plain.line))

    def framed(self, rows: list[Row]) -> pl.DataFrame:
        """Rows that were read one by one."""
        columns = {place: [row.values[int(place)] or "" for row in rows] for place in self._places}
        frame = pl.DataFrame(columns, schema=dict.fromkeys(self._places, pl.String))
        return self._framed(frame.insert_column(0, pl.Series(LINE, [row.line for row in rows], dtype=pl.UInt32)))

    def _framed(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.col(self._by).str.strip_chars().alias(GROUP))

    def nobodys(self, frame: pl.DataFrame) -> list[RefusedRow]:
        """The rows that belong to no group."""
        rows = self._rows(frame.filter(pl.col(GROUP) == ""))
        return [group for row in rows if isinstance(group := self._mapper.group(row), RefusedRow)]

    def events(self, frame: pl.DataFrame) -> Iterator[Event]:
        """The events of all groups in it, whose rows are there in the order of the file."""
        totals = [f"sum {column}" for column in self._sums]
        gathered = (
            frame.with_columns(
                self._is_plain().alias("is_plain"),
                self._written().alias("written"),
                *(pl.col(self._place(column)).cast(_SUM, strict=False).alias(total)
                  for column, total in zip(self._sums, totals, strict=True)),
            )
            .group_by(GROUP, maintain_order=True)
            .agg(
                pl.col(LINE).first(), pl.len().alias("rows"), pl.col("is_plain").all(), pl.col("written").str.join(","),
                pl.col(self._places).first(), pl.col(totals).sum(),
            )
            .with_columns(pl.col(totals).cast(pl.String).str.strip_chars_end("0").str.strip_suffix("."))
        )  # fmt: skip
        yield from self._quick(gathered.filter("is_plain"), totals)
        others = gathered.filter(~pl.col("is_plain")).select(GROUP)
        if len(others):
            yield from self._one_by_one(frame.join(others, on=GROUP, how="semi", maintain_order="left"))

    def _quick(self, groups: pl.DataFrame, totals: list[str]) -> Iterator[Event]:
        make, raw, sums = self._mapper.gathered, msgspec.Raw, self._sums
        for line, count, group, written, firsts, summed in zip(
            groups[LINE].to_list(),
            groups["rows"].to_list(),
            groups[GROUP].to_list(),
            groups["written"].to_list(),
            _tuples(groups, self._places),
            _tuples(groups, totals),
            strict=True,
        ):
            by_name = dict(zip(sums, map(_number, summed), strict=True))
            yield Event(line, make(Gathered(line, firsts, count, group, (), by_name, raw(f"[{written}]".encode()))))

    def _one_by_one(self, frame: pl.DataFrame) -> Iterator[Event]:
        groups: dict[str, list[Row]] = {}
        for group, row in zip(frame[GROUP].to_list(), self._rows(frame), strict=True):
            groups.setdefault(group, []).append(row)
        for group, rows in groups.items():
            yield Event(rows[0].line, self._mapper.event(rows, group))

    def _rows(self, frame: pl.DataFrame) -> Iterable[Row]:
        return map(Row, frame[LINE].to_list(), _tuples(frame, self._places))

    def _is_plain(self) -> pl.Expr:
        """Whether a row's fields and sums can be written as they stand."""
        said: list[pl.Expr] = [pl.lit(value=True)]
        for _, field in self._fields():
            if field.value is None:
                value = pl.col(self._place(field.column))
                if field.type in _TEXTS:
                    said.append(~value.str.contains(_ESCAPED))
                else:
                    said.append((value == "") | (value.str.contains(_NUMBER) & (value.str.len_bytes() <= DIGITS)))
        for column in self._sums:
            value = pl.col(self._place(column))
            said.append((value == "") | value.str.contains(_SUMMED))
        return pl.all_horizontal(said)

    def _written(self) -> pl.Expr:
        """A line's JSON."""
        parts = [self._field(name, field) for name, field in self._fields()]
        if not parts:
            return pl.lit("{}")
        return pl.concat_str(pl.lit("{"), pl.concat_str(parts).str.strip_prefix(","), pl.lit("}"))

    def _field(self, name: str, field: Column) -> pl.Expr:
        key = f",{msgspec.json.encode(name).decode()}:"
        if field.value is not None:
            return pl.lit(key + msgspec.json.encode(field.value).decode())
        quote = '"' if field.type in _TEXTS else ""
        value = pl.col(self._place(field.column)).str.strip_chars()
        return (
            pl.when(value == "")
            .then(pl.lit(""))
            .otherwise(pl.concat_str(pl.lit(key + quote), value, pl.lit(quote)))
        )  # fmt: skip

    def _fields(self) -> list[tuple[str, Column]]:
        lines = self._mapper.mapping.lines
        return list(lines.fields.items()) if lines is not None else []


def _number(text: str) -> Any:
    return msgspec.Raw(text.encode()) if len(text) <= DIGITS else json_number(Decimal(text))


def _tuples(frame: pl.DataFrame, columns: list[str]) -> Iterable[tuple[Any, ...]]:
    if not columns:
        return (() for _ in range(len(frame)))
    if len(columns) == 1:
        return ((value,) for value in frame[columns[0]].to_list())
    return zip(*(frame[column].to_list() for column in columns), strict=True)
