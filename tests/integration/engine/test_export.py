"""Customers leave in bulk: whole or not at all, masked without a reason, and written down."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from tests.fixtures_shop import typed

import itda
from itda.access.actor import Actor
from itda.base import ids
from itda.base.errors import Misused, Refused
from itda.base.instant import DAY, text
from itda.engine import trail
from itda.engine.app import Forbidden
from itda.engine.exporting.columns import Column
from itda.engine.exporting.question import Export, Page, Wanted
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server
MAILS = [f"guest{number}@shop.example" for number in range(5)]


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "segments" / "export.yaml").write_text("guests: {trait: visits, at_least: 2}\n", encoding="utf-8")
    (shop / "traits" / "export.yaml").write_text("visits: {kind: count}\n", encoding="utf-8")
    with itda.open(shop) as one:
        yield one


def filled(shop: Shop) -> None:
    """Five customers by e-mail, one with a card and an order, one whose name is a formula."""
    now = shop.app.clock()

    def event(who: dict[str, str], **rest: Any) -> dict[str, Any]:
        return {"identifiers": who, "timestamp": text(now - DAY), **rest}

    tell = [event({"email": mail}, type="track", event="Visited", properties={}) for mail in MAILS]
    minji = {"email": MAILS[0], "membership": "M1"}
    tell += [
        event(minji, type="identify", traits={"name": "=cmd|' /C calc'!A0", "tier": "gold", "phone": "010-9876-5432"}),
        event(minji, type="track", event="Order Completed", properties={
            "order_id": "o1", "total": 12000, "currency": "KRW", "products": [{"category": "tea", "quantity": 1}]}),
        event(minji, type="track", event="Order Completed", properties={
            "order_id": "o2", "total": 12.5, "currency": "USD", "products": []}),
        event(minji, type="track", event="Consent Changed", properties={
            "purpose": "ad_receive", "channel": "email", "is_given": False}),
    ]  # fmt: skip
    shop.intake.append([Record("web", "batch", msgspec.json.encode({"batch": tell}))], now)
    shop.settle()


def looks(shop: Shop) -> list[tuple[Any, ...]]:
    with shop.db.connection() as connection:
        rows = connection.execute(
            "select action, reason, result_count, subject_count, decision from access_log where question = 'Export'"
            " order by seq"
        ).fetchall()
        assert [one.altered for one in trail.look_through(connection)] == [None, None]
    return rows


def test_all_that_is_known_of_everybody_is_in_the_file_and_the_reason_in_the_log(opened: Shop, tmp_path: Path) -> None:
    filled(opened)
    to = tmp_path / "all.parquet"
    done = opened.export.profiles(to, reason="ticket 41")
    assert (done.customers, done.is_masked) == (5, False)
    rows = pl.read_parquet(to)
    assert rows.columns == done.columns
    assert rows.equals(opened.export.frame(reason="the same"))
    (minji,) = rows.filter(pl.col("identifier.membership").list.contains("M1")).to_dicts()
    view = opened.customer("membership:M1")
    assert minji["customer"] == view.id
    assert (minji["identifier.email"], minji["events"]) == ([MAILS[0]], view.events)
    assert (minji["trait.orders"], minji["trait.revenue"], minji["segments"]) == (2, 12_000, ["guests"])
    assert json.loads(minji["other_traits"]) == {"tier": "gold", "revenue.USD": 1250, "revenue_90_days.USD": 1250}
    assert minji["consent.ad_receive.email"] == "withdrawn"
    assert set(rows["consent.ad_receive.email"]) == {"withdrawn", "unknown"}
    assert sorted(one for cell in rows["identifier.email"] for one in cell) == MAILS
    told = {trait.name: trait.value for trait in view.traits}
    assert json.loads(minji["trait.favourite_categories"]) == told["favourite_categories"]
    assert minji["trait.name"] == told["name"]
    assert looks(opened) == [("export", "ticket 41", 5, 5, "allowed"), ("export", "the same", 5, 5, "allowed")]


def test_without_a_reason_nothing_is_taken_out_and_without_the_right_personal_values_are_masked(
    opened: Shop, tmp_path: Path
) -> None:
    filled(opened)
    with pytest.raises(Refused, match="needs a reason"):
        opened.export.profiles(tmp_path / "masked.csv", reason=" ")
    assert not (tmp_path / "masked.csv").exists()
    opened.actor = Actor(name="han", role="machine", system="api", granted=frozenset({"customer.export"}))
    done = opened.export.profiles(tmp_path / "masked.csv", reason="ticket 42")
    assert done.is_masked
    said = (tmp_path / "masked.csv").read_text(encoding="utf-8")
    assert "g•••@shop.example" in said
    assert not any(one in said for one in (*MAILS, "9876", "calc"))
    assert "M1" in said  # a card's number is not personal by itself
    with pytest.raises(Forbidden):
        opened.app.ask(Export(Wanted(), lambda *_: None), Actor(name="lee", role="viewer", system="console"), "why not")
    assert [row[-1] for row in looks(opened)] == ["refused", "allowed", "forbidden"]


def test_a_spreadsheet_finds_no_formula(opened: Shop, tmp_path: Path) -> None:
    filled(opened)
    to = tmp_path / "some.csv"
    said = typed(
        "-w", opened.path, "export", "profiles", "--to", to, "--segment", "guests", "--reason", "a letter",
        "--columns", "trait.name,identifier.phone,identifier.email,trait.revenue,first_at", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert (said.code, said.json["customers"]) == (0, 1), said
    (row,) = csv.DictReader(to.read_text(encoding="utf-8").splitlines())
    assert list(row) == ["trait.name", "identifier.phone", "identifier.email", "trait.revenue", "first_at"]
    assert row["trait.name"] == "'=cmd|' /C calc'!A0"
    assert (row["identifier.email"], row["trait.revenue"]) == (MAILS[0], "12000")
    assert to.stat().st_mode & 0o777 == 0o600


def test_pages_leave_nobody_out_and_tell_nobody_twice(opened: Shop) -> None:
    filled(opened)
    told: list[tuple[int, int]] = []
    found: list[str] = []

    def into(_columns: list[Column], page: Page, done: int, total: int) -> None:
        told.append((done, total))
        found.extend(page["customer"])

    done = opened.ask(Export(Wanted(), into, at_once=2), "a test")
    assert told == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert (
        found
        == opened.export.frame(reason="a test")["customer"].to_list()
        == sorted(set(found), key=ids.customer_bytes)
    )
    assert len(found) == done.customers == 5


def test_what_cannot_be_exported_leaves_what_was_there(opened: Shop, tmp_path: Path) -> None:
    to = tmp_path / "all.csv"
    to.write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="--force"):
        opened.export.profiles(to)
    for wrong in ({"columns": ["trait.visit"]}, {"segment": "guest"}):
        with pytest.raises(Misused):
            opened.export.profiles(to, force=True, reason="a test", **wrong)
    with pytest.raises(Refused, match="format"):
        opened.export.profiles(tmp_path / "all.xlsx")
    with pytest.raises(Refused, match="no such folder"):
        opened.export.profiles(tmp_path / "none" / "all.csv")
    assert to.read_text(encoding="utf-8") == "mine"
    assert {one.name for one in tmp_path.iterdir()} == {"all.csv", "shop"}
    opened.export.profiles(to, force=True, reason="a test")
    assert to.read_text(encoding="utf-8").startswith("customer,")
