"""Every customer from scratch: `python -m bench.identity.rebuild [edges] [edges] …`.

Sightings of people who have a login, an e-mail, a phone, a device and three cookies go in log order through what
`itda replay` rebuilds identity with: gathered in chunks of 5,000, settled once, committed into an empty schema. A round
of everybody for each kind of thing, so that nobody's things lie together; 3 % share a device, two hundred gave the
store's own phone. CPU and memory of the process and of PostgreSQL; what ten million edges would take is drawn from the
costliest size measured, as the same for each edge, and said to be drawn, unless they were asked for. The last line is
JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from bench.identity.writer import server
from itda.base.instant import DAY
from itda.engine.sightings import Sighting
from itda.engine.wholesale.gathering import Gathering
from itda.engine.wholesale.settling import settled
from itda.identity.policy import IdentityPolicy
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import ChunkWrites

GOAL_EDGES, GOAL_S, GOAL_MB = 10_000_000, 900, 8_192
_CHUNK = 5_000
_ROWS = 20_000
_NOW = 1_900_000_000_000_000
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
    with server() as running, closing(Gathering(Path(tempfile.gettempdir()) / "itda-bench-spill")) as gathering:
        store, coming = PostgresPipelineStore(running.db), sightings(edges)
        epoch, position, _ = store.acquire()
        before, began, done = running.spent(), time.perf_counter(), 0
        while chunk := list(islice(coming, _CHUNK)):
            gathering.take(chunk, (), {}, {})
            done += len(chunk)
        told, database_mb = running.spent().since(before), 0.0
        for number, rows in enumerate(settled(IdentityPolicy.box(), gathering, _NOW, _ROWS)):
            move = {"position_before": position, "position_after": position, "epoch": epoch, "log_time": _NOW}
            store.commit(ChunkWrites(**move, is_first=True, **rows))
            if number % 50 == 0:
                database_mb = max(database_mb, running.memory_mb())
        spent, took = running.spent().since(before), time.perf_counter() - began
        store.close()
        with running.db.connection() as connection:
            row = connection.execute(
                "select (select count(*) from edge), (select count(*) from identifier),"
                " (select count(distinct customer) from identifier)"
            ).fetchone()
        stored = running.megabytes()
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = spent.own + spent.database
    return {
        "edges": row[0],
        "identifiers": row[1],
        "customers": row[2],
        "cpu_s": round(cpu, 1),
        "wall_s": round(took, 1),
        "cpu_s_gathering": round(told.own, 1),
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
    is_measured = any(size >= GOAL_EDGES for size in sizes)
    worst = max(runs, key=lambda run: run["edges"] if is_measured else run["cpu_s"] / run["edges"])
    drawn = {
        "edges": GOAL_EDGES,
        "cpu_s": round(worst["cpu_s"] / worst["edges"] * GOAL_EDGES),
        "goal_s": GOAL_S,
        "goal_mb": GOAL_MB,
        "is_measured": is_measured,
    }
    how = "measured" if is_measured else "drawn and not measured"
    print(f"{GOAL_EDGES:,} edges, {how}: {drawn['cpu_s']} s of CPU (goal {GOAL_S} s)")
    print(json.dumps({"runs": runs, "ten_million": drawn, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
