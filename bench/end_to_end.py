"""Events a second from acknowledged to a durable profile: `python -m bench.end_to_end [customers] [seconds]`.

Door and compactor are the served ones: bodies made before go over HTTP, as fast as the writer follows. Door, writer,
its reader, compactor, PostgreSQL and the generator share the machine; what each of them costs is told. Then, at half
of that rate in an open loop, how long it takes from an acknowledgement to the profile. Ends with one line of JSON; the
table above it says where the writer's time goes.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import uvloop

import itda
from bench.load import BATCH, Connection, Load
from bench.roles import roles
from bench.told import told
from bench.traffic import Traffic
from itda.engine import chunk, pipeline, setting_up, turns
from itda.engine.folding import Folding
from itda.engine.keyring import Keyring
from itda.engine.reader import Reader
from itda.engine.resolver import Resolver
from itda.store import embedded
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import Record

_IN_A_FRAME = 5
_CONNECTIONS = 12
_AHEAD = 30_000
"""Events that may be acknowledged and not yet processed at full load: the log never grows without end."""
_LOOK_S = 0.01

STAGES: tuple[tuple[Any, str, str], ...] = (
    (Reader, "take", "wait for the reader"),
    (pipeline, "without_known", "dedupe"),
    (Keyring, "of", "keys"),
    (Folding, "begin", "load folds"),
    (chunk.Chunks, "_fold", "seal, fold"),
    (pipeline.Pipeline, "_landed", "wait for the commit"),
    (Resolver, "resolve", "identity"),
    (Folding, "rows", "encode folds"),
    (chunk, "count", "quality"),
    (chunk, "part", "lake block"),
    (PostgresPipelineStore, "commit", "commit"),
)


class Clock:
    """CPU and wall time of each stage, in the thread that goes through them."""

    def __init__(self, stages: Sequence[tuple[Any, str, str]]) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self.wall: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        for holder, name, label in stages:
            setattr(holder, name, self._timed(getattr(holder, name), label))

    def _timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.wall[label] += time.perf_counter() - wall
                self.cpu[label] += time.thread_time() - cpu
                self.calls[label] += 1

        return timed

    def clear(self) -> None:
        self.cpu.clear()
        self.wall.clear()
        self.calls.clear()


def write(folder: Path, orders: Any, answers: Any) -> None:
    """The writer's process, which answers for its own time."""
    clock = Clock(STAGES)
    stop = threading.Event()
    with itda.open(folder) as shop:
        worker = threading.Thread(target=turns.process, args=(shop, stop))
        worker.start()
        process = psutil.Process()
        while (order := orders.get()) != "stop":
            if order == "clear":
                clock.clear()
            answers.put({
                "calls": dict(clock.calls), "cpu": dict(clock.cpu), "wall": dict(clock.wall),
                "memory": process.memory_info().rss, "process_cpu": cpu_of(process),
                "reader_cpu": sum(map(cpu_of, process.children())),
            })  # fmt: skip
        stop.set()
        worker.join()


class Following(Load):
    """Load that waits for the writer, and notes how long after its acknowledgement an event is in its profile."""

    def __init__(self, shop: itda.Shop, port: int, key: str, rate: float | None, follows: str = "pipeline") -> None:
        super().__init__(port, key, "batch", rate)
        self._shop = shop
        self._follows = follows
        self._waiting: deque[tuple[int, float]] = deque()
        self._under_way = 0
        self.delays: list[float] = []
        self.batches = 0

    def _send(self, connection: Connection, due: float) -> None:
        if self._rate is None and (len(self._waiting) + self._under_way) * BATCH >= _AHEAD:
            self._free.append(connection)
            return
        self._under_way += 1
        super()._send(connection, due)

    def answered(self, delay: float, answer: bytes) -> None:
        """Note the position that was acknowledged."""
        super().answered(delay, answer)
        self._under_way -= 1
        self.batches += 1
        head = answer.lower()
        start = head.index(b"x-itda-position:") + 16
        self._waiting.append((int(head[start : head.index(b"\r", start)]), time.perf_counter()))

    async def follow(self, seconds: float) -> float:
        """Send for so long, wait until all of it is processed; the seconds it took."""
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        watching = asyncio.create_task(self._watch())
        for _ in range(_CONNECTIONS):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        pacing = asyncio.create_task(self._pace()) if self._rate else None
        await asyncio.sleep(seconds)
        self.is_over = True
        if pacing is not None:
            pacing.cancel()
        while self._under_way or self._waiting:
            if watching.done():
                watching.result()
            await asyncio.sleep(_LOOK_S)
        took = time.perf_counter() - began
        watching.cancel()
        return took

    async def _watch(self) -> None:
        while True:
            done, _ = await asyncio.to_thread(reached, self._shop, self._follows)
            now = time.perf_counter()
            while self._waiting and self._waiting[0][0] <= done:
                self.delays.append(now - self._waiting.popleft()[1])
            while self._rate is None and self._free and not self.is_over:
                connection = self._free.popleft()
                self._send(connection, now)
                if self._free and self._free[-1] is connection:
                    break
            await asyncio.sleep(_LOOK_S)


def put(shop: itda.Shop, bodies: Iterable[bytes]) -> None:
    """Append bodies of batch calls without a door, a few to a frame."""
    every = list(bodies)
    for start in range(0, len(every), _IN_A_FRAME):
        records = [Record("web", "batch", body) for body in every[start : start + _IN_A_FRAME]]
        shop.intake.append(records, time.time_ns() // 1000)


def generate(folder: Path, customers: int, port: int, follows: str, orders: Any, answers: Any) -> None:
    """The generator's process: everybody once, then the mix at full or at a stated rate."""
    with itda.open(folder) as shop:
        put(shop, Traffic(customers, 1).everybody(BATCH))
        answers.put("made")
        while (order := orders.get()) != "stop":
            seconds, rate = order
            load = Following(shop, port, shop.keys()["web"], rate / BATCH if rate else None, follows)
            answers.put("ready")
            cpu = sum(psutil.Process().cpu_times()[:2])
            took = uvloop.run(load.follow(seconds))
            answers.put({
                "events": load.batches * BATCH, "seconds": took, "delays": sorted(load.delays),
                "cpu": sum(psutil.Process().cpu_times()[:2]) - cpu,
            })  # fmt: skip


def reached(shop: itda.Shop, cursor: str) -> tuple[int, int]:
    """How far a cursor has come, and how far the log goes."""
    with shop.db.connection() as connection:
        found = "select (select position from cursor where name = %s), (select position from intake_head)"
        row = connection.execute(found, [cursor]).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def settled(shop: itda.Shop, cursor: str = "pipeline") -> None:
    """Wait for who moves the cursor; `settle` would process here, and take over."""
    while True:
        done, head = reached(shop, cursor)
        if done >= head:
            return
        time.sleep(0.02)


class Served(NamedTuple):
    """The doors' port, and the processes that are served beside the writer."""

    port: int
    door: psutil.Process
    compactor: psutil.Process


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """The shop's doors and compactor, served."""
    command = [sys.executable, "-m", "itda.cli", "-w", str(folder), "--json", "serve", "--port", "0"]
    process = subprocess.Popen([*command, "--role", "doors", "--role", "compactor"], stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(process.stdout.readline())
        beside = roles(folder)
        yield Served(int(said["url"].rpartition(":")[2]), beside["doors"], beside["compactor"])
    finally:
        process.terminate()
        process.wait(30)


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU that a process took."""
    return sum(process.cpu_times()[:2])


def database_cpu(folder: Path) -> float:
    """Seconds of CPU that PostgreSQL took: of its processes that live, and of those that ended."""
    server = embedded.running(folder / ".itda" / "pg")
    if server is None:
        raise SystemExit("the database is away")
    main = psutil.Process(server.pid)
    while True:
        with suppress(psutil.NoSuchProcess):  # it ended just now, and counts as one of those
            return sum(main.cpu_times()[:4]) + sum(sum(one.cpu_times()[:2]) for one in main.children())


def measure(customers: int, seconds: float) -> dict[str, Any]:
    """The whole measurement in a shop of its own."""
    parent = Path(tempfile.mkdtemp(prefix="itda-bench-", dir=os.environ.get("ITDA_BENCH_DIR")))
    context = multiprocessing.get_context("spawn")
    try:
        folder = parent / "shop"
        setting_up.make(folder, name="Bench")
        with itda.open(folder) as shop, served(folder) as beside:
            refuse_void(shop, parent)
            queues = [context.Queue() for _ in range(4)]
            writer = context.Process(target=write, args=(folder, queues[0], queues[1]))
            generator = context.Process(target=generate, args=(folder, customers, beside.port, "pipeline", *queues[2:]))
            for one in (writer, generator):
                one.start()
            try:
                queues[3].get(timeout=600)
                settled(shop)
                return _measured(Run(folder, beside, *queues), customers, seconds)
            finally:
                queues[0].put("stop")
                queues[2].put("stop")
                for one in (generator, writer):
                    one.join(60)
                    if one.is_alive():
                        one.terminate()
    finally:
        shutil.rmtree(parent, ignore_errors=True)


class Run(NamedTuple):
    """What is measured, and how to talk to it."""

    folder: Path
    served: Served
    ask_writer: Any
    from_writer: Any
    ask_generator: Any
    from_generator: Any

    def load(self, seconds: float, rate: float) -> dict[str, Any]:
        """One run of load, with the CPU seconds of each process meanwhile."""
        self.ask_generator.put((seconds, rate))
        self.from_generator.get(timeout=120)
        self.ask_writer.put("clear")
        before = self.from_writer.get(timeout=60)
        door, compactor, database = cpu_of(self.served.door), cpu_of(self.served.compactor), database_cpu(self.folder)
        ran = self.from_generator.get(timeout=seconds * 20 + 120)
        self.ask_writer.put("look")
        after = self.from_writer.get(timeout=60)
        return ran | {
            "stages": after,
            "cpu_s": {
                "writer": after["process_cpu"] - before["process_cpu"],
                "reader": after["reader_cpu"] - before["reader_cpu"],
                "compactor": cpu_of(self.served.compactor) - compactor,
                "postgresql": database_cpu(self.folder) - database,
                "door": cpu_of(self.served.door) - door,
                "generator": ran["cpu"],
            },
        }


def _measured(run: Run, customers: int, seconds: float) -> dict[str, Any]:
    run.load(min(10.0, seconds), 0.0)
    full = run.load(seconds, 0.0)
    rate = full["events"] / full["seconds"]
    half = run.load(min(20.0, seconds), rate / 2)
    events, stages = full["events"], full["stages"]
    return {
        "customers": customers,
        "events_per_s": round(rate),
        "seconds": round(full["seconds"], 1),
        "commit_to_profile_p50_ms": milliseconds(half["delays"], 0.5),
        "commit_to_profile_p99_ms": milliseconds(half["delays"], 0.99),
        "half_load_events_per_s": round(half["events"] / half["seconds"]),
        "cpu_us_per_event": {name: round(cpu / events * 1e6, 1) for name, cpu in full["cpu_s"].items()},
        "writer_memory_mb": stages["memory"] >> 20,
        "stage_cpu_us_per_event": {label: round(cpu / events * 1e6, 2) for label, cpu in sorted(stages["cpu"].items())},
        "stage_wall_us_per_event": {
            label: round(wall / events * 1e6, 2) for label, wall in sorted(stages["wall"].items())
        },
        "chunks": stages["calls"].get("commit", 0),
        "events_per_chunk": round(events / max(1, stages["calls"].get("commit", 0))),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load_before": os.getloadavg()[1],
    }


def refuse_void(shop: itda.Shop, parent: Path) -> None:
    """A figure without durability is no figure."""
    with shop.db.connection() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            row = connection.execute(f"show {name}").fetchone()
            if row != ("on",):
                raise SystemExit(f"void: {name} is {row}")
    kinds = {part.mountpoint: part.fstype for part in psutil.disk_partitions(all=True)}
    mount = max((point for point in kinds if str(parent).startswith(point)), key=len, default="/")
    if kinds.get(mount) in {"tmpfs", "ramfs"}:
        raise SystemExit(f"void: {parent} is on {kinds[mount]}; set ITDA_BENCH_DIR to a folder on a disk")


def milliseconds(delays: list[float], share: float) -> float | None:
    return round(delays[min(len(delays) - 1, int(len(delays) * share))] * 1000, 1) if delays else None


def main(customers: int = 100_000, seconds: float = 60.0) -> dict[str, Any]:
    """Measure, print the table and the line of JSON."""
    found = measure(customers, seconds)
    told(found, "where the writer's time goes")
    return found


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]), *(float(argument) for argument in sys.argv[2:3]))
