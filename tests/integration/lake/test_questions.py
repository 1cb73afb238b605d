"""Status, overview, quality and timeline, asked of a shop whose events came through its own log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from itda.base.errors import Refused
from itda.base.instant import DAY, SECOND, text
from itda.engine import examination
from itda.engine import shop as shops
from itda.engine.compactor import Compactor
from itda.engine.questions.overview import Overview
from itda.engine.questions.quality import Quality
from itda.engine.questions.status import Status
from itda.engine.questions.timeline import Timeline, _References
from itda.profiles.fold import FragmentState
from itda.store.lake import manifest
from itda.store.ports import Record

NOW = shops.clock()


@pytest.fixture
def open_shop(shop: Path) -> Iterator[shops.Shop]:
    with shops.open(shop) as opened:
        yield opened


def event(number: int, *, at: int = NOW, **fields: Any) -> dict[str, Any]:
    made = {"type": "track", "event": "Product Viewed", "messageId": f"m{number}", "anonymousId": "visitor-1",
            "timestamp": text(at), "properties": {"product_id": "p1"}}  # fmt: skip
    return {name: value for name, value in (made | fields).items() if value is not None}


def send(shop: shops.Shop, *events: dict[str, Any], now: int = NOW) -> None:
    body = msgspec.json.encode({"batch": list(events), "sentAt": text(now)})
    shop.intake.append([Record("web", "batch", body)], now)


def drain(shop: shops.Shop) -> None:
    pipeline = shop.pipeline()
    pipeline.drain()
    pipeline._parts.store.close()


def compact(shop: shops.Shop) -> None:
    Compactor(shop.db, shop.workspace.lake_dir).settle()


def test_an_empty_shop_has_empty_answers(open_shop: shops.Shop) -> None:
    status = open_shop.ask(Status())
    assert (status.events.accepted, status.customers, status.linked_share, status.lag_s) == (0, 0, None, 0.0)
    overview = open_shop.ask(Overview())
    assert (overview.orders, overview.revenue_minor, overview.channels, overview.last_hour) == (0, 0, [], [])
    quality = open_shop.ask(Quality())
    assert (quality.lines, quality.total.accepted, quality.files) == ([], 0, [])
    assert open_shop.ask(Timeline(("user_id", "nobody"))).events == []


@pytest.mark.parametrize("is_compacted", [False, True])
def test_status_counts_events_customers_and_the_linked_share(open_shop: shops.Shop, is_compacted: bool) -> None:
    send(
        open_shop,
        *(event(n, anonymousId="stranger") for n in range(3)),
        *(event(10 + n, anonymousId="kim-laptop") for n in range(4)),
        event(20, anonymousId="kim-laptop", userId="kim"),
        event(21, anonymousId=None, userId="old-lee", at=NOW - 40 * DAY),
        event(20, anonymousId="kim-laptop", userId="kim"),
        event(30, event=None),
    )
    assert open_shop.ask(Status()).lag_s > 0
    drain(open_shop)
    if is_compacted:
        compact(open_shop)
    status = open_shop.ask(Status())
    assert msgspec.structs.astuple(status.events) == (9, 1, 1)
    assert status.customers == 3
    assert status.linked_share == pytest.approx(5 / 8)
    assert (status.lag_s, status.position, status.log_position) == (0.0, 1, 1)


def test_lag_is_the_age_of_the_oldest_waiting_frame(open_shop: shops.Shop) -> None:
    send(open_shop, event(1), now=NOW - 30 * SECOND)
    send(open_shop, event(2), now=NOW - 10 * SECOND)
    assert 30 <= open_shop.ask(Status()).lag_s < 3_600
    assert open_shop.ask(Status()).log_position == 2


def test_a_status_asked_again_after_more_events_counts_them(open_shop: shops.Shop) -> None:
    for turn in range(3):
        send(open_shop, event(turn, anonymousId=f"visitor-{turn}"))
        drain(open_shop)
        status = open_shop.ask(Status())
        assert (status.events.accepted, status.customers) == (turn + 1, turn + 1)


def test_the_overview_shows_channels_the_last_hour_and_orders(open_shop: shops.Shop) -> None:
    order = {"order_id": "o1", "revenue": 1000, "currency": open_shop.workspace.currency,
             "products": [{"product_id": "p1", "quantity": 1, "price": 1000}]}  # fmt: skip
    send(open_shop, event(1), event(2), event(3, event="Order Completed", properties=order))
    drain(open_shop)
    compact(open_shop)
    update = order | {"revenue": 800}
    send(open_shop, event(4, event="Order Updated", properties=update, at=NOW + SECOND), now=NOW + SECOND)
    drain(open_shop)
    overview = open_shop.ask(Overview())
    assert [(one.channel, one.accepted) for one in overview.channels] == [("web", 4)]
    assert sum(point.accepted for point in overview.last_hour) == 4
    assert {point.channel for point in overview.last_hour} == {"web"}
    from itda.base import money

    assert (overview.orders, overview.revenue_minor) == (1, money.minor(800, open_shop.workspace.currency))


def test_quality_is_per_day_of_receipt_and_source_with_totals(open_shop: shops.Shop) -> None:
    send(open_shop, event(1), event(1), event(2, event=None), event(3, at=NOW - 3 * DAY))
    drain(open_shop)
    quality = open_shop.ask(Quality())
    (line,) = quality.lines
    assert (line.source, line.accepted, line.duplicate, line.late) == ("web", 2, 1, 1)
    assert sum(line.quarantined.values()) == 1
    assert msgspec.structs.replace(quality.total, local_date=line.local_date, source="web", channel="web") == line
    assert quality.linked_share == 0.0


@pytest.mark.parametrize("is_compacted", [False, True])
def test_a_timeline_joins_all_identifiers_and_unseals_properties(open_shop: shops.Shop, is_compacted: bool) -> None:
    send(
        open_shop,
        *(event(n, anonymousId="laptop", at=NOW - (50 - n) * SECOND) for n in range(40)),
        event(100, anonymousId="laptop", userId="kim", type="identify", event=None, at=NOW - 5 * SECOND,
              properties=None, traits={"email": "kim@example.com", "name": "김민수"}),
        event(101, anonymousId="somebody else"),
    )  # fmt: skip
    drain(open_shop)
    if is_compacted:
        compact(open_shop)
    newest = open_shop.ask(Timeline(("user_id", "kim"), limit=1))
    assert newest.events[0].type == "identify"
    assert newest.events[0].properties["name"] == "김민수"
    seen, before = [], ""
    while True:
        view = open_shop.ask(Timeline(("anonymous_id", "laptop"), before=before, limit=7))
        seen += view.events
        before = view.next
        if not before:
            break
    assert [one.at for one in seen] == sorted((one.at for one in seen), reverse=True)
    assert len(seen) == len({one.position for one in seen}) == 41
    assert open_shop.ask(Timeline(("user_id", "kim"), channel="store")).events == []
    assert len(open_shop.ask(Timeline(("user_id", "kim"), channel="web", limit=100)).events) == 41


def test_a_timeline_is_written_into_the_access_log_with_its_subjects(open_shop: shops.Shop) -> None:
    send(open_shop, event(1, userId="kim"))
    drain(open_shop)
    open_shop.ask(Timeline(("user_id", "kim")), "a call")
    with open_shop.db.connection() as connection:
        row = connection.execute(
            "select subject_count, reason, result_count from access_log where question = 'Timeline'"
        ).fetchone()
    assert row == (2, "a call", 1)


def test_a_wrong_place_in_a_timeline_is_refused(open_shop: shops.Shop) -> None:
    send(open_shop, event(1, userId="kim"))
    drain(open_shop)
    with pytest.raises(Refused, match="no place"):
        open_shop.ask(Timeline(("user_id", "kim"), before="yesterday"))


def test_the_references_are_read_from_where_the_fold_writes_them() -> None:
    names = _References.__struct_fields__
    assert FragmentState.__struct_fields__[: len(names)] == names


def test_only_a_thorough_doctor_finds_a_file_whose_content_changed(open_shop: shops.Shop) -> None:
    send(open_shop, event(1))
    drain(open_shop)
    compact(open_shop)
    (path,) = open_shop.workspace.lake_dir.glob("*/*.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for is_thorough, is_found in ((False, False), (True, True)):
        checks = examination.examine(open_shop.path, 8400, is_thorough=is_thorough)
        (lake,) = [check for check in checks if check.name == "lake"]
        assert (path.name in lake.what) == is_found == (not lake.ok)


def test_the_doctor_names_a_damaged_file_that_no_merge_could_read(open_shop: shops.Shop) -> None:
    send(open_shop, event(1))
    drain(open_shop)
    compact(open_shop)
    (path,) = open_shop.workspace.lake_dir.glob("*/*.parquet")
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(60) + content[64:])
    with open_shop.db.connection() as connection:
        manifest.leave(connection, [str(path.relative_to(open_shop.workspace.lake_dir))])
    for is_sound in (False, True):
        (lake,) = [check for check in examination.examine(open_shop.path, 8400) if check.name == "lake"]
        assert (lake.ok, path.name in lake.what) == (is_sound, not is_sound)
        path.write_bytes(content)
