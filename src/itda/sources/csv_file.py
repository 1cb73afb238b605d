"""CSV (RFC 4180): the delimiter and the encoding are found out, a broken row is refused alone and the rest goes on."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any, BinaryIO

from itda.base.errors import Fault, Refused
from itda.sources.rows import SHOWN, RefusedRow, Row, require

DELIMITERS = ",;\t|"
LONGEST_RECORD = 1_000
"""Lines a quoted record may span before its open quote is taken for a fault."""
_BLOCK = 1 << 20
_BROKEN_BYTES = re.compile("[\udc80-\udcff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class CsvFile:
    """One CSV file. `file` is binary, seekable and stays open while it is read."""

    def __init__(self, file: BinaryIO, name: str, encoding: str = "auto", delimiter: str = "auto") -> None:
        self._file = file
        self._name = name
        self.encoding = told_encoding(file, name) if encoding == "auto" else encoding
        lines = self._lines()
        header = next(lines, "").rstrip("\r\n")
        if not header.strip():
            raise Refused(Fault(what="is empty", cure="the first row names the columns", file=name))
        self.delimiter = max(DELIMITERS, key=header.count) if delimiter == "auto" else delimiter
        fields = next(csv.reader([header], delimiter=self.delimiter))
        self.columns = tuple(field.strip() for field in fields)
        twice = sorted({column for column in self.columns if self.columns.count(column) > 1})
        if twice:
            raise Refused(Fault(what=f"has columns of the same name: {', '.join(twice)}", file=name, line=1))
        spoken = {"\t": "tab"}.get(self.delimiter, self.delimiter)
        self.about = f"CSV, {self.encoding}, delimiter {spoken}"

    def read(self, wanted: Sequence[str]) -> Iterator[Row | RefusedRow]:
        """Every row with the values of these columns as text, None where one is empty."""
        require(self.columns, wanted, self._name)
        places = [self.columns.index(name) for name in wanted]
        pick: Any = itemgetter(*places) if len(places) > 1 else lambda fields: [fields[place] for place in places]
        width = len(self.columns)
        for line, record in self._records():
            if isinstance(record, str):
                yield RefusedRow(line, "an open quote: the row does not end", _shown(record))
            elif len(record) != width:
                text = self.delimiter.join(record)
                if text.strip():
                    what = f"{len(record)} fields where the header has {width}"
                    yield RefusedRow(line, what, _shown(text))
            elif (broken := next((field for field in record if _is_broken(field)), None)) is not None:
                text = self.delimiter.join(record)
                column = self.columns[record.index(broken)]
                yield RefusedRow(line, f"{column}: bytes that are no {self.encoding}", _shown(text))
            else:
                yield Row(line, pick(record))

    def _lines(self) -> Iterator[str]:
        self._file.seek(0)
        text = io.TextIOWrapper(self._file, encoding=self.encoding, errors="surrogateescape", newline="")
        try:
            for line in text:  # noqa: UP028 - `yield from` would close the file with the generator
                yield line
        finally:
            text.detach()

    def _records(self) -> Iterator[tuple[int, list[str] | str]]:
        """(line, fields) of each record, or (line, text) where an open quote never ends."""
        lines = self._lines()
        next(lines, None)
        number, delimiter = 1, self.delimiter
        waiting: deque[str] = deque()
        while True:
            line = waiting.popleft() if waiting else next(lines, None)
            if line is None:
                return
            number += 1
            if '"' not in line:
                yield number, line.rstrip("\r\n").split(delimiter)
                continue
            fields, rest = self._quoted(line, waiting, lines)
            yield number, fields if fields is not None else line
            number += rest

    def _quoted(self, line: str, waiting: deque[str], lines: Iterator[str]) -> tuple[list[str] | None, int]:
        """Fields of a record that holds quotes, and how many more lines it took; None where it never ends."""
        taken = [line]
        quotes = line.count('"')
        while quotes % 2 and len(taken) < LONGEST_RECORD:
            more = waiting.popleft() if waiting else next(lines, None)
            if more is None:
                break
            taken.append(more)
            quotes += more.count('"')
        fields: list[str] | None = None
        if quotes % 2 == 0:
            try:
                fields = next(csv.reader(["".join(taken).rstrip("\r\n")], delimiter=self.delimiter, strict=True))
            except (csv.Error, StopIteration):
                fields = None
        # More than one line that does not fit the header is one broken line and others that may be sound.
        if len(taken) > 1 and (fields is None or len(fields) != len(self.columns)):
            waiting.extendleft(reversed(taken[1:]))
            return None, 0
        return fields, len(taken) - 1


def told_encoding(file: BinaryIO, name: str) -> str:
    """UTF-8 (with or without a mark) or CP949, by reading the whole file; the one with fewer broken bytes."""
    file.seek(0)
    start = file.read(4)
    if start.startswith(_UTF16):
        raise Refused(Fault(what="is UTF-16", cure="save it as CSV UTF-8", file=name))
    utf8 = "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    if utf8 == "utf-8-sig" or not (broken := _broken(file, "utf-8")):
        return utf8
    return "cp949" if _broken(file, "cp949") < broken else utf8


def _broken(file: BinaryIO, encoding: str) -> int:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    broken = 0
    while block := file.read(_BLOCK):
        text = decoder.decode(block)
        if not text.isascii():
            broken += len(_BROKEN_BYTES.findall(text))
    return broken + len(_BROKEN_BYTES.findall(decoder.decode(b"", final=True)))


def _is_broken(field: str) -> bool:
    return not field.isascii() and _BROKEN_BYTES.search(field) is not None


def _shown(text: str) -> str:
    return _BROKEN_BYTES.sub("\N{REPLACEMENT CHARACTER}", text.rstrip("\r\n"))[:SHOWN]
