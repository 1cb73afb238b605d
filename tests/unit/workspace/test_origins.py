"""Sources that are fetched, checked: every fault with its line and cure, and no secret in any of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.sources.marks import Overlap
from itda.sources.origins import CodesOrigin, DatabaseOrigin, DltOrigin, FolderOrigin, SftpOrigin, WebhookOrigin
from itda.workspace import check, init, load

GOOD = """kind: database
channel: store
every: day at 03:30
database:
  url: postgresql://reader@erp.example/shop
  password_from: ERP_PASSWORD
  table: sales.orders
  cursor: updated_at
  overlap: 10 min
mapping:
  event: Order Completed
  identifiers: {membership: card}
  key: id
  properties: {order_id: id}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("origins") / "shop"
    init(folder, name="Corner Shop")
    return folder


def told(shop: Path, text: str) -> list[str]:
    (shop / "sources" / "erp.yaml").write_text(text, encoding="utf-8")
    return [str(fault) for fault in check(shop, {})]


def test_a_database_is_read_as_it_is_written(shop: Path) -> None:
    assert told(shop, GOOD) == []
    source = load(shop, {}).sources["erp"]
    assert isinstance(source.origin, DatabaseOrigin)
    assert (source.origin.dialect, source.origin.table, source.origin.password_from) == (
        "postgresql", "sales.orders", "ERP_PASSWORD",
    )  # fmt: skip
    assert source.origin.overlap == Overlap(length=600_000_000)
    assert source.every is not None
    assert source.every.minute == 210
    assert (
        told(
            shop,
            GOOD.replace("postgresql://reader@erp.example/shop", "sqlite:till.db").replace(
                "  password_from: ERP_PASSWORD\n", ""
            ),
        )
        == []
    )
    assert load(shop, {}).sources["erp"].origin.url == str(shop.resolve() / "till.db")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("day at 03:30", "sometimes", "sources/erp.yaml:3: every: 'sometimes' is no schedule (write it as"),
        ("postgresql://reader@", "postgresql://reader:sesame@", "erp.yaml:5: database.url: holds a password"),
        ("shop\n", "shop?password=sesame\n", "erp.yaml:5: database.url: holds a password"),
        ("reader@", "reader:12/sesame@", "erp.yaml:5: database.url: is no address of a database"),
        ("postgresql://reader@erp.example/shop", "oracle://erp", "erp.yaml:5: database.url: is no address of a database"),
        ("ERP_PASSWORD", "sesame!", "erp.yaml:6: database.password_from: is no name of a variable"),
        ("  table: sales.orders\n", "", "erp.yaml:4: database: says neither a table nor a query"),
        ("table: sales.orders", "query: delete from orders", "erp.yaml:7: database.query: is not one select"),
        ("table: sales.orders", "query: select 1; drop table x", "erp.yaml:7: database.query: is not one select"),
        ("10 min", "a while", "erp.yaml:9: database.overlap: 'a while' is no length of time"),
        ("  key: id\n", "", "erp.yaml:10: mapping: says no key: a row that is read again would count twice"),
        ("  key: id\n", "  key: id\n  format: csv\n", "erp.yaml:14: mapping.format: is for files"),
        ("database:\n", "databse:\n", "erp.yaml:4: databse: 'databse' is not known (did you mean database?)"),
        ("kind: database", "kind: file", "erp.yaml:4: database: is for kind: database"),
        ("  cursor: updated_at\n", "", "erp.yaml:4: database: 'cursor' is missing"),
    ],
)  # fmt: skip
def test_each_fault_names_its_line_and_cure_and_no_secret(shop: Path, old: str, new: str, fault: str) -> None:
    found = told(shop, GOOD.replace(old, new))
    assert any(fault in line for line in found), found
    assert all(line.endswith(")") for line in found), found
    assert "sesame" not in "".join(found)


def test_a_secret_that_does_not_belong_to_sqlite_is_told(shop: Path) -> None:
    found = told(shop, GOOD.replace("postgresql://reader@erp.example/shop", "sqlite:till.db"))
    assert found == ["sources/erp.yaml:6: database.password_from: SQLite has no passwords (leave it out)"]


FILES = """kind: sftp
channel: store
sftp:
  address: sftp://feed@files.example:2222/outgoing/till
  pattern: feed-*.csv
  settled: 0
  key_from: FEED_KEY
mapping:
  event: Order Completed
  identifiers: {membership: card}
  properties: {order_id: id}
"""


def test_folders_here_and_elsewhere_are_read_as_they_are_written(shop: Path) -> None:
    assert told(shop, FILES) == []
    assert load(shop, {}).sources["erp"].origin == SftpOrigin(
        host="files.example", port=2222, user="feed", path="/outgoing/till", pattern="feed-*.csv", settled=0,
        key_from="FEED_KEY",
    )  # fmt: skip
    here = (
        FILES.replace("kind: sftp", "kind: folder").partition("sftp:")[0]
        + "folder: {path: drop}\n"
        + FILES[FILES.index("mapping:") :]
    )
    assert told(shop, here) == []
    origin = FolderOrigin(path=str(shop.resolve() / "drop"), pattern="*", settled=60_000_000)
    assert load(shop, {}).sources["erp"].origin == origin


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("feed@", "feed:sesame@", "erp.yaml:4: sftp.address: holds a password"),
        ("feed@", "-oProxyCommand=x@", "erp.yaml:4: sftp.address: is no address of a folder"),
        ("sftp://", "ftp://", "erp.yaml:4: sftp.address: is no address of a folder"),
        ("files.example", "[files", "erp.yaml:4: sftp.address: is no address of a folder"),
        ("FEED_KEY", "FEED_KEY\n  known_hosts: ~nobody-has-this/x", "known_hosts: ~nobody-has-this/x is not there"),
        ("feed-*.csv", "in/*.csv", "erp.yaml:5: sftp.pattern: 'in/*.csv' names no files of one folder"),
        ("settled: 0", "settled: soon", "erp.yaml:6: sftp.settled: 'soon' is no length of time"),
        ("FEED_KEY", "~/.ssh/sesame", "erp.yaml:7: sftp.key_from: is no name of a variable"),
        ("FEED_KEY", "FEED_KEY\n  known_hosts: hosts", "erp.yaml:8: sftp.known_hosts: hosts is not there"),
        ("kind: sftp", "kind: folder", "erp.yaml:1: kind: says no folder"),
    ],
)
def test_each_fault_of_a_folder_elsewhere_names_its_line_and_no_secret(
    shop: Path, old: str, new: str, fault: str
) -> None:
    found = told(shop, FILES.replace(old, new))
    assert any(fault in line for line in found), found
    assert "sesame" not in "".join(found)


HOOK = """kind: webhook
channel: web
webhook:
  secret_from: SHOP_SECRET
  signature: X-Shop-Signature
  signed: "{timestamp}.{body}"
  timestamp: X-Shop-Time
  tolerance: 3 min
mapping:
  event: Order Completed
  identifiers: {email: customer.email}
  key: id
  lines: {of: line_items, fields: {product_id: sku}}
  properties: {order_id: id}
"""


def test_a_webhook_is_read_as_it_is_written(shop: Path) -> None:
    assert told(shop, HOOK) == []
    source = load(shop, {}).sources["erp"]
    assert source.origin == WebhookOrigin(
        secrets_from=("SHOP_SECRET",), signature="x-shop-signature", signed="{timestamp}.{body}",
        timestamp="x-shop-time", tolerance=180_000_000,
    )  # fmt: skip
    assert source.mapping is not None
    assert source.mapping.lines is not None
    assert source.mapping.lines.of == "line_items"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("SHOP_SECRET", "whsec_sesame", "erp.yaml:4: webhook.secret_from: is no name of a variable"),
        ("SHOP_SECRET", "[]", "erp.yaml:4: webhook.secret_from: is empty"),
        ("X-Shop-Signature", "''", "erp.yaml:5: webhook.signature: is no name of a header"),
        ('"{timestamp}.{body}"', "all", "erp.yaml:6: webhook.signed: names not the body, once"),
        ("  timestamp: X-Shop-Time\n", "", "erp.yaml:6: webhook.signed: a time of sending is of use only where it is"),
        ("  signature", "  scheme: stripe\n  signature", "erp.yaml:6: webhook.signature: the scheme stripe says that"),
        ("3 min", "long", "erp.yaml:8: webhook.tolerance: 'long' is no length of time"),
        ("  key: id\n", "", "erp.yaml:9: mapping: says no key"),
        ("  key: id\n", "  key: id\n  group_by: id\n", "erp.yaml:13: mapping.group_by: what comes here is not grouped"),
        ("of: line_items, ", "", "erp.yaml:13: mapping.lines: lines belong to a group or a list (add group_by"),
        ("channel: web", "channel: web\nevery: hour", "erp.yaml:3: every: nothing is asked of a webhook source"),
    ],
)
def test_each_fault_of_a_webhook_names_its_line_and_no_secret(shop: Path, old: str, new: str, fault: str) -> None:
    found = told(shop, HOOK.replace(old, new))
    assert any(fault in line for line in found), found
    assert "sesame" not in "".join(found)


RESOURCE = """kind: dlt
channel: web
dlt:
  source: dlt.sources.rest_api:rest_api_source
  resource: orders
  arguments: {country: KR}
  secrets: {token: SHOP_TOKEN}
  cursor: updated_at
  overlap: 100
mapping:
  event: Order Completed
  identifiers: {email: customer.email}
  key: id
  properties: {order_id: id}
"""


def test_where_a_token_is_asked_for_is_no_token(shop: Path) -> None:
    names = "{access_token_url: https://shop.example/token, next_token_param: page, tokens: 3}"
    assert told(shop, RESOURCE.replace("{country: KR}", names)) == []


def test_a_resource_of_dlt_is_read_as_it_is_written(shop: Path) -> None:
    assert told(shop, RESOURCE) == []
    assert load(shop, {}).sources["erp"].origin == DltOrigin(
        module="dlt.sources.rest_api", function="rest_api_source", resource="orders", arguments={"country": "KR"},
        secrets={"token": "SHOP_TOKEN"}, cursor="updated_at", overlap=Overlap(units=100),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("rest_api:rest_api_source", "rest_api", "erp.yaml:4: dlt.source: 'dlt.sources.rest_api' names no function"),
        ("{country: KR}", "{api_key: sesame}", "erp.yaml:6: dlt.arguments.api_key: seems to be a secret"),
        ("country: KR", "a: [{auth: {token: sesame}}]", "erp.yaml:6: dlt.arguments.a.auth.token: seems to be a secret"),
        ("country: KR", "auth: {token: sesame}", "write it as secrets: {auth.token: TOKEN}, the name of a variable"),
        ("country: KR", "head: {X-Me: Bearer sesame}", "erp.yaml:6: dlt.arguments.head.X-Me: seems to be a secret"),
        ("KR", "'https://feed:sesame@shop.example/x'", "erp.yaml:6: dlt.arguments.country: seems to be a secret"),
        ("SHOP_TOKEN", "sesame", "erp.yaml:7: dlt.secrets.token: is no name of a variable"),
        ("  cursor: updated_at\n", "", "erp.yaml:3: dlt: since and overlap are of a cursor"),
        ("  key: id\n", "  key: id\n  group_by: id\n", "erp.yaml:14: mapping.group_by: what comes here is not grouped"),
    ],
)
def test_each_fault_of_a_resource_names_its_line_and_no_secret(shop: Path, old: str, new: str, fault: str) -> None:
    found = told(shop, RESOURCE.replace(old, new))
    assert any(fault in line for line in found), found
    assert "sesame" not in "".join(found)


CODES = """kind: codes
channel: store
codes:
  identifier: receipt_code
  url: https://go.shop.example/
  to: https://www.shop.example/welcome
"""


def test_codes_are_read_as_they_are_written(shop: Path) -> None:
    fault = "sources/erp.yaml:4: codes.identifier: 'receipt_code' is no kind of identifier (add it to identity.yaml"
    assert [line for line in told(shop, CODES) if line.startswith(fault)] != []
    assert told(shop, CODES.replace("receipt_code", "cookie")) == []
    assert load(shop, {}).sources["erp"].origin == CodesOrigin(
        identifier="cookie", url="https://go.shop.example", to="https://www.shop.example/welcome",
        cookie="ajs_anonymous_id",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("https://go.shop.example/", "go.shop.example", "erp.yaml:5: codes.url: 'go.shop.example' is no address"),
        ("https://go.shop.example/", "https://go.shop.example?a=1", "erp.yaml:5: codes.url"),
        ("https://www", "javascript:alert(1)//www", "erp.yaml:6: codes.to"),
        ("welcome\n", "welcome\n  cookie: 'a b'\n", "erp.yaml:7: codes.cookie: 'a b' is no name of a cookie"),
        ("channel: store", "channel: store\nmapping: {identifiers: {}}", "erp.yaml:3: mapping: live events come as"),
    ],
)
def test_each_fault_of_codes_names_its_line(shop: Path, old: str, new: str, fault: str) -> None:
    found = told(shop, CODES.replace("receipt_code", "cookie").replace(old, new))
    assert any(fault in line for line in found), found
