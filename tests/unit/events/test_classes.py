"""Field classes: what is sealed, what is plain, what is derived."""

from __future__ import annotations

import pytest

from itda.base.errors import Refused
from itda.base.instant import parse
from itda.events.classes import UNKNOWN, compile_node, join, split

DAY = parse("2026-11-22T00:00:00Z") // 86_400_000_000
SCHEMA = {
    "properties": {
        "email": {"class": "direct", "derive": ["domain"]},
        "birthday": {"class": "quasi", "derive": ["age_band", "month_day"]},
        "address": {
            "properties": {"street": {"class": "direct"}, "city": {"class": "plain"}},
        },
        "products": {"items": {"properties": {"sku": {"class": "plain"}, "engraving": {"class": "direct"}}}},
        "tier": {"class": "plain", "expected": True},
        "age": {"type": "integer"},
        "note": {"type": "string"},
    }
}


def test_direct_fields_are_sealed_and_leave_only_their_derivative() -> None:
    plain, sealed = split(compile_node(SCHEMA, {}), {"email": "kim@naver.com", "tier": "gold"}, DAY)
    assert plain == {"tier": "gold", "email_domain": "naver.com"}
    assert sealed == {"email": "kim@naver.com"}


def test_a_domain_of_ones_own_is_not_told() -> None:
    plain, _ = split(compile_node(SCHEMA, {}), {"email": "me@kim-family.kr"}, DAY)
    assert plain == {"email_domain": "other"}


@pytest.mark.parametrize(
    ("birthday", "band"),
    [
        ("1990-11-22", "30-39"),
        ("1996-11-23", "20-29"),
        ("2012-11-23", "0-13"),
        ("1940.01.02", "80+"),
        ("nonsense", None),
    ],
)
def test_an_age_band_is_of_the_events_day(birthday: str, band: str | None) -> None:
    plain, sealed = split(compile_node(SCHEMA, {}), {"birthday": birthday}, DAY)
    assert plain.get("birthday_age_band") == band
    assert sealed == {"birthday": birthday}


def test_nested_fields_are_split_where_they_stand() -> None:
    value = {"address": {"street": "Sejong-daero 1", "city": "Seoul"}}
    plain, sealed = split(compile_node(SCHEMA, {}), value, DAY)
    assert plain == {"address": {"city": "Seoul"}}
    assert sealed == {"address": {"street": "Sejong-daero 1"}}
    assert join(plain, sealed) == value


def test_lists_of_objects_stay_in_step_when_joined_again() -> None:
    value = {"products": [{"sku": "a"}, {"sku": "b", "engraving": "for Minji"}]}
    plain, sealed = split(compile_node(SCHEMA, {}), value, DAY)
    assert plain == {"products": [{"sku": "a"}, {"sku": "b"}]}
    assert sealed == {"products": [{}, {"engraving": "for Minji"}]}
    assert join(plain, sealed) == value


def test_unknown_texts_are_sealed_and_unknown_numbers_and_booleans_are_plain() -> None:
    value = {"comment": "call me", "n": 3, "yes": True, "nothing": None, "list": ["a", 1], "numbers": [1, 2]}
    plain, sealed = split(UNKNOWN, value, DAY)
    assert plain == {"n": 3, "yes": True, "nothing": None, "numbers": [1, 2]}
    assert sealed == {"comment": "call me", "list": ["a", 1]}


def test_texts_inside_unknown_objects_are_sealed_too() -> None:
    plain, sealed = split(UNKNOWN, {"a": {"b": {"c": "secret", "d": 1}}}, DAY)
    assert plain == {"a": {"b": {"d": 1}}}
    assert sealed == {"a": {"b": {"c": "secret"}}}


def test_a_declared_number_is_plain_and_a_declared_text_without_class_is_sealed() -> None:
    plain, sealed = split(compile_node(SCHEMA, {}), {"age": 40, "note": "tall"}, DAY)
    assert (plain, sealed) == ({"age": 40}, {"note": "tall"})


def test_an_object_that_is_all_plain_passes_as_it_is() -> None:
    value = {"tier": "gold"}
    plain, sealed = split(compile_node(SCHEMA, {}), value, DAY)
    assert plain is value
    assert sealed == {}


def test_shapes_tell_missing_and_unnamed_fields() -> None:
    shape = compile_node(SCHEMA, {}).shape({"email": "a@b.cz", "colour": "red"})
    assert (shape.missing, shape.strangers) == (1, 1)


def test_every_fault_of_a_schema_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        compile_node(
            {
                "properties": {
                    "a": {"class": "secret"},
                    "b": {"class": "quasi"},
                    "c": {"class": "quasi", "derive": ["agge"]},
                    "d": {"$ref": "#/$defs/none"},
                }
            },
            {},
        )
    assert {fault.field for fault in refused.value.faults} == {"a", "b", "c", "d"}


def test_a_definition_that_contains_itself_is_a_fault_and_not_an_endless_loop() -> None:
    loop = {"tree": {"properties": {"child": {"$ref": "#/$defs/tree"}}}}
    with pytest.raises(Refused, match="contains itself"):
        compile_node({"properties": {"root": {"$ref": "#/$defs/tree"}}}, loop)


@pytest.mark.parametrize("name", ["passport_no", "cardNumber", "bank_account", "password", "fingerprint"])
def test_what_proves_or_pays_for_a_person_is_never_plain(name: str) -> None:
    schema = {"properties": {"payer": {"properties": {name: {"type": "string", "class": "plain"}}}}}
    with pytest.raises(Refused, match=rf"payer\.{name}: what proves or pays for a person is never kept open"):
        compile_node(schema, {})
    schema["properties"]["payer"]["properties"][name]["class"] = "direct"
    assert compile_node(schema, {})
