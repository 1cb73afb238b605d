"""New identifiers and known ones, durable: `python -m bench.identity.online [customers] [batches]`.

Micro-batches, one commit each, against a PostgreSQL with fsync on. `new`, 100 events a batch: half of them bring a
person with a login, an e-mail and a cookie nobody saw before, half a new cookie of somebody known, so 200 identifiers.
`known`, 500 a batch: people who were there before, in sessions of six, drawn evenly from all customers, more of them
than memory holds. The rate per core is told by CPU, which other work on the machine changes little; rates and delays
by the wall are worth something only with nothing else running. The last line is JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from bench.identity.writer import Event, Server, Writer, server

SESSION = 6
_MADE_IN = 2_000
_SECOND = 1_000_000


def person(number: int, at: int) -> Event:
    """An event that names somebody's login, e-mail and first cookie."""
    mail = ("email", f"u{number}@shop.example")
    return at * _SECOND, [("user_id", f"u{number}"), mail, ("anonymous_id", f"a{number}")]


def arrivals(customers: int, seed: int) -> Iterator[Event]:
    """New people and new cookies of known ones, in turns."""
    chance, number = random.Random(seed), customers
    while True:
        yield person(number, number)
        somebody = chance.randrange(customers)
        yield number * _SECOND, [("user_id", f"u{somebody}"), ("anonymous_id", f"n{seed}-{number}")]
        number += 1


def visits(customers: int, seed: int) -> Iterator[Event]:
    """Known people: half of the events say who it is, half carry the cookie alone."""
    chance, at = random.Random(seed), 2 * customers
    while True:
        somebody = chance.randrange(customers)
        user, cookie = ("user_id", f"u{somebody}"), ("anonymous_id", f"a{somebody}")
        for step in range(SESSION):
            at += 1
            yield at * _SECOND, [user, cookie] if step % 2 else [cookie]


def batch(events: Iterator[Event], size: int) -> list[Event]:
    """The next so many events."""
    return [next(events) for _ in range(size)]


class Stream(NamedTuple):
    """What comes in, how many events a micro-batch, and how many a second it should come to."""

    events: Callable[[int, int], Iterator[Event]]
    batch: int
    goal_per_s: float


STREAMS = {"new": Stream(arrivals, 100, 3_000.0), "known": Stream(visits, 500, 20_000.0)}


def measured(running: Server, writer: Writer, stream: Stream, events: Iterator[Event], batches: int) -> dict[str, Any]:
    """So many micro-batches: the CPU of each event and of each new identifier, delays, rates."""
    made = [batch(events, stream.batch) for _ in range(batches)]
    before, began, delays, new = running.spent(), time.perf_counter(), [], 0
    for each in made:
        start = time.perf_counter()
        new += writer.take(each)
        delays.append(time.perf_counter() - start)
    took, spent = time.perf_counter() - began, running.spent().since(before)
    delays.sort()
    count = new or batches * stream.batch
    cpu = spent.own + spent.database
    return {
        "counted": "new identifiers" if new else "events",
        "count": count,
        "events_a_batch": stream.batch,
        "cpu_us_each": {name: round(part / count * 1e6, 1) for name, part in spent._asdict().items()},
        "per_s_of_one_core": round(count / cpu),
        "cores_at_goal": round(cpu / count * stream.goal_per_s, 2),
        "per_s_by_the_wall": round(count / took),
        "batch_p50_ms": round(delays[len(delays) // 2] * 1000, 1),
        "batch_p99_ms": round(delays[int(len(delays) * 0.99)] * 1000, 1),
    }


def measure(customers: int, batches: int) -> dict[str, Any]:
    """Everybody first, then new ones, then known ones."""
    with server() as running:
        writer = Writer(running)
        for first in range(0, customers, _MADE_IN):
            writer.take(person(number, number) for number in range(first, min(first + _MADE_IN, customers)))
        found: dict[str, Any] = {"customers": customers, "load": os.getloadavg()[0]}
        for name, stream in STREAMS.items():
            events = stream.events(customers, 7)
            measured(running, writer, stream, events, max(1, batches // 10))
            found[name] = measured(running, writer, stream, events, batches)
        writer.close()
    return found


def main(customers: int = 100_000, batches: int = 400) -> None:
    """Print a table, then one line of JSON."""
    found = measure(customers, batches)
    for name in ("new", "known"):
        for what, value in found[name].items():
            print(f"{name:8}{what:22}{value}")
    print(json.dumps(found))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
