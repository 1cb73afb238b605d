"""Resources that were written for dlt: their rows by our mapping, their cursor kept by us."""

from __future__ import annotations

import os
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import itda
from itda.base.errors import Refused, Unavailable
from itda.engine.fetching.run import fetch
from itda.engine.shop import Shop

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SOURCE = """
kind: dlt
channel: web
dlt: {source: "shop_of_tests:shop", resource: orders, arguments: {country: KR}, secrets: {token: SHOP_TOKEN}, cursor: meta.changed}
mapping:
  event: Order Completed
  identifiers: {email: customer.email}
  key: id
  properties: {order_id: {column: id, type: text}, currency: {value: KRW}, revenue: {column: total, type: money}}
  lines: {of: lines, fields: {product_id: sku}}
"""


class Service:
    """What the service has, what it was asked, and whether it fails."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.asked: list[Any] = []
        self.fails_after: int | None = None
        self.speaks_of = ""
        self.answers = threading.Event()
        self.answers.set()

    def has(self, *changed: tuple[int, str]) -> None:
        self.orders += [
            {"id": number, "meta": {"changed": at}, "customer": {"email": f"p{number % 2}@shop.example"}, "total": "10.5",
             "lines": [{"sku": "a"}, {"sku": "b"}]} for number, at in changed
        ]  # fmt: skip


@pytest.fixture
def service() -> Iterator[Service]:
    dlt = pytest.importorskip("dlt")  # a second to load, for these tests alone
    one = Service()
    module = types.ModuleType("shop_of_tests")

    @dlt.source(name="shop")
    def shop(token: str, country: Any) -> Any:
        @dlt.resource(name="orders")
        def orders() -> Any:
            one.asked.append((token, country))
            one.answers.wait()
            for place, order in enumerate(one.orders):
                if place == one.fails_after:
                    raise ConnectionError(f"{one.speaks_of or token} was cut off")
                yield order

        return orders, dlt.resource([1, 2], name="numbers")

    module.shop = shop  # type: ignore[attr-defined]
    sys.modules["shop_of_tests"] = module
    yield one
    del sys.modules["shop_of_tests"]


@pytest.fixture
def opened(shop: Path) -> Iterator[Callable[[str], Shop]]:
    shops: list[Shop] = []

    def open_with(source: str) -> Shop:
        (shop / "sources" / "api.yaml").write_text(source, encoding="utf-8")
        shops.append(itda.open(shop))
        return shops[-1]

    yield open_with
    for one in shops:
        one.close()


def run(shop: Shop) -> Any:
    return fetch(shop, "api", lambda _done, _total: None, environment={**os.environ, "SHOP_TOKEN": "sesame"})


def test_rows_in_any_order_are_taken_once_and_the_mark_is_their_highest(service: Service, opened: Any) -> None:
    service.has((1, "2026-03-03"), (2, "2026-03-01"), (3, "2026-03-02"))
    shop = opened(SOURCE)
    assert (run(shop).events, service.asked) == (3, [("sesame", "KR")])
    assert shop.sources.state("api").mark == "2026-03-03"
    service.has((4, "2026-03-03"), (5, "2026-03-04"), (6, "2026-03-01"))  # the last one is before the mark
    second = run(shop)
    assert (second.rows, second.events, second.known) == (3, 2, 1)
    shop.settle()
    assert (shop.status().events.accepted, shop.status().events.duplicate) == (5, 0)
    traits = {trait.name: trait.value for trait in shop.customer("email:p1@shop.example").traits}
    assert traits["orders"] == 3


def test_a_run_that_breaks_off_keeps_what_it_took_and_takes_the_rest(service: Service, opened: Any) -> None:
    from itda.engine.fetching import resources

    service.has(*((number, f"2026-03-{number % 28 + 1:02d}") for number in range(30)))
    shop, at_once = opened(SOURCE), resources.AT_ONCE
    resources.AT_ONCE = 10
    try:
        service.fails_after = 25
        with pytest.raises(Unavailable, match=r"dlt: .*\*\*\* was cut off") as told:
            run(shop)
        assert "sesame" not in str(told.value)
        state = shop.sources.state("api")
        assert (state.runs[0].events, state.mark) == (20, None)
        assert "sesame" not in state.source.error
        service.fails_after = None
        assert (run(shop).events, shop.sources.state("api").mark) == (10, "2026-03-28")
    finally:
        resources.AT_ONCE = at_once


def test_a_secret_within_an_argument_is_put_there_and_told_nowhere(service: Service, opened: Any) -> None:
    service.has((1, "2026-03-03"))
    within = SOURCE.replace("{country: KR}, secrets: {token: SHOP_TOKEN}", "{country: {a: 1}}, secrets: {XX}")
    shop = opened(within.replace("XX", "token: SHOP_TOKEN, country.auth.key: SHOP_KEY"))
    environment = {**os.environ, "SHOP_TOKEN": "open sesame", "SHOP_KEY": "s/same"}
    fetch(shop, "api", lambda _done, _total: None, environment=environment)
    assert service.asked == [("open sesame", {"a": 1, "auth": {"key": "s/same"}})]
    assert shop.workspace.sources["api"].origin.arguments == {"country": {"a": 1}}
    service.fails_after, service.speaks_of = 0, "open%20sesame, open+sesame, s%2Fsame"
    with pytest.raises(Unavailable, match=r"\*\*\*, \*\*\*, \*\*\* was cut off"):
        fetch(shop, "api", lambda _done, _total: None, environment=environment)


def test_one_that_falls_silent_is_given_up_and_not_asked_again_before_it_speaks(service: Service, opened: Any) -> None:
    service.has((1, "2026-03-03"))
    service.answers.clear()
    shop = opened(SOURCE.replace("cursor: meta.changed", "cursor: meta.changed, patience: 1 s"))
    try:
        with pytest.raises(Unavailable, match="nothing came for 1 seconds, so it was given up"):
            run(shop)
        assert "nothing came for 1 seconds" in shop.sources.state("api").source.error
        with pytest.raises(Unavailable, match="what was given up before still hangs"):
            run(shop)
        assert len(service.asked) == 1
    finally:
        service.answers.set()
    for thread in threading.enumerate():
        if thread.name == "source api":
            thread.join(20)
    assert run(shop).events == 1


def test_without_a_cursor_all_rows_are_read_and_the_new_ones_taken(service: Service, opened: Any) -> None:
    service.has((1, "2026-03-03"), (2, "2026-03-01"))
    shop = opened(SOURCE.replace(", cursor: meta.changed", ""))
    assert run(shop).events == 2
    service.has((3, "2026-03-03"))
    again = run(shop)
    assert (again.rows, again.events, again.known) == (3, 1, 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("resource: orders", "resource: order", r"'order' is no resource of it \(did you mean orders"),
        ("resource: orders, ", "", r"does not say which resource \(known here: orders, numbers"),
        ("country: KR", "land: KR", "shop: .*land"),
        ("shop_of_tests:shop", "shop_of_tests:shopp", "Python finds no shop_of_tests:shopp"),
        ("resource: orders", "resource: numbers", "gives int, no rows"),
    ],
)
def test_what_is_wrong_with_the_source_is_told(service: Service, opened: Any, old: str, new: str, told: str) -> None:
    with pytest.raises((Refused, Unavailable), match=told):
        run(opened(SOURCE.replace(old, new).replace(", cursor: meta.changed", "")))
