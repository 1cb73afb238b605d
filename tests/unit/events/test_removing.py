"""A field is taken out with everything that was derived from it."""

from __future__ import annotations

from itda.events.removing import take_out


def test_a_field_goes_with_its_derivatives() -> None:
    said = {"birth_date": "1990-02-03", "birth_date_age_band": "30-39", "birth_date_month_day": "02-03", "name": "A"}
    assert take_out(said, "birth_date")
    assert said == {"name": "A"}


def test_dots_lead_into_objects_and_lists() -> None:
    said = {"address": {"city": "Seoul", "street": "1"}, "products": [{"sku": "a", "note": "x"}, {"sku": "b"}]}
    assert take_out(said, "address.street")
    assert take_out(said, "products.note")
    assert said == {"address": {"city": "Seoul"}, "products": [{"sku": "a"}, {"sku": "b"}]}


def test_what_is_not_there_changes_nothing() -> None:
    said = {"a": 1}
    assert not take_out(said, "b")
    assert not take_out(said, "a.b")
    assert said == {"a": 1}
