"""Contracts: those in the box, and what they ask of an event."""

from __future__ import annotations

import pytest

from itda.base.errors import Refused
from itda.events.contracts import boxed, declared, read_contract
from itda.events.event import Event

ECOMMERCE = """Products Searched, Product List Viewed, Product List Filtered, Promotion Viewed, Promotion Clicked,
Product Clicked, Product Viewed, Product Added, Product Removed, Cart Viewed, Checkout Started, Checkout Step Viewed,
Checkout Step Completed, Payment Info Entered, Order Completed, Order Updated, Order Refunded, Order Cancelled,
Coupon Entered, Coupon Applied, Coupon Denied, Coupon Removed, Product Added to Wishlist,
Product Removed from Wishlist, Wishlist Product Added to Cart, Product Shared, Cart Shared, Product Reviewed"""
IN_STORE = "Store Entered, Product Tried, Order Ready For Pickup, Order Picked Up, Order Returned, Points Earned"
OTHERS = "Consent Changed, Survey Answered, Page Viewed, Screen Viewed, Customer Identified, Group Joined"


def event(name: str, properties: dict, context: dict | None = None, kind: str = "track") -> Event:
    return Event(
        event_id="1", name=name, type=kind, source="web", channel="web", occurred_at=0, received_at=0,
        local_date=20_000, position=1, identifiers=[], properties=properties, context=context or {},
    )  # fmt: skip


@pytest.mark.parametrize("name", [part.strip() for part in f"{ECOMMERCE}, {IN_STORE}, {OTHERS}".split(",")])
def test_the_box_has_a_contract_for(name: str) -> None:
    assert boxed().get(name) is not None


def test_all_28_events_of_the_ecommerce_spec_are_meant() -> None:
    assert len(ECOMMERCE.split(",")) == 28


@pytest.mark.parametrize(
    ("name", "properties", "what"),
    [
        ("Order Completed", {"order_id": "1", "revenue": "much"}, "revenue"),
        ("Order Completed", {"order_id": "1", "currency": "won"}, None),
        ("Order Completed", {"order_id": "1", "currency": "Korean won"}, "currency"),
        ("Order Completed", {"order_id": "1", "products": [{"price": {"amount": 1}}]}, "products[0].price"),
        ("Order Refunded", {"revenue": 3}, "order_id"),
        ("Order Completed", {"order_id": 7, "revenue": 12.5, "products": [{"sku": "x", "q": 2}]}, None),
        ("Order Completed", {"order_id": 7, "revenue": "12.50"}, None),
        ("Product Viewed", {}, "anyOf"),
        ("Product Viewed", {"sku": "a"}, None),
        ("Points Earned", {"points": 10}, None),
        ("Consent Changed", {"purpose": "ads"}, "is_given"),
    ],
)
def test_what_a_contract_asks(name: str, properties: dict, what: str | None) -> None:
    contract = boxed().get(name)
    assert contract is not None
    fault = contract.fault(properties)
    assert (fault is None) if what is None else (fault is not None and what in fault)


def test_a_fault_never_tells_the_value() -> None:
    contract = boxed().get("Order Completed")
    assert contract is not None
    fault = contract.fault({"order_id": "1", "revenue": "kim@naver.com", "currency": "minji"})
    assert fault is not None
    assert "kim" not in fault
    assert "minji" not in fault


def test_traits_are_sealed_with_what_may_be_seen_beside() -> None:
    traits = {"email": "Kim@Gmail.com", "name": "Kim Minji", "birthday": "1990-01-31", "gender": "f", "age": 36}
    traits["address"] = {"street": "Sejong-daero 1", "city": "Seoul", "postalCode": "03172"}
    plain, sealed, _ = boxed().split(event("Customer Identified", traits, kind="identify"))
    assert "Kim" not in str(plain)
    assert plain["email_domain"] == "gmail.com"
    assert plain["birthday_month_day"] == "01-31"
    assert plain["address"] == {"city": "Seoul", "postalCode_area": "03"}
    assert sealed["name"] == "Kim Minji"


def test_a_link_that_was_followed_shows_where_it_led_and_not_with_what() -> None:
    followed = {"message": "cart", "message_id": "1", "url": "https://shop.example/cart?coupon=K7&to=kim@naver.com#top"}
    plain, sealed, quality = boxed().split(event("Message Clicked", followed))
    assert (plain["url_host"], plain["url_path"]) == ("shop.example", "/cart")
    assert "K7" not in str(plain)
    assert "kim" not in str(plain)
    assert sealed == {"url": followed["url"]}
    assert not quality.drift


def test_a_context_tells_the_campaign_and_hides_the_person() -> None:
    context = {
        "library": {"name": "analytics.js"},
        "campaign": {"source": "kakao"},
        "page": {"path": "/a", "url": "https://x/a?email=kim@naver.com", "referrer": "https://search.naver.com/?q=me"},
        "userAgent": "Mozilla",
        "ip": "1.2.3.0",
        "traits": {"email": "kim@naver.com"},
        "somethingNew": "kim",
    }
    plain, sealed = boxed().split_context(context, 0)
    assert plain["campaign"] == {"source": "kakao"}
    assert plain["page"] == {"path": "/a", "referrer_host": "search.naver.com"}
    assert "kim" not in str(plain)
    assert sealed["ip"] == "1.2.3.0"
    assert sealed["somethingNew"] == "kim"


def test_what_an_identify_call_declares() -> None:
    traits = {"email": "kim@naver.com", "tier": "gold", "address": {"city": "Busan"}}
    plain, sealed, _ = boxed().split(event("Customer Identified", traits, kind="identify"))
    said = declared(plain, sealed)
    assert ("tier", "gold", False) in said
    assert ("address.city", "Busan", False) in said
    assert ("email", "kim@naver.com", True) in said


def test_quality_counts_missing_fields_and_drift() -> None:
    contracts = boxed()
    _, _, quality = contracts.split(event("Order Completed", {"order_id": 1, "revenue": 1, "colour": "red"}))
    assert quality.missing == 2  # currency and products
    assert quality.drift
    assert not contracts.split(event("Anything Else", {"colour": "red"}))[2].drift


def test_a_workspaces_own_contract_comes_before_the_box() -> None:
    own = read_contract({"event": "Order Completed", "version": 2, "schema": {"required": ["till"]}})
    assert boxed([own]).get("Order Completed") is own


def test_a_contract_with_several_faults_tells_all() -> None:
    with pytest.raises(Refused) as refused:
        read_contract({"event": "", "version": 0, "shema": {}, "schema": {"properties": {"a": {"class": "x"}}}})
    assert len(refused.value.faults) == 4


def test_a_schema_that_is_none_is_told() -> None:
    with pytest.raises(Refused, match="no JSON Schema"):
        read_contract({"event": "A", "schema": {"type": "objekt"}})
