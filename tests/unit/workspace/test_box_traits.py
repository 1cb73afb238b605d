"""The traits that every new shop has."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.base.instant import DAY, HOUR, text
from itda.events.event import Event
from itda.workspace import check, init, load

NOW = 1_790_000_000_000_000


def event(day: int, name: str, source: str = "till", channel: str = "store", **properties: object) -> Event:
    at = NOW + day * DAY
    return Event(
        event_id=f"{day}", name=name, type="track", source=source, channel=channel, occurred_at=at, received_at=at,
        local_date=at // DAY, position=day, identifiers=[], properties=properties, context={},
    )  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path / "shop", name="Shop")
    return tmp_path / "shop"


def test_a_new_shop_knows_touches_favourites_and_the_time_between_orders(shop: Path) -> None:
    fold = load(shop, {}).fold()
    state = fold.new()
    told = [
        event(0, "Page Viewed", "web", "app"),
        event(1, "Order Completed", order_id="1", revenue=10, store_id="S1"),
        event(4, "Order Completed", order_id="2", revenue=10, store_id="S2"),
        event(10, "Order Completed", order_id="3", revenue=10, store_id="S2"),
        event(11, "Page Viewed", "web", "web"),
        event(15, "Message Sent", "itda", "email"),
    ]
    told.append(event(-3, "Customer Identified", "crm", "crm"))
    told[-1].type = "identify"
    told[0].context = {"campaign": {"name": "spring sale", "source": "newsletter"}}
    for one in told:
        fold.absorb(state, one, one.properties, (), one.position)
    found = {answer.name: answer.value for answer in fold.answers(state, NOW + 20 * DAY).computed}
    assert (found["first_channel"], found["last_channel"]) == ("app", "web")
    assert found["last_seen"] == 9  # what the brand sent on day 15 is no visit
    assert found["order_interval"] == 5  # nine days hold two gaps: 4.5, half upwards
    assert found["favourite_channel"] == [{"value": "store", "count": 3}]
    assert (found["first_campaign"], found["last_campaign"]) == ("spring sale", "spring sale")
    assert (found["first_touch"], found["last_touch"]) == (text(NOW), text(NOW + 11 * DAY))
    assert found["favourite_hour"] == [{"value": f"{(NOW // HOUR + 9) % 24:02d}", "count": 3}]  # nine hours ahead
    assert found["favourite_store"] == [{"value": "S2", "count": 2}]


def test_only_what_is_kept_in_the_clear_of_surroundings_is_a_trait_s_value(shop: Path) -> None:
    (shop / "traits" / "around.yaml").write_text(
        "a: {kind: first, value: context.ip}\nb: {kind: first, value: context.campaign.id}\n"
        "c: {kind: count, events: {where: {context.campaign.id: x, event.hour: '09'}}}\n", encoding="utf-8"
    )  # fmt: skip
    said = [str(fault) for fault in check(shop, {})]
    assert len(said) == 3
    assert sum("not kept in the clear" in one for one in said) == 1
    assert sum("is not tested" in one for one in said) == 2


def test_traits_of_all_events_read_no_properties(shop: Path) -> None:
    assert not load(shop, {}).fold().reads("Product Added", "web", "web")
