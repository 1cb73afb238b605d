"""Whatever stands in a column is a value or is refused, and costs no other row anything."""

from __future__ import annotations

import msgspec
import pytest

from itda.base.instant import parse
from itda.sources import hook
from itda.sources.definition import Column, ColumnType, FileMapping, SourceDef, Time
from itda.sources.mapping import Mapped, Mapper
from itda.sources.nesting import KEPT_LEVELS
from itda.sources.rows import RefusedRow, Row

NOW = parse("2026-11-22T10:00:00+00:00")
LONGEST = 1_000
"""Bytes of any event that is made here."""


def given(value: bytes, kind: ColumnType = "auto", at: Time | None = None) -> Mapped | RefusedRow:
    mapping = FileMapping(
        event="Seen", key=("id",), occurred_at=at, identifiers={"email": Column(column="email")},
        properties={"x": Column(column="x", type=kind)},
    )  # fmt: skip
    source = SourceDef(name="s", kind="webhook", channel="web", order_scope="s", mapping=mapping)
    body = b'{"id":1,"email":"a@b.kr","x":' + value + b"}"
    (event,) = hook.events(Mapper(source, "Asia/Seoul", b"", NOW, key=b"k"), hook.items(body, ""), {})
    return event


@pytest.mark.parametrize("kind", ["auto", "text", "number", "money", "boolean", "time", "json"])
@pytest.mark.parametrize("value", [b"1e1000000", b"-1e9999999", b"1e-1000000", b'"1e1000000"', b'"1e-1000000"'])
def test_a_number_that_would_fill_the_memory_is_none(kind: ColumnType, value: bytes) -> None:
    event = given(value, kind)
    assert isinstance(event, RefusedRow) or len(event.body) < LONGEST


@pytest.mark.parametrize("format_", ["iso", "unix", "unix_ms"])
@pytest.mark.parametrize("value", [b"-99999999999999", b"99999999999999999", b'"0001-01-01T00:00:00+14:00"', b"{}"])
def test_a_time_that_no_calendar_has_is_refused(format_: str, value: bytes) -> None:
    assert isinstance(given(value, at=Time(column="x", format=format_)), RefusedRow)


@pytest.mark.parametrize("levels", [KEPT_LEVELS + 1, 900])
def test_what_is_nested_too_deep_is_cut(levels: int) -> None:
    event = given(b"[" * levels + b"]" * levels)
    assert isinstance(event, Mapped)
    found, depth = msgspec.json.decode(event.body)["properties"]["x"], 0
    while found is not None:
        (found,), depth = found, depth + 1
    assert depth == KEPT_LEVELS


@pytest.mark.parametrize("part", ["key", "event_column", "group_by"])
def test_an_object_names_nothing(part: str) -> None:
    mapping = FileMapping(event="" if part == "event_column" else "Seen", identifiers={"email": Column(column="email")})
    named = msgspec.structs.replace(mapping, **{part: ("x",) if part == "key" else "x"})
    source = SourceDef(name="s", kind="webhook", channel="web", order_scope="s", mapping=named)
    mapper = Mapper(source, "Asia/Seoul", b"", NOW, key=b"k")
    row = hook.items(b'{"email":"a@b.kr","x":{}}', "")[0]
    if part == "group_by":
        found = mapper.group(Row(1, [row.get(name) for name in mapper.columns]))
    else:
        (found,) = hook.events(mapper, [row], {})
    assert isinstance(found, RefusedRow)
    assert found.detail == "x: is no text"
