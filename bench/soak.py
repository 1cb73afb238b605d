"""Kill -9 under load, and count afterwards: `python -m bench.soak [kills] [seed] [minutes]`.

A served shop takes events over HTTP; a loader notes what was acknowledged. The doors, the pipeline, its reader, the
compactor, the loader or PostgreSQL is killed at a random moment and started again, and so on. At the end every
acknowledged event must be in the lake exactly once, and a clean rebuild from lake and keys must equal what lives.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from itertools import chain, repeat
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import psutil

import itda
from bench.traffic import Traffic
from itda.base.errors import Conflict, Unavailable
from itda.engine import setting_up
from itda.engine.replay import replay
from itda.store import embedded
from itda.store.ports import Record

_IDS = re.compile(rb'"messageId":"(m[^"]+)"')
_CUSTOMERS = 500
_VICTIMS = tuple(chain(repeat("pipeline", 3), repeat("doors", 3), ("reader", "compactor", "loader", "database")))


def write(folder: Path) -> None:
    """The writer's process: until it is told to stop or another takes over."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with itda.open(folder) as shop, suppress(Conflict):
        shop.process(stop)


def load(folder: Path, ledger: Path, seed: int, url: str = "") -> None:
    """The loader's process: appends without end; some batches twice; what was acknowledged goes to the ledger.

    With the address of a served shop over HTTP, else straight into the log.
    """
    traffic = Traffic(_CUSTOMERS, seed)
    with itda.open(folder) as shop, ledger.open("ab", buffering=0) as noted:
        door = Door(url, shop.keys()["web"]) if url else None
        for number, body in enumerate(traffic.batches(50)):
            for _ in range(1 + (number % 10 == 0)):
                if door is None:
                    _append(shop, Record("web", "batch", body))
                else:
                    door.send(body)
            noted.write(b"\n".join(_IDS.findall(body)) + b"\n")
            time.sleep(0.01)


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
    """The shop as `itda serve` runs it: its children are started again by their supervisor."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "itda.cli", "-w", str(folder), "--json", "serve", "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = ""

    def __enter__(self) -> Self:
        said = self._process.stdout.readline() if self._process.stdout else ""
        if not said:
            raise RuntimeError("the shop cannot be served")
        self.url = json.loads(said)["url"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(60)

    def kill(self, role: str) -> bool:
        """Kill one of the processes; False when it does not run just now."""
        named = ["itda.engine.reader_process"] if role == "reader" else ["itda.cli.child", role]
        for child in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if child.cmdline()[2 : 2 + len(named)] == named:
                    child.kill()
                    return True
        return False


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


def torment(folder: Path, kills: int, seed: int, *, with_database: bool) -> dict[str, int]:
    """Run both processes, kill one of them (or the database) so many times, and wait until all is processed."""
    draw = random.Random(seed)
    ledger = folder.parent / f"acknowledged-{seed}"
    writer, loader = start("write", folder), start("load", folder, ledger, seed)
    killed: Counter[str] = Counter()
    try:
        for number in range(kills):
            _wait_for_work(folder, ledger)
            time.sleep(draw.uniform(0.0, 0.7))
            victim = draw.choice(["writer", "writer", "loader", *(["database"] if with_database else [])])
            killed[victim] += 1
            if victim == "writer":
                _kill(writer)
                writer = start("write", folder)
            elif victim == "loader":
                _kill(loader)
                loader = start("load", folder, ledger, seed + 1_000 + number)
            else:
                _kill_database(folder)
        _wait_for_work(folder, ledger)
    finally:
        _kill(loader)
        writer.terminate()
        writer.wait(60)
    return dict(killed)


def torment_served(folder: Path, kills: int, seed: int, minutes: float) -> dict[str, int]:
    """Serve the shop and kill its doors, its pipeline, the loader or the database; stop at that time at the latest."""
    draw = random.Random(seed)
    deadline = time.monotonic() + minutes * 60
    ledger = folder.parent / f"acknowledged-{seed}"
    killed: Counter[str] = Counter()
    with Served(folder) as served:
        loader = start("load", folder, ledger, seed, served.url)
        try:
            while killed.total() < kills and time.monotonic() < deadline:
                _wait_for_work(folder, ledger)
                time.sleep(draw.uniform(0.0, 0.7))
                victim = draw.choice(_VICTIMS)
                if victim == "loader":
                    _kill(loader)
                    loader = start("load", folder, ledger, seed + 1_000 + killed.total(), served.url)
                elif victim == "database":
                    _kill_database(folder)
                elif not served.kill(victim):
                    continue
                killed[victim] += 1
            _wait_for_work(folder, ledger)
        finally:
            _kill(loader)
    return dict(killed)


def _wait_for_work(folder: Path, ledger: Path) -> None:
    """Until both processes did something since now."""
    deadline = time.monotonic() + 120
    with itda.open(folder) as shop:
        (done, _), noted = shop.positions(), _size(ledger)
        while _size(ledger) == noted or shop.positions()[0] == done:
            if time.monotonic() > deadline:
                raise TimeoutError("nothing is appended or processed any more")
            time.sleep(0.02)


def _size(ledger: Path) -> int:
    return ledger.stat().st_size if ledger.exists() else 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _kill_database(folder: Path) -> None:
    server = embedded.running(folder / ".itda" / "pg")
    if server is not None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(_pidfd(server.pid), signal.SIGKILL)
    time.sleep(0.5)
    embedded.start(folder / ".itda" / "pg")


def _pidfd(pid: int) -> int:
    return os.pidfd_open(pid)


def account(folder: Path, ledgers: Path) -> dict[str, object]:
    """Count: acknowledged, lost, doubled, and whether a rebuild equals what lives."""
    acknowledged = {line for path in ledgers.glob("acknowledged-*") for line in path.read_text().split()}
    with itda.open(folder) as shop:
        shop.settle()
        with shop.db.connection() as connection:
            folded = connection.execute("select coalesce(sum(events), 0)::bigint from fragment").fetchone()
        ids = Counter(shop.lake.table(["event_id"]).column("event_id").to_pylist())
        report = replay(shop)
        accepted = shop.status().events.accepted
    return {
        "acknowledged": len(acknowledged),
        "in_lake": ids.total(),
        "folded": folded[0] if folded else 0,
        "accepted": accepted,
        "lost": len(acknowledged - ids.keys()),
        "doubled": sum(n > 1 for one, n in ids.items() if not one.startswith("@")),
        "differences": [str(one) for one in report.differences],
    }


def is_sound(found: dict[str, object]) -> bool:
    """Whether every acknowledged event counts once and everything agrees."""
    return (
        bool(found["acknowledged"])
        and not found["lost"]
        and not found["doubled"]
        and not found["differences"]
        and found["in_lake"] == found["folded"] == found["accepted"]
    )


def main(kills: int = 50, seed: int = 7, minutes: int = 20) -> int:
    """The whole soak, in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="itda-soak-") as parent:
        folder = Path(parent) / "shop"
        setting_up.make(folder, name="Soak")
        began = time.monotonic()
        with itda.open(folder):
            killed = torment_served(folder, kills, seed, minutes)
            found = account(folder, Path(parent))
        print(json.dumps({"killed": killed, **found, "seconds": round(time.monotonic() - began, 1)}))
        return 0 if is_sound(found) and sum(killed.values()) >= kills else 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", folder]:
            write(Path(folder))
        case ["load", folder, ledger, seed, *url]:
            load(Path(folder), Path(ledger), int(seed), *url)
        case rest:
            raise SystemExit(main(*map(int, rest)))
