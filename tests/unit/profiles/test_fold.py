from __future__ import annotations

import pkgutil

import pytest

from itda.base.instant import DAY, HOUR
from itda.events.event import Event
from itda.profiles import traits
from itda.profiles.definition import TraitDef
from itda.profiles.events import Events, Test
from itda.profiles.fold import REFS, Fold, refs
from itda.profiles.traits import KINDS

NOW = 1_772_000_000_000_000


def trait(kind: str, **arguments: object) -> TraitDef:
    return TraitDef(name="it", kind=kind, arguments=KINDS[kind].arguments(**arguments))


def event(index: int = 0, at: int = NOW, **properties: object) -> Event:
    return Event(
        event_id=f"e{index}", name="Product Viewed", type="track", source="web", channel="web", occurred_at=at, received_at=at,
        local_date=at // DAY, position=index, identifiers=[], properties=properties, context={},
    )  # fmt: skip


def test_every_file_of_a_kind_is_listed() -> None:
    assert {part.name for part in pkgutil.iter_modules(traits.__path__)} == set(KINDS)
    assert all(name == kind.name for name, kind in KINDS.items())


def test_full_pages_of_references_come_out_in_order_with_their_numbers() -> None:
    fold = Fold([], "UTC")
    state = fold.new()
    for index in range(2 * REFS + 1):
        one = event(index, NOW + index)
        fold.absorb(state, one, {}, (), index)
    first, second = fold.full_page(state), fold.full_page(state)
    assert first is not None
    assert second is not None
    assert (first[0], second[0], fold.full_page(state)) == (0, 1, None)
    assert refs(first[1]) + refs(second[1]) + refs(state.recent) == [(NOW + n, n) for n in range(2 * REFS + 1)]


@pytest.mark.parametrize("kind", ["distinct", "top"])
def test_more_different_values_than_the_limit_spill_and_say_so(kind: str) -> None:
    fold = Fold([trait(kind, value="product")], "UTC", limit=3)
    state = fold.new()
    for index in range(4):
        assert not fold.is_spilled(state)
        fold.absorb(state, event(index, product=f"p{index}"), {"product": f"p{index}"}, (), index)
    assert fold.is_spilled(state)
    read = fold.decode(fold.encode(state))
    assert fold.answers(read, NOW).computed[0].is_spilled
    assert fold.is_spilled(fold.combine([fold.new(), read]))


def test_more_orders_than_the_limit_spill() -> None:
    fold = Fold([trait("count", of="orders")], "UTC", limit=2)
    state = fold.new()
    for index in range(3):
        one = event(index)
        one.name = "Order Completed"
        fold.absorb(state, one, {"order_id": index}, (), index)
    assert fold.is_spilled(state)
    assert state.orders == {}
    assert fold.answers(state, NOW).computed[0].is_spilled


def test_values_out_of_a_window_do_not_spill_it() -> None:
    fold = Fold([trait("distinct", value="product", window="2 days")], "UTC", limit=3)
    state = fold.new()
    for index in range(50):
        fold.absorb(state, event(index, NOW + index * DAY), {"product": f"p{index}"}, (), index)
    assert not fold.is_spilled(state)
    assert fold.answers(state, NOW + 49 * DAY).computed[0].value == 3


def test_buckets_that_no_window_reaches_again_are_not_written() -> None:
    fold = Fold([trait("count", window="10 days")], "UTC")
    state = fold.new()
    sizes = []
    for index in range(100):
        fold.absorb(state, event(index, NOW + index * DAY), {}, (), index)
        state.recent = b""
        sizes.append(len(fold.encode(state)))
    assert max(sizes[20:]) <= max(sizes[:20]) + 8


def test_a_redefined_trait_does_not_read_the_state_of_the_old_one() -> None:
    old, new = Fold([trait("sum", value="price")], "UTC"), Fold([trait("top", value="price")], "UTC")
    state = old.new()
    old.absorb(state, event(), {"price": 5}, (), 0)
    assert new.answers(new.decode(old.encode(state)), NOW).computed[0].value == []


def test_what_was_said_last_counts_and_sealed_values_stay_bytes() -> None:
    fold = Fold([], "UTC")
    state = fold.new()
    fold.absorb(state, event(2, NOW), {}, [("name", b"sealed", True)], 0)
    fold.absorb(state, event(1, NOW), {}, [("name", "earlier by its id", False)], 1)
    fold.absorb(state, event(3, NOW - HOUR), {}, [("name", "earlier", False), ("grade", "gold", False)], 2)
    said = {answer.name: answer for answer in fold.answers(fold.decode(fold.encode(state)), NOW).declared}
    assert (said["name"].value, said["name"].is_sealed, said["grade"].value) == (b"sealed", True, "gold")


def test_comparing_opens_what_was_sealed_with_chance() -> None:
    fold = Fold([], "UTC")
    states = [fold.new(), fold.new()]
    for state, sealed in zip(states, (b"1:Kim", b"2:Kim"), strict=True):
        fold.absorb(state, event(), {}, [("name", sealed, True)], 0)
    assert fold.canonical(states[0]) != fold.canonical(states[1])
    assert len({fold.canonical(state, lambda _name, value: value[2:].decode()) for state in states}) == 1


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({"category": "tea"}, 1), ({"category": Test(one_of=("tea", "rice"))}, 2), ({"category": Test(unlike="tea")}, 1),
        ({"price": Test(at_least=5, at_most=10)}, 1), ({"price": Test(at_least=5)}, 2), ({"sale": True}, 1), ({"sale": Test(set=False)}, 2),
        ({"lines[].sku": "b"}, 1), ({"lines[].sku": Test(set=True)}, 1), ({"nested.deep": 1}, 1), ({"nothing": "x"}, 0),
    ],
)  # fmt: skip
def test_properties_are_tested(where: dict[str, object], count: int) -> None:
    fold = Fold([trait("count", events=Events(where=where))], "UTC")
    state = fold.new()
    for properties in (
        {"category": "tea", "price": 12.5, "sale": True},
        {"category": "rice", "price": "7", "lines": [{"sku": "a"}, {"sku": "b"}]},
        {"nested": {"deep": 1}, "price": "dear"},
    ):
        fold.absorb(state, event(**properties), dict(properties), (), 0)
    assert fold.answers(state, NOW).computed[0].value == count


def test_the_values_of_lines_are_counted_one_by_one() -> None:
    fold = Fold([trait("top", value="products[].category", most=1)], "UTC")
    state = fold.new()
    fold.absorb(state, event(), {"products": [{"category": "tea"}, {"category": "rice"}, {"category": "tea"}]}, (), 0)
    assert fold.answers(state, NOW).computed[0].value == [{"value": "tea", "count": 2}]
