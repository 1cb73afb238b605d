"""The embedded PostgreSQL: one server per workspace, in its folder, reached by a Unix socket and nothing else.

`start` attaches to a running server, mends what a killed one left behind (a stale postmaster.pid, orphaned backends),
and waits through crash recovery. A `Lease` keeps the server up for as long as somebody uses it: the last one to close
stops it, and a killed process lets go of its lease by dying.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import msgspec
import psutil
import psycopg

from itda.base.errors import Fault, Refused, Unavailable
from itda.store import embedded_sockets
from itda.store.embedded_account import Account, account_for, binaries, open_binaries, open_way, run_as

USER = "itda"
VERSION = "18"
START_TIMEOUT_S = 300
"""Crash recovery replays at most max_wal_size of log; far below this on any disk."""

_SETTINGS = {
    "listen_addresses": "''",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "'192MB'",
    "io_method": "sync",  # what is not in our memory is in the kernel's: handing a read to a worker costs more
    "work_mem": "'16MB'",
    "maintenance_work_mem": "'64MB'",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_wal_size": "'1GB'",  # a crash recovers seven milliseconds a megabyte
    "min_wal_size": "'512MB'",  # segments are used again: a new one is written out in full first
    "wal_buffers": "'16MB'",
    "checkpoint_timeout": "'15min'",
    "jit": "off",
    "max_parallel_workers_per_gather": "1",
    "autovacuum_naptime": "'20s'",
    "default_statistics_target": "10",  # rows are found by key; an analysis reads a tenth
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "logging_collector": "on",
    "log_directory": "'log'",
    "log_filename": "'postgresql-%a.log'",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "'1d'",
    "log_error_verbosity": "terse",  # no row contents in the server's log
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_min_error_statement": "panic",
}


class Postmaster(msgspec.Struct, frozen=True):
    """A running server, as its postmaster.pid tells."""

    pid: int
    socket_dir: Path
    url: str
    is_ready: bool


def start(data_dir: Path) -> str:
    """The URL of the server over `data_dir`: attached to if it runs, else started; made if there is none yet."""
    data_dir = data_dir.absolute()
    with _told(data_dir), _locked(data_dir):
        return _start(data_dir)


def stop(data_dir: Path) -> None:
    """Stop the server over `data_dir`, cleanly; nothing where none runs."""
    data_dir = data_dir.absolute()
    if data_dir.exists():
        with _locked(data_dir):
            _stop(data_dir)


def running(data_dir: Path) -> Postmaster | None:
    """The server that runs over `data_dir`; None where none does, whatever a killed one left behind."""
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
        pid, socket_dir = int(lines[0]), lines[4].strip()
        is_ready = len(lines) > 7 and lines[7].strip() == "ready"  # noqa: PLR2004 - its eighth line is the state
    except (OSError, ValueError, IndexError):
        return None
    if not _is_server(pid, data_dir):
        return None
    return Postmaster(pid=pid, socket_dir=Path(socket_dir), url=_url(socket_dir), is_ready=is_ready)


class Lease:
    """The use of an embedded server by this process. The last lease to close stops the server."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.absolute()
        with _told(self._data_dir), _locked(self._data_dir):
            self._users: IO[bytes] | None = _users_file(self._data_dir).open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self.url = _start(self._data_dir)
            except BaseException:
                self._users.close()
                raise

    def restart(self) -> str:
        """Start the server again after it died; attaches where it lives."""
        return start(self._data_dir)

    def close(self) -> None:
        """Give the lease back."""
        users, self._users = self._users, None
        if users is None:
            return
        with _locked(self._data_dir):
            users.close()
            with _users_file(self._data_dir).open("ab") as mine:
                try:
                    fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                _stop(self._data_dir)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _users_file(data_dir: Path) -> Path:
    return data_dir.with_name(data_dir.name + ".users")


@contextlib.contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """One process at a time starts or stops the server over a folder."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    with data_dir.with_name(data_dir.name + ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _told(data_dir: Path) -> Iterator[None]:
    """What the machine does not let us do, in one line."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"PostgreSQL in {data_dir} cannot be started: {error}", retry_after_s=5) from error


def _url(socket_dir: str) -> str:
    return f"postgresql:///postgres?host={quote(socket_dir, safe='/')}&port=5432&user={USER}"


def _start(data_dir: Path) -> str:
    server = running(data_dir)
    if server is not None and _answers(server):
        return server.url
    account = account_for(data_dir)
    _check_version(data_dir)
    programs = binaries()
    open_binaries(account, programs)
    if not (data_dir / "PG_VERSION").exists():
        _make(data_dir, account, programs)
    open_way(account, data_dir / "postmaster.pid")
    if server is None:
        socket_dir = embedded_sockets.socket_folder(account, data_dir)
        embedded_sockets.clear({os.geteuid(), account.uid}, time.time())
        _clear_remains(data_dir, socket_dir)
        _configure(data_dir, account, socket_dir)
        command = [str(programs / "pg_ctl"), "start", "--wait", f"--timeout={START_TIMEOUT_S}", "--silent"]
        command += [f"--pgdata={data_dir}", f"--log={data_dir / 'startup.log'}"]
        done = run_as(account, command, START_TIMEOUT_S + 30)
        if done.returncode != 0:
            raise Unavailable(f"PostgreSQL did not start: {_last_words(data_dir, done.stdout)}", retry_after_s=5)
    return _wait_ready(data_dir)


def _wait_ready(data_dir: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        server = running(data_dir)
        if server is None:
            break
        if _answers(server):
            return server.url
        time.sleep(0.05)
    raise Unavailable(f"PostgreSQL in {data_dir} does not become ready: {_last_words(data_dir, '')}", retry_after_s=5)


def _check_version(data_dir: Path) -> None:
    file = data_dir / "PG_VERSION"
    if file.exists():
        found = file.read_text().strip()
        if found != VERSION:
            what = f"the database in {data_dir} was made by PostgreSQL {found}, Itda brings {VERSION}"
            raise Refused(Fault(what=what, cure="move it with pg_dump and pg_restore, or set ITDA_DATABASE"))
    elif data_dir.exists() and any(data_dir.iterdir()):
        raise Refused(Fault(what=f"{data_dir} holds something that is no database", cure="move it away"))


def _answers(server: Postmaster) -> bool:
    """Whether the server takes connections. Its pid file says `ready` also while it recovers from a crash."""
    if not server.is_ready:
        return False
    try:
        psycopg.connect(server.url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _make(data_dir: Path, account: Account, programs: Path) -> None:
    """Make the database aside and put it in place at once: a run killed half-way leaves nothing that looks whole."""
    making = data_dir.with_name(data_dir.name + ".making")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir(mode=0o700)
    if account.must_switch:
        os.chown(making, account.uid, account.gid)
    open_way(account, making / "PG_VERSION")
    command = [str(programs / "initdb"), f"--pgdata={making}", f"--username={USER}", "--encoding=UTF8", "--no-locale"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
    done = run_as(account, command, 120)
    if done.returncode != 0:
        shutil.rmtree(making)
        raise Unavailable(f"PostgreSQL's data folder could not be made: {done.stdout.strip()[-400:]}", retry_after_s=5)
    with (making / "postgresql.conf").open("a") as settings:
        settings.write("\ninclude_if_exists = 'itda.conf'\n")
        settings.flush()
        os.fsync(settings.fileno())
    if data_dir.exists():
        data_dir.rmdir()
    making.rename(data_dir)
    parent = os.open(data_dir.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _configure(data_dir: Path, account: Account, socket_dir: Path) -> None:
    lines = [f"{name} = {value}" for name, value in _SETTINGS.items()]
    lines.append(f"unix_socket_directories = '{socket_dir}'")
    file = data_dir / "itda.conf"
    file.write_text("# Written by Itda at every start; ALTER SYSTEM overrides it.\n" + "\n".join(lines) + "\n")
    if account.must_switch:
        os.chown(file, account.uid, account.gid)


def _is_server(pid: int, data_dir: Path) -> bool:
    """Whether the process is a living PostgreSQL over this folder: pids are reused, and a zombie serves nobody."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE or process.name() != "postgres":
            return False
        return os.path.realpath(process.cwd()) == os.path.realpath(data_dir)
    except (psutil.Error, OSError):
        return False


def _clear_remains(data_dir: Path, socket_dir: Path) -> None:
    """Take away what a killed server left: wait for its orphans, which still hold its memory, then its lock files.

    PostgreSQL itself takes a lock file for living when its pid is: reused by somebody, or a zombie nobody reaped.
    """
    deadline = time.monotonic() + 20
    while orphans := [pid for pid in psutil.pids() if _is_server(pid, data_dir)]:
        left_s = deadline - time.monotonic()
        if left_s < 0:
            raise Unavailable(f"processes of a killed PostgreSQL do not end: {orphans}", retry_after_s=5)
        if left_s < 15:  # noqa: PLR2004 - five seconds to notice by themselves that their parent is gone
            for pid in orphans:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGQUIT if left_s > 5 else signal.SIGKILL)  # noqa: PLR2004
        time.sleep(0.05)
    (data_dir / "postmaster.pid").unlink(missing_ok=True)
    (socket_dir / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _stop(data_dir: Path) -> None:
    server = running(data_dir)
    if server is None:
        return
    os.kill(server.pid, signal.SIGINT)  # "fast": sessions are ended, everything is written, nothing to recover
    if not _gone(server.pid, data_dir, 60):
        os.kill(server.pid, signal.SIGQUIT)  # "immediate": recovers at the next start
        if not _gone(server.pid, data_dir, 20):
            raise Unavailable(f"PostgreSQL (pid {server.pid}) does not stop", retry_after_s=5)
    if server.socket_dir != data_dir:
        with contextlib.suppress(OSError):
            server.socket_dir.rmdir()


def _gone(pid: int, data_dir: Path, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not _is_server(pid, data_dir):
            return True
        time.sleep(0.02)
    return False


def _last_words(data_dir: Path, said: str) -> str:
    """The last lines of the server's log, for the person who has to mend it."""
    logs = [*(data_dir / "log").glob("*.log"), *data_dir.glob("startup.log")]
    for file in sorted(logs, key=lambda file: file.stat().st_mtime_ns, reverse=True):
        lines = file.read_text(errors="replace").strip().splitlines()
        if lines:
            return " / ".join(lines[-3:])
    return said.strip()[-300:]
