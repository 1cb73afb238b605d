"""What the access log costs of a read, and sealing and verifying of a row: `python -m bench.access_log [reads]`.

A question that names twenty people is asked through the app, with its row and without; in turns, of each the median.
Times are of the clock, for a commit waits for the disk; CPU of this process beside. Ends with one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from itda.access.actor import Actor
from itda.engine import trail
from itda.engine.app import Answer, App
from itda.engine.auditing.sealer import Sealer
from itda.engine.auditing.verifying import verify
from itda.store import embedded, migrate
from itda.store.database import Database
from itda.store.vault import Vault

KIM = Actor(name="kim", role="admin", session="s", address="203.0.113.9", system="console")
PEOPLE = tuple(number.to_bytes(16, "big") for number in range(20))


class Look(msgspec.Struct, frozen=True):
    """A read of twenty people by their keys."""

    permission: ClassVar[str] = "customer.read"
    name: str

    def answer(self, work: Any) -> Answer[int]:
        """How many are known."""
        return Answer(len(work.keys(PEOPLE)), subjects=PEOPLE, count=1)


def now() -> int:
    return time.time_ns() // 1000


def asked(app: App, reads: int) -> tuple[float, float]:
    """Median milliseconds of a read, and CPU milliseconds each."""
    took, cpu = [], time.process_time()
    for number in range(reads):
        began = time.perf_counter()
        app.ask(Look(str(number)), KIM, "a measurement")
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took), (time.process_time() - cpu) * 1000 / reads


def main(reads: int = 2_000) -> None:
    """Measure on an embedded database of its own."""
    with tempfile.TemporaryDirectory(prefix="itda-bench-") as folder:
        place = Path(folder) / "pg"
        try:
            with Database(embedded.start(place), "bench") as db:
                migrate.fresh(db)
                print(json.dumps(measured(db, reads)))
        finally:
            embedded.stop(place)


def measured(db: Database, reads: int) -> dict[str, float]:
    app = App(db, None, Vault(bytes(32)), None, now)  # type: ignore[arg-type] - this look needs neither
    written, asked_with, asked_without = trail.write_access, [], []
    asked(app, 100)
    for _ in range(4):
        asked_with.append(asked(app, reads // 4))
        trail.write_access = lambda _connection, _look: None
        try:
            asked_without.append(asked(app, reads // 4))
        finally:
            trail.write_access = written
    best = [min(one[part] for one in rounds) for rounds in (asked_with, asked_without) for part in (0, 1)]
    before = time.process_time()
    rows = Sealer(db, now).catch_up()
    sealed = time.process_time()
    found = verify(db, [], now())
    verified = time.process_time()
    assert found.faults == []
    return {
        "read_with_row_ms": round(best[0], 3), "read_without_ms": round(best[2], 3),
        "access_log_ms": round(best[0] - best[2], 3), "access_log_cpu_ms": round(best[1] - best[3], 3),
        "sealing_cpu_us_a_row": round((sealed - before) * 1e6 / rows, 1),
        "verifying_cpu_us_a_row": round((verified - sealed) * 1e6 / rows, 1), "rows": rows,
    }  # fmt: skip


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:2]))
