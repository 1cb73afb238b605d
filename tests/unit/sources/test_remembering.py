"""What the decoder remembers changes no answer, and what it may hold at once has its bounds."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from tests.laws.pipeline_world import rules

from itda.base.instant import LocalDates, parse
from itda.engine.prepared import Prepared, Preparing
from itda.events.contracts import boxed
from itda.events.event import Event, Refusal
from itda.identity.policy import IdentityPolicy
from itda.sources import identifiers, surroundings, tracking
from itda.sources.clock import Clock, ClockFault
from itda.sources.definition import SourceDef
from itda.sources.tracking import Decoder
from itda.sources.wire import LARGEST_EVENT, LARGEST_IMPORTED
from itda.store.ports import Frame, Record

NOW = parse("2026-11-22T01:00:00Z")
BOUNDS = [
    (tracking, "NAMES_REMEMBERED"),
    (identifiers, "IDS_REMEMBERED"),
    (surroundings, "REMEMBERED"),
    (surroundings, "REMEMBERED_BYTES"),
]
SOURCES = {"web": SourceDef(name="web", kind="tracking", channel="web", order_scope="shop")}


def decoder() -> Decoder:
    return Decoder(SOURCES, boxed(), IdentityPolicy.box().kinds, LocalDates("Asia/Seoul"), "KR")


def decode(decoder: Decoder, *batches: list[Any], call: str = "batch", **more: Any) -> list[Event | Refusal]:
    records = [Record("web", call, json.dumps({"batch": batch}).encode(), **more) for batch in batches]
    return decoder.frame(Frame(1, NOW, records))


def order(size: int) -> dict[str, Any]:
    products = [{"product_id": f"p{n}", "name": "y" * 400} for n in range(size // 400)]
    told = {"type": "track", "event": "Order Completed", "userId": "u"}
    return {**told, "properties": {"order_id": "1", "products": products}}


@pytest.mark.parametrize("is_permanent", [True, False])
def test_only_an_imported_order_may_be_large(is_permanent: bool) -> None:
    results = decode(decoder(), [order(4 * LARGEST_EVENT), order(100)], is_permanent=is_permanent)
    assert [type(result) for result in results] == [Event if is_permanent else Refusal, Event]
    assert results[0].reason == "size" if not is_permanent else results[0].size > 2 * LARGEST_EVENT


def test_even_an_imported_order_has_its_limit() -> None:
    results = decode(decoder(), [order(LARGEST_IMPORTED), order(100)], is_permanent=True)
    assert [getattr(result, "reason", "taken") for result in results] == ["size", "taken"]
    assert "1,048,576" in results[0].detail


def test_a_single_large_event_of_another_wire_is_refused() -> None:
    body = json.dumps({"event": "A", "distinct_id": "d", "properties": {"a": "y" * LARGEST_EVENT}}).encode()
    (refusal,) = decoder().frame(Frame(1, NOW, [Record("web", "posthog", body)]))
    assert refusal.reason == "size"


def test_a_body_over_the_size_of_one_event_gives_each_its_own_size_and_bytes() -> None:
    good = {"type": "track", "event": "A", "anonymousId": "a", "properties": {"note": "y" * 20_000}}
    results = decode(decoder(), [good, {**good, "anonymousId": None}, {**good, "properties": {"note": "z"}}])
    assert [type(result) for result in results] == [Event, Refusal, Event]
    assert results[0].size > 20_000
    assert results[2].size < 200
    assert json.loads(results[1].raw) == {**good, "anonymousId": None}


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T00:00:01.250Z",
        "2026-11-22T00:00:01.9Z",
        "2026-11-22T00:00:01,250Z",
        "20261122T000001.250Z",
        "2026-11-22T09:00:01.250+09:00",
        "2026-11-22T00:00:01.250123Z",
        "2026-11-22T00:00:01Z",
    ],
)
def test_a_second_that_was_met_before_is_read_as_it_was_the_first_time(text: str) -> None:
    clock = Clock()
    for before in ("2026-11-22T00:00:01.000Z", "20261122T000001.999Z", "2026-11-22T00:00:01.998Z"):
        clock.when(before, None, None, NOW)
    assert clock.when(text, None, None, NOW) == (parse(text), False) == Clock().when(text, None, None, NOW)


@pytest.mark.parametrize("text", [".250Z", "x.250Z", "", "2026-11-22T00:00:61.250Z"])
def test_a_time_that_is_none_stays_none_whatever_was_met(text: str) -> None:
    clock = Clock()
    for _ in range(2):
        with pytest.raises(ClockFault):
            clock.when(text, None, None, NOW)
    assert clock.when("2026-11-22T00:00:01.250Z", None, None, NOW)[0] == parse("2026-11-22T00:00:01.250Z")


def test_more_names_ids_and_contexts_than_are_remembered_change_no_answer(
    request: pytest.FixtureRequest,
) -> None:
    batch = [
        {"type": "track", "event": f"E{n}", "userId": f"user-{n}", "anonymousId": f"visitor-{n}", "context": {"n": n}}
        for n in range(30)
    ]
    free = decode(decoder(), batch, batch)
    for module, name in BOUNDS:
        request.addfinalizer(partial(setattr, module, name, getattr(module, name)))
        setattr(module, name, 4)
    assert decode(decoder(), batch, batch) == free
    assert [event.context["n"] for event in free] == [*range(30), *range(30)]


def _growth(work: Callable[[int], object], times: int) -> int:
    """Bytes that doing it so many times leaves in memory."""
    tracemalloc.start()
    try:
        work(0)
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1, times + 1):
            work(number)
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def _large(number: int) -> bytes:
    """The one request of a visitor whose client says 30 kB about itself, in every place where it may."""
    text = f"{number:07d}" * 700
    said = {
        "type": "page",
        "anonymousId": f"v{number % 100}",
        "context": {"note": text * 3, "ip": text},
        "sentAt": text,
    }
    return json.dumps({"batch": [said], "sentAt": text}).encode()


def test_large_contexts_are_remembered_up_to_so_many_bytes() -> None:
    reading = decoder()

    def read(number: int) -> None:
        (event,) = reading.frame(Frame(number, NOW, [Record("web", "batch", _large(number))]))
        assert len(event.context["note"]) == 14_700

    assert _growth(read, 1_000) < 20 << 20


def test_large_contexts_are_kept_prepared_up_to_so_many_bytes() -> None:
    preparing, reading = Preparing(rules(), 7), decoder()

    def prepare(number: int) -> None:
        (event,) = reading.frame(Frame(number, NOW, [Record("web", "batch", _large(number))]))
        assert isinstance(preparing.event(event, []), Prepared)

    assert _growth(prepare, 1_500) < 40 << 20


def test_identifiers_of_events_with_many_are_not_remembered() -> None:
    preparing, reading = Preparing(rules(), 7), decoder()

    def prepare(number: int) -> None:
        ids = {"membership": [f"{number}-{place}" + "x" * 200 for place in range(100)]}
        said = {"type": "page", "anonymousId": "v", "identifiers": ids}
        for event in decode(reading, [said]):
            assert isinstance(event, Event)
            assert isinstance(preparing.event(event, []), Prepared)

    assert _growth(prepare, 300) < 4 << 20


def test_an_id_that_cannot_be_read_is_counted_each_time() -> None:
    reading = decoder()
    found = decode(reading, [{"type": "page", "userId": "undefined", "anonymousId": "visitor-1"}] * 3)
    assert [event.unreadable for event in found] == [("user_id",)] * 3


def test_events_of_one_visitor_do_not_share_their_identifiers() -> None:
    item = {"type": "page", "userId": "user-1", "anonymousId": "visitor-1"}
    first, second = decode(decoder(), [item, {**item, "properties": {"email": "kim@shop.example"}}])
    assert first.identifiers == [("user_id", "user-1"), ("anonymous_id", "visitor-1")]
    assert second.identifiers == [*first.identifiers, ("email", "kim@shop.example")]
