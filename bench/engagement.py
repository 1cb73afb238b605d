"""Everything at once: `python -m bench.engagement [customers] [seconds]`.

A shop of 50 segments and 10 journeys, served, with a mail server in a process of its own that takes all. At full load
events are sent as fast as the decider follows; at half of that, in an open loop, it is told how long it takes from an
acknowledgement to the segments and decisions that follow from it (both are of one transaction). Meanwhile waits and
wakes come due, and how late they are noticed is told. Then everybody is woken at once, and many mails are wanted at
once. Ends with one line of JSON; the table above it says where the time goes.
"""

from __future__ import annotations

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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psutil

import itda
from bench.end_to_end import (
    Clock,
    cpu_of,
    database_cpu,
    generate,
    milliseconds,
    put,
    refuse_void,
    settled,
)
from bench.furnished import consents, furnish
from bench.load import BATCH
from bench.roles import roles
from bench.told import told
from bench.traffic import text
from itda.engine import setting_up, turns
from itda.engine.deciding import decider, journeying, people, step
from itda.engine.deciding.choosing import Chooser
from itda.engine.sending import sender
from itda.engine.shop import clock
from itda.segments.evaluate import Segments
from itda.store.engagement import EngagementStore
from itda.store.lake.following import Following

STAGES: tuple[tuple[Any, str, str], ...] = (
    (Following, "after", "read the lake"),
    (step, "touched", "who is touched"),
    (people, "loaded", "load people"),
    (Segments, "answers", "answer segments"),
    (journeying.Journeying, "go_on", "journeys, with the gate"),
    (Chooser, "chosen", "the gate"),
    (EngagementStore, "_rows", "queries"),
    (step.Step, "run", "the step"),
    (decider.Decider, "step", "all of the decider"),
    (sender.Sender, "_leave", "departures"),
    (sender.Sender, "_settle", "outcomes"),
)
_MAILS = 5_000
_LOOK_S = 0.05
_DEADLINE_S = 900.0
_LATE = (
    "select greatest(%(now)s - (select min(at) from wake where at <= %(now)s),"
    " %(now)s - (select min(due_at) from journey_position where due_at < %(now)s and exited_at is null), 0)"
)
_WAKE = "update wake set at = %s + (hashtext(customer::text) & 1023) * %s where hashtext(customer::text) %% %s = 0"
_THANKED = (
    "select a.started_at - p.entered_log_at from outbox o join attempt a on a.outbox = o.id and a.n = 1"
    " join journey_position p on p.id = o.position_id where p.journey = 'thanks' and p.entered_log_at >= %s order by 1"
)
_SENT = "select count(*), max(finished_at) - min(started_at) from attempt where outcome = 'sent' and started_at >= %s"


def decide(folder: Path, orders: Any, answers: Any) -> None:
    """The process of decider and sender, which answers for its own time."""
    import pyarrow as pa  # noqa: PLC0415 - as the served one sets it

    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    stages = Clock(STAGES)
    stop = threading.Event()
    with itda.open(folder) as shop:
        worker = threading.Thread(target=turns.decide, args=(shop, stop))
        worker.start()
        while (order := orders.get()) != "stop":
            if order == "clear":
                stages.clear()
            answers.put({"cpu": dict(stages.cpu), "wall": dict(stages.wall), "calls": dict(stages.calls)})
        stop.set()
        worker.join()


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, dict[str, psutil.Process]]]:
    """The doors' port and the processes of everything but the decider."""
    command = [sys.executable, "-m", "itda.cli", "-w", str(folder), "--json", "serve", "--port", "0"]
    process = subprocess.Popen([*command, "--role", "doors,pipeline,compactor"], stdout=subprocess.PIPE, text=True)
    try:
        said = json.loads(process.stdout.readline() if process.stdout else "{}")
        _awaited(lambda: roles(folder).get("reader"))
        beside = roles(folder)
        yield int(said["url"].rpartition(":")[2]), beside
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """A mail server that takes all: its port and its process."""
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-m", "bench.inbox", str(folder)], stdout=subprocess.PIPE) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0), psutil.Process(process.pid)
        finally:
            process.terminate()


class Run(NamedTuple):
    """What is measured, and how to talk to it."""

    shop: itda.Shop
    folder: Path
    processes: dict[str, psutil.Process]
    ask_decider: Any
    from_decider: Any
    ask_generator: Any
    from_generator: Any

    def stages(self, order: str) -> dict[str, Any]:
        """The decider's own time, counted anew from here on where `order` is clear."""
        self.ask_decider.put(order)
        return dict(self.from_decider.get(timeout=60))

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU that each process took so far."""
        return {name: cpu_of(one) for name, one in self.processes.items()} | {"postgresql": database_cpu(self.folder)}

    def load(self, seconds: float, rate: float) -> dict[str, Any]:
        """One run of load, with the CPU seconds of each process meanwhile."""
        self.ask_generator.put((seconds, rate))
        self.from_generator.get(timeout=120)
        self.stages("clear")
        before = self.cpu()
        ran = self.from_generator.get(timeout=seconds * 20 + _DEADLINE_S)
        after = self.cpu()
        spent = {name: after[name] - before[name] for name in after}
        return {**ran, "stages": self.stages("look"), "cpu_s": spent}


def measure(customers: int, seconds: float) -> dict[str, Any]:
    """The whole measurement in a shop of its own."""
    parent = Path(tempfile.mkdtemp(prefix="itda-bench-", dir=os.environ.get("ITDA_BENCH_DIR")))
    context = multiprocessing.get_context("spawn")
    queues = [context.Queue() for _ in range(4)]
    started: list[Any] = []
    try:
        folder = parent / "shop"
        setting_up.make(folder, name="Bench")
        with mail_server(parent / "inbox") as (mail_port, inbox):
            furnish(folder, mail_port)
            with itda.open(folder) as shop, served(folder) as (port, processes):
                refuse_void(shop, parent)
                started.append(context.Process(target=decide, args=(folder, *queues[:2])))
                started.append(context.Process(target=generate, args=(folder, customers, port, "decider", *queues[2:])))
                for one in started:
                    one.start()
                try:
                    queues[3].get(timeout=_DEADLINE_S)
                    put(shop, consents(customers, BATCH))
                    processes |= {"decider": psutil.Process(started[0].pid), "mail server": inbox}
                    processes["generator"] = psutil.Process(started[1].pid)
                    _until_calm(shop)
                    return _measured(Run(shop, folder, processes, *queues), customers, seconds)
                finally:
                    queues[0].put("stop")
                    queues[2].put("stop")
                    for one in started:
                        one.join(60)
                        one.terminate()
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def _measured(run: Run, customers: int, seconds: float) -> dict[str, Any]:
    run.load(min(10.0, seconds), 0.0)
    full = run.load(seconds, 0.0)
    rate = full["events"] / full["seconds"]
    memory = {name: one.memory_info().rss >> 20 for name, one in run.processes.items()}
    began = clock()
    with _lateness(run.shop) as late:
        _execute(run.shop, _WAKE, [clock(), int(min(20.0, seconds) * 1e6) >> 10, 20])
        half = run.load(min(20.0, seconds), rate / 2)
    thanked = [float(delay) / 1e6 for (delay,) in _rows(run.shop, _THANKED, [began])]
    events, stages = full["events"], full["stages"]
    return {
        "customers": customers,
        "events_per_s": round(rate),
        "seconds": round(full["seconds"], 1),
        "half_load_events_per_s": round(half["events"] / half["seconds"]),
        "event_to_segment_and_decision_p50_ms": milliseconds(half["delays"], 0.5),
        "event_to_segment_and_decision_p99_ms": milliseconds(half["delays"], 0.99),
        "event_to_departure_p50_ms": milliseconds(thanked, 0.5),
        "event_to_departure_p99_ms": milliseconds(thanked, 0.99),
        "time_only_late_p50_ms": milliseconds(sorted(late), 0.5),
        "time_only_late_most_ms": milliseconds(sorted(late), 1.0),
        "woken_per_s": _woken(run.shop),
        "mails_per_s": _mailed(run.shop, customers),
        "cpu_us_per_event": {name: round(cpu / events * 1e6, 1) for name, cpu in sorted(full["cpu_s"].items())},
        "stage_cpu_us_per_event": {name: round(cpu / events * 1e6, 1) for name, cpu in stages["cpu"].items()},
        "stage_wall_us_per_event": {name: round(wall / events * 1e6, 1) for name, wall in stages["wall"].items()},
        "steps": stages["calls"].get("the step", 0),
        "memory_mb": memory,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load_before": os.getloadavg()[1],
    }


def _woken(shop: itda.Shop) -> int:
    """People a second whom passing time brings, all at once."""
    _until_calm(shop)
    people_ = int(_rows(shop, "select count(*) from wake", [])[0][0])
    began, at = time.perf_counter(), clock()
    _execute(shop, _WAKE, [at - 2_000_000, 0, 1])
    _awaited(lambda: _rows(shop, "select 1 where not exists (select from wake where at <= %s)", [at]) or None)
    return round(people_ / (time.perf_counter() - began))


def _mailed(shop: itda.Shop, customers: int) -> int:
    """Mails a second, where many large orders come at once and each is thanked for."""
    _until_calm(shop)
    began, now = clock(), text(datetime.now(UTC))
    wanted = min(_MAILS, customers)
    for first in range(0, wanted, BATCH):
        events = ",".join(
            f'{{"type":"track","messageId":"large{one}","userId":"u{one}","event":"Order Completed",'
            f'"timestamp":"{now}","properties":{{"order_id":"large{one}","total":500000,"revenue":500000,"currency":"KRW"}}}}'
            for one in range(first, min(first + BATCH, wanted))
        )
        put(shop, [f'{{"batch":[{events}],"sentAt":"{now}"}}'.encode()])
    settled(shop, "decider")
    waits = "select 1 where not exists (select from outbox where status in ('queued', 'retry', 'attempting'))"
    _awaited(lambda: _rows(shop, waits, []) or None)
    sent, took = _rows(shop, _SENT, [began])[0]
    return round(sent / took * 1e6) if took else 0


def _until_calm(shop: itda.Shop) -> None:
    """Wait until all that is in the log is decided, and changed segments are carried out."""
    settled(shop, "decider")
    open_ones = "select 1 where not exists (select from applied where kind = 'segment' and settled_at is null)"
    _awaited(lambda: _rows(shop, open_ones, []) or None)
    settled(shop, "decider")


@contextmanager
def _lateness(shop: itda.Shop) -> Iterator[list[float]]:
    """How long the earliest thing that time brings has been due, looked at again and again, in seconds."""
    stop, found = threading.Event(), list[float]()

    def look() -> None:
        while not stop.wait(_LOOK_S):
            (late,) = _rows(shop, _LATE, {"now": clock()})[0]
            found.append(float(late) / 1e6)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield found
    finally:
        stop.set()
        watching.join()


def _rows(shop: itda.Shop, query: str, values: Any) -> list[Any]:
    with shop.db.connection() as connection:
        return connection.execute(query.encode(), values).fetchall()


def _execute(shop: itda.Shop, statement: str, values: Any) -> None:
    with shop.db.connection() as connection:
        connection.execute(statement.encode(), values)


def _awaited(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + _DEADLINE_S
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise TimeoutError("the shop does not come to rest")
        time.sleep(_LOOK_S)
    return found


def main(customers: int = 100_000, seconds: float = 60.0) -> dict[str, Any]:
    """Measure, print the table and the line of JSON."""
    found = measure(customers, seconds)
    told(found, "where the time of decider and sender goes; stages hold one another")
    return found


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]), *(float(argument) for argument in sys.argv[2:3]))
