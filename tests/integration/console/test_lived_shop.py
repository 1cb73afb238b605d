"""The pages of segments, journeys, messages and measures over a shop that has lived; nothing stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests import looks
from tests.fixtures_shop import place
from tests.integration.console.lived import Lived, lived
from tests.integration.console.test_real_shop import page_of, words

from itda.engine import setting_up
from itda.store import migrate

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[Lived]:
    folder: Path = tmp_path_factory.mktemp("lived") / "shop"
    setting_up.make(folder, name="한강상회")
    place(folder, database_url, "test_lived")
    with lived(folder, people=14, days=3) as made:
        made.shop.app.workspace = made.shop.workspace
        yield made
        with made.shop.db.connection() as connection:
            named_nobody = looks.unnamed(connection)
        migrate.drop(made.shop.db)
        assert named_nobody == []


@pytest.fixture(scope="module")
def admin(world: Lived) -> Iterator[TestClient]:
    login = world.shop.first_login()
    assert login is not None
    with page_of(world.shop, login.login, login.password) as client:
        yield client


def test_sizes_on_the_page_are_those_of_the_members(admin: TestClient, world: Lived) -> None:
    seen = words(admin.get("/segments").text)
    for name in ("mailable", "loyal", "left_a_cart"):
        assert re.search(rf" {name} (?:Up to date|Not computed yet|Old)[^%]*? {world.members(name)} ", seen), name
    assert words(admin.get("/segments/mailable").text).count("Why") >= world.members("mailable")


def test_a_journey_adds_up(admin: TestClient, world: Lived) -> None:
    ((entered, active),) = world.rows(
        "select count(*), count(*) filter (where exited_at is null) from journey_position where journey = 'cart-rescue'"
    )
    seen = words(admin.get("/journeys/cart-rescue").text)
    assert f"Came in {entered} " in seen
    assert f"On the way {active} " in seen
    assert "Difference of treated to held out" in seen


def test_every_message_tells_its_story(admin: TestClient, world: Lived) -> None:
    rows = world.rows("select distinct on (status) encode(id, 'hex'), status from outbox order by status, id")
    assert {"sent", "dropped", "uncertain"} <= {status for _, status in rows}
    for one, status in rows:
        seen = words(admin.get(f"/messages/{one}").text)
        if status == "dropped":
            assert "Does not go" in seen or "It could not go" in seen
        if status == "sent":
            assert "The server took it" in seen


def test_an_uncertain_message_is_settled_on_its_page(admin: TestClient, world: Lived) -> None:
    ((one,),) = world.rows("select encode(id, 'hex') from outbox where status = 'uncertain' limit 1")
    html = admin.get(f"/messages/{one}").text
    csrf = re.search(r'name="csrf" value="([^"]+)"', html)
    assert csrf is not None
    assert admin.post(f"/messages/{one}/resolve", data={"became": "sent", "csrf": csrf[1]}).status_code == 200
    assert world.rows(f"select status from outbox where id = '\\x{one}'") == [("sent",)]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_mail_is_filled_for_somebody_who_does_not_exist(admin: TestClient, language: str) -> None:
    html = admin.get(f"/messages/preview/cart/{language}").text
    assert {"ko": "김하늘님, 안녕하세요", "en": "Hello Sky Kim"}[language] in html
    assert "googleapis" not in html


def test_a_customer_page_tells_where_they_are(admin: TestClient, world: Lived) -> None:
    members = admin.get("/segments/mailable").text
    where = re.search(r'href="(/customers/[^"#]+)"', members)
    assert where is not None
    seen = words(admin.get(where[1]).text)
    assert "advertising E-mail" in seen
    assert "Consented to e-mail ads" in seen


def test_measures_agree_with_the_overview(admin: TestClient) -> None:
    overview, measured = words(admin.get("/").text), words(admin.get("/measures/orders").text)
    orders = re.search(r"Orders (\d+) cancelled left out", overview)
    assert orders is not None
    assert f" {orders[1]} " in measured
