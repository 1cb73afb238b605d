"""The workspace key: 32 random bytes in a file that only its owner reads. Whoever loses it loses all personal data."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from itda.base.errors import Fault, Refused
from itda.store.database import Database
from itda.store.vault import KEY_LENGTH, Vault

_NAME = "workspace.key"


def make(data_dir: Path) -> Path:
    """Write a new key, durable before this returns; an existing one is never replaced (`Refused`)."""
    data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
    path = data_dir / _NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(Fault(what=f"{path} exists and is never replaced", file=str(path))) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(os.urandom(KEY_LENGTH).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(data_dir, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return path


def load(data_dir: Path) -> Vault:
    """The vault of the key in `data_dir`; `Refused` says what is wrong with the file and how to mend it."""
    path = data_dir / _NAME
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
    secret = b""
    with contextlib.suppress(ValueError):
        secret = bytes.fromhex(text)
    if len(secret) != KEY_LENGTH:
        what = "the workspace key is damaged: it is not 64 hexadecimal digits"
        raise Refused(Fault(what=what, cure="put back your backup of it", file=str(path)))
    return Vault(secret)


def bind(db: Database, vault: Vault) -> None:
    """Tie the database to its key at first use; refuse another key ever after, before it seals anything."""
    own = vault.fingerprint(b"workspace key").hex()
    with db.connection() as connection:
        connection.execute("insert into meta values ('workspace_key', %s) on conflict (key) do nothing", [own])
        row = connection.execute("select value from meta where key = 'workspace_key'").fetchone()
    if row != (own,):
        what = f"the workspace key does not belong to the database schema {db.schema}"
        raise Refused(Fault(what=what, cure="put back the key this database was made with, or name another schema"))
