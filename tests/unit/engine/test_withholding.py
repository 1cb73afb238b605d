"""While somebody pauses the use of where they are nothing of it is taken in, by whichever of their identifiers."""

from __future__ import annotations

from time import process_time
from typing import Any

import msgspec
import pytest
from tests.laws.pipeline_world import START, VAULT, World

from itda.base.instant import text
from itda.engine.keyring import Known
from itda.engine.pipeline import Pipeline
from itda.engine.prepared import Prepared
from itda.engine.reading import Reading
from itda.engine.withholding import withhold
from itda.store.erasure_rows import Suppressed
from itda.store.memory import MemoryPipelineStore
from itda.store.ports import Record


def told(number: int, event: str, properties: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    return {
        "type": "track", "event": event, "messageId": f"m{number}", "timestamp": text(START), "userId": "mina",
        "properties": properties or {},
    } | others  # fmt: skip


SEOUL = {"location": {"city": "서울", "latitude": 37.5, "longitude": 127.0}, "locale": "ko-KR"}
VISIT = told(1, "Store Visited", {"store_id": "S1"})
SEARCH = told(2, "Products Searched", {"query": "shoes", "lat": 37.5}, context=SEOUL)
VIEW = told(3, "Product Viewed", {"product_id": "p1"}, context={"locale": "ko-KR"})


def put(world: World, *events: dict[str, Any]) -> None:
    body = msgspec.json.encode({"batch": list(events)})
    world.intake.append([Record(source="web", call="batch", body=body)], START)


def paused(world: World, pipeline: Pipeline, kind: str = "user_id", value: str = "mina") -> None:
    """Somebody known pauses the use of where they are."""
    put(world, told(0, "Product Viewed", {"product_id": "p0"}, **{"userId": value} if kind == "user_id" else {}))
    pipeline.drain()
    world.tables.paused = {one for one, known in world.values().items() if known == (kind, value)}
    assert world.tables.paused


def test_a_visit_is_refused_with_nothing_kept_and_what_else_tells_it_is_left_out_and_counted() -> None:
    with World() as world:
        pipeline = world.pipeline()
        paused(world, pipeline)
        put(world, VISIT, SEARCH, VIEW)
        pipeline.drain()
        rows = {row["event_id"]: row for row in world.lake()}
        assert rows.keys() == {"m0", "m2", "m3"}
        assert msgspec.json.decode(rows["m2"]["properties"]) == {}
        assert msgspec.json.decode(rows["m2"]["sealed"])["properties"] == {"query": "shoes"}
        assert "서울" not in rows["m2"]["context"]
        assert "ko-KR" in rows["m2"]["context"]
        assert msgspec.json.decode(rows["m3"]["properties"]) == {"product_id": "p1"}
        (refused,) = world.tables.quarantine.values()
        assert (refused.reason, refused.name) == ("location", "Store Visited")
        counts = {key[3]: n for key, n in world.tables.quality.items()}
        assert (counts["quarantined:location"], counts["location"], counts["accepted"]) == (1, 1, 3)


def test_nothing_that_was_left_out_stands_in_the_block_that_is_kept() -> None:
    with World() as world:
        pipeline = world.pipeline()
        paused(world, pipeline)
        put(world, VISIT, SEARCH)
        pipeline.drain()
        block = world.tables.lake[max(world.tables.lake)].block
        assert first_half_rows(block) == 1


def test_nothing_of_who_was_erased_stands_in_the_block_that_is_kept() -> None:
    with World() as world:
        pipeline = world.pipeline()
        world.tables.suppressed[VAULT.blind("user_id", "mina")] = Suppressed(generation=0, since=START)
        put(world, VIEW, told(4, "Product Viewed", {"product_id": "p2"}, userId="jisu"))
        pipeline.drain()
        assert {row["event_id"] for row in world.lake()} == {"m4"}
        assert first_half_rows(world.tables.lake[max(world.tables.lake)].block) == 1


def test_whose_it_is_is_soon_told_of_a_crowd_about_one_device() -> None:
    here = {("device", "till"): Known(b"till", "device", 5, b"")}
    crowd = [[b"till", ("cookie", str(number))] for number in range(6_000)]
    event = Prepared(
        0, "e", "Store Visited", "track", "web", "store", START, START, 0, 1, [("device", "till")], is_presence=True
    )
    before = process_time()
    assert not withhold(Reading(1, 1, START, 0, [event]), here, MemoryPipelineStore(), crowd)
    assert process_time() - before < 0.5  # about 0.01; where every link writes into all others, some seconds


def first_half_rows(block: bytes) -> int:
    """Rows that physically stand in what a block's events say of themselves."""
    import struct

    import pyarrow as pa

    _, first, _ = struct.unpack_from("<III", block)
    with pa.ipc.open_stream(pa.py_buffer(block[12 : 12 + first])) as reader:
        return reader.read_all().num_rows


def test_who_paused_nothing_keeps_all_of_it() -> None:
    with World() as world:
        pipeline = world.pipeline()
        paused(world, pipeline, value="other")
        put(world, VISIT, SEARCH)
        pipeline.drain()
        rows = {row["event_id"]: row for row in world.lake()}
        assert rows.keys() == {"m0", "m1", "m2"}
        assert "서울" in rows["m2"]["context"]
        assert not world.tables.quarantine


@pytest.mark.parametrize("most_events", [1, 1_000])
def test_a_device_that_was_joined_a_moment_ago_is_theirs_already(most_events: int) -> None:
    with World() as world:
        pipeline = world.pipeline(most_events)
        paused(world, pipeline)
        put(world, told(4, "Product Viewed", {"product_id": "p"}, anonymousId="phone"))
        alone = {key: value for key, value in told(5, "Store Visited", {"store_id": "S1"}).items() if key != "userId"}
        put(world, alone | {"anonymousId": "phone"})
        pipeline.drain()
        assert {row["event_id"] for row in world.lake()} == {"m0", "m4"}


def test_no_key_is_made_for_what_only_a_refused_visit_named() -> None:
    with World() as world:
        pipeline = world.pipeline()
        paused(world, pipeline)
        put(world, VISIT | {"anonymousId": "beacon-phone"})
        pipeline.drain()
        assert ("anonymous_id", "beacon-phone") not in world.values().values()
