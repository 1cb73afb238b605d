"""What the gate costs of sending: the same broadcast under all packs and under none, by `python -m bench.gate`.

`[customers [rounds]]`. A shop of one journey that advertises, every customer of which consented, and a mail server on
loopback in a process of its own that keeps every byte. A round brings everybody into the journey; then the decider
decides on the mails (the gate is asked once) and the sender decides anew and sends them (twice), in this process. Every
other round goes by a policy of no packs and no rules of the brand, in the order A B B A. What is measured of a round:
CPU of this process and of PostgreSQL, and the wall clock; the mail server's and the pipeline's are in neither. Of each
kind the cheapest round counts, since others share the machine; beside it stands the median of the ratios of rounds that
lie side by side. Ends with one line of JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

import itda
from bench.end_to_end import database_cpu, put
from bench.engagement import mail_server
from bench.furnished import furnish
from bench.load import BATCH
from bench.traffic import Traffic
from itda.base.instant import text
from itda.decisions.policy import Policy
from itda.engine import setting_up
from itda.engine.deciding import making as deciding
from itda.engine.sending import making as sending
from itda.engine.shop import Shop, clock

JOURNEY = """\
enter: {event: {name: Cart Viewed}}
correlation: cart_id
steps:
  mail: {send: offer}
  end: {exit: told}
"""
_SENT = "select count(*) from outbox where status = 'sent'"


class Cost(NamedTuple):
    """What a mail cost: microseconds of this process's CPU, of PostgreSQL's, and of the wall clock."""

    own: float
    database: float
    wall: float


def carts(customers: int, number: int) -> Iterator[bytes]:
    """A cart of everybody, as bodies of batch calls."""
    now = clock()
    told = text(now)
    for first in range(0, customers, BATCH):
        events = ",".join(
            f'{{"type":"track","messageId":"c{number}-{one}","userId":"u{one}","event":"Cart Viewed",'
            f'"timestamp":"{told}","properties":{{"cart_id":"c{number}-{one}"}}}}'
            for one in range(first, min(first + BATCH, customers))
        )
        yield f'{{"batch":[{events}],"sentAt":"{told}"}}'.encode()


def everybody_consents(customers: int) -> Iterator[bytes]:
    """An act of consent of each, as bodies of batch calls."""
    told = text(clock())
    for first in range(0, customers, BATCH):
        events = ",".join(
            f'{{"type":"track","event":"Consent Changed","messageId":"k{one}","userId":"u{one}",'
            f'"identifiers":{{"email":"u{one}@shop.example"}},"timestamp":"{told}","properties":{{"purpose":"ad_receive",'
            f'"channel":"email","is_given":true,"text_version":"ads-email@1/ko","collector":"web"}}}}'
            for one in range(first, min(first + BATCH, customers))
        )
        yield f'{{"batch":[{events}],"sentAt":"{told}"}}'.encode()


def process(shop: Shop) -> None:
    """Bring what is in the log in, up to the profiles."""
    with closing(shop.pipeline()) as pipeline:
        pipeline.drain()


def broadcast(shop: Shop, policy: Policy, now: int) -> int:
    """Decide on all that is in the log and send what is due, at one moment; how many mails were decided on."""
    parts = shop.db, shop.lake, shop.intake, msgspec.structs.replace(shop.workspace, consent=policy), shop.vault
    with closing(deciding.decider(*parts, lambda: now)) as decider:
        decider.drain()
    made = sending.parts(*parts, lambda: now)
    assert made is not None
    return sending.drain(made)


def sent(shop: Shop) -> int:
    """How many mails were ever sent."""
    with shop.db.connection() as connection:
        row = connection.execute(_SENT).fetchone()
    return int(row[0]) if row else 0


def measured(shop: Shop, folder: Path, policy: Policy, customers: int, number: int) -> Cost:
    """One round."""
    put(shop, carts(customers, number))
    now = clock()
    process(shop)
    before = sent(shop)
    own, database, wall = time.process_time(), database_cpu(folder), time.perf_counter()
    broadcast(shop, policy, now)
    spent = time.process_time() - own, database_cpu(folder) - database, time.perf_counter() - wall
    assert sent(shop) - before == customers, "a mail did not go"
    return Cost(*(seconds / customers * 1e6 for seconds in spent))


def pairs(shop: Shop, folder: Path, customers: int, rounds: int) -> list[tuple[Cost, Cost]]:
    """Rounds with the gate, each beside one without."""
    gated = shop.workspace.consent
    policies = gated, msgspec.structs.replace(gated, packs=(), brand=())
    found = []
    for number in range(-1, rounds):
        order = (0, 1) if number % 2 else (1, 0)
        costs = {one: measured(shop, folder, policies[one], customers, 2 * number + one) for one in order}
        found.append((costs[0], costs[1]))
    return found[1:]


def shares(found: list[tuple[Cost, Cost]], cost: Callable[[Cost], float]) -> tuple[float, float]:
    """What the gate is of a cost, 0 to 1: of the cheapest round of each kind, and the median of the pairs."""
    gated, without = (min(cost(one) for one in side) for side in zip(*found, strict=True))
    return 1 - without / gated, statistics.median(1 - cost(two) / cost(one) for one, two in found)


def main(customers: int = 1_000, rounds: int = 12) -> dict[str, Any]:
    """Measure, and say it."""
    parent = Path(tempfile.mkdtemp(prefix="itda-bench-", dir=os.environ.get("ITDA_BENCH_DIR")))
    try:
        folder = parent / "shop"
        setting_up.make(folder, name="Bench")
        with mail_server(parent / "inbox") as (port, _):
            furnish(folder, port)
            for name in ("segments", "journeys"):
                shutil.rmtree(folder / name)
            (folder / "journeys").mkdir()
            (folder / "journeys" / "broadcast.yaml").write_text(JOURNEY, encoding="utf-8")
            with itda.open(folder) as shop:
                put(shop, [*Traffic(customers, 1).everybody(BATCH), *everybody_consents(customers)])
                process(shop)
                found = pairs(shop, folder, customers, rounds)
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    gated, without = (Cost(*(min(column) for column in zip(*side, strict=True))) for side in zip(*found, strict=True))
    kinds: dict[str, Callable[[Cost], float]] = {
        "cpu": lambda one: one.own + one.database,
        "own_cpu": lambda one: one.own,
        "throughput": lambda one: one.wall,
    }
    told = {}
    for name, cost_of in kinds.items():
        told[f"{name}_share"], told[f"{name}_share_of_pairs"] = shares(found, cost_of)
    for name, cost in (("with the gate", gated), ("without", without)):
        print(
            f"{name:<14} {cost.own:7.0f} µs a mail, PostgreSQL {cost.database:5.0f} µs, {1e6 / cost.wall:5.0f} mails/s"
        )
    print(", ".join(f"{name} {share:.1%}" for name, share in told.items()))
    return {
        **{name: round(share, 4) for name, share in told.items()},
        "gated_us": round(gated.own + gated.database), "without_us": round(without.own + without.database),
        "gated_per_s": round(1e6 / gated.wall), "without_per_s": round(1e6 / without.wall),
        "mails": customers * rounds * 2, "load": os.getloadavg()[0],
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(main(*map(int, sys.argv[1:3]))))
