"""What of some invented values can still be read: in any table, file or log, in any usual coding, compressed or not."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import zstandard
from psycopg import sql

from itda.store.database import Database

_ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = b"\x1f\x8b\x08"
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_HEX = re.compile(rb"(?:[0-9a-f]{2}){24,}|(?:[0-9A-F]{2}){24,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{48,}={0,2}")
_DEEPEST = 4
_TABLES = """
select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'm') and (nspname = %(schema)s or nspname like %(schema)s || '\\_%%') order by 1, 2
"""


def needles(values: Iterable[str]) -> dict[bytes, str]:
    """Each value in every coding it may lie in → the value."""
    found: dict[bytes, str] = {}
    for value in values:
        utf8 = value.encode()
        codings = [utf8, *_bases(utf8), quote(value).encode(), json.dumps(value)[1:-1].encode()]
        codings += [
            value.encode("utf-16-le"),
            value.encode("utf-16-be"),
            utf8.hex().encode(),
            utf8.hex().upper().encode(),
        ]
        if not value.isascii():
            codings += [value.encode("cp949"), value.encode("utf-16-le").hex().encode()]
        found.update({coding: value for coding in codings if len(coding) >= 4})
    return found


def _bases(value: bytes) -> Iterator[bytes]:
    """What stays the same of it in base64, however many bytes stand before it."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + value)
        cut = whole[{0: 0, 1: 2, 2: 3}[before] :].rstrip(b"=")
        inner = cut[: len(cut) - 1]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


def read(data: bytes, wanted: dict[bytes, str]) -> set[str]:
    """The values that can be read in some bytes; what is compressed in them is opened, what is hex or base64 is read."""
    pieces = list(_opened(data))
    one_a_byte = pl.Series([piece.decode("latin-1") for piece in pieces], dtype=pl.String)
    told_by = one_a_byte.str.contains_any([coding.decode("latin-1") for coding in wanted])
    suspect = [piece for piece, has in zip(pieces, told_by, strict=True) if has]
    return {value for piece in suspect for coding, value in wanted.items() if coding in piece}


def _opened(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Some bytes, and whatever can be opened in them, however deep."""
    yield data
    if depth < _DEEPEST:
        for inner in _inside(data):
            yield from _opened(inner, depth + 1)


def _inside(data: bytes) -> Iterator[bytes]:
    for at in _places(data, _ZSTD):
        try:
            yield zstandard.ZstdDecompressor().decompressobj().decompress(data[at:])
        except zstandard.ZstdError:
            continue
    for at in _places(data, _GZIP):
        try:
            yield zlib.decompressobj(31).decompress(data[at:])
        except zlib.error:
            continue
    for match in _ZLIB.finditer(data):
        try:
            yield zlib.decompressobj().decompress(data[match.start() :])
        except zlib.error:
            continue
    for match in _HEX.finditer(data):
        yield bytes.fromhex(match[0].decode())
    for match in _BASE64.finditer(data):
        text = match[0].translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
        yield base64.b64decode(text[: len(text) // 4 * 4])


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def in_database(db: Database, wanted: dict[bytes, str]) -> tuple[dict[str, set[str]], set[str]]:
    """What can be read in each table of the workspace's schemas, as the catalogue names them; and which have rows."""
    found: dict[str, set[str]] = {}
    filled: set[str] = set()
    with db.connection() as connection:
        tables = connection.execute(_TABLES, {"schema": db.schema}).fetchall()
        for schema, table in tables:
            copied = sql.SQL("copy (select * from {}) to stdout (format {})")
            for form in ("text", "binary"):
                with connection.cursor().copy(copied.format(sql.Identifier(schema, table), sql.SQL(form))) as rows:
                    data = b"".join(bytes(row) for row in rows)
                if form == "text" and data:
                    filled.add(table)
                if values := read(data, wanted):
                    found.setdefault(table, set()).update(values)
    return found, filled


def in_folder(folder: Path, wanted: dict[bytes, str], but: Iterable[str] = ()) -> dict[str, set[str]]:
    """What can be read in each file below a folder, but those whose path begins so."""
    found: dict[str, set[str]] = {}
    skipped = tuple(but)
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        if path.is_file() and not place.startswith(skipped or ("\0",)):
            values = read(path.read_bytes(), wanted) | read(place.encode(), wanted)
            if values:
                found[place] = values
    return found


def told(found: dict[str, Any]) -> str:
    """What was found, for a person."""
    return "\n".join(f"{place}: {sorted(values)}" for place, values in sorted(found.items()))
