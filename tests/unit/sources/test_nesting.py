"""What is nested too deep is cut, and costs nobody else."""

from __future__ import annotations

import json

import pytest

from itda.base.instant import LocalDates, parse
from itda.events.contracts import boxed
from itda.events.event import Refusal
from itda.identity.policy import IdentityPolicy
from itda.sources.definition import SourceDef
from itda.sources.nesting import KEPT_LEVELS, shallow
from itda.sources.tracking import Decoder
from itda.store.ports import Frame, Record

GOOD = b'{"type":"track","event":"A","anonymousId":"a"}'


def nested(levels: int, start: bytes = b"[", end: bytes = b"]") -> bytes:
    return start * levels + end * levels


@pytest.mark.parametrize("body", [b"{}", b"7", b'{"a":"[[["}', nested(KEPT_LEVELS), b"[" * 5_000, b"]" * 5_000, b'"['])
def test_what_is_not_too_deep_or_no_json_stays_as_it_is(body: bytes) -> None:
    assert shallow(body) is body


def test_only_what_is_below_the_kept_levels_becomes_null() -> None:
    body = b'{"a":' + nested(5_000) + b',"b":[1,"\\"]"],"c":' + nested(3_000, b'{"x":[', b"]}") + b"}"
    found = json.loads(shallow(body))
    assert found["b"] == [1, '"]']
    inner, levels = found["a"], 1
    while inner != [None]:
        (inner,) = inner
        levels += 1
    assert levels == KEPT_LEVELS - 1
    assert shallow(body).count(b"null") == 2


def test_countless_signs_are_not_looked_at() -> None:
    body = b"[" + b"[]," * 200_000 + nested(2_000) + b"]"
    assert shallow(body) is body


@pytest.mark.parametrize("levels", [40, 900, 990, 5_000, 15_000])
@pytest.mark.parametrize("place", ["properties", "traits", "context", "integrations"])
@pytest.mark.parametrize("call", ["batch", "posthog"])
def test_one_event_nested_too_deep_costs_no_other(call: str, place: str, levels: int) -> None:
    decoder = Decoder(
        {"web": SourceDef(name="web", kind="tracking", channel="web", order_scope="web")},
        boxed(),
        IdentityPolicy.box().kinds,
        LocalDates("Asia/Seoul"),
        "KR",
    )
    good = GOOD if call == "batch" else b'{"event":"A","distinct_id":"a"}'
    deep = good[:-1] + f',"{place}":{{"x":'.encode() + nested(levels) + b"}}"
    body = b'{"batch":[' + b",".join([good, deep, good]) + b"]}"
    first, middle, last = decoder.frame(Frame(1, parse("2026-11-22T01:00:00Z"), [Record("web", call, body)]))
    assert not isinstance(first, Refusal)
    assert not isinstance(last, Refusal)
    if isinstance(middle, Refusal):
        assert "too deep" in middle.detail
    if place == "properties":
        assert isinstance(middle, Refusal)
