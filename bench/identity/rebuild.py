"""Every customer from scratch: `python -m bench.identity.rebuild [edges] [edges] …`.

Sightings of people who have a login, an e-mail, a phone, a device and three cookies go in log order through what
`itda replay` rebuilds identity with: the resolver, chunks of 5,000, commits into an empty schema. A round of everybody
for each kind of thing, so that components come from the database and not from memory; 3 % share a device, two hundred
gave the store's own phone. CPU and memory of the process and of PostgreSQL; what ten million edges would take is drawn
from the costliest size measured, as the same for each edge, and said to be drawn. The last line is JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from bench.identity.writer import Writer, server
from itda.base.instant import DAY
from itda.engine.sightings import Sighting

GOAL_EDGES, GOAL_S, GOAL_MB = 10_000_000, 900, 8_192
_CHUNK = 5_000
_ROUNDS = (("email", 1), ("phone", 1), ("device", 1), ("anonymous_id", 3))
_EACH = sum(count for _, count in _ROUNDS)
_STEP = 7_368_787
"""A prime: its multiples modulo any smaller number of people reach everybody once."""
_SHARED_IN = 33
_AT_THE_TILL = 200


def fragment(kind: str, value: str) -> bytes:
    """An id for an identifier."""
    return hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=16).digest()


def sightings(edges: int) -> Iterator[Sighting]:
    """As many edges (and those few that are shared), a round of everybody for each kind of thing they have."""
    people = max(1, edges // _EACH)
    turn = 0
    for kind, count in _ROUNDS:
        for number in range(count):
            for place in range(people):
                who = place * _STEP % people
                user = fragment("user_id", str(who))
                value = f"{who}-{number}"
                if kind == "device" and who % _SHARED_IN == 0:
                    value = f"{who - _SHARED_IN * (who // _SHARED_IN % 2)}-shared"
                elif kind == "phone" and who % (people // _AT_THE_TILL + 1) == 0:
                    value = "till"
                turn += 1
                at = turn * 1_000_000
                yield Sighting((user, fragment(kind, value)), ("user_id", kind), "web", at // DAY, at, turn)


def rebuilt(edges: int) -> dict[str, Any]:
    """One rebuild of so many edges."""
    with server() as running:
        writer, coming = Writer(running), sightings(edges)
        before, done, database_mb = running.spent(), 0, 0.0
        while chunk := list(islice(coming, _CHUNK)):
            writer.settle(chunk)
            done += len(chunk)
            if done % (20 * _CHUNK) == 0:
                database_mb = max(database_mb, running.memory_mb())
        writer.settle(())
        spent = running.spent().since(before)
        database_mb = max(database_mb, running.memory_mb())
        with running.db.connection() as connection:
            row = connection.execute(
                "select (select count(*) from edge), (select count(*) from identifier),"
                " (select count(distinct customer) from identifier)"
            ).fetchone()
        stored = running.megabytes()
        writer.close()
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = spent.own + spent.database
    return {
        "edges": row[0],
        "identifiers": row[1],
        "customers": row[2],
        "cpu_s": round(cpu, 1),
        "cpu_us_per_edge": {name: round(part / done * 1e6, 1) for name, part in spent._asdict().items()},
        "peak_mb": {"resolver": round(own_mb), "postgresql": round(database_mb)},
        "stored_mb": round(stored),
    }


def main(*sizes: int) -> None:
    """Print a table, then one line of JSON."""
    runs = [rebuilt(size) for size in sizes or (100_000, 1_000_000)]
    for run in runs:
        for what, value in run.items():
            print(f"{what:18}{value}")
    worst = max(runs, key=lambda run: run["cpu_s"] / run["edges"])
    drawn = {
        "edges": GOAL_EDGES,
        "cpu_s": round(worst["cpu_s"] / worst["edges"] * GOAL_EDGES),
        "goal_s": GOAL_S,
        "goal_mb": GOAL_MB,
        "is_measured": False,
    }
    print(f"{GOAL_EDGES:,} edges, drawn and not measured: {drawn['cpu_s']} s of CPU (goal {GOAL_S} s)")
    print(json.dumps({"runs": runs, "ten_million": drawn, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
