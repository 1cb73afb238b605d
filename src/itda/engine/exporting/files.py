"""An export on the disk: CSV or Parquet, and a file that appears when it is whole or never.

It is written without a name (`O_TMPFILE`), so that a process that is killed leaves nothing behind, and given its name
at the end; where the file system cannot do that it is written beside its place under a name of its own.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.engine.exporting.columns import Column, Type

if TYPE_CHECKING:
    import pyarrow as pa

    from itda.engine.exporting.question import Page

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, in full width too: OWASP, CSV Injection."""
_BETWEEN = "; "
_PRIVATE = 0o600


class Sink(Protocol):
    """What takes pages."""

    def take(self, page: Page) -> None:
        """Write one page."""
        ...

    def end(self) -> None:
        """Write what comes last; the file itself stays open."""
        ...


@contextlib.contextmanager
def placed(path: Path, *, may_replace: bool) -> Iterator[IO[bytes]]:
    """A file that gets its name, readable by its owner alone, when the block ends well, and is gone when it does not.

    `Refused` where the folder is not there, or a file is and may not be replaced.
    """
    if not path.parent.is_dir():
        raise Refused(Fault(what="there is no such folder", file=str(path.parent)))
    if path.is_dir():
        raise Refused(Fault(what="this is a folder", file=str(path)))
    _refuse_taken(path, may_replace)
    try:
        handle = os.open(path.parent, os.O_TMPFILE | os.O_RDWR, _PRIVATE)
        spare = None
    except (OSError, AttributeError):
        spare = _beside(path)
        handle = _opened(spare)
    with os.fdopen(handle, "wb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if spare is None and may_replace:
                spare = _beside(path)
                _named(file, spare)
            if spare is None:
                _named(file, path)
            else:
                _refuse_taken(path, may_replace)
                spare.replace(path)
                spare = None
        finally:
            if spare is not None:
                spare.unlink(missing_ok=True)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _PRIVATE)
    except OSError as error:
        raise Refused(Fault(what=f"nothing can be written here: {error.strerror}", file=str(path.parent))) from None


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _named(file: IO[bytes], path: Path) -> None:
    """Give an open file without a name one that nobody has."""
    handles = os.open("/proc/self/fd", os.O_PATH | os.O_DIRECTORY)
    try:  # a folder's handle makes it linkat(2), which follows the link in /proc to the file
        os.link(str(file.fileno()), path, src_dir_fd=handles, follow_symlinks=True)
    except FileExistsError:
        _refuse_taken(path, may_replace=False)
        raise
    finally:
        os.close(handles)


def _refuse_taken(path: Path, may_replace: bool) -> None:
    if not may_replace and os.path.lexists(path):
        raise Refused(Fault(what="there is a file already", cure="replace it with --force", file=str(path)))


def sink(path: Path, file: IO[bytes], columns: Sequence[Column]) -> Sink:
    """What writes the format that the file's name ends in."""
    return _Csv(file, columns) if path.suffix.lower() == ".csv" else _Parquet(file, columns)


def check_suffix(path: Path) -> None:
    """`Refused` where the name says neither CSV nor Parquet."""
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise Refused(Fault(what="the name says no format", cure="end it in .csv or .parquet", file=str(path)))


class _Csv:
    """Comma-separated UTF-8 with a head; several values of a cell stand between semicolons, times are ISO 8601."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        self._columns = columns
        self._text = io.TextIOWrapper(file, "utf-8", newline="", write_through=False)
        self._rows = csv.writer(self._text)
        self._rows.writerow([safe(column.name) for column in columns])

    def take(self, page: Page) -> None:
        """Write one page."""
        cells = [[_cell(value, column.type) for value in page[column.name]] for column in self._columns]
        self._rows.writerows(zip(*cells, strict=True))

    def end(self) -> None:
        """Hand over what is held back."""
        self._text.flush()
        self._text.detach()


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _cell(value: Any, type_: Type) -> Any:
    if value is None:
        return ""
    match type_:
        case "text":
            return safe(value)
        case "texts":
            return safe(_BETWEEN.join(value))
        case "time":
            return instant.text(value)
        case "whole" | "number":
            return value


class _Parquet:
    """Parquet, a row group a page."""

    def __init__(self, file: IO[bytes], columns: Sequence[Column]) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415 - loads what CSV does not need

        self._schema = schema(columns)
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")

    def take(self, page: Page) -> None:
        """Write one page."""
        self._writer.write_table(table(page, self._schema))

    def end(self) -> None:
        """Write the footer."""
        self._writer.close()


def schema(columns: Sequence[Column]) -> pa.Schema:
    """The columns as Arrow has them; times in UTC."""
    import pyarrow as pa  # noqa: PLC0415 - the same

    types: dict[Type, pa.DataType] = {"text": pa.string(), "texts": pa.list_(pa.string()), "whole": pa.int64(),
                                      "number": pa.float64(), "time": pa.timestamp("us", "UTC")}  # fmt: skip
    return pa.schema([(column.name, types[column.type]) for column in columns])


def table(page: Page, schema: pa.Schema) -> pa.Table:
    """One page as Arrow."""
    import pyarrow as pa  # noqa: PLC0415 - the same

    return pa.table({name: page[name] for name in schema.names}, schema)
