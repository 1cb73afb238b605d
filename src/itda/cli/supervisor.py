"""Serving a workspace: one supervisor that starts the database and the processes, mends what dies, and stops it all.

Nobody else may serve the same roles of the same data meanwhile. The doors' socket is opened here and handed down, so
that while the doors are restarted a client waits a moment instead of being refused. A process that dies is started
again, after a wait that doubles up to half a minute while it keeps dying. When the supervisor itself is killed its
children notice (their standard input ends) and stop.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from itda.api import tls
from itda.base.errors import Fault, ItdaError, Refused, Unavailable
from itda.cli.offspring import Nursery, Running
from itda.engine import occupancy
from itda.engine.shop import Shop
from itda.store import workspace_key

_log = logging.getLogger("itda.serve")
_LOOK_S = 0.2
_LONGEST_WAIT_S = 30.0
_CALM_S = 20.0
"""A process that lived so long is started again at once."""
_TRIES = 3
"""Doors that end so often before they open are not tried again."""
_STOP_S = 8.0


class Child:
    """One process of the shop: started, watched, started again."""

    def __init__(self, role: str, start: Callable[[], Running]) -> None:
        self.role = role
        self.restarts = -1
        self._begin = start
        self._process: Running | None = None
        self._started = 0.0
        self._wait_s = 0.0
        self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def keep_alive(self, now: float) -> int | None:
        """Start it when it does not run and its wait is over. Gives the exit code when it was found dead just now."""
        died = None
        if self._process is not None:
            died = self._process.poll()
            if died is None:
                return None
            self._forget()
            lived = now - self._started
            self._wait_s = 0.0 if lived > _CALM_S else min(_LONGEST_WAIT_S, max(0.25, self._wait_s * 2))
            self._not_before = now + self._wait_s
        if now >= self._not_before:
            self._start(now)
        return died

    def _start(self, now: float) -> None:
        try:
            self._process = self._begin()
        except OSError:
            _log.exception("%s cannot be started", self.role)
            self._wait_s = min(_LONGEST_WAIT_S, max(0.25, self._wait_s * 2))
            self._not_before = now + self._wait_s
        self._started = now
        self.restarts += 1

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end, at most until then; after that it is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._process is not None:
            self._process.let_go()
        self._process = None


class Address(msgspec.Struct, frozen=True):
    """Where a served shop can be found; written to `.itda/run/serve.json` while its doors are open."""

    pid: int
    host: str
    port: int
    roles: tuple[str, ...]
    is_secure: bool = False

    @property
    def url(self) -> str:
        """The address for a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_secure else 'http'}://{host}:{self.port}"


def listen(host: str, port: int) -> socket.socket:
    """Open the doors' socket; `Refused` when the port is taken or the host is none of ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        cures = {
            errno.EADDRINUSE: "stop what uses it, or choose another with --port",
            errno.EACCES: "only root may open ports below 1024: choose another with --port",
        }
        cure = cures.get(error.errno or 0, "choose an address of this machine with --host")
        raise Refused(Fault(what=f"cannot listen on {host}:{port}: {error.strerror}", cure=cure)) from error
    return sock


class Supervisor:
    """Serves one workspace until `stop` is set."""

    def __init__(self, shop: Shop, host: str, port: int, roles: tuple[str, ...]) -> None:
        self._shop = shop
        self._host, self._port, self._roles = host, port, roles
        key = partial(workspace_key.handed, shop.workspace.data_dir)
        self._nursery = Nursery(shop.path, roles, shop.log_dir / "nursery.stderr", key)
        self._stop = threading.Event()
        self._lock = occupancy.ServeLock(shop.db, roles)
        self._file_locks = {role: occupancy.serving(shop.run_dir, role) for role in roles}
        self._socket: socket.socket | None = None
        self._is_open = False
        self._looked = time.monotonic()
        self.children: list[Child] = []

    def stop(self, *_: object) -> None:
        """Ask it to stop; safe in a signal handler."""
        self._stop.set()

    def open(self) -> Address:
        """Take the locks, open the socket and start the processes. `Refused` when somebody else serves a role of it."""
        for role, lock in self._file_locks.items():
            if not _taken(lock):
                pid = lock.read()
                raise occupancy.refuse_second(role, f"process {pid}" if pid else "another process")
        logs = self._shop.log_dir
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._nursery.open()  # it loads meanwhile
        self._lock.take()
        self._is_open = True
        for lock in self._file_locks.values():
            lock.write(str(os.getpid()))
        if "doors" in self._roles:
            self._socket = listen(self._host, self._port)
            self._port = self._socket.getsockname()[1]
        address = Address(os.getpid(), self._host, self._port, self._roles, tls.given() is not None)
        if self._socket is not None:
            (self._shop.run_dir / "serve.json").write_bytes(msgspec.json.encode(address))
        self.children = [self._child(role, logs) for role in self._roles]
        for child in self.children:
            child.keep_alive(time.monotonic())
        _log.info("serving on %s", address.url)
        return address

    def wait_until_open(self, address: Address, deadline_s: float) -> None:
        """Wait until the doors are ready, or until asked to stop; `Unavailable` when they end or take too long."""
        logs = self._shop.log_dir
        until = time.monotonic() + deadline_s
        while not is_ready(address):
            self._look_after()
            if any(child.role == "doors" and child.restarts >= _TRIES for child in self.children):
                raise Unavailable(f"the doors do not open: {_last_words(logs, 'doors')} (see {logs / 'doors.jsonl'})")
            if time.monotonic() > until:
                raise Unavailable(f"the doors at {address.url} are not ready; see {logs / 'doors.jsonl'}")
            if self._stop.wait(0.1):
                return

    def _child(self, role: str, logs: Path) -> Child:
        sockets = [self._socket.fileno()] if role == "doors" and self._socket is not None else []
        return Child(role, lambda: self._nursery.start(role, logs / f"{role}.stderr", sockets))

    def run(self) -> None:
        """Watch until asked to stop, then stop everything within seconds."""
        try:
            while not self._stop.wait(_LOOK_S):
                self._look_after()
        finally:
            self.close()

    def _look_after(self) -> None:
        """Look once at the database and the processes, and start again what died."""
        now = time.monotonic()
        if now - self._looked >= 1.0:
            self._looked = now
            self._mend_database()
        for child in self.children:
            died = child.keep_alive(now)
            if died is not None:
                _log.warning("%s ended with %s; it is started again", child.role, died)

    def _mend_database(self) -> None:
        """Start the embedded server again when it is gone, and take the lock again."""
        if self._lock.is_held():
            return
        _log.warning("the database does not answer; it is started again")
        try:
            self._shop.revive()
            self._lock.take()
            _log.info("the database answers again")
        except Refused as error:
            _log.error("somebody else serves this data now: %s", error)
            self.stop()
        except (ItdaError, psycopg.Error, OSError) as error:
            _log.warning("the database is still away (%s)", type(error).__name__)

    def close(self) -> None:
        """Stop the processes, let go of locks and socket. A second time does nothing."""
        until = time.monotonic() + _STOP_S
        for child in self.children:
            child.ask_to_stop()
        for child in self.children:
            child.wait(until)
        self.children = []
        self._nursery.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
            with contextlib.suppress(OSError):
                (self._shop.run_dir / "serve.json").unlink(missing_ok=True)
        self._lock.release()
        for lock in self._file_locks.values():
            if self._is_open:
                with contextlib.suppress(OSError):
                    lock.write("")
            lock.release()
        if self._is_open:
            self._is_open = False
            _log.info("stopped")


def _taken(lock: occupancy.FileLock) -> bool:
    """Take a lock of the folder; a look that holds it for a moment is waited for."""
    for _ in range(10):
        if lock.take():
            return True
        time.sleep(0.05)
    return False


def on_signals(supervisor: Supervisor) -> None:
    """Stop on SIGINT and SIGTERM (and when the terminal goes)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.stop)


def is_ready(address: Address) -> bool:
    """Whether the doors are open and their database answers: what `GET /health` says."""
    host = "127.0.0.1" if address.host == "0.0.0.0" else address.host  # noqa: S104 - a comparison, nothing is bound
    try:
        with _connected(host, address) as sock, sock.makefile("rb") as answer:
            sock.sendall(b"GET /health HTTP/1.1\r\nHost: itda\r\nConnection: close\r\n\r\n")
            return answer.readline(100).split()[1:2] == [b"200"]
    except OSError:
        return False


def _connected(host: str, address: Address) -> socket.socket:
    """A connection to our own doors, whichever name their certificate is for."""
    plain = socket.create_connection((host, address.port), timeout=2)
    if not address.is_secure:
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)


def _last_words(logs: Path, role: str) -> str:
    """The last error a process wrote down, for the person who has to mend it."""
    for name in (f"{role}.jsonl", f"{role}.stderr"):
        with contextlib.suppress(OSError, IndexError, msgspec.DecodeError):
            line = (logs / name).read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1]
            if name.endswith(".stderr"):
                return line
            said = msgspec.json.decode(line, type=dict[str, Any])
            if "error" in said:
                return str(said.get("message", said["error"]))
    return "it said nothing"
