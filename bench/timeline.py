"""How long a page of a customer's timeline takes with many events in the lake, beside a plain scan of day files.

Writes a lake of its own (day files, which the real compactor merges into months), then reads pages of random and of
heavy customers, first ones and deep ones, warm and with a reader that remembers nothing. The peer in the same run is
DuckDB asking all day files for the same page. Run: python bench/timeline.py --events 20000000
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from itda.base.instant import DAY, date_to_day
from itda.engine.compactor import Compactor
from itda.events.event import ORDINALS
from itda.store import embedded, migrate
from itda.store.database import Database
from itda.store.lake import manifest
from itda.store.lake.block import SCHEMA
from itda.store.lake.files import DAY_LEVEL, new_path, write
from itda.store.lake.merging import partitioned
from itda.store.lake.reader import LakeReader
from itda.store.lake.timeline import NEWEST, Key, Sought, page

BAR_MS = 200.0
FRAGMENTS_EACH = 3
HEAVY = 500
HEAVY_SHARE = 0.2
LIMIT = 50
LAST_DAY = date_to_day(date(2026, 11, 21))
NAMES = ["Page Viewed", "Product Viewed", "Product Added", "Order Completed", "Email Opened", "Store Visited"]
CHANNELS = ["web", "web", "app", "store", "email", "store"]


class Lake(NamedTuple):
    """Where the generated lake is."""

    db: Database
    folder: Path
    peer: Path
    ids: bytes
    customers: int


def fragments_of(lake: Lake, customer: int) -> list[bytes]:
    first = customer * FRAGMENTS_EACH
    return [lake.ids[16 * number : 16 * (number + 1)] for number in range(first, first + FRAGMENTS_EACH)]


def day_rows(chance: np.random.Generator, lake: Lake, day: int, first: int, n: int) -> pa.Table:
    """One day's events of random customers."""
    heavy = chance.random(n) < HEAVY_SHARE
    customers = np.where(heavy, chance.integers(0, HEAVY, n), chance.integers(HEAVY, lake.customers, n))
    owners = customers * FRAGMENTS_EACH + chance.integers(0, FRAGMENTS_EACH, n)
    ids = pa.Array.from_buffers(pa.binary(16), len(lake.ids) // 16, [None, pa.py_buffer(lake.ids)])
    at = day * DAY + np.sort(chance.integers(0, DAY, n))
    kinds = chance.integers(0, len(NAMES), n)
    codes = chance.integers(0, 5_000_000, n)
    sealed = chance.bytes(96 * n)
    return pa.table({
        "position": (first + np.arange(n)) // 500 * ORDINALS + (first + np.arange(n)) % 500,
        "event_id": pa.array([f"{first + number:032x}" for number in range(n)]),
        "source": pa.array(["web"]).take(pa.array(np.zeros(n, dtype=np.int8))),
        "channel": pa.array(CHANNELS).take(pa.array(kinds)),
        "name": pa.array(NAMES).take(pa.array(kinds)),
        "type": pa.array(["track"]).take(pa.array(np.zeros(n, dtype=np.int8))),
        "occurred_at": at,
        "received_at": at + 1000,
        "local_date": np.full(n, day, dtype=np.int32),
        "fragment": ids.take(pa.array(owners)),
        "others": pa.array([b""], type=pa.binary()).take(pa.array(np.zeros(n, dtype=np.int8))),
        "properties": pa.array([
            f'{{"product_id":"p-{code}","price":{code % 997}.5,"currency":"KRW","category":"c{code % 31}"}}'
            for code in codes.tolist()
        ]),
        "context": pa.array(['{"library":{"name":"analytics.js","version":"2.1.0"}}']).take(
            pa.array(np.zeros(n, dtype=np.int8))
        ),
        "sealed": pa.array([sealed[96 * k : 96 * k + 96] if k % 3 == 0 else None for k in range(n)], type=pa.binary()),
        "flags": np.full(n, 8, dtype=np.uint8),
    }).cast(SCHEMA)  # fmt: skip


def generate(lake: Lake, events: int, days: int, seed: int) -> None:
    """Day files, named in the manifest and linked into the peer's folder, then merged by the compactor."""
    chance = np.random.default_rng(seed)
    lake.peer.mkdir(parents=True)
    written = []
    for number in range(days):
        day, n = LAST_DAY - days + 1 + number, events // days
        rows = day_rows(chance, lake, day, number * n, n)
        for _, part in partitioned(rows, np.zeros(n, dtype=np.int64)):
            file = write(lake.folder, new_path(DAY_LEVEL, day), DAY_LEVEL, [part])
        os.link(lake.folder / file.path, lake.peer / f"{day}.parquet")
        written.append(file)
    with lake.db.connection() as connection:
        manifest.swap(connection, manifest.take_over(connection), new=written)
        connection.execute("update lake_head set position = %s", [events])  # no frame waits in the tail
        connection.execute("update cursor set log_time = %s where name = 'pipeline'", [(LAST_DAY + 1) * DAY - 1])
        connection.execute("analyze lake_file")
    Compactor(lake.db, lake.folder).settle()


def ours(reader: LakeReader, fragments: list[bytes], before: Key) -> list[Key]:
    with reader.snapshot() as snapshot:
        rows = page(snapshot, [Sought(fragment) for fragment in fragments], before, LIMIT)
    return [(row["occurred_at"], row["position"]) for row in rows]


def peers(duck: duckdb.DuckDBPyConnection, lake: Lake, fragments: list[bytes], before: Key) -> list[Key]:
    rows = duck.execute(
        f"select * from read_parquet('{lake.peer}/*.parquet') where fragment in (?, ?, ?) "
        "and (occurred_at, position) < (?, ?) order by occurred_at desc, position desc limit ?",
        [*fragments, *before, LIMIT],
    ).fetchall()
    place = [SCHEMA.get_field_index(name) for name in ("occurred_at", "position")]
    return [(row[place[0]], row[place[1]]) for row in rows]


def measure(lake: Lake, seed: int, pages: int, days: int) -> dict[str, dict[str, float]]:
    """Milliseconds of a page, by kind of customer and page."""
    chance = np.random.default_rng(seed + 1)
    reader = LakeReader(lake.db, lake.folder)
    kinds = {"random": (HEAVY, lake.customers), "heavy": (0, HEAVY)}
    found: dict[str, list[float]] = {}
    duck = duckdb.connect(config={"threads": "2"})
    for kind, (low, high) in kinds.items():
        for depth in ("first", "deep", "first, cold reader"):
            for number in range(pages if "cold" not in depth else pages // 4):
                fragments = fragments_of(lake, int(chance.integers(low, high)))
                deep = int((LAST_DAY - chance.integers(30, days)) * DAY)
                before = (deep, 0) if depth == "deep" else NEWEST
                asked = LakeReader(lake.db, lake.folder) if "cold" in depth else reader
                start = time.perf_counter()
                mine = ours(asked, fragments, before)
                found.setdefault(f"{kind}, {depth}", []).append(1000 * (time.perf_counter() - start))
                if number < 4 and "cold" not in depth:
                    start = time.perf_counter()
                    theirs = peers(duck, lake, fragments, before)
                    found.setdefault(f"{kind}, {depth}, peer", []).append(1000 * (time.perf_counter() - start))
                    if mine != theirs:
                        raise SystemExit(f"the page differs from the peer's: {kind}, {depth}")
    return {
        name: {
            "pages": len(times),
            "p50_ms": round(float(np.percentile(times, 50)), 1),
            "p99_ms": round(float(np.percentile(times, 99)), 1),
            "max_ms": round(max(times), 1),
        }
        for name, times in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="keep the lake here; it is made where it is not yet")
    given = parser.parse_args()
    root = given.folder or Path(tempfile.mkdtemp(prefix="itda-bench-"))
    root.mkdir(parents=True, exist_ok=True)
    url = embedded.start(root / "pg")
    try:
        ids = np.random.default_rng(given.seed).bytes(16 * FRAGMENTS_EACH * given.customers)
        with contextlib.closing(Database(url)) as db:
            lake = Lake(db, root / "lake", root / "days", ids, given.customers)
            start = time.perf_counter()
            if not lake.peer.exists():
                migrate.fresh(db)
                generate(lake, given.events, given.days, given.seed)
            made_s = time.perf_counter() - start
            with LakeReader(db, lake.folder).snapshot() as snapshot:
                files, rows = len(snapshot.files), snapshot.rows
                size = sum(file.size for file in snapshot.files)
            result = measure(lake, given.seed, given.pages, given.days)
        worst = max(line["p99_ms"] for name, line in result.items() if "peer" not in name)
        print(f"{'page of ' + str(LIMIT):32}{'pages':>8}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}")
        for name, line in result.items():
            print(f"{name:32}{line['pages']:>8}{line['p50_ms']:>10}{line['p99_ms']:>10}{line['max_ms']:>10}")
        print(json.dumps({
            "bench": "timeline", "events": rows, "days": given.days, "customers": given.customers, "files": files,
            "bytes_per_event": round(size / rows, 1), "generated_s": round(made_s, 1), "cores": os.cpu_count(),
            "worst_p99_ms": worst, "bar_ms": BAR_MS, "holds": worst <= BAR_MS, "lines": result,
        }))  # fmt: skip
        sys.exit(0 if worst <= BAR_MS else 1)
    finally:
        embedded.stop(root / "pg")
        if given.folder is None:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
