"""Memory from 100,000 to a million customers, and readiness after kill -9: `python -m bench.recovery [customers]`.

A served shop gets a tenth of its customers, then a fixed stream of traffic from these; then the other nine tenths, and
the same stream again. Memory is the proportional set size of each process, PostgreSQL's included. Profiles of random
customers are read over the profile API, one after another, and the disk is weighed. Then every process is killed with
signal 9 at once, the shop is served again, and the clock stops when an event sent after that is acknowledged and
processed. Ends with one line of JSON.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

import itda
from bench.traffic import Traffic
from itda.engine import setting_up

_BATCH = 250
_RATE = 5_000
_STREAM_S = 40
_READS = 2_000


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Client:
    """One connection to the tracking door."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._headers = port, {"X-Write-Key": key, "Content-Type": "application/json"}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def send(self, body: bytes) -> int:
        """Send one batch until it is acknowledged; the log position it got."""
        while True:
            try:
                self._connection.request("POST", "/v1/batch", body, self._headers)
                answer = self._connection.getresponse()
                answer.read()
                if answer.status == http.HTTPStatus.OK:
                    return int(answer.headers["X-Itda-Position"])
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
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if process.pid == os.getpid():
                continue
            if str(folder) in command:
                found[process] = "postgres" if "postgres" in process.name() else _role(command)
                found.update({child: found[process] for child in process.children() if child.name() == "postgres"})
    return found


def _role(command: str) -> str:
    return next((role for role in ("doors", "pipeline", "compactor") if role in command), "supervisor")


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


def fill(shop: itda.Shop, client: Client, bodies: Iterable[bytes]) -> float:
    """Send everything, wait until it is processed; the seconds it took."""
    began, position = time.monotonic(), 0
    for number, body in enumerate(bodies):
        position = client.send(body)
        if number % 200 == 0:
            _settle(shop, position - 400)
    _settle(shop, position)
    return time.monotonic() - began


def stream(shop: itda.Shop, client: Client, customers: int, seed: int) -> None:
    """The fixed traffic, at a fixed rate."""
    traffic = Traffic(customers, seed)
    began, sent, position = time.monotonic(), 0, 0
    while time.monotonic() - began < _STREAM_S:
        position = client.send(traffic.batch(_BATCH))
        sent += _BATCH
        time.sleep(max(0.0, began + sent / _RATE - time.monotonic()))
    _settle(shop, position)


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


def measure(customers: int) -> dict[str, object]:
    """The whole measurement in a shop of its own."""
    parent = Path(tempfile.mkdtemp(prefix="itda-recovery-", dir=os.environ.get("ITDA_BENCH_DIR")))
    few, port, folder = customers // 10, _free_port(), parent / "shop"
    try:
        setting_up.make(folder, name="Bench")
        web = folder / "sources" / "web.yaml"
        web.write_text(web.read_text(encoding="utf-8") + "\nprofiles: read\n", encoding="utf-8")
        with itda.open(folder) as shop:
            client = Client(port, shop.keys()["web"])
            with served(folder, port) as running:
                fill(shop, client, Traffic(few, 1).everybody(_BATCH))
                stream(shop, client, few, 2)
                before = memory(folder)
                filled_s = fill(shop, client, Traffic(customers, 1).everybody(_BATCH))
                stream(shop, client, few, 3)
                after = memory(folder)
                p50, p99 = reads(Client(port, shop.keys()["web"]), customers)
                status = shop.status()
                bytes_per_event = weight(folder / ".itda") / max(1, status.events.accepted)
                for process in processes(folder):
                    process.kill()
                running.wait(30)
        began = time.monotonic()
        with served(folder, port), itda.open(folder) as shop:
            position = client.send(Traffic(few, 4).batch(1))
            acknowledged_s = time.monotonic() - began
            _settle(shop, position)
            ready_s = time.monotonic() - began
        total = {name: sum(part.values()) for name, part in (("before", before), ("after", after))}
        return {
            "customers": status.customers, "events": status.events.accepted, "few": few, "fill_s": round(filled_s, 1),
            "profile_read_p50_ms": p50, "profile_read_p99_ms": p99, "disk_bytes_per_event": round(bytes_per_event),
            "memory_few": before, "memory_all": after, "growth": round(total["after"] / total["before"], 3),
            "acknowledges_after_s": round(acknowledged_s, 2), "ready_after_s": round(ready_s, 2),
        }  # fmt: skip
    finally:
        for process in processes(folder):
            with suppress(psutil.Error):
                process.kill()
        shutil.rmtree(parent, ignore_errors=True)


def main(customers: int = 1_000_000) -> None:
    """Measure, print a table and one line of JSON."""
    report = measure(customers)
    for name, value in report.items():
        print(f"{name:>22}  {value}", file=sys.stderr)
    print(json.dumps(report))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
