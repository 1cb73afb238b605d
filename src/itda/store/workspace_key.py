"""The workspace key: whoever loses it loses all personal data.

It comes from the environment (`ITDA_WORKSPACE_KEY`), else from a file that only its owner reads. What is there is the
key itself, or what a KMS wrapped: then it is opened by asking the KMS once a process, and lies open in memory only.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from itda.base.errors import Fault, ItdaError, Refused
from itda.store import key_material
from itda.store.database import Database
from itda.store.key_material import Enclosed, Material
from itda.store.kms import port
from itda.store.vault import KEY_LENGTH, Vault

VARIABLE = "ITDA_WORKSPACE_KEY"
_NAME = "workspace.key"
_LOOK_S = 1.0
"""How often a file is looked at for a new version of the wrapping key."""

_opened: dict[str, Material] = {}
"""By the text that a KMS wrapped: it is asked once a process, and once more where the text changes."""
_given: list[str] = []
"""What the environment held; taken out of it, so that no program started from here has it."""


def path_of(data_dir: Path) -> Path:
    """Where the key's file is, if there is one."""
    return data_dir / _NAME


def given() -> str | None:
    """The key as the environment holds it, None where it does not. Taken out of the environment when first read."""
    text = os.environ.pop(VARIABLE, None)
    if text is not None:
        _given[:] = [text] if text.strip() else []
    return _given[0] if _given else None


class _Handed(msgspec.Struct, frozen=True):
    """What a process of our own is told of the key: what the environment held, and what a KMS opened."""

    given: str | None
    wrapped: str = ""
    opened: str = ""


def handed(data_dir: Path) -> bytes:
    """What a process of our own is to be told over a pipe, so that it needs neither environment nor KMS."""
    written = found(data_dir)
    if isinstance(written, Material):
        return msgspec.json.encode(_Handed(given()))
    return msgspec.json.encode(_Handed(given(), written.written(), opened(written).written()))


def take(told: bytes) -> None:
    """Take what another process of ours was handed."""
    what = msgspec.json.decode(told, type=_Handed)
    if what.given is not None:
        _given[:] = [what.given]
    material = key_material.read(what.opened)
    if isinstance(material, Material):
        _opened[what.wrapped] = material


def make(data_dir: Path) -> Path:
    """Write a new key, durable before this returns; an existing one is never replaced (`Refused`)."""
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    path = path_of(data_dir)
    made = Material(os.urandom(KEY_LENGTH), {1: os.urandom(KEY_LENGTH)})
    try:
        _write(path, made.written(), os.O_EXCL)
    except FileExistsError:
        raise Refused(Fault(what=f"{path} exists and is never replaced", file=str(path))) from None
    return path


def replace(data_dir: Path, written: Material | Enclosed) -> None:
    """Write the same key in another form or with other versions: whole and durable, or not at all."""
    path = path_of(data_dir)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    _write(beside, written.written(), os.O_EXCL)
    owner = path.stat()
    if owner.st_uid != os.geteuid():
        os.chown(beside, owner.st_uid, owner.st_gid)
    beside.rename(path)
    _sync(data_dir)


def found(data_dir: Path) -> Material | Enclosed:
    """The key as it is written down, in environment or file; `Refused` says what is wrong and how to mend it."""
    text = given()
    if text is not None:
        read = key_material.read(text)
        if read is None:
            cure = f"set it to what the file {_NAME} would hold"
            raise Refused(Fault(what=f"{VARIABLE} holds no workspace key", cure=cure))
        return read
    path = path_of(data_dir)
    read = key_material.read(_text(path))
    if read is None:
        what = "the workspace key is damaged: it is not 64 hexadecimal digits"
        raise Refused(Fault(what=what, cure="put back your backup of it", file=str(path)))
    return read


def opened(written: Material | Enclosed) -> Material:
    """The key itself. `Refused` where its KMS says no or opens something else, `Unavailable` where it is silent."""
    if isinstance(written, Material):
        return written
    text = written.written()
    if text not in _opened:
        inside = key_material.read(port.named(written.kms).unwrap(written.wrapped).decode("ascii", "replace"))
        if not isinstance(inside, Material):
            cure = "put back your backup of it"
            raise Refused(Fault(what=f"what {written.kms} opens is no workspace key", cure=cure))
        _opened.clear()
        _opened[text] = inside
    return _opened[text]


def told(data_dir: Path) -> str:
    """The key as a process of ours is told it over a pipe; empty where it can read the open file by itself."""
    written = found(data_dir)
    return "" if given() is None and isinstance(written, Material) else opened(written).written()


def load(data_dir: Path, told: str = "") -> Vault:
    """The vault of the workspace's key; it takes up versions of the wrapping key that its file is given later.

    `told` is the key as another process of ours opened it, empty for none.
    """
    known = key_material.read(told) if told else None
    seen = _signature(path_of(data_dir))
    material = known if isinstance(known, Material) else opened(found(data_dir))
    return Vault(material.root, material.wrapping, None if given() is not None else _Watch(data_dir, material, seen))


class _Watch:
    """Looks at a key's file for versions of the wrapping key that came later."""

    def __init__(self, data_dir: Path, material: Material, seen: tuple[int, ...]) -> None:
        self._data_dir = data_dir
        self._root = material.root
        self._seen = seen
        self._looked = time.monotonic()

    def __call__(self, is_urgent: bool) -> Mapping[int, bytes] | None:
        now = time.monotonic()
        if not is_urgent and now - self._looked < _LOOK_S:
            return None
        self._looked = now
        signature = _signature(path_of(self._data_dir))
        if signature == self._seen:
            return None
        with contextlib.suppress(ItdaError):  # as it was, until the file is whole and its KMS answers
            material = opened(found(self._data_dir))
            self._seen = signature
            return material.wrapping if material.root == self._root else None
        return None


def bind(db: Database, vault: Vault) -> None:
    """Tie the database to its key at first use; refuse another key ever after, before it seals anything."""
    own = vault.fingerprint(b"workspace key").hex()
    with db.connection() as connection:
        connection.execute("insert into meta values ('workspace_key', %s) on conflict (key) do nothing", [own])
        row = connection.execute("select value from meta where key = 'workspace_key'").fetchone()
    if row != (own,):
        what = f"the workspace key does not belong to the database schema {db.schema}"
        raise Refused(Fault(what=what, cure="put back the key this database was made with, or name another schema"))


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii").strip()
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        cure = "put back your backup of it; without it nothing sealed can be read again"
        raise Refused(Fault(what="the workspace key is missing", cure=cure, file=str(path))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(Fault(what=f"the workspace key cannot be read: {error}", file=str(path))) from None
    if mode & 0o077:
        what = f"the workspace key is open to others (mode {mode:o})"
        raise Refused(Fault(what=what, cure=f"chmod 600 {path}", file=str(path)))
    return text


def _write(path: Path, text: str, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _signature(path: Path) -> tuple[int, ...]:
    try:
        told = path.stat()
    except OSError:
        return ()
    return told.st_mtime_ns, told.st_ino, told.st_size
