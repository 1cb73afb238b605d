"""What sealing costs of ingest, in CPU time: `python -m bench.sealing [customers [events]]`.

The same traffic is processed twice in one process, into two shops on one PostgreSQL: as it is, and with every seal,
wrap, new key and search for personal values in texts left out (what is stored keeps its size). In turns, several
times; of each the best counts, since others share the machine. PostgreSQL's own time is in neither. Ends with one line
of JSON.
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
from bench.traffic import Traffic
from itda.engine import prepared, setting_up
from itda.store import embedded, vault
from itda.store.ports import Record

ROUNDS = 3
_BATCH = 100
_IN_A_FRAME = 5
_HEAD, _TAIL = bytes(12), bytes(16)


@contextlib.contextmanager
def unsealed() -> Iterator[None]:
    """Nothing is sealed, wrapped or searched within."""
    shared = vault.Cipher(bytes(32))
    left_out: list[tuple[Any, str, Any]] = [
        (vault.Cipher, "seal", lambda _self, _fragment, _label, data: b"%b%b%b" % (_HEAD, data, _TAIL)),
        (vault.Cipher, "open", lambda _self, _fragment, _label, sealed: sealed[12:-16]),
        (vault.Vault, "wrap", lambda *_: bytes(62)),
        (vault.Vault, "unwrap", lambda *_: shared),
        (vault.Vault, "cipher", lambda *_: shared),
        (vault.Vault, "new_key", lambda _: bytes(32)),
        (prepared, "may_hold", lambda _: False),
    ]
    before = [(holder, name, getattr(holder, name)) for holder, name, _ in left_out]
    for holder, name, instead in left_out:
        setattr(holder, name, instead)
    try:
        yield
    finally:
        for holder, name, was in before:
            setattr(holder, name, was)


def measured(folder: Path, url: str, name: str, customers: int, events: int) -> float:
    """Microseconds of this process's CPU an event, from the log to a durable profile."""
    shop_folder = folder / name
    setting_up.make(shop_folder, name="Bench")
    with (shop_folder / "itda.yaml").open("a") as file:
        file.write(f"\ndatabase: {{url: {json.dumps(url)}, schema: {name}}}\n")
    with itda.open(shop_folder) as shop:
        traffic = Traffic(customers, seed=7)
        bodies = [*traffic.everybody(_BATCH), *(traffic.batch(_BATCH) for _ in range(events // _BATCH))]
        now = itda.engine.shop.clock()
        began = time.process_time()
        for first in range(0, len(bodies), _IN_A_FRAME):
            records = [Record("web", "batch", body) for body in bodies[first : first + _IN_A_FRAME]]
            shop.intake.append(records, now)
        with contextlib.closing(shop.pipeline()) as writer:
            writer.drain()
        return (time.process_time() - began) * 1e6 / (customers + events)


def main() -> None:
    """Measure in turns, and print the share."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 60_000
    best = {"sealed": float("inf"), "open": float("inf")}
    with tempfile.TemporaryDirectory(prefix="itda-bench-") as place:
        folder = Path(place)
        url = embedded.start(folder / "pg")
        try:
            measured(folder, url, "warm", min(1_000, customers), 2_000)
            for turn in range(ROUNDS):
                best["sealed"] = min(best["sealed"], measured(folder, url, f"sealed_{turn}", customers, events))
                with unsealed():
                    best["open"] = min(best["open"], measured(folder, url, f"open_{turn}", customers, events))
        finally:
            embedded.stop(folder / "pg")
    share = 1 - best["open"] / best["sealed"]
    print(f"an event costs {best['sealed']:.1f} µs of CPU, {best['open']:.1f} µs unsealed: {share:.1%} of throughput")
    print(
        json.dumps({"sealed_us": round(best["sealed"], 2), "open_us": round(best["open"], 2), "share": round(share, 4)})
    )


if __name__ == "__main__":
    main()
