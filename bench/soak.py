"""Kill -9 under load, and count afterwards: `python -m bench.soak [kills] [seed]`.

A served shop of 50 segments and 10 journeys takes events over HTTP at a bounded rate, and mails an inbox with bad
habits; a loader notes what was acknowledged. The doors, the pipeline, its reader, the decider with its sender, the
compactor, the nursery they are forked from, the supervisor of them all, the loader or PostgreSQL is killed at a random
moment; whoever has to start it again does, and so on. At the end every acknowledged event must be in the lake exactly
once, a clean rebuild from lake and keys must equal what lives, and the inbox must hold what the outbox says: see
`bench.accounts` and `bench.letters`.
Progress goes to standard error, the outcome as one line of JSON to standard output.
"""

from __future__ import annotations

import base64
import http.client
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import urlsplit

import psutil

import itda
from bench import accounts, letters
from bench.accounts import tell
from bench.furnished import consents, furnish
from bench.roles import roles
from bench.traffic import Traffic
from itda.base.errors import Conflict, Unavailable
from itda.engine import setting_up, turns
from itda.store import embedded
from itda.store.ports import Record

Found = TypeVar("Found")
_IDS = re.compile(rb'"messageId":"(m[^"]+)"')
_CUSTOMERS = 2_000
_BATCH = 50
_EVENTS_A_SECOND = 1_500
"""What a loader sends on average, so that fifty kills end with some hundred thousand events, rebuilt in minutes."""
_BURST_S = 10 / 3
"""The batches of so many seconds it sends as fast as it is heard, before it rests: kills come while all are busy."""
_PATIENCE_S = 180.0
"""Whatever does not come back, or does nothing, for so long is broken: far above the supervisor's longest wait."""
_LOOK_S = 0.1
_DUE = 5_000_000
"""Microseconds that whatever is due may wait when nothing else happens."""
_SILENCE_S = 2
"""How long the sender waits for an answer."""
_CONNECTIONS = 8
_IN_FLIGHT = _CONNECTIONS * 3
"""Attempts that a sender has on their way at most."""
_VICTIMS = (
    *["decider"] * 4, *["pipeline"] * 2, *["doors"] * 2, "reader", "compactor", "nursery", "supervisor", "loader",
    "database",
)  # fmt: skip
"""Of so many kills, in an order drawn anew each time."""


def write(folder: Path) -> None:
    """The writer's process, which decides too: until it is told to stop or another takes over."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def until_taken_over(work: Callable[[itda.Shop, threading.Event], None], shop: itda.Shop) -> None:
        with suppress(Conflict):
            work(shop, stop)
        stop.set()

    with itda.open(folder) as shop:
        deciding = threading.Thread(target=until_taken_over, args=(turns.decide, shop))
        deciding.start()
        until_taken_over(turns.process, shop)
        deciding.join()


def load(folder: Path, ledger: Path, seed: int, url: str = "", rate: int = _EVENTS_A_SECOND) -> None:
    """The loader's process: appends without end, some batches twice; what was acknowledged goes to the ledger.

    With the address of a served shop over HTTP, else straight into the log.
    """
    traffic = Traffic(_CUSTOMERS, seed)
    with itda.open(folder) as shop, ledger.open("ab", buffering=0) as noted:
        door = Door(url, shop.keys()["web"]) if url else None
        due = time.monotonic()
        burst = max(1, round(_BURST_S * rate / _BATCH))
        for number, body in enumerate(traffic.batches(_BATCH)):
            times = 1 + (number % 10 == 0)
            for _ in range(times):
                if door is None:
                    _append(shop, Record("web", "batch", body))
                else:
                    door.send(body)
            noted.write(b"\n".join(_IDS.findall(body)) + b"\n")
            due += times * _BATCH / rate
            if number % burst == burst - 1:
                due = max(due, now := time.monotonic())  # what is late is not made up
                time.sleep(due - now)


class Door:
    """The tracking door of a served shop, for a client that sends until it is heard."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url)
        token = base64.b64encode(f"{key}:".encode()).decode()
        self._headers = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}
        self._connection = self._connected()

    def _connected(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address.hostname or "", self._address.port, timeout=20)

    def send(self, body: bytes) -> None:
        """Return when the door acknowledged it."""
        while True:
            try:
                self._connection.request("POST", "/v1/batch", body, self._headers)
                answer = self._connection.getresponse()
                answer.read()
                if answer.status == http.client.OK:
                    return
                if answer.status < http.client.INTERNAL_SERVER_ERROR:
                    raise SystemExit(f"the door said {answer.status}")
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = self._connected()
            time.sleep(0.1)


class Served:
    """The shop as `itda serve` runs it: its children and its database are started again by their supervisor."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        url = self._served()
        if url is None:
            raise RuntimeError("the shop cannot be served")
        self.url, self._port = url, urlsplit(url).port or 0
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            with self._process as process:
                process.terminate()
                process.wait(_PATIENCE_S)

    def _served(self) -> str | None:
        """Serve it, on the port of before; the address, None where it is refused."""
        command = [sys.executable, "-m", "itda.cli", "-w", str(self._folder), "--json", "serve"]
        self._process = subprocess.Popen([*command, "--port", str(self._port)], stdout=subprocess.PIPE, text=True)
        said = self._process.stdout.readline() if self._process.stdout else ""
        url: str | None = json.loads(said or "{}").get("url")
        if url is None:
            self._process.wait()
        return url

    def kill(self, victim: str) -> None:
        """Kill one of the processes, as soon as it runs; `TimeoutError` when it never does."""
        if victim == "supervisor":
            with self._supervisor() as supervisor:
                supervisor.kill()
            _awaited("the shop is not served again", self._served)  # once the children of the old one have noticed
        elif victim == "database":
            self._kill_database()
        else:
            _awaited(f"{victim} does not run", lambda: self._kill_child(victim))

    def _supervisor(self) -> subprocess.Popen[str]:
        assert self._process is not None, "nobody serves yet"
        return self._process

    def _kill_child(self, role: str) -> bool | None:
        with suppress(psutil.Error):
            child = roles(self._folder).get(role)
            if child is not None:
                child.kill()
                return True
        return None

    def _kill_database(self) -> None:
        """And wait until the supervisor has started it again."""
        killed = _awaited("the database does not run", self._database)
        psutil.Process(killed).kill()
        _awaited("the database is not started again", lambda: self._database(apart_from=killed))

    def _database(self, apart_from: int = 0) -> int | None:
        server = embedded.running(self._folder / ".itda" / "pg")
        return server.pid if server is not None and server.is_ready and server.pid != apart_from else None


def _awaited(what: str, look: Callable[[], Found | None]) -> Found:
    """Look again and again, not too often, until something is found; `TimeoutError` in the end."""
    deadline = time.monotonic() + _PATIENCE_S
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(_LOOK_S)
    return found


def _append(shop: itda.Shop, record: Record) -> None:
    while True:
        try:
            shop.intake.append([record], time.time_ns() // 1000)
        except Unavailable:
            time.sleep(0.1)
        else:
            return


def start(*arguments: object) -> subprocess.Popen[bytes]:
    """One of the processes above."""
    return subprocess.Popen([sys.executable, "-m", "bench.soak", *map(str, arguments)], start_new_session=True)


class Tormented(NamedTuple):
    """What was killed how often, the attempts on their way then, and what was stuck in the end."""

    killed: dict[str, int]
    in_flight: int
    stuck: dict[str, int]


def torment_served(folder: Path, kills: int, seed: int, rate: int) -> Tormented:
    """Serve the shop, kill one of its processes, its database or the loader so many times; each must come back."""
    draw = random.Random(seed)
    ledger = folder.parent / f"acknowledged-{seed}"
    killed: Counter[str] = Counter()
    in_flight = 0
    began = time.monotonic()
    with Served(folder) as served:
        loader = start("load", folder, ledger, seed, served.url, rate)
        try:
            for victim in islice(_victims(draw), kills):
                acknowledged, behind = _wait_for_work(folder, ledger)
                time.sleep(draw.uniform(0.0, 0.7))
                if victim == "loader":
                    _kill(loader)
                    loader = start("load", folder, ledger, seed + 1_000 + killed.total(), served.url, rate)
                else:
                    served.kill(victim)
                flying = _flying(folder, victim)
                in_flight += flying
                killed[victim] += 1
                tell(
                    f"{time.monotonic() - began:5.0f} s  kill {killed.total()} of {kills}: {victim:<10}"
                    f" {acknowledged:,} acknowledged, {behind:,} frames behind, {flying} mails on their way"
                )
            _wait_for_work(folder, ledger)
        finally:
            _kill(loader)
        return Tormented(dict(killed), in_flight, _calmed(folder))


def _flying(folder: Path, victim: str) -> int:
    """How many attempts a kill may have left without an outcome."""
    if victim != "decider":
        return _IN_FLIGHT if victim in ("supervisor", "database") else 0
    with itda.open(folder) as shop:
        return letters.on_their_way(shop)


def _calmed(folder: Path) -> dict[str, int]:
    """Wait until all is processed and decided and nothing is due; what is stuck where that never comes."""
    with itda.open(folder) as shop:

        def calm() -> bool | None:
            done, head = shop.positions()
            return None if done < head or any(letters.stuck(shop, _DUE).values()) else True

        with suppress(TimeoutError):
            _awaited("something is stuck", calm)
        return letters.stuck(shop)


def _victims(draw: random.Random) -> Iterator[str]:
    """Without end; each as often as it stands in `_VICTIMS`."""
    while True:
        yield from draw.sample(_VICTIMS, len(_VICTIMS))


def _wait_for_work(folder: Path, ledger: Path) -> tuple[int, int]:
    """Until both processes did something since now: events acknowledged in all, and frames not yet processed."""
    with itda.open(folder) as shop:
        (began, _), noted = shop.positions(), _size(ledger)

        def worked() -> tuple[int, int] | None:
            done, head = shop.positions()
            if done == began or _size(ledger) == noted:
                return None
            return ledger.read_bytes().count(b"\n"), head - done

        return _awaited("nothing is appended or processed any more", worked)


def _size(ledger: Path) -> int:
    return ledger.stat().st_size if ledger.exists() else 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@contextmanager
def inbox(folder: Path, seed: int) -> Iterator[int]:
    """A mail server with bad habits that keeps what it is given in the folder; its port."""
    folder.mkdir()
    command = [sys.executable, "-m", "bench.inbox", str(folder), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.terminate()


def soak(
    parent: Path, kills: int, seed: int, rate: int = _EVENTS_A_SECOND, customers: int = _CUSTOMERS
) -> dict[str, Any]:
    """Everything, in a folder, at so many events a second; what was found, with `is_sound` first."""
    folder = parent / "shop"
    setting_up.make(folder, name="Soak")
    began = time.monotonic()
    with inbox(parent / "inbox", seed) as port:
        furnish(folder, port, connections=_CONNECTIONS, timeout_s=_SILENCE_S, hurries=True)
        with itda.open(folder) as shop:
            for body in (*Traffic(customers, seed).everybody(_BATCH), *consents(customers, _BATCH)):
                _append(shop, Record("web", "batch", body))
            tormented = torment_served(folder, kills, seed, rate)
            mails = {**letters.account(folder, parent / "inbox", tormented.in_flight), "stuck": tormented.stuck}
            found = accounts.account(folder, parent)
    is_sound = accounts.is_sound(found) and letters.is_sound(mails)
    seconds = round(time.monotonic() - began, 1)
    return {"is_sound": is_sound, "killed": tormented.killed, **found, "mails": mails, "seconds": seconds}


def main(kills: int = 50, seed: int = 7) -> int:
    """The whole soak, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="itda-soak-") as parent:
        found = soak(Path(parent), kills, seed)
        print(json.dumps(found))
        return int(not found["is_sound"])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder]:
            write(Path(folder))
        case ["load", folder, ledger, seed, url, rate]:
            load(Path(folder), Path(ledger), int(seed), url, int(rate))
        case rest:
            raise SystemExit(main(*map(int, rest)))
