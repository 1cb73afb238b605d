"""A text that its contract calls plain is sealed where somebody wrote a personal value into it."""

from itda.events.classes import join
from itda.events.concealed import conceal

WRITTEN = {
    "order_id": "20261122-0000123",
    "note": "010-1234-5678로 연락주세요",
    "products": [{"sku": "T-1", "name": "양말"}, {"sku": "T-2", "name": "각인: kim@example.com"}],
    "tags": ["gift", "for jane@example.com"],
    "total": 129000,
    "delivery": {"method": "parcel", "memo": "받는 분 홍길동"},
    "kim@example.com": True,
}


def test_what_is_personal_goes_to_the_sealed_part_and_nothing_else():
    plain, closed, found = conceal(WRITTEN, {"email": "kim@example.com"})
    assert plain == {
        "order_id": "20261122-0000123",
        "products": [{"sku": "T-1", "name": "양말"}, {"sku": "T-2"}],
        "total": 129000,
        "delivery": {"method": "parcel"},
    }
    assert closed["email"] == "kim@example.com"
    assert found == ["phone", "email", "email", "name", "email"]


def test_a_number_that_pays_for_a_person_is_sealed_by_the_name_of_its_field():
    plain, closed, found = conceal({"cardNumber": 4000_1234_5678_9010, "total": 3}, {})
    assert (plain, closed, found) == ({"total": 3}, {"cardNumber": 4000_1234_5678_9010}, ["protected"])


def test_both_parts_together_are_what_was_written():
    before = dict(WRITTEN)
    plain, closed, _ = conceal(WRITTEN, {})
    assert join(plain, closed) == before == WRITTEN


def test_what_was_sealed_in_the_same_list_stays_beside_it():
    items = [{"sku": "T-1", "memo": "call 010-1234-5678"}, {"sku": "T-2"}]
    plain, closed, _ = conceal({"products": items}, {"products": [{"text": "a"}, {"text": "b"}]})
    assert plain == {"products": [{"sku": "T-1"}, {"sku": "T-2"}]}
    assert closed == {"products": [{"text": "a", "memo": "call 010-1234-5678"}, {"text": "b"}]}


def test_an_event_without_any_keeps_its_parts_as_they_are():
    plain, closed = {"order_id": "1", "products": [{"name": "양말"}]}, {}
    same, still, found = conceal(plain, closed)
    assert same is plain
    assert still is closed
    assert found == []
