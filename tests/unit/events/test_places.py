from __future__ import annotations

import pytest

from itda.events import places


def test_where_somebody_was_is_left_out_however_deep_it_stands_and_the_rest_stays() -> None:
    said = {
        "query": "shoes", "lat": 37.5, "stops": [{"name": "A", "longitude": 127.0}, "B"],
        "near": {"geoPoint": [1, 2], "radius": 3}, "store_id": "S1", "address": {"city": "서울"},
    }  # fmt: skip
    assert places.holds(said)
    assert places.without(said) == {
        "query": "shoes", "stops": [{"name": "A"}, "B"], "near": {"radius": 3}, "store_id": "S1",
        "address": {"city": "서울"},
    }  # fmt: skip
    assert said["lat"] == 37.5
    assert not places.holds(places.without(said))


@pytest.mark.parametrize(
    "name",
    ["geoPoint", "GeoPoint", "geopoint", "GEO_POINT", "geo-point", "geo point", "Geo Point", "Latitude", "GPS", "위도"],
)
def test_a_field_tells_it_however_it_is_spelt(name: str) -> None:
    assert places.without({name: 1, "sku": "x"}) == {"sku": "x"}


def test_what_a_contract_names_is_left_out_too() -> None:
    said = {"spot": "B2", "lines": [{"shelf": 3, "sku": "x"}], "zone": "A"}
    assert not places.holds(said)
    assert places.holds(said, {"lines[].shelf"})
    assert places.without(said, {"spot", "lines[].shelf"}) == {"lines": [{"sku": "x"}], "zone": "A"}


@pytest.mark.parametrize(
    ("path", "is_so"),
    [("context.location.city", True), ("stops[].lat", True), ("store_id", False), ("city", False), ("platform", False)],
)
def test_a_path_tells_where_somebody_was_by_any_of_its_parts(path: str, is_so: bool) -> None:
    assert places.tells(path) is is_so


def test_a_visit_is_so_by_its_name_and_whatever_a_sensor_tells_by_its_channel() -> None:
    assert places.is_presence("Store Visited", "store")
    assert places.is_presence("Product Tried", "sensor")
    assert not places.is_presence("Order Completed", "store")
