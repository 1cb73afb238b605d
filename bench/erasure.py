"""Erasure: `python -m bench.erasure [customers [erased]]`.

A shop is filled with customers, each with a profile and an order over three identifiers. One of them is erased: how
long until use has stopped, until everything is done, and what of them an export, or a backup from before that is put
back, still holds. Then many at once, as a day of requests comes. Seconds are of the wall clock, with the CPU seconds of
this process beside them; PostgreSQL's are not in those. Ends with one line of JSON.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import itda
from itda.access.actor import Actor
from itda.engine import setting_up
from itda.engine.backup.reopening import reopen
from itda.engine.backup.restoring import Given, restore
from itda.engine.requests.upkeep import keep_up
from itda.engine.shop import Shop
from itda.store import keys
from itda.store.ports import Record
from itda.workspace.load import load

_BATCH = 250
_IN_A_FRAME = 4
_FRAMES = 40
"""Between two looks of the pipeline."""


def bodies(customers: int) -> Iterator[bytes]:
    """Batches: of each customer who they are, and an order."""
    events = []
    for number in range(customers):
        who = f'"userId":"u{number}","identifiers":{{"email":"u{number}@shop.example","phone":"+8210{number:08d}"}}'
        events.append(
            f'{{"type":"identify","messageId":"i{number}","timestamp":"2026-03-01T10:00:00Z",{who},'
            f'"traits":{{"name":"Kim {number}"}}}}'
        )
        events.append(
            f'{{"type":"track","event":"Order Completed","messageId":"o{number}",'
            f'"timestamp":"2026-03-02T10:00:00Z",{who},"properties":{{"order_id":"o{number}","revenue":1000,"currency":"KRW"}}}}'
        )
        if len(events) >= _BATCH:
            yield f'{{"batch":[{",".join(events)}]}}'.encode()
            events = []
    if events:
        yield f'{{"batch":[{",".join(events)}]}}'.encode()


def fill(shop: Shop, customers: int) -> None:
    """Bring them in."""
    records, frames = list[Record](), 0
    for body in bodies(customers):
        records.append(Record("web", "batch", body))
        if len(records) == _IN_A_FRAME:
            shop.intake.append(records, shop.app.clock())
            records, frames = [], frames + 1
            if frames % _FRAMES == 0:
                shop.drain()
    if records:
        shop.intake.append(records, shop.app.clock())
    shop.settle()


class Watch:
    """How long something took."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def read(self) -> tuple[float, float]:
        """Seconds of the wall clock, and of this process's CPU."""
        return round(time.monotonic() - self._wall, 3), round(time.process_time() - self._cpu, 3)


def wrapped(shop: Shop) -> set[bytes]:
    """The keys of everybody's fragments, as they are kept."""
    with shop.db.connection() as connection:
        return {bytes(key) for (key,) in connection.execute("select wrapped_key from keyring")}


def revenue(shop: Shop) -> int:
    """Of the day on which everybody ordered, in minor units."""
    return int(shop.metric("revenue", since="2026-03-02", until="2026-03-02").row(0, named=True)["value"])


def told_of(number: int) -> list[bytes]:
    """The values that tell who a customer is."""
    return [f"u{number}@shop.example".encode(), f"+8210{number:08d}".encode()]


def exported(shop: Shop, number: int, folder: Path) -> dict[str, int]:
    """Customers of an export, and how many values of an erased one are in it."""
    to = folder / "customers.csv"
    told = shop.export.profiles(to, reason="bench", force=True)
    data = to.read_bytes()
    return {"exported": told.customers, "left_export": sum(value in data for value in told_of(number))}


def put_back(shop: Shop, folder: Path, destroyed: list[bytes]) -> dict[str, Any]:
    """A backup from before, in a new folder, with the journal of erasures: how long it takes, and what is in it."""
    watch, data_dir = Watch(), shop.workspace.data_dir
    told = Given(
        data=folder / "data", keys=folder / "keys", into=folder / "new", workspace_key=data_dir / "workspace.key"
    )
    restore(told, shop.app.clock(), lambda _done, _all: None)
    with Shop(load(folder / "new"), Actor(name="bench", role="admin", system="cli"), is_restored=True) as back:
        again = reopen(back, data_dir / "erasures.log", "")
    found: dict[str, Any] = {"restored_s": watch.read()[0], "erased_again": again.erased}
    with itda.open(folder / "new") as back:
        found |= {f"restored_{where}": count for where, count in remains(back, 0, destroyed).items()}
        found["restored_revenue"] = revenue(back)
    return found


def remains(shop: Shop, number: int, destroyed: list[bytes]) -> dict[str, int]:
    """What can be found of an erased customer: rows by search, files with a value or a key of theirs."""
    keys.clear_out(shop.db)
    with contextlib.closing(shop.db.connect(autocommit=True)) as connection:
        connection.execute("checkpoint")
    values = told_of(number)
    found = {"search": shop.search(f"u{number}@shop.example").height, "values": 0, "keys": 0, "keys_in_wal": 0}
    for path in (shop.path / ".itda").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            found["values"] += any(value in data for value in values)
            found["keys_in_wal" if "pg_wal" in path.parts else "keys"] += any(key in data for key in destroyed)
    return found


def measure(shop: Shop, folder: Path, customers: int, erased: int) -> dict[str, Any]:
    """One, then many."""
    found: dict[str, Any] = {"customers": customers, "erased": erased}
    before, counted = wrapped(shop), revenue(shop)
    watch = Watch()
    shop.backup.make(folder / "data", folder / "keys")
    found["backup_s"], _ = watch.read()
    watch = Watch()
    request = shop.requests.open("erase", "user_id:u0")
    found["one_stopped_s"], _ = watch.read()
    shop.requests.resume(request.id)
    found["one_done_s"], found["one_cpu_s"] = watch.read()
    destroyed = list(before - wrapped(shop))
    found["keys_destroyed"] = len(destroyed)
    found |= {f"left_{where}": count for where, count in remains(shop, 0, destroyed).items()}
    found["revenue_changed"] = revenue(shop) - counted
    found |= exported(shop, 0, folder)
    found |= put_back(shop, folder, destroyed)
    found["restored_revenue_changed"] = found.pop("restored_revenue") - counted
    watch = Watch()
    for number in range(1, erased + 1):
        shop.requests.open("erase", f"user_id:u{number}")
    found["many_stopped_s"], found["many_stopped_cpu_s"] = watch.read()
    while shop.requests.all("open"):
        keep_up(shop, shop.app.clock())
        shop.drain()
    found["many_done_s"], found["many_cpu_s"] = watch.read()
    with shop.db.connection() as connection:
        left = connection.execute("select count(*) from keyring where retention = 'standard'").fetchone()
    found["keys_left"] = left[0] if left else 0
    return found


def main() -> int:
    """Measure, and say it."""
    customers = int(sys.argv[1]) if sys.argv[1:] else 100_000
    erased = int(sys.argv[2]) if sys.argv[2:] else 1_000
    with tempfile.TemporaryDirectory(prefix="itda-bench-") as folder:
        path = Path(folder) / "shop"
        setting_up.make(path, name="Bench")
        with (path / "itda.yaml").open("a", encoding="utf-8") as file:
            file.write(f"staff: {{exports_alone: {customers}}}\n")
        with itda.open(path) as shop:
            fill(shop, customers)
            found = measure(shop, Path(folder), customers, erased)
    expected = 3 * (customers - erased - 1)
    for name, value in found.items():
        sys.stdout.write(f"{name:>24}  {value:,}\n")
    sys.stdout.write(json.dumps(found) + "\n")
    places = (f"{where}_{what}" for where in ("left", "restored") for what in ("search", "values", "keys"))
    nothing = (*places, "left_export", "revenue_changed", "restored_revenue_changed")
    return int(found["keys_left"] != expected or any(found[name] for name in nothing))


if __name__ == "__main__":
    sys.exit(main())
