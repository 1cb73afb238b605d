"""Files that others put into a folder, here or on another machine: each that is complete is imported, oldest first.

What a file is known by is its content: the same under another name is imported once, another content under the same
name is another file. The files stay where they are; how they looked is kept, so that what is done is not read again.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Protocol

import msgspec

from itda.base.errors import Fault, ItdaError, Refused, Unavailable
from itda.base.instant import DAY
from itda.engine.fetching.given import Given
from itda.engine.fetching.sftp import Client, command
from itda.engine.importer import import_file
from itda.sources.origins import FolderOrigin, SftpOrigin
from itda.store import fetched_files, fetches
from itda.store.fetched_files import FileLook
from itda.store.fetches import Counts

_REMEMBERED = 30 * DAY
"""How long it is kept how a file looked that is not there any more."""
_TOLD = 3
"""Names of faulty files that an error repeats."""


class Found(msgspec.Struct, frozen=True):
    """A file that is there. `modified_at` in microseconds UTC."""

    name: str
    bytes: int
    modified_at: int


class Place(Protocol):
    """Where files are."""

    tells_time: bool
    """Whether its times are of this machine's clock."""

    def files(self) -> list[Found]:
        """Those the pattern names."""
        ...

    def opened(self, name: str) -> contextlib.AbstractContextManager[Path]:
        """A file, on this machine."""
        ...


class Folder:
    """A folder of this machine."""

    tells_time = True

    def __init__(self, origin: FolderOrigin, file: str) -> None:
        self._path, self._pattern, self._file = Path(origin.path), origin.pattern, file

    def files(self) -> list[Found]:
        """Those the pattern names, but for hidden ones and those that a link has from elsewhere."""
        if not self._path.is_dir():
            raise Refused(Fault(what=f"{self._path} is no folder", cure="make it, or name another", file=self._file))
        found = []
        for path in self._path.glob(self._pattern):
            name = path.relative_to(self._path).as_posix()
            if any(part.startswith(".") for part in PurePosixPath(name).parts):
                continue
            with contextlib.suppress(FileNotFoundError):  # taken away just now
                if path.is_file() and path.resolve().is_relative_to(self._path.resolve()):
                    stat = path.stat()
                    found.append(Found(name, stat.st_size, stat.st_mtime_ns // 1000))
        return found

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """The file itself."""
        yield self._path / name


class _Remote:
    """A folder of another machine, over an open session."""

    tells_time = False

    def __init__(self, client: Client, origin: SftpOrigin, folder: Path) -> None:
        self._client, self._origin, self._folder = client, origin, folder

    def files(self) -> list[Found]:
        pattern = self._origin.pattern
        return [
            Found(one.name, one.bytes, one.modified_at)
            for one in self._client.list(self._origin.path)
            if fnmatch.fnmatchcase(one.name, pattern) and not one.name.startswith(".") and "/" not in one.name
        ]

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[Path]:
        """A copy, for as long as it is needed."""
        copy = self._folder / name
        try:
            with copy.open("wb") as file:
                file.writelines(self._client.read(str(PurePosixPath(self._origin.path or ".") / name)))
            yield copy
        finally:
            copy.unlink(missing_ok=True)


@contextlib.contextmanager
def remote(given: Given, origin: SftpOrigin) -> Iterator[Place]:
    """The folder of another machine, while somebody is signed in there."""
    key = given.secret(origin.key_from)
    if key and not Path(key).is_file():
        cure = f"{origin.key_from} is to hold the path of a private key"
        raise Refused(Fault(what="the private key is not there", cure=cure, file=given.file))
    folder = given.shop.workspace.data_dir / "run" / f"fetch-{given.source.name}"
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    folder.mkdir(mode=0o700, parents=True)
    try:
        with Client(command(origin, key), given.environment, given.file) as client:
            yield _Remote(client, origin, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def take(given: Given, place: Place, settled: int) -> bool:
    """Import every complete file that is not done; False where it was told to stop before it was through.

    One that cannot be imported holds up no other; at the end it is told, and tried again at the next run.
    """
    source, faults = given.source.name, dict[str, str]()
    with given.db.connection() as connection:
        looks = fetched_files.looks(connection, source)
    found = sorted(place.files(), key=lambda one: (one.modified_at, one.name))
    _let_go(given, looks, {one.name for one in found})
    for one in found:
        if given.stopped():
            return False
        shown = os.fsencode(one.name).decode(errors="backslashreplace")
        if shown != one.name:
            faults[shown] = "its name is not in UTF-8: rename it"
            continue
        look = _looked(given, one, looks.get(one.name))
        if look.done_at is not None or not _is_complete(look, given.now, settled, tells_time=place.tells_time):
            continue
        try:
            with place.opened(one.name) as path:
                _import(given, look, path)
        except Unavailable:
            raise
        except ItdaError as error:
            faults[one.name] = str(error)
    if faults:
        told = "; ".join(f"{name}: {why}" for name, why in list(faults.items())[:_TOLD])
        more = f" (and {len(faults) - _TOLD} more)" if len(faults) > _TOLD else ""
        raise Refused(Fault(what=f"not every file could be imported: {told}{more}"))
    return True


def _let_go(given: Given, looks: Mapping[str, FileLook], there: Collection[str]) -> None:
    """Forget files that were taken away long ago: one that comes back is known by its content."""
    before = given.now - _REMEMBERED
    gone = {name for name, look in looks.items() if name not in there and max(look.seen_at, look.done_at or 0) < before}
    if gone:
        with given.db.connection() as connection:
            fetched_files.let_go(connection, given.source.name, gone)


def _looked(given: Given, one: Found, before: FileLook | None) -> FileLook:
    """How a file looks now, and since when it has looked so."""
    if before is not None and (before.bytes, before.modified_at) == (one.bytes, one.modified_at):
        return before
    look = FileLook(one.name, one.bytes, one.modified_at, given.now)
    with given.db.connection() as connection:
        fetched_files.set_look(connection, given.source.name, look)
    return look


def _is_complete(look: FileLook, now: int, settled: int, *, tells_time: bool) -> bool:
    since = look.modified_at if tells_time else look.seen_at
    return since <= now - settled


def _import(given: Given, look: FileLook, path: Path) -> None:
    source = given.source.name
    view = import_file(given.shop, source, path, given.progress)
    is_new = view.finished_at is not None and view.finished_at >= given.began_at
    counts = Counts(view.rows_done, view.events, view.refused) if is_new else Counts(known=1)
    with given.db.connection() as connection:
        fetches.add(connection, source, given.began_at, counts)
        fetched_files.set_look(connection, source, msgspec.structs.replace(look, done_at=given.now))
