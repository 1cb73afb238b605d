"""Puts a backup back into a new workspace folder and an empty schema; nothing that is there is ever overwritten.

The files are checked against the backup's list before the database is touched, and the database is filled in one
transaction: a restore that is stopped leaves nothing that opens. Then the gate is shut (see `gate`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.auditing.anchoring import Anchoring
from itda.engine.auditing.anchors import FILE as ANCHORS
from itda.engine.auditing.anchors import AnchorFile
from itda.engine.auditing.anchors import told as written
from itda.engine.backup import contents, gate
from itda.engine.backup.contents import Data, File, Keys
from itda.engine.backup.gate import Restored
from itda.engine.erasing import journal
from itda.store import copying, migrate, workspace_key
from itda.store.database import Connection, Database
from itda.store.embedded import Lease
from itda.store.intake import ensure_days
from itda.store.lake.files import sync_folder
from itda.workspace.definition import Workspace
from itda.workspace.load import load

Progress = Callable[[int, int | None], None]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """From what, and into what. Folders of backups may be those of one, or hold several: the newest is taken."""

    data: Path
    keys: Path
    into: Path
    workspace_key: Path | None = None
    """The file of the key; None where the environment or the new folder has it."""
    anchors: Path | None = None
    """A later file of anchors than the backup's: it tells how much is lost."""


def restore(given: Given, now: int, progress: Progress) -> Restored:
    """Put both backups back and shut the gate. `Refused`, and nothing is left behind, where something does not fit."""
    data = contents.latest(given.data.expanduser().resolve(), contents.DATA)
    told = contents.read(data, contents.DATA, Data)
    keys, keys_told = _keys_of(given.keys.expanduser().resolve(), told)
    into = given.into.expanduser().resolve()
    if into.exists() and any(into.iterdir()):
        raise Refused(Fault(what="is not empty: a backup is put back beside what is there", file=str(into)))
    is_ours = not into.exists()
    try:
        workspace = _files(data, told, keys, keys_told, into, given.workspace_key)
        with _database(workspace) as db:
            return _filled(db, workspace, (data, told), (keys, keys_told), given.anchors, now, progress)
    except BaseException:
        for path in [into] if is_ours else list(into.iterdir()) if into.exists() else []:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _keys_of(folder: Path, data: Data) -> tuple[Path, Keys]:
    """The keys of the same moment, else the first that were kept later: those that were destroyed since are gone."""
    folders = (
        [folder] if (folder / contents.KEYS).exists() else sorted(p.parent for p in folder.glob(f"*/{contents.KEYS}"))
    )
    found = [(path, contents.read(path, contents.KEYS, Keys)) for path in folders]
    for path, keys in sorted(found, key=lambda one: one[1].made_at):
        if keys.key == data.key and keys.made_at >= data.made_at:
            return path, keys
    cure = "keys are kept for days only: without them nobody can read what the backup sealed"
    raise Refused(Fault(what="there are no keys of this backup, nor later ones", file=str(folder), cure=cure))


def _files(data: Path, told: Data, keys: Path, keys_told: Keys, into: Path, key_file: Path | None) -> Workspace:
    """The new folder with its settings, its key and what it knew of erasures; the workspace."""
    _copy(data / contents.SETTINGS, told.settings, into)
    own = into / ".itda"
    own.mkdir(mode=0o711, parents=True, exist_ok=True)
    if key_file is not None:
        target = workspace_key.path_of(own)
        shutil.copyfile(key_file, target)
        target.chmod(0o600)
    if keys_told.journal is not None:
        _copy(keys, [keys_told.journal], own)
        (own / journal.NAME).chmod(0o600)
    workspace = load(into)
    if workspace_key.load(workspace.data_dir).fingerprint(b"workspace key").hex() != told.key:
        raise Refused(Fault(what="the workspace key is not the one this backup was made under",
                            cure="name your copy of it with --workspace-key"))  # fmt: skip
    if workspace.lake_dir.exists() and any(workspace.lake_dir.iterdir()):
        raise Refused(Fault(what="the lake's folder is not empty", file=str(workspace.lake_dir)))
    _copy(data / contents.LAKE, told.lake, workspace.lake_dir)
    _copy(data / contents.DEDUPE, told.dedupe, workspace.data_dir / "dedupe")
    if told.anchors is not None and not (workspace.anchors_dir / ANCHORS).exists():
        _copy(data, [told.anchors], workspace.anchors_dir)
    return workspace


def _copy(source: Path, files: Sequence[File], target: Path) -> None:
    for one in files:
        path = target / one.path
        if not path.resolve().is_relative_to(target.resolve()):
            raise Refused(Fault(what=f"names {one.path!r}, which lies outside of it", file=str(source)))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(source / one.path, path)
        if not path.exists() or copying.sha256(path) != one.sha256:
            cure = "take another copy of the backup"
            raise Refused(Fault(what="is not as it was written", file=str(source / one.path), cure=cure))
        _sync(path)
    if files:
        sync_folder(target)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextlib.contextmanager
def _database(workspace: Workspace) -> Iterator[Database]:
    """The database that the settings name; its schema goes again where the block does not end well."""
    with contextlib.ExitStack() as held:
        url = workspace.database_url
        if url is None:
            lease = held.enter_context(Lease(workspace.data_dir / "pg"))
            url = lease.url
        db = held.enter_context(Database(url, workspace.schema))
        yield db


def _filled(
    db: Database, workspace: Workspace, data: tuple[Path, Data], keys: tuple[Path, Keys], anchors: Path | None,
    now: int, progress: Progress,
) -> Restored:  # fmt: skip
    folder, told = data
    text = (folder / contents.SCHEMA).read_text(encoding="utf-8")
    if copying.digest(text.encode()) != told.schema_sha256:
        raise Refused(Fault(what="is not as it was written", file=str(folder / contents.SCHEMA)))
    migrate.lay(db, text, told.steps)
    try:
        with db.connection() as connection:
            _tables(connection, (folder / contents.DATABASE, told), keys, progress)
            restored = _settled(connection, told, workspace, anchors, now)
            gate.write(connection, restored)
        migrate.migrate(db)
        Anchoring(db, workspace, lambda: now).restored(told.points)
    except BaseException:
        migrate.drop(db)
        raise
    return restored


def _tables(connection: Connection, data: tuple[Path, Data], keys: tuple[Path, Keys], progress: Progress) -> None:
    ensure_days(connection, data[1].days)
    total, done = sum(one.size for one in (*data[1].tables, *keys[1].tables)), 0
    for folder, tables in ((data[0], data[1].tables), (keys[0], keys[1].tables)):
        for one in tables:
            copying.copy_in(connection, one, folder, lambda _size: None)
            done += one.size
            progress(done, total)
    copying.set_sequences(connection, data[1].sequences)


def _settled(connection: Connection, told: Data, workspace: Workspace, anchors: Path | None, now: int) -> Restored:
    dropped, lost = gate.settle(connection)
    return Restored(
        made_at=told.made_at, restored_at=now, position=told.position, dropped=dropped, lost_frames=lost,
        lost_consents=_lost_consents(told, workspace, anchors),
    )  # fmt: skip


def _lost_consents(told: Data, workspace: Workspace, anchors: Path | None) -> int | None:
    """How many acts of consent were anchored beyond the backup; None where no anchor is later than it."""
    (own,) = [point.links for point in told.points if point.stream == "consent"]
    given = written(anchors.read_bytes().splitlines()).anchors if anchors else []
    later = [
        point.links
        for anchor in [*given, *AnchorFile(workspace.anchors_dir).read().anchors]
        if anchor.at > told.made_at and not anchor.is_restored
        for point in anchor.streams
        if point.stream == "consent"
    ]
    return max(later) - own if later else None
