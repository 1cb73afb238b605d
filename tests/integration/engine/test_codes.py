"""A receipt's code, made at the terminal, joins a purchase in the shop to a visitor of the web."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

import itda as product
from itda.engine import shop as shops
from itda.store.ports import Record

CODES = """kind: codes
channel: store
codes: {identifier: receipt_code, url: "https://go.shop.example", to: "https://www.shop.example"}
"""
KINDS = """  receipt_code:
    paths: [properties.receipt_code]
    hub_degree: 3
"""


@pytest.fixture
def made(shop: Path) -> Path:
    (shop / "sources" / "receipts.yaml").write_text(CODES, encoding="utf-8")
    identity = shop / "identity.yaml"
    identity.write_text(identity.read_text().replace("  cookie: {}\n", "  cookie: {}\n" + KINDS), encoding="utf-8")
    return shop


def test_codes_are_made_as_csv_and_as_pictures(made: Path, itda: Any) -> None:
    pytest.importorskip("segno")
    said = itda("codes", "make", "receipts", "--count", "3", "--qr", "qr")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert len({row["code"] for row in rows}) == 3
    assert all(row["url"] == f"https://go.shop.example/q/{row['code']}" for row in rows)
    assert {path.stem for path in (made / "qr").glob("*.svg")} == {row["code"] for row in rows}
    assert len(itda("codes", "make", "receipts", "--json").json["codes"]) == 1
    wrong = itda("codes", "make", "receipt")
    assert (wrong.code, wrong.err) == (2, "itda: 'receipt' is no source of codes (did you mean receipts?)\n")


def test_a_scan_joins_the_purchase_to_the_visitor(made: Path, itda: Any) -> None:
    code = itda("codes", "make", "receipts", "--json").json["codes"][0]["code"]
    order = {"type": "track", "event": "Order Completed", "identifiers": {"receipt_code": code},
             "properties": {"order_id": "r1", "currency": "KRW", "revenue": 9000}}  # fmt: skip
    scan = {"type": "track", "event": "Code Scanned", "identifiers": {"receipt_code": code}, "anonymousId": "w1"}
    with product.open(made) as opened:
        opened.intake.append([Record("web", "item", msgspec.json.encode(order))], shops.clock())
        opened.intake.append([Record("receipts", "track", msgspec.json.encode(scan))], shops.clock())
        opened.settle()
        traits = {trait.name: trait.value for trait in opened.customer("anonymous_id:w1").traits}
        assert (traits["orders"], traits["revenue"]) == (1, 9000)
