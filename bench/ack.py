"""Acknowledged events a second: `python -m bench.ack [seconds]`.

One door process over a real embedded PostgreSQL, fsync and synchronous_commit on, in batches of 100 and one by one;
acknowledgement delays at half of that load in an open loop; and, as the floor in the same run, the same door over a
log that keeps nothing. The generator runs on the same cores and its cost is named.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import psycopg

from itda.api.server import serve, server
from itda.api.tracking import Tracking
from itda.store import embedded, migrate
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.ports import Appended, Record
from itda.store.vault import Vault

KEY = "bench-write-key"
CONNECTIONS = {"batch": 32, "single": 64}
"""Of the closed loops. Open ones have more: how many requests are under way is not theirs to choose."""
OPEN_CONNECTIONS = 256
WARM_SEGMENTS = 36
"""WAL files (16 MB) that a server in use has at hand; a new one writes out each in full before its first use."""


class NoSink:
    """A log that keeps nothing: what the door itself costs."""

    def __init__(self) -> None:
        self._position = 0

    def append(self, records: list[Record], now: int) -> Appended:  # noqa: ARG002 - the port's signature
        """Count."""
        self._position += 1
        return Appended(self._position, now)


def open_door(port: int, url: str, schema: str) -> None:
    """One door process, served as a shop's is."""
    intake = PostgresIntake(Database(url, schema), Vault(bytes(32))) if url else NoSink()
    tracking = Tracking(intake, {KEY: "web"}, lambda: time.time_ns() // 1000)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    listening = socket.create_server(("127.0.0.1", port), backlog=2048)
    serve(server(tracking, tracking, lifespan="off"), listening, stop)
    tracking.close()


GOAL = {"batch": 1_500.0, "single": 8_000.0}
"""Requests a second that a door should take on two cores: 150,000 events in batches of 100, 8,000 one by one."""


def measure(door: subprocess.Popen[bytes], port: int, kind: str, seconds: float, rate: float | None = None) -> dict:
    """One run of load against one door."""
    process = psutil.Process(door.pid)
    before, began = process.cpu_times(), time.perf_counter()
    connections = OPEN_CONNECTIONS if rate else CONNECTIONS[kind]
    arguments = [str(port), KEY, kind, str(seconds), str(connections), *([str(rate)] if rate else [])]
    ran = subprocess.run([sys.executable, "-m", "bench.load", *arguments], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr or ran.stdout)
    after, took = process.cpu_times(), time.perf_counter() - began
    found = json.loads(ran.stdout)
    found["door_cores"] = (after.user + after.system - before.user - before.system) / took
    found["door_rss_mb"] = process.memory_info().rss / 1e6
    return found


def with_door(port: int, url: str, schema: str, seconds: float) -> dict:
    """All runs against one door."""
    door = subprocess.Popen([sys.executable, "-m", "bench.ack", "--serve", str(port), url, schema])
    try:
        for _ in range(100):
            time.sleep(0.1)
            if any(c.laddr.port == port for c in psutil.Process(door.pid).net_connections() if c.status == "LISTEN"):
                break
        found = {}
        for kind in ("batch", "single"):
            found[kind] = measure(door, port, kind, seconds)
            found[f"{kind}_half_load"] = measure(door, port, kind, seconds, found[kind]["requests_s"] / 2)
            found[f"{kind}_half_goal"] = measure(door, port, kind, seconds, GOAL[kind] / 2)
        return found
    finally:
        door.terminate()
        door.wait(20)


def warm(db: Database) -> None:
    """Bring a new server's WAL where that of a server in use is: files that are written again, none made anew."""
    with psycopg.connect(db.url, autocommit=True) as connection:
        for _ in range(WARM_SEGMENTS):
            connection.execute("select pg_logical_emit_message(false, 'bench', '')")
            connection.execute("select pg_switch_wal()")
        connection.execute("checkpoint")


def main(seconds: float) -> None:
    """Measure and print a table, then one line of JSON."""
    folder = Path(tempfile.mkdtemp(prefix="itda-bench-", dir=os.environ.get("ITDA_BENCH_DIR")))
    kind = next((p.fstype for p in reversed(psutil.disk_partitions(all=True)) if str(folder).startswith(p.mountpoint)
                 and p.mountpoint != "/"), "")  # fmt: skip
    if kind == "tmpfs":
        raise SystemExit(f"void: {folder} is in memory; set ITDA_BENCH_DIR to a folder on a disk")
    try:
        url = embedded.start(folder / "pg")
        db = Database(url, "bench")
        migrate.fresh(db)
        with db.connection() as connection:
            settings = {
                name: connection.execute(f"show {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")
            }
        if "off" in settings.values():
            raise SystemExit(f"void: {settings}")
        warm(db)
        report = {
            "machine": {"cores": os.cpu_count(), "system": platform.platform(), "load": os.getloadavg()},
            "settings": settings,
            "seconds": seconds,
            "durable": with_door(8651, url, "bench", seconds),
            "floor": with_door(8652, "", "", seconds),
        }
        with db.connection() as connection:
            row = connection.execute(
                "select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits"
                " where inhparent = 'intake_frame'::regclass"
            ).fetchone()
        report["log_mb"] = round(row[0] / 1e6)
        db.close()
    finally:
        embedded.stop(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)
    table(report)
    print(json.dumps(report))


def table(report: dict) -> None:
    """For people."""
    print(f"{'':24}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'door cores':>12}{'generator cores':>17}")
    for place in ("durable", "floor"):
        for name, run in report[place].items():
            print(
                f"{place + ' ' + name:24}{run['events_s']:>10,.0f}{run['p50_ms']:>9.1f}{run['p99_ms']:>9.1f}"
                f"{run['door_cores']:>12.2f}{run['generator_cores']:>17.2f}"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        open_door(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
