"""CSV (RFC 4180): the delimiter and the encoding are found out, a broken row is refused alone and the rest goes on."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, BinaryIO

import msgspec
import numpy as np

from itda.base.errors import Fault, Refused
from itda.sources.rows import SHOWN, RefusedRow, Row, require

DELIMITERS = ",;\t|"
LONGEST_RECORD = 1_000
"""Lines a quoted record may span before its open quote is taken for a fault."""
BLOCK = 1 << 21
_LINE_END = re.compile(rb"\r\n|\n|\r")
_BROKEN_BYTES = re.compile("[\udc80-\udcff]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Plain(msgspec.Struct, gc=False):
    """Many rows as they stand in the file, in UTF-8: each has every field, and none holds a quote."""

    line: int
    rows: int
    data: bytes
    delimiter: str


class CsvFile:
    """One CSV file. `file` is binary, seekable and stays open while it is read."""

    def __init__(self, file: BinaryIO, name: str, encoding: str = "auto", delimiter: str = "auto") -> None:
        self._file = file
        self._name = name
        self.encoding = told_encoding(file, name) if encoding == "auto" else encoding
        self._is_marked = self.encoding == "utf-8-sig"
        self._codec = "utf-8" if self._is_marked else codecs.lookup(self.encoding).name
        header = self._lines(next(self._blocks(), b"") or b"\n")[0].rstrip("\r\n")
        if not header.strip():
            raise Refused(Fault(what="is empty", cure="the first row names the columns", file=name))
        self.delimiter = max(DELIMITERS, key=header.count) if delimiter == "auto" else delimiter
        fields = next(csv.reader([header], delimiter=self.delimiter))
        self.columns = tuple(field.strip() for field in fields)
        self.header: int | None = 1
        spoken = {"\t": "tab"}.get(self.delimiter, self.delimiter)
        self.about = f"CSV, {self.encoding}, delimiter {spoken}"

    def names(self, _wanted: Sequence[str]) -> tuple[str, ...]:
        """The columns, all of which the file names itself."""
        return self.columns

    def read(self, wanted: Sequence[str]) -> Iterator[Row | RefusedRow]:
        """Every row with the values of these columns as text, None where one is empty."""
        for item in self.pieces(wanted, is_whole=False):
            if not isinstance(item, Plain):
                yield item

    def pieces(self, wanted: Sequence[str], *, is_whole: bool = True) -> Iterator[Row | RefusedRow | Plain]:
        """The same in the order of the file, with blocks of sound rows given whole."""
        require(self, wanted, self._name)
        places = [self.columns.index(name) for name in wanted]
        pick: Any = itemgetter(*places) if len(places) > 1 else lambda fields: [fields[place] for place in places]
        for item in self._records(is_whole=is_whole):
            yield item if isinstance(item, Plain) else self._row(*item, pick)

    def _row(self, line: int, record: list[str] | str, pick: Callable[[list[str]], Sequence[str]]) -> Row | RefusedRow:
        if isinstance(record, str):
            return RefusedRow(line, "an open quote: the row does not end", _shown(record))
        if len(record) != len(self.columns):
            what = f"the row's number of fields is {len(record)}, the header's {len(self.columns)}"
            return RefusedRow(line, what, _shown(self.delimiter.join(record)))
        broken = next((field for field in record if _is_broken(field)), None)
        if broken is not None:
            column = self.columns[record.index(broken)]
            text = self.delimiter.join(record)
            return RefusedRow(line, f"{column}: bytes that are no {self.encoding}", _shown(text))
        return Row(line, pick(record))

    def _blocks(self) -> Iterator[bytes]:
        """The file in blocks of whole lines, the first of them alone."""
        self._file.seek(0)
        kept: list[bytes] = []
        is_first = True
        while block := self._file.read(BLOCK):
            end = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1
            if not end:
                kept.append(block)
                continue
            whole = b"".join([*kept, block[:end]])
            kept = [block[end:]]
            if is_first:
                is_first = False
                head = _LINE_END.search(whole)
                yield whole[: head.end() if head else None].removeprefix(codecs.BOM_UTF8 if self._is_marked else b"")
                whole = whole[head.end() :] if head else b""
            if whole:
                yield whole
        if rest := b"".join(kept):
            yield rest.removeprefix(codecs.BOM_UTF8) if is_first and self._is_marked else rest

    def _lines(self, block: bytes) -> list[str]:
        return list(io.StringIO(block.decode(self._codec, "surrogateescape"), newline=""))

    def _records(self, *, is_whole: bool) -> Iterator[tuple[int, list[str] | str] | Plain]:
        """(line, fields) of each record, (line, text) where an open quote never ends, or many sound ones whole."""
        blocks = self._blocks()
        next(blocks, None)
        number, delimiter = 1, self.delimiter
        waiting: deque[str] = deque()

        def more() -> Iterator[str]:
            for block in blocks:
                waiting.extend(self._lines(block))
                yield waiting.popleft()

        further = more()
        for block in blocks:
            if is_whole and (plain := self._plain(block, number + 1)) is not None:
                number += plain.rows
                yield plain
                continue
            waiting.extend(self._lines(block))
            while waiting:
                line = waiting.popleft()
                number += 1
                if '"' in line:
                    fields, rest = self._quoted(line, waiting, further)
                    yield number, fields if fields is not None else line
                    number += rest
                elif (fields := line.rstrip("\r\n").split(delimiter)) and (
                    len(fields) == len(self.columns) or line.strip()
                ):
                    yield number, fields

    def _plain(self, block: bytes, line: int) -> Plain | None:
        """The block, when nothing in it needs a closer look: no quotes, every line with every field."""
        try:
            data = block if self._codec == "utf-8" and block.isascii() else block.decode(self._codec).encode()
        except UnicodeDecodeError:
            return None
        data = data.replace(b"\r\n", b"\n") + (b"" if data.endswith(b"\n") else b"\n")
        width = len(self.columns)
        if b'"' in data or width == 1:
            return None
        signs = np.frombuffer(data, dtype=np.uint8)
        ends = np.flatnonzero((signs == ord("\n")) | (signs == ord(self.delimiter)))
        rows = np.count_nonzero(signs == ord("\n"))
        if np.count_nonzero(signs < ord(" ")) != rows + np.count_nonzero(signs == ord("\t")):
            return None
        if len(ends) != rows * width or not (signs[ends[width - 1 :: width]] == ord("\n")).all():
            return None
        return Plain(line, int(rows), data, self.delimiter)

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
    while block := file.read(BLOCK):
        text = decoder.decode(block)
        if not text.isascii():
            broken += len(_BROKEN_BYTES.findall(text))
    return broken + len(_BROKEN_BYTES.findall(decoder.decode(b"", final=True)))


def _is_broken(field: str) -> bool:
    return not field.isascii() and _BROKEN_BYTES.search(field) is not None


def _shown(text: str) -> str:
    return _BROKEN_BYTES.sub("\N{REPLACEMENT CHARACTER}", text.rstrip("\r\n"))[:SHOWN]
