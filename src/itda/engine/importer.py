"""Brings a file into the log: hashed, mapped, appended in chunks, each in one transaction with the import's progress.

Killed anywhere, it goes on where the last transaction ended: the events of a file come in an order that its bytes
and its mapping alone decide, so those that are in the log already are counted off. The events' ids are permanent, so
even the same fact in another file is there once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Protocol

import msgspec

from itda.base.errors import Fault, Misused, Refused
from itda.engine.alone import alone
from itda.engine.app import App, Done
from itda.engine.bundle import Bundle
from itda.engine.former_ids import came_before
from itda.engine.questions.views import ImportView
from itda.engine.spool import Spool
from itda.engine.steady import Steady
from itda.engine.work import Work
from itda.sources import rows
from itda.sources.csv_file import CsvFile
from itda.sources.definition import FileMapping, SourceDef
from itda.sources.jsonl_file import JsonLines
from itda.sources.mapping import USE, Mapped, Mapper
from itda.sources.parquet_file import ParquetFile
from itda.sources.rows import RefusedRow, Row, Rows
from itda.store.database import Connection, Database, reported
from itda.store.intake import PostgresIntake
from itda.workspace.definition import Workspace
from itda.workspace.shape import nearest

if TYPE_CHECKING:
    from itda.access.actor import Actor

Progress = Callable[[int, int | None], None]
"""Rows in the log so far, of how many where that is known."""

_BLOCK = 1 << 20
_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_VIEW = "select source, name, rows_total, rows_done, events, refused, started_at, finished_at from import_file "


class Importing(Protocol):
    """What an import needs of an open shop."""

    workspace: Workspace
    db: Database

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...

    @property
    def intake(self) -> PostgresIntake:
        """The first part of the log."""
        ...

    @property
    def actor(self) -> Actor:
        """Who imports."""
        ...


class BeginImport(msgspec.Struct, frozen=True):
    """Begin to bring a file in, or go on with it."""

    permission: ClassVar[str] = "source.import"
    source: str
    name: str
    """The file's name without its folder."""
    file_hash: bytes
    rows_total: int | None = None

    def carry_out(self, work: Work) -> Done[bool]:
        """True where this file came through this mapping for the first time."""
        row = work.connection.execute(
            "insert into import_file (source, file_hash, name, rows_total, started_at) values (%s, %s, %s, %s, %s) "
            "on conflict do nothing returning true",
            [self.source, self.file_hash, self.name, self.rows_total, work.now],
        ).fetchone()
        audit = {"source": self.source, "file": self.name, "file_hash": self.file_hash.hex(), "is_new": row is not None}
        return Done(row is not None, audit=audit)


def import_file(shop: Importing, source: str, path: Path, progress: Progress) -> ImportView:
    """Bring a file of a source into the log and say what became of it; a finished one is left as it is."""
    definition, mapping = _file_source(shop.workspace, source)
    secret = shop.app.vault.seed(USE)
    with _opened(path) as file:
        content, lines = _hashed(file)
        opened = _rows(file, path, mapping)
        identity = hashlib.sha256(content + msgspec.json.encode(mapping)).digest()
        total = opened.total if isinstance(opened, ParquetFile) else max(lines - isinstance(opened, CsvFile), 0)
        rows.require(opened, Mapper(definition, shop.workspace.zone, content, 0, key=secret).columns, str(path))
        cure = "wait until it is done: a file is never imported twice at a time"
        busy = Fault(what="is being imported already", cure=cure, file=str(path))
        with alone(shop.db, "import", source, identity, otherwise=busy):
            shop.app.act(BeginImport(source, path.name, identity, total), shop.actor, "import a file")
            view = _view(shop.db, source, identity)
            if view.finished_at is None:
                mapper = Mapper(definition, shop.workspace.zone, content, view.started_at, key=secret)
                folder = shop.workspace.data_dir / "run" / f"import-{identity.hex()[:16]}"
                items = _items(folder, opened, mapper, file.seek(0, os.SEEK_END))
                _append(shop, identity, items, view, lambda done: progress(done, total))
            return _view(shop.db, source, identity)


def _file_source(workspace: Workspace, source: str) -> tuple[SourceDef, FileMapping]:
    definition = workspace.sources.get(source)
    files = [name for name, other in workspace.sources.items() if other.kind == "file"]
    if definition is None:
        cure = nearest(source, files, "name it in sources/ with kind: file")
        raise Misused(Fault(what=f"{source!r} is no source of this workspace", cure=cure))
    if definition.mapping is None:
        cure = f"file sources here: {', '.join(files) or 'none; see sources/'}"
        raise Misused(Fault(what=f"the source {source!r} takes live events, no files", cure=cure))
    return definition, definition.mapping


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)  # asked first: opening a pipe waits for who writes into it
        file = io.BufferedReader(Steady(path)) if is_file else None
    except OSError as error:
        raise Misused(Fault(what=f"cannot be opened: {error.strerror}", file=str(path))) from error
    if file is None:
        what = f"is {_kind(path)}, no file"
        raise Misused(Fault(what=what, cure="name a file: an import reads it more than once", file=str(path)))
    with file:
        yield file


def _kind(path: Path) -> str:
    for is_one, word in ((path.is_dir, "a folder"), (path.is_fifo, "a pipe"), (path.is_socket, "a socket")):
        if is_one():
            return word
    return "a device"


def _hashed(file: BinaryIO) -> tuple[bytes, int]:
    """SHA-256 of the file, and its lines."""
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    while block := file.read(_BLOCK):
        digest.update(block)
        lines += block.count(b"\n")
        last = block[-1:]
    return digest.digest(), lines + (last != b"\n")


def _rows(file: BinaryIO, path: Path, mapping: FileMapping) -> Rows:
    kind = mapping.format if mapping.format != "auto" else _SUFFIXES.get(path.suffix.lower(), "")
    match kind:
        case "csv":
            return CsvFile(file, str(path), mapping.encoding, mapping.delimiter)
        case "jsonl":
            return JsonLines(file, str(path))
        case "parquet":
            return ParquetFile(file, str(path))
        case _:
            cure = f"name it with one of {', '.join(_SUFFIXES)}, or say format: in the source's mapping"
            raise Refused(Fault(what=f"{path.suffix or 'no ending'!r} tells no format", cure=cure, file=str(path)))


def _items(folder: Path, opened: Rows, mapper: Mapper, size: int) -> Iterator[Mapped | RefusedRow]:
    """Everything the file gives, in an order that depends on nothing but the file and the mapping."""
    if isinstance(opened, CsvFile):
        from itda.engine.sheets import Sheets  # noqa: PLC0415 - loads Polars, which a finished file does not need
        from itda.sources.gathering import Gatherer, is_fit  # noqa: PLC0415

        if is_fit(mapper.mapping):
            with Sheets(folder, size, Gatherer(mapper)) as sheets:
                yield from sheets.items(opened, mapper.columns)
            return
    read = opened.read(mapper.columns)
    if not mapper.is_grouped:
        for row in read:
            yield mapper.event((row,)) if isinstance(row, Row) else row
        return
    with Spool(folder) as spool:
        yield from spool.add(mapper, read)
        yield from spool.events(mapper)


def _append(
    shop: Importing,
    identity: bytes,
    items: Iterator[Mapped | RefusedRow],
    view: ImportView,
    progress: Callable[[int], None],
) -> None:
    done = view.rows_done
    # What earlier runs put into the log is counted off, not looked up.
    for _ in islice(items, view.events + view.refused):
        pass
    progress(done)
    with contextlib.closing(shop.db.connect(name="itda import")) as connection:
        while True:
            chunk = Bundle()
            for item in items:
                chunk.add(item)
                if chunk.is_full:
                    break
            is_last = not chunk.is_full
            _write(connection, shop, view.source, identity, chunk, is_last=is_last)
            done += chunk.rows
            progress(done)
            if is_last:
                return


@reported()
def _write(
    connection: Connection, shop: Importing, source: str, identity: bytes, chunk: Bundle, *, is_last: bool
) -> None:
    now = shop.app.clock()
    connection.execute(
        "update import_file set rows_done = rows_done + %s, events = events + %s, refused = refused + %s, "
        "finished_at = %s, rows_total = case when %s then rows_done + %s else rows_total end "
        "where source = %s and file_hash = %s",
        [chunk.rows, chunk.events, chunk.refused, now if is_last else None, is_last, chunk.rows, source, identity],
    )
    chunk.rename(came_before(connection, shop.app.vault, source))
    records = chunk.records(source)
    if records:
        # Last, because its lock on the head of the log keeps other writers waiting until the commit.
        shop.intake.append_in(connection, records, now)
    connection.commit()


def _view(db: Database, source: str, identity: bytes) -> ImportView:
    with db.connection() as connection:
        row: Any = connection.execute(_VIEW + "where source = %s and file_hash = %s", [source, identity]).fetchone()
    return ImportView(*row)
