"""Rows for tests of the lake, written into the tail as the pipeline does."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Any

import msgspec

from itda.base.instant import DAY
from itda.events.event import ORDINALS, Event
from itda.store.database import Database
from itda.store.lake.block import OWN_ID, Row, of_rows

DAY_0 = 20_400  # 2025-11-08
RECEIVED = DAY_0 * DAY + 9 * 3600 * 1_000_000


def fragment_of(number: int) -> bytes:
    return hashlib.sha256(f"fragment {number}".encode()).digest()[:16]


def row_event(position: int, at: int, **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "event_id": f"e{position}",
        "name": "Page Viewed",
        "type": "page",
        "source": "web",
        "channel": "web",
        "occurred_at": at,
        "received_at": RECEIVED,
        "local_date": at // DAY,
        "position": position,
        "identifiers": [],
        "properties": {},
        "context": {},
    }
    return Event(**(fields | changes))


Given = tuple[Event, bytes]


def random_events(seed: int, count: int, *, frame: int = 1, fragments: int = 40, days: int = 120) -> list[Given]:
    chance = random.Random(seed)
    made = []
    for number in range(count):
        at = (DAY_0 - chance.randrange(days)) * DAY + chance.randrange(DAY)
        event = row_event((frame + number // 50) * ORDINALS + number % 50, at, properties={"n": number})
        made.append((event, fragment_of(min(chance.randrange(fragments), chance.randrange(fragments)))))
    return made


def as_rows(given: Sequence[Given]) -> list[Row]:
    return [
        (
            event.position, event.event_id, event.source, event.channel, event.name, event.type, event.occurred_at,
            event.received_at, event.local_date, fragment, b"", msgspec.json.encode(event.properties), b"{}", None,
            OWN_ID,
        )
        for event, fragment in given
    ]  # fmt: skip


def put(db: Database, rows: Sequence[Given]) -> None:
    """One block per frame of these rows, and the cursor moved to the last."""
    frames: dict[int, list[Given]] = {}
    for event, fragment in rows:
        frames.setdefault(event.position // ORDINALS, []).append((event, fragment))
    with db.connection() as connection:
        for frame, here in sorted(frames.items()):
            connection.execute("insert into lake_tail values (%s, %s, %s)", [frame, len(here), of_rows(as_rows(here))])
        connection.execute(
            "update cursor set position = greatest(position, %s), log_time = greatest(log_time, %s) "
            "where name = 'pipeline'",
            [max(frames), max(event.received_at for event, _ in rows)],
        )


def seen(table: Any) -> list[tuple[int, str, bytes, int]]:
    """What identifies each row, in log order."""
    return sorted(
        (row["position"], row["event_id"], row["fragment"], row["occurred_at"])
        for row in table.select(["position", "event_id", "fragment", "occurred_at"]).to_pylist()
    )


def expected(rows: Sequence[Given]) -> list[tuple[int, str, bytes, int]]:
    return sorted((event.position, event.event_id, fragment, event.occurred_at) for event, fragment in rows)
