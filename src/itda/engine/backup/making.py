"""Makes a backup while the shop is served: all of one moment of the database, with the lake's files of that moment.

One transaction holds the moment; each table is read in a transaction of its own that shares it, so that no table is
locked for longer than it takes to read it. Files of the lake are never changed, and none that the moment names is
removed while it is held. The keys go elsewhere: whoever has one of the two backups can read nobody.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import msgspec

from itda.base import instant
from itda.base.errors import Fault, Refused, Unavailable
from itda.base.instant import DAY
from itda.engine.app import Done
from itda.engine.auditing.anchors import FILE, points_in
from itda.engine.backup import contents
from itda.engine.backup.contents import Data, File, Keys
from itda.engine.erasing import journal
from itda.engine.work import Work
from itda.store import copying, keys, migrate
from itda.store.copying import Copied
from itda.store.database import Connection, Database
from itda.store.lake import manifest
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

_TRIES = 5
KEPT_DAYS = 7
"""Backups of keys are kept so long, unless said otherwise."""
LEFT_OUT = frozenset({"session", *keys.TABLES})
"""Tables that no backup of the data holds: nobody stays signed in through one, and keys are kept elsewhere."""
Progress = Callable[[int, int | None], None]


class Made(msgspec.Struct, frozen=True):
    """A backup that was made: where, at which position of the log, rows and bytes, and keys that had their time."""

    data: str
    keys: str
    position: int
    rows: int
    size: int
    lake_files: int
    copied_lake_files: int
    """The others are links to the files of the backup before."""
    dropped_keys: list[str]


class NoteBackup(msgspec.Struct, frozen=True):
    """Write down that a backup was made."""

    permission: ClassVar[str] = "backup.make"
    made: Made

    def carry_out(self, _work: Work) -> Done[None]:
        """Nothing but the row of the audit."""
        told = {"position": self.made.position, "rows": self.made.rows, "to": Path(self.made.data).name}
        return Done(None, audit=told)


class Backup:
    """Backups of one workspace. `now` gives microseconds UTC."""

    def __init__(self, db: Database, workspace: Workspace, vault: Vault, now: Callable[[], int]) -> None:
        self._db, self._workspace, self._vault, self._now = db, workspace, vault, now

    def make(self, to: Path, keys_to: Path, *, kept_days: int = KEPT_DAYS, progress: Progress) -> Made:
        """Make both, each a folder of the time in its folder, there when it is whole. `Refused` where they are one."""
        to, keys_to = to.expanduser().resolve(), keys_to.expanduser().resolve()
        if to == keys_to or to in keys_to.parents or keys_to in to.parents:
            cure = "keep keys where the data is not, and for days only"
            raise Refused(Fault(what="data and keys would lie in one folder", file=str(keys_to), cure=cure))
        at = self._now()
        name = f"{instant.to_datetime(at):%Y-%m-%dT%H%M%SZ}"
        before = _newest(to)
        with _whole(to / name) as data, _whole(keys_to / name) as kept, self._moment(data) as (held, snapshot):
            steps = _Steps(progress, _size(held))
            position, processed, log_time = _position(held)
            own = copying.tables(held)
            copied = [self._copy(snapshot, table, data / contents.DATABASE, steps) for table in own
                      if table not in LEFT_OUT]  # fmt: skip
            lake, fresh = self._lake(held, data / contents.LAKE, before, steps)
            settings = _settings(self._workspace, data / contents.SETTINGS)
            (data / contents.SCHEMA).write_text(migrate.whole(), encoding="utf-8")
            told = Data(
                made_at=at, anchors=self._anchors(data), itda=version("itda"), key=self._key,
                steps=sorted(migrate.applied(held)),
                position=position, processed=processed, log_time=log_time, days=_days(held), points=points_in(held),
                tables=copied, sequences=copying.sequences(held), dedupe=_files(data / contents.DEDUPE),
                schema_sha256=copying.digest(migrate.whole().encode()), lake=lake, settings=settings,
            )  # fmt: skip
            contents.write(data, contents.DATA, told)
            contents.write(kept, contents.KEYS, self._keys(snapshot, kept, told, steps))
        dropped = _drop(keys_to, at - kept_days * DAY)
        size = sum(one.size for one in copied) + sum(one.size for one in (*lake, *settings))
        rows = sum(one.rows for one in copied)
        return Made(str(to / name), str(keys_to / name), position, rows, size, len(lake), fresh, dropped)

    @property
    def _key(self) -> str:
        return self._vault.fingerprint(b"workspace key").hex()

    @contextlib.contextmanager
    def _moment(self, folder: Path) -> Iterator[tuple[Connection, str]]:
        """A transaction that holds one moment, and the name by which others share it.

        Files of what was seen before are merged and removed as the log goes on: where one went between the moment and
        its copy, another moment is taken.
        """
        with contextlib.ExitStack() as held:
            for _ in range(_TRIES):
                connection = held.enter_context(contextlib.closing(self._db.connect(name="itda backup")))
                connection.execute("set transaction isolation level repeatable read, read only")
                row = connection.execute("select pg_export_snapshot()").fetchone()
                if self._seen(connection, folder / contents.DEDUPE):
                    yield connection, str(row[0]) if row else ""
                    return
                connection.close()
        raise Unavailable("files went while they were copied: try again when less comes in")

    def _seen(self, connection: Connection, folder: Path) -> bool:
        """Copy the files of what was seen before; False where one is gone."""
        folder.mkdir(mode=0o700, exist_ok=True)
        for (path,) in connection.execute("select path from dedupe_file").fetchall():
            try:
                shutil.copyfile(self._workspace.data_dir / "dedupe" / path, folder / path)
            except FileNotFoundError:
                return False
        return True

    def _copy(self, snapshot: str, table: str, folder: Path, steps: _Steps) -> Copied:
        folder.mkdir(mode=0o700, exist_ok=True)
        with contextlib.closing(self._db.connect(name="itda backup")) as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            connection.execute(f"set transaction snapshot '{snapshot}'".encode())
            return copying.copy_out(connection, table, folder, steps.step)

    def _keys(self, snapshot: str, folder: Path, data: Data, steps: _Steps) -> Keys:
        copied = [self._copy(snapshot, table, folder, steps) for table in keys.TABLES]
        path = self._workspace.data_dir / journal.NAME
        noted = None
        if path.exists():
            shutil.copyfile(path, folder / journal.NAME)
            noted = _file(folder, folder / journal.NAME)
        return Keys(made_at=data.made_at, key=data.key, position=data.position, tables=copied, journal=noted)

    def _anchors(self, folder: Path) -> File | None:
        """A copy of the anchors so far: what was anchored before the moment holds for what is put back."""
        path = self._workspace.anchors_dir / FILE
        if not path.exists():
            return None
        shutil.copyfile(path, folder / FILE)
        return _file(folder, folder / FILE)

    def _lake(self, held: Connection, folder: Path, before: Path | None, steps: _Steps) -> tuple[list[File], int]:
        """The lake's files of the moment, linked to where the backup before has them; how many are not."""
        sums, found, fresh = manifest.checksums(held), list[File](), 0
        for one in manifest.files(held):
            source, target = self._workspace.lake_dir / one.path, folder / one.path
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            wanted = bytes(sums[one.path]).hex()
            if not (before and _linked(before / contents.LAKE / one.path, target, one.size, wanted)):
                shutil.copyfile(source, target)
                fresh += 1
                if copying.sha256(target) != wanted:
                    cure = "put it back from an earlier backup; see itda doctor --thorough"
                    raise Refused(Fault(what="is damaged: it is not as it was written", file=str(source), cure=cure))
            found.append(File(one.path, one.size, wanted))
            steps.step(one.size)
        return found, fresh


class _Steps:
    """Tells how far it is, in bytes."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def step(self, size: int) -> None:
        self._done += size
        self._progress(self._done, max(self._total, self._done))


def _linked(there: Path, target: Path, size: int, wanted: str) -> bool:
    """Take a file of the backup before as it is, where it is the same and still whole."""
    try:
        if there.stat().st_size != size or copying.sha256(there) != wanted:
            return False
        os.link(there, target)
    except OSError:
        return False
    return True


def _settings(workspace: Workspace, folder: Path) -> list[File]:
    """The workspace's files as they were read."""
    found = []
    for name, text in sorted(workspace.texts.items()):
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        found.append(_file(folder, path))
    return found


def _files(folder: Path) -> list[File]:
    """Every file in a folder."""
    return [_file(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()]


def _file(folder: Path, path: Path) -> File:
    return File(str(path.relative_to(folder)), path.stat().st_size, copying.sha256(path))


def _size(connection: Connection) -> int:
    """About how many bytes there are to copy."""
    row = connection.execute(
        "select coalesce(sum(pg_table_size(oid)), 0)::bigint + (select coalesce(sum(bytes), 0)::bigint from lake_file)"
        " from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r'"
    ).fetchone()
    return int(row[0]) if row else 0


def _position(connection: Connection) -> tuple[int, int, int]:
    row = connection.execute(
        "select h.position, c.position, h.received_at from intake_head h, cursor c where c.name = 'pipeline'"
    ).fetchone()
    return (0, 0, 0) if row is None else (int(row[0]), int(row[1]), int(row[2]))


def _days(connection: Connection) -> list[int]:
    rows = connection.execute("select distinct day from intake_frame order by 1").fetchall()
    return [int(day) for (day,) in rows]


def _newest(folder: Path) -> Path | None:
    """The newest backup that is there."""
    found = sorted(path.parent for path in folder.glob(f"*/{contents.DATA}"))
    return found[-1] if found else None


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder that gets its name when the block ends well, and is gone when it does not."""
    making = folder.with_name(folder.name + ".making")
    try:
        making.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise Refused(Fault(what=f"cannot be made: {error.strerror}", file=str(folder))) from error
    try:
        yield making
        for path in making.rglob("*"):
            _sync(path)
        _sync(making)
        making.rename(folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drop(folder: Path, before: int) -> list[str]:
    """Remove the backups of keys that had their time."""
    dropped = []
    for path in sorted(folder.glob(f"*/{contents.KEYS}")):
        if contents.read(path.parent, contents.KEYS, Keys).made_at < before:
            shutil.rmtree(path.parent)
            dropped.append(path.parent.name)
    return dropped
