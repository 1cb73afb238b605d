"""Memory from 100,000 to a million customers, readiness after kill -9: `python -m bench.recovery [customers [folder]]`.

Two shops are made, one with a tenth of the customers. Each is served and gets the same traffic, from as many people in
both; then memory is the proportional set size of each process, PostgreSQL's included. In the large one profiles of
random customers are read over the profile API, one after another, the status is asked for, and the disk is weighed.
Then, with traffic under way, every process of it is killed with signal 9 at once, it is served again, and the clock
stops when an event sent after that is acknowledged and processed. Ends with one line of JSON.

With a folder the shops are kept there and used again the next time; they are filled up to what is asked for.
"""

from __future__ import annotations

import base64
import gc
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import psutil

import itda
from bench.roles import role_of
from bench.traffic import Traffic
from itda.base.errors import Unavailable
from itda.engine import processing, setting_up
from itda.store.ports import Record

_BATCH = 250
_IN_A_FRAME = 4
_FRAMES = 6
_BEHIND = 20_000
"""Events that may be acknowledged and not yet processed."""
_READS = 2_000
_STATUSES = 3
_LOADED_S = 30
"""How long there is traffic before everything is killed."""


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Client:
    """One connection to the tracking door."""

    def __init__(self, port: int, key: str) -> None:
        said = base64.b64encode(f"{key}:".encode()).decode()
        self._port, self._headers = port, {"Authorization": f"Basic {said}", "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def once(self, body: bytes) -> int | None:
        """Send one batch; the log position it got, None when it was not taken."""
        self._connection.request("POST", "/v1/batch", body, self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return int(answer.headers["X-Itda-Position"]) if answer.status == http.HTTPStatus.OK else None

    def send(self, body: bytes) -> int:
        """Send one batch until it is acknowledged; the log position it got."""
        while True:
            try:
                position = self.once(body)
                if position is not None:
                    return position
            except (OSError, http.client.HTTPException):
                self._connection.close()
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            time.sleep(0.05)

    def read(self, email: str) -> None:
        """Read one customer's profile by e-mail."""
        body = json.dumps({"kind": "email", "value": email})
        self._connection.request("POST", "/v1/profiles/lookup", body, self._headers)
        answer = self._connection.getresponse()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"a profile answered {answer.status}: {answer.read()[:200]!r}")
        answer.read()


@contextmanager
def served(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`itda serve` as a person would start it."""
    command = [sys.executable, "-m", "itda.cli", "-w", str(folder), "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def processes(folder: Path) -> dict[psutil.Process, str]:
    """Every process of the served shop and what it is."""
    found: dict[psutil.Process, str] = {}
    own = {os.getpid(), *(one.pid for one in psutil.Process().parents())}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if process.pid in own or str(folder) not in command:
                continue
            role = "postgres" if "postgres" in process.name() else role_of(process) or "supervisor"
            found[process] = role
            for child in process.children(recursive=True):
                if child not in found:
                    found[child] = role if role == "postgres" else role_of(child) or "supervisor"
    return found


def memory(folder: Path) -> dict[str, int]:
    """Proportional set size by what the process is, in bytes."""
    sums: dict[str, int] = {}
    for process, role in processes(folder).items():
        with suppress(psutil.Error):
            sums[role] = sums.get(role, 0) + process.memory_full_info().pss
    return sums


def _settle(shop: itda.Shop, position: int) -> None:
    while shop.positions()[0] < position:
        time.sleep(0.05)


def filled(folder: Path, customers: int) -> Path:
    """The shop in this folder with so many customers, each of whom has identified once; made where there is none."""
    if not (folder / "itda.yaml").exists():
        setting_up.make(folder, name="Bench")
        web = folder / "sources" / "web.yaml"
        web.write_text(web.read_text(encoding="utf-8") + "\nprofiles: read\n", encoding="utf-8")
    with itda.open(folder) as shop:
        writer = processing.pipeline(shop.db, shop.intake, shop.workspace, shop.vault)
        writer.drain()
        known = shop.status().customers // _BATCH  # who came twice is counted once
        bodies = islice(Traffic(customers, 1).everybody(_BATCH), known, None)
        gc.disable()
        while frame := [Record("web", "batch", body) for body in islice(bodies, _IN_A_FRAME)]:
            position = shop.intake.append(frame, time.time_ns() // 1000).position
            if position % _FRAMES == 0:
                writer.drain()
                gc.collect(0)
        gc.enable()
        writer.drain()
        writer.close()
    return folder


def stream(shop: itda.Shop, client: Client, traffic: Traffic, events: int) -> None:
    """So many events, as fast as they are processed."""
    positions: list[int] = []
    for _ in range(events // _BATCH):
        positions.append(client.send(traffic.batch(_BATCH)))
        if len(positions) * _BATCH > _BEHIND:
            _settle(shop, positions[-_BEHIND // _BATCH])
    _settle(shop, positions[-1])


def reads(client: Client, customers: int) -> tuple[float, float]:
    """p50 and p99 of reading a profile, in milliseconds."""
    draw, took = random.Random(5), []
    for number in range(_READS):
        began = time.perf_counter()
        client.read(f"u{draw.randrange(customers)}@shop.example")
        if number >= _READS // 10:
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return round(took[len(took) // 2], 2), round(took[int(len(took) * 0.99)], 2)


def weight(folder: Path) -> int:
    """Bytes on disk, PostgreSQL's write-ahead log apart, which is used again and again."""
    return sum(
        (Path(root) / name).lstat().st_size
        for root, _, names in os.walk(folder)
        if "pg_wal" not in root
        for name in names
    )


def answers(shop: itda.Shop) -> float:
    """How long the status took at worst, in seconds; every time the log had moved on before."""
    took = []
    for _ in range(_STATUSES):
        shop.intake.tick(time.time_ns() // 1000)
        began = time.perf_counter()
        shop.status()
        took.append(time.perf_counter() - began)
    return max(took)


def under_load(folder: Path, people: int, events: int) -> dict[str, int]:
    """Memory of a shop that is served and has had this traffic from so many people."""
    port = _free_port()
    with itda.open(folder) as shop, served(folder, port):
        stream(shop, Client(port, shop.keys()["web"]), Traffic(people, time.time_ns()), events)
        return memory(folder)


def killed(folder: Path, people: int) -> dict[str, float]:
    """Seconds from serving again to an acknowledgement and to a processed event, after all was killed under load."""
    port = _free_port()
    with itda.open(folder) as shop:
        key = shop.keys()["web"]
        with served(folder, port) as running:
            client = Client(port, key)
            client.send(Traffic(people, time.time_ns()).batch(1))
            threading.Thread(target=_send_until_gone, args=(shop, client, people), daemon=True).start()
            time.sleep(_LOADED_S)
            behind = _unwritten(shop)
            for process in processes(folder):
                with suppress(psutil.Error):
                    process.kill()
            running.wait(30)
    began = time.monotonic()
    port = _free_port()
    with served(folder, port):
        client = Client(port, key)
        position = client.send(Traffic(people, time.time_ns()).batch(1))
        acknowledged_s = time.monotonic() - began
        with itda.open(folder) as shop:
            _settle(shop, position)
        return {"acknowledges_after_s": round(acknowledged_s, 2), "ready_after_s": round(time.monotonic() - began, 2),
                "wal_to_recover_mb": behind >> 20}  # fmt: skip


def _send_until_gone(shop: itda.Shop, client: Client, people: int) -> None:
    """As fast as it is processed: a backlog would be measured, not a recovery."""
    traffic, positions = Traffic(people, time.time_ns()), list[int]()
    with suppress(OSError, http.client.HTTPException, Unavailable):
        while (position := client.once(traffic.batch(_BATCH))) is not None:
            positions.append(position)
            if len(positions) * _BATCH > _BEHIND:
                _settle(shop, positions[-_BEHIND // _BATCH])


def _unwritten(shop: itda.Shop) -> int:
    """Bytes of write-ahead log since the last checkpoint: what a recovery reads."""
    with shop.db.connection() as connection:
        row = connection.execute(
            "select pg_wal_lsn_diff(pg_current_wal_lsn(), redo_lsn)::bigint from pg_control_checkpoint()"
        ).fetchone()
    return int(row[0]) if row else 0


def measure(customers: int, kept: Path | None, events: int) -> dict[str, object]:
    """The whole measurement, in shops that are kept or of its own."""
    parent = kept or Path(tempfile.mkdtemp(prefix="itda-recovery-", dir=os.environ.get("ITDA_BENCH_DIR")))
    people = customers // 10
    try:
        began = time.monotonic()
        few, many = filled(parent / "few", people), filled(parent / "many", customers)
        filled_s = time.monotonic() - began
        before, after = under_load(few, people, events), under_load(many, people, events)
        port = _free_port()
        with itda.open(many) as shop, served(many, port):
            client = Client(port, shop.keys()["web"])
            _settle(shop, client.send(Traffic(people, time.time_ns()).batch(1)))
            p50, p99 = reads(client, customers)
            status_s, status = answers(shop), shop.status()
            bytes_per_event = weight(many / ".itda") / max(1, status.events.accepted)
        total = {name: sum(part.values()) for name, part in (("before", before), ("after", after))}
        return {
            "customers": status.customers, "events": status.events.accepted, "people": people,
            "fill_s": round(filled_s, 1), "profile_read_p50_ms": p50, "profile_read_p99_ms": p99,
            "status_s": round(status_s, 2), "disk_bytes_per_event": round(bytes_per_event),
            "memory_few": before, "memory_many": after, "growth": round(total["after"] / total["before"], 3),
            **killed(many, people),
        }  # fmt: skip
    finally:
        for process in processes(parent):
            with suppress(psutil.Error):
                process.kill()
        if kept is None:
            shutil.rmtree(parent, ignore_errors=True)


def main(customers: int = 1_000_000, kept: Path | None = None) -> None:
    """Measure, print a table and one line of JSON."""
    report = measure(customers, kept, min(400_000, customers * 4))
    for name, value in report.items():
        print(f"{name:>22}  {value}", file=sys.stderr)
    print(json.dumps(report))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000, Path(sys.argv[2]) if sys.argv[2:] else None)
