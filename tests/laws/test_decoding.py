"""Laws of the way in: nothing that comes can stop the decoder, and how it is cut into bodies changes nothing."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from itda.base.instant import LocalDates, parse
from itda.engine.prepared import Prepared, Preparing
from itda.engine.rules import Rules
from itda.events.classes import UNKNOWN, join, split
from itda.events.contracts import boxed
from itda.events.event import Event, Refusal
from itda.identity.policy import IdentityPolicy
from itda.profiles.fold import Fold
from itda.sources.definition import SourceDef
from itda.sources.tracking import Decoder
from itda.sources.wire import replay_body
from itda.store.ports import Frame, Record

NOW = parse("2026-11-22T01:00:00Z")
SOURCES = {"web": SourceDef(name="web", kind="tracking", channel="web", order_scope="web")}
CONTRACTS = boxed()
POLICY = IdentityPolicy.box()
KINDS = POLICY.kinds
PREPARING = Preparing(Rules(CONTRACTS, POLICY, Fold([], "Asia/Seoul"), LocalDates("Asia/Seoul")), 1)

scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
json_values = st.recursive(
    scalars | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "type", "event", "messageId", "userId", "anonymousId", "previousId", "groupId", "name", "category", "timestamp",
    "originalTimestamp", "sentAt", "properties", "traits", "context", "identifiers",
)  # fmt: skip
likely = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]),
        "event": st.sampled_from(["Order Completed", "Product Viewed", "Anything"]),
        "messageId": texts,
        "anonymousId": texts,
        "userId": texts | st.integers(0, 9),
        "timestamp": st.sampled_from(["2026-11-22T00:00:00Z", "2026-11-21", "1990-01-01T00:00:00Z", "x"]),
        "properties": st.dictionaries(st.sampled_from(["order_id", "revenue", "products", "note"]), json_values),
        "traits": st.dictionaries(st.sampled_from(["email", "phone", "birthday", "address"]), json_values),
        "context": st.dictionaries(st.sampled_from(["ip", "page", "traits", "device"]), json_values, max_size=3),
    },
)
items = likely | st.dictionaries(st.sampled_from(FIELDS), json_values, max_size=8) | json_values


def decode(*bodies: tuple[str, bytes]) -> list[Event | Refusal]:
    decoder = Decoder(SOURCES, CONTRACTS, KINDS, LocalDates("Asia/Seoul"), "KR")
    return decoder.frame(Frame(1, NOW, [Record("web", call, body) for call, body in bodies]))


@given(st.sampled_from(["batch", "track", "identify", "posthog", "item"]), st.binary(max_size=200))
def test_no_bytes_can_stop_the_decoder(call: str, body: bytes) -> None:
    assert len(decode((call, body), ("page", b'{"anonymousId":"a"}'))) >= 1


@given(st.sampled_from(["track", "identify", "page", "group", "alias", "posthog", "item"]), items)
def test_no_json_can_stop_the_decoder_nor_the_split(call: str, item: Any) -> None:
    for result in decode((call, msgspec.json.encode(item))):
        if isinstance(result, Event):
            made = PREPARING.event(result, [])
            if isinstance(made, Prepared):
                assert msgspec.msgpack.decode(msgspec.msgpack.encode(made), type=Prepared) == made
            assert result.identifiers


@given(st.lists(items, max_size=8), st.integers(0, 8))
def test_how_items_are_cut_into_batches_changes_nothing(batch: list[Any], cut: int) -> None:
    whole = decode(("batch", msgspec.json.encode({"batch": batch})))
    parts = decode(
        ("batch", msgspec.json.encode({"batch": batch[:cut]})), ("batch", msgspec.json.encode({"batch": batch[cut:]}))
    )
    assert len(whole) == len(batch)
    for one, other in zip(whole, parts, strict=True):
        if isinstance(one, Event):
            one.size = other.size = 0  # type: ignore[union-attr]  # both are events; a batch's sizes are averages
        assert one == other


@given(items)
def test_a_refusal_replayed_without_a_cure_is_refused_for_the_same_reason(item: Any) -> None:
    for refusal in decode(("batch", msgspec.json.encode({"batch": [item]}))):
        if isinstance(refusal, Refusal) and refusal.reason not in {"json", "forbidden"}:
            again = decode(("replay", replay_body(refusal.raw, NOW)))
            assert [result.reason for result in again if isinstance(result, Refusal)] == [refusal.reason]


@given(st.dictionaries(texts, json_values, max_size=5))
def test_of_unknown_fields_no_text_is_left_in_the_clear_and_nothing_is_lost(value: dict[str, Any]) -> None:
    plain, sealed = split(UNKNOWN, value, 20_000)
    assert not any(isinstance(leaf, str) for leaf in leaves(plain))
    assert join(plain, sealed) == value


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]
