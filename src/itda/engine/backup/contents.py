"""What a backup holds: a list of all its files with their checksums, written last. A folder without it is no backup."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.auditing.anchors import Point
from itda.store.copying import Copied

FORMAT = 1
DATA, KEYS = "backup.json", "keys.json"
DATABASE, LAKE, DEDUPE, SETTINGS, SCHEMA = "database", "lake", "dedupe", "settings", "schema.sql"
Kind = TypeVar("Kind", "Data", "Keys")


class File(msgspec.Struct, frozen=True):
    """A file: its path below its part of the backup, its size and its SHA-256 (hex)."""

    path: str
    size: int
    sha256: str


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """A backup of the data: all of one moment. `position` is of the log; times are microseconds UTC."""

    format: int = FORMAT
    made_at: int
    itda: str
    """The version that made it."""
    key: str
    """What tells its workspace key from others."""
    steps: list[int]
    """Of the schema."""
    position: int
    """The last frame that was acknowledged."""
    processed: int
    """The last frame that was processed."""
    log_time: int
    days: list[int]
    """Days of the intake."""
    points: list[Point]
    """What the chains of the audit had come to."""
    tables: list[Copied]
    sequences: dict[str, int | None]
    schema_sha256: str
    lake: list[File]
    dedupe: list[File]
    """What was seen before, as far as it is in files."""
    anchors: File | None
    settings: list[File]


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """A backup of the keys, of the same moment as the data's."""

    format: int = FORMAT
    made_at: int
    key: str
    position: int
    tables: list[Copied]
    journal: File | None
    """The erasures noted so far."""


def write(folder: Path, name: str, contents: Data | Keys) -> None:
    """Write the list, which makes a folder a backup."""
    (folder / name).write_bytes(msgspec.json.format(msgspec.json.encode(contents), indent=1))


def read(folder: Path, name: str, kind: type[Kind]) -> Kind:
    """The list. `Refused` where the folder is no backup, or one of a newer Itda."""
    path = folder / name
    try:
        found = msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError:
        raise Refused(Fault(what=f"this is no backup: it has no {name}", file=str(folder))) from None
    except msgspec.MsgspecError as error:
        raise Refused(Fault(what=f"cannot be read: {error}", file=str(path))) from None
    if found.format > FORMAT:
        raise Refused(Fault(what=f"was made by a newer Itda (format {found.format})", file=str(path)))
    return found


def latest(folder: Path, name: str) -> Path:
    """The folder itself where it is a backup, else the newest one in it. `Refused` where there is none."""
    if (folder / name).exists():
        return folder
    found = sorted(path.parent for path in folder.glob(f"*/{name}"))
    if not found:
        raise Refused(Fault(what=f"there is no backup: nothing in it has a {name}", file=str(folder)))
    return found[-1]
