"""Retention, whole: what has had its time is gone from lake and profiles, and a rebuild does not bring it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.base.instant import DAY, text
from itda.engine.compactor import Compactor
from itda.engine.keyring import event_label
from itda.engine.retaining.running import keep_up
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

RULES = """
browsing:
  of: events
  names: [Product Viewed]
  keep: 13 months
  purpose: what to recommend
  leaves: [category]
searches:
  of: field
  field: query
  names: [Products Searched]
  keep: 90 days
  purpose: what is looked for
birthdays:
  of: trait
  field: birth_date
  keep: 2 years
  purpose: a coupon on the day
"""


def told(shop: Shop, *items: dict[str, Any]) -> None:
    body = msgspec.json.encode({"batch": items})
    shop.intake.append([Record("web", "batch", body)], shop.app.clock())
    shop.settle()


def happened(shop: Shop, who: dict[str, Any], name: str, days_ago: int, /, **said: Any) -> dict[str, Any]:
    at = text(shop.app.clock() - days_ago * DAY)
    what = {"type": "identify", "traits": said} if name == "identify" else {
        "type": "track", "event": name, "properties": said,
    }  # fmt: skip
    return {**what, "timestamp": at, "messageId": f"{name}-{days_ago}-{who}", **who}


def rows_of(shop: Shop) -> list[dict[str, Any]]:
    with shop.lake.snapshot() as snapshot:
        return snapshot.table().sort_by("position").to_pylist()


def opened(shop: Shop, rows: list[dict[str, Any]]) -> bytes:
    """What all these rows say to whoever holds every key."""
    with shop.db.connection() as connection:
        wrapped = {bytes(f): bytes(w) for f, w in connection.execute("select fragment, wrapped_key from keyring")}
    said = b""
    for row in rows:
        said += row["properties"].encode()
        if row["sealed"] is not None:
            cipher = shop.vault.unwrap(row["fragment"], wrapped[row["fragment"]])
            said += cipher.open(row["fragment"], event_label(row["position"]), row["sealed"])
    return said


def test_what_had_its_time_is_gone_everywhere_and_a_rebuild_does_not_bring_it_back(shop: Path) -> None:
    (shop / "retention.yaml").write_text(RULES)
    with itda.open(shop) as here:
        known = {"userId": "minji", "anonymousId": "cookie-1"}
        told(
            here,
            happened(here, {"anonymousId": "cookie-1"}, "Product Viewed", 900, product_id="old-0", category="shoes"),
            happened(here, known, "Product Viewed", 800, product_id="old-1", category="shoes", note="for my mother"),
            happened(here, known, "Product Viewed", 799, product_id="old-2", category="bags"),
            happened(here, known, "Products Searched", 200, query="engagement ring"),
            happened(here, known, "identify", 900, birth_date="1990-02-03", name="Minji"),
            happened(here, known, "Product Viewed", 30, product_id="new-1", category="hats"),
            happened(here, known, "Products Searched", 20, query="winter coat"),
        )
        before = here.customer("user_id:minji")
        assert before is not None
        assert before.events == 7
        assert [(one.name, one.due) for one in here.retention.report().rules] == [
            ("browsing", 3), ("searches", 1), ("birthdays", 1),
        ]  # fmt: skip
        run = here.retention.run("the officer asks for it")
        assert run.counts == {"browsing": 3, "searches": 1, "birthdays": 1}
        rows = rows_of(here)
        said = opened(here, rows)
        for gone in (b"old-0", b"old-1", b"old-2", b"mother", b"engagement", b"1990", b"02-03"):
            assert gone not in said
        for kept in (b"new-1", b"winter coat", b"Minji", b"shoes", b"bags"):
            assert kept in said
        left = [row for row in rows if row["name"] == "Product Viewed" and row["occurred_at"] < before.last_at - 90 * DAY]
        assert len(left) == 3
        assert not {row["fragment"] for row in left} & {row["fragment"] for row in rows if row not in left}
        after = here.customer("user_id:minji")
        assert after is not None
        assert after.events == 4
        assert after.id == before.id
        assert after.first_at == before.first_at
        assert "birth_date" not in {trait.name for trait in after.traits}
        report = here.replay(verify=True)
        assert report.differences == []
        assert [one.due for one in here.retention.report().rules] == [0, 0, 0]
        assert here.retention.run("again").counts == {}
