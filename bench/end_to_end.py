"""Events a second from acknowledged to a durable profile: `python -m bench.end_to_end [customers] [seconds]`.

A generator appends the stated mix in frames to the log, as the door does, as fast as the writer follows; the writer,
its compactor, PostgreSQL and the generator share the machine. Then, at half of that rate, how long a frame takes from
its commit to its customers' profiles. Ends with one line of JSON; the table above it says where the writer's time
goes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from bench.traffic import Traffic

import itda
from itda.engine import chunk, pipeline, setting_up
from itda.engine.folding import Folding
from itda.engine.keyring import Keyring
from itda.engine.resolver import Resolver
from itda.sources.tracking import Decoder
from itda.store.intake import PostgresIntake
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import Record

_BATCH = 100
_IN_A_FRAME = 5
_AHEAD = 60
"""Frames the generator may be ahead of the writer at full load: the log never grows without end."""

STAGES: tuple[tuple[Any, str, str], ...] = (
    (PostgresIntake, "read", "read frames, decrypt"),
    (Decoder, "frame", "decode, contracts"),
    (pipeline, "without_known", "dedupe"),
    (Keyring, "of", "keys"),
    (Folding, "begin", "load folds"),
    (chunk.Chunks, "_fold", "seal, write down, fold"),
    (Resolver, "resolve", "identity"),
    (Folding, "rows", "encode folds"),
    (chunk, "count", "quality"),
    (chunk, "encode", "lake block"),
    (PostgresPipelineStore, "commit", "commit"),
)


class Clock:
    """CPU and wall time of each stage, in the writer's thread."""

    def __init__(self) -> None:
        self.cpu: dict[str, float] = defaultdict(float)
        self.wall: dict[str, float] = defaultdict(float)
        for holder, name, label in STAGES:
            setattr(holder, name, self._timed(getattr(holder, name), label))

    def _timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            wall, cpu = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.wall[label] += time.perf_counter() - wall
                self.cpu[label] += time.thread_time() - cpu

        return timed

    def clear(self) -> None:
        self.cpu.clear()
        self.wall.clear()


def write(folder: Path, orders: Any, answers: Any) -> None:
    """The writer's process, which answers for its own time."""
    clock = Clock()
    stop = threading.Event()
    with itda.open(folder) as shop:
        worker = threading.Thread(target=shop.process, args=(stop,))
        worker.start()
        process = psutil.Process()
        while (order := orders.get()) != "stop":
            if order == "clear":
                clock.clear()
            answers.put({
                "cpu": dict(clock.cpu), "wall": dict(clock.wall), "memory": process.memory_info().rss,
                "process_cpu": sum(process.cpu_times()[:2]),
            })  # fmt: skip
        stop.set()
        worker.join()


def generate(folder: Path, customers: int, orders: Any, answers: Any) -> None:
    """The generator's process: everybody once, then the mix at full or at a stated rate."""
    traffic = Traffic(customers, 1)
    with itda.open(folder) as shop:
        sent = _send(shop, list(traffic.everybody(_BATCH)))
        answers.put({"position": sent})
        while (order := orders.get()) != "stop":
            seconds, rate = order
            answers.put(_run(shop, traffic, seconds, rate))


def _send(shop: itda.Shop, bodies: list[bytes]) -> int:
    position = 0
    for start in range(0, len(bodies), _IN_A_FRAME):
        records = [Record("web", "batch", body) for body in bodies[start : start + _IN_A_FRAME]]
        position = shop.intake.append(records, time.time_ns() // 1000).position
    return position


def _settled(shop: itda.Shop) -> None:
    """Wait for the writer; `settle` would process here, and take over."""
    while True:
        done, head = shop.positions()
        if done >= head:
            return
        time.sleep(0.002)


def _run(shop: itda.Shop, traffic: Traffic, seconds: float, rate: float) -> dict[str, Any]:
    """Append for so many seconds; without a rate as fast as the writer follows. With one, each frame's delay."""
    began, cpu = time.monotonic(), sum(psutil.Process().cpu_times()[:2])
    done, _ = shop.positions()
    frames, delays, waiting, making = 0, [], {}, 0.0
    per_frame = _BATCH * _IN_A_FRAME if not rate else 50
    while time.monotonic() - began < seconds:
        made = time.thread_time()
        size = _BATCH if not rate else per_frame
        bodies = [traffic.batch(size) for _ in range(per_frame // size)]
        making += time.thread_time() - made
        position = _send(shop, bodies)
        waiting[position] = time.monotonic()
        frames += 1
        if not rate:
            while position - done > _AHEAD:
                time.sleep(0.005)
                done, _ = shop.positions()
            continue
        while True:
            done, _ = shop.positions()
            now = time.monotonic()
            delays += [now - at for where, at in waiting.items() if where <= done]
            waiting = {where: at for where, at in waiting.items() if where > done}
            if now >= began + frames * per_frame / rate:
                break
            time.sleep(0.002)
    _settled(shop)
    spent = time.monotonic() - began
    return {
        "events": frames * per_frame,
        "seconds": spent,
        "making_cpu": making,
        "cpu": sum(psutil.Process().cpu_times()[:2]) - cpu,
        "delays": sorted(delays),
    }


def measure(customers: int, seconds: float) -> dict[str, Any]:
    """The whole measurement in a shop of its own."""
    parent = Path(tempfile.mkdtemp(prefix="itda-bench-", dir=os.environ.get("ITDA_BENCH_DIR")))
    context = multiprocessing.get_context("spawn")
    try:
        folder = parent / "shop"
        setting_up.make(folder, name="Bench")
        with itda.open(folder) as shop:
            _refuse_void(shop, parent)
            queues = [context.Queue() for _ in range(4)]
            writer = context.Process(target=write, args=(folder, queues[0], queues[1]))
            generator = context.Process(target=generate, args=(folder, customers, queues[2], queues[3]))
            for one in (writer, generator):
                one.start()
            try:
                return _measured(shop, customers, seconds, queues)
            finally:
                queues[0].put("stop")
                queues[2].put("stop")
                for one in (generator, writer):
                    one.join(60)
                    if one.is_alive():
                        one.terminate()
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def _measured(shop: itda.Shop, customers: int, seconds: float, queues: list[Any]) -> dict[str, Any]:
    ask_writer, from_writer, ask_generator, from_generator = queues
    from_generator.get(timeout=600)
    _settled(shop)

    def load(for_s: float, rate: float) -> tuple[dict[str, Any], dict[str, Any]]:
        ask_writer.put("clear")
        before = from_writer.get(timeout=60)
        ask_generator.put((for_s, rate))
        ran = from_generator.get(timeout=for_s * 20 + 120)
        ask_writer.put("look")
        return ran, from_writer.get(timeout=60) | {"before": before}

    load(min(10.0, seconds), 0.0)
    full, stages = load(seconds, 0.0)
    rate = full["events"] / full["seconds"]
    half, _ = load(min(20.0, seconds), rate / 2)
    stage_us = {label: cpu / full["events"] * 1e6 for label, cpu in stages["cpu"].items()}
    return {
        "customers": customers,
        "events_per_s": round(rate),
        "seconds": round(full["seconds"], 1),
        "commit_to_profile_p50_ms": _ms(half["delays"], 0.5),
        "commit_to_profile_p99_ms": _ms(half["delays"], 0.99),
        "half_load_events_per_s": round(half["events"] / half["seconds"]),
        "writer_cpu_us_per_event": round(
            (stages["process_cpu"] - stages["before"]["process_cpu"]) / full["events"] * 1e6, 1
        ),
        "generator_cpu_us_per_event": round(full["cpu"] / full["events"] * 1e6, 1),
        "making_events_us": round(full["making_cpu"] / full["events"] * 1e6, 1),
        "writer_memory_mb": stages["memory"] >> 20,
        "stage_cpu_us_per_event": {label: round(us, 2) for label, us in sorted(stage_us.items())},
        "stage_wall_us_per_event": {
            label: round(wall / full["events"] * 1e6, 2) for label, wall in sorted(stages["wall"].items())
        },
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }


def _refuse_void(shop: itda.Shop, parent: Path) -> None:
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


def _ms(delays: list[float], share: float) -> float | None:
    return round(delays[min(len(delays) - 1, int(len(delays) * share))] * 1000, 1) if delays else None


def main(customers: int = 100_000, seconds: float = 60.0) -> dict[str, Any]:
    """Measure, print the table and the line of JSON."""
    found = measure(customers, seconds)
    width = max(map(len, found))
    for name, value in found.items():
        if not isinstance(value, dict):
            print(f"{name:<{width}}  {value}")
    print("where the writer's time goes, microseconds an event (cpu, wall):")
    for label, cpu in sorted(found["stage_cpu_us_per_event"].items(), key=lambda item: -item[1]):
        print(f"  {label:<24} {cpu:7.2f} {found['stage_wall_us_per_event'][label]:7.2f}")
    print(json.dumps(found))
    return found


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]), *(float(argument) for argument in sys.argv[2:3]))
