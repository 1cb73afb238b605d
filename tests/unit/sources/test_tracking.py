"""The decoder: calls as clients send them, to events and refusals."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from itda.base.instant import DAY, HOUR, SECOND, LocalDates, parse
from itda.events.contracts import boxed
from itda.events.event import ORDINALS, Event, Refusal
from itda.identity.policy import IdentityPolicy
from itda.sources.definition import SourceDef
from itda.sources.tracking import Decoder
from itda.sources.wire import replay_body
from itda.store.ports import Frame, Record

NOW = parse("2026-11-22T01:00:00Z")
CAPTURED = json.loads((Path(__file__).parents[2] / "wire" / "captured.json").read_text())
SOURCES = {
    "web": SourceDef(name="web", kind="tracking", channel="web", order_scope="shop"),
    "till": SourceDef(name="till", kind="tracking", channel="store", order_scope="shop", late_after_s=3600),
}


def decoder() -> Decoder:
    return Decoder(SOURCES, boxed(), IdentityPolicy.box().kinds, LocalDates("Asia/Seoul"), "KR")


def decode(body: Any, call: str = "batch", source: str = "web", **more: Any) -> list[Event | Refusal]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decoder().frame(Frame(3, NOW, [Record(source, call, raw, **more)]))


def one(call: str = "track", **item: Any) -> Any:
    told = {"anonymousId": "device-0000-1111-2222", **item}
    if call == "track":
        told.setdefault("event", "Something Happened")
    return decode(told, call)[0]


@pytest.mark.parametrize("request_", CAPTURED, ids=lambda r: f"{r['client']} {r['path']} {r['events']}")
def test_every_event_of_the_captured_requests_is_taken(request_: dict) -> None:
    body = base64.b64decode(request_["body_base64"])
    body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    call = "posthog" if "posthog" in request_["client"] else request_["path"].rpartition("/")[2]
    received = parse(request_["captured_at"])
    results = decoder().frame(Frame(1, received, [Record("web", call, body)]))
    assert [type(result) for result in results] == [Event] * request_["events"]
    assert all(received - 10 * 60 * SECOND < result.occurred_at <= received for result in results)
    assert all(result.has_own_id for result in results)


def test_a_track_carries_its_name_identifiers_and_properties() -> None:
    event = one(userId="u-1", properties={"a": 1}, messageId="m1")
    assert (event.name, event.type, event.properties) == ("Something Happened", "track", {"a": 1})
    assert event.identifiers == [("user_id", "u-1"), ("anonymous_id", "device-0000-1111-2222")]
    assert (event.event_id, event.has_own_id, event.channel) == ("m1", True, "web")


def test_calls_other_than_track_have_standard_names() -> None:
    names = {call: one(call, userId="u").name for call in ("page", "screen", "identify", "group", "alias")}
    assert names == {
        "page": "Page Viewed",
        "screen": "Screen Viewed",
        "identify": "Customer Identified",
        "group": "Group Joined",
        "alias": "Alias Created",
    }


def test_a_page_has_its_name_and_category_among_its_properties() -> None:
    assert one("page", name="Home", category="Docs").properties == {"name": "Home", "category": "Docs"}


def test_traits_identify_and_come_in_one_way_of_writing() -> None:
    event = one("identify", traits={"email": "Kim@Naver.com", "phone": "010-2345-6789", "membership": 42})
    assert ("email", "kim@naver.com") in event.identifiers
    assert ("phone", "+821023456789") in event.identifiers
    assert ("membership", "42") in event.identifiers


def test_a_groups_mail_address_is_no_person() -> None:
    event = one("group", groupId="org-9", traits={"email": "info@org.kr"})
    assert [kind for kind, _ in event.identifiers] == ["anonymous_id"]
    assert event.properties["group_id"] == "org-9"


def test_of_two_places_for_a_kind_the_first_of_the_policy_counts() -> None:
    event = one("identify", traits={"email": "a@b.cz"}, context={"traits": {"email": "old@b.cz"}})
    assert [value for kind, value in event.identifiers if kind == "email"] == ["a@b.cz"]


def test_a_value_that_is_no_identifier_is_left_out_and_named() -> None:
    event = one("identify", userId="u", traits={"email": "no address", "phone": "12"}, identifiers={"shoe": "42"})
    assert [kind for kind, _ in event.identifiers] == ["user_id", "anonymous_id"]
    assert event.unreadable == ("unknown", "email", "phone")


def test_a_context_that_was_met_before_names_what_it_holds_unreadable_again() -> None:
    said = {"type": "page", "userId": "u", "context": {"traits": {"email": "no address"}}}
    lost = {"type": "page", "userId": "undefined"}
    body = json.dumps({"batch": [said, lost, said, {"type": "page", "userId": "u"}]}).encode()
    results = decoder().frame(Frame(1, NOW, [Record("web", "batch", body)]))
    named = [result.unreadable for result in results if isinstance(result, Event)]
    assert named == [("email",), ("email",), ()]


def test_numbers_are_taken_as_ids() -> None:
    event = one(userId=17, messageId=5.0)
    assert ("user_id", "17") in event.identifiers
    assert event.event_id == "5"


def test_the_batch_s_context_is_under_each_events_own() -> None:
    shared = {"locale": "ko-KR", "campaign": {"source": "kakao", "medium": "cpc"}}
    own = {"campaign": {"source": "naver"}}
    body = {"batch": [{"type": "page", "anonymousId": "a", "context": own}], "context": shared}
    assert decode(body)[0].context == {"locale": "ko-KR", "campaign": {"source": "naver", "medium": "cpc"}}


def test_network_addresses_are_shortened() -> None:
    assert one(context={"ip": "203.0.113.77"}).context == {"ip": "203.0.113.0"}
    assert one(context={"ip": "2001:db8:1234:5678::1"}).context == {"ip": "2001:db8:1234::"}
    assert one(context={"ip": "kim"}).context == {}


def test_positions_count_every_item_good_or_bad() -> None:
    machine = decoder()
    batch = {"batch": [{"type": "page", "anonymousId": "a"}, 7, {"type": "page", "anonymousId": "b"}]}
    records = [Record("web", "batch", json.dumps(batch).encode()), Record("web", "page", b'{"anonymousId":"c"}')]
    results = machine.frame(Frame(3, NOW, records))
    assert [result.position for result in results] == [3 * ORDINALS + ordinal for ordinal in range(4)]
    assert [type(result) for result in results] == [Event, Refusal, Event, Event]
    assert results[0].event_id == f"@{3 * ORDINALS}"
    assert not results[0].has_own_id


# ── Refusals: each with one reason, and none takes another with it ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("item", "reason", "place"),
    [
        ({"type": "track", "event": "A"}, "identity", "identifier"),
        ({"type": "track", "event": "A", "userId": "", "anonymousId": " "}, "identity", "identifier"),
        ({"type": "track", "anonymousId": "a"}, "name", "event"),
        ({"type": "track", "anonymousId": "a", "event": "  "}, "name", "event"),
        ({"type": "track", "anonymousId": "a", "event": "x\u0000y"}, "name", "event"),
        ({"type": "track", "anonymousId": "a", "event": "x" * 300}, "name", "event"),
        ({"type": "purchase", "anonymousId": "a"}, "shape", "type"),
        ({"anonymousId": "a"}, "shape", "type"),
        ({"type": "track", "anonymousId": {"a": 1}, "event": "A"}, "shape", "anonymousId"),
        ({"type": "track", "anonymousId": True, "event": "A"}, "shape", "anonymousId"),
        ({"type": "track", "anonymousId": "a", "event": ["A"]}, "shape", "event"),
        ({"type": "track", "anonymousId": "a", "event": "A", "properties": "x"}, "shape", "properties"),
        ({"type": "track", "anonymousId": "a", "event": "A", "context": [1]}, "shape", "context"),
        ({"type": "track", "anonymousId": "a", "event": "A", "messageId": {}}, "shape", "messageId"),
        (7, "shape", "object"),
        (None, "shape", "object"),
        ({"type": "track", "anonymousId": "a", "event": "A", "timestamp": 1795303422}, "clock", "timestamp"),
        ({"type": "track", "anonymousId": "a", "event": "A", "timestamp": "yesterday"}, "clock", "timestamp"),
        ({"type": "track", "anonymousId": "a", "event": "A", "timestamp": "1999-12-31T23:59:59Z"}, "clock", "2000"),
        ({"type": "track", "anonymousId": "a", "event": "A", "timestamp": "2027-11-22T01:00:00Z"}, "clock", "24 hours"),
        ({"type": "track", "anonymousId": "a", "event": "Order Completed", "properties": {"total": "much"}}, "contract", "total"),
        ({"type": "track", "anonymousId": "a", "event": "A", "properties": {"x": "y" * 40_000}}, "size", "bytes"),
        ({"type": "track", "anonymousId": "a", "event": "A", "properties": {f"p{n}": n for n in range(301)}}, "properties", "301"),
        ({"type": "track", "anonymousId": "a", "event": "A", "properties": {"x": json.loads("[" * 40 + "]" * 40)}}, "properties", "deep"),
    ],
)  # fmt: skip
def test_a_bad_event_is_refused_alone(item: Any, reason: str, place: str) -> None:
    good = {"type": "page", "anonymousId": "good"}
    first, refusal, last = decode({"batch": [good, item, good]})
    assert isinstance(first, Event)
    assert isinstance(last, Event)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason
    assert place in refusal.detail
    assert "\u0000" not in refusal.name


def test_deep_nesting_alone_or_in_a_batch_ends_nothing() -> None:
    deep = b'{"type":"track","event":"A","anonymousId":"a","properties":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}"
    assert decode(deep, "track")[0].reason == "properties"
    assert decode(b'{"batch":[' + deep + b"]}")[0].reason == "properties"


def test_a_million_properties_are_one_refusal() -> None:
    many = b",".join(b'"p%d":%d' % (n, n) for n in range(1_000_000))
    results = decode(b'{"event":"A","anonymousId":"a","properties":{' + many + b"}}", "track")
    assert [(type(r), r.reason) for r in results] == [(Refusal, "size")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"batch":7}', b"{}", b"\xff\xfe", b'{"batch":[{]}'])
def test_bodies_that_are_none_are_one_refusal(body: bytes) -> None:
    results = decode(body)
    assert len(results) == 1
    assert results[0].reason in {"json", "shape"}


def test_a_text_that_is_not_utf_8_spoils_its_event_only() -> None:
    body = b'{"batch":[{"type":"page","anonymousId":"a","name":"\xb1\xe8"},{"type":"page","anonymousId":"b"}]}'
    bad, good = decode(body)
    assert bad.reason == "json"
    assert isinstance(good, Event)


def test_an_unknown_source_is_refused() -> None:
    assert [result.reason for result in decode({"batch": [{}, {}]}, source="gone")] == ["source", "source"]


@pytest.mark.parametrize("place", ["properties", "traits", "context"])
def test_a_resident_number_is_refused_and_not_kept(place: str) -> None:
    number = "900131-1123452"
    item = {
        "type": "identify" if place == "traits" else "track",
        "event": "A",
        "userId": "u",
        place: {"note": f"it is {number}"},
    }
    refusal = decode({"batch": [item]})[0]
    assert (refusal.reason, refusal.name) == ("forbidden", "A")
    assert number.encode() not in refusal.raw
    assert b"1123452" not in refusal.raw
    assert number not in refusal.detail


def test_a_forbidden_field_is_refused_whatever_it_holds() -> None:
    refusal = decode({"batch": [{"type": "identify", "userId": "u", "traits": {"rrn": "next to the door"}}]})[0]
    assert refusal.reason == "forbidden"
    assert b"next to the door" not in refusal.raw


def test_no_detail_tells_a_personal_value() -> None:
    refusal = decode(
        {
            "batch": [
                {
                    "type": "track",
                    "event": "Order Completed",
                    "userId": "kim@naver.com",
                    "properties": {"revenue": "kim@naver.com"},
                }
            ]
        }
    )[0]
    assert "kim" not in refusal.detail


# ── Clocks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_a_year_off_is_corrected_by_when_it_was_sent() -> None:
    event = one(timestamp="2025-11-22T00:59:00Z", sentAt="2025-11-22T01:00:00Z")
    assert event.occurred_at == NOW - 60 * SECOND
    ahead = one(timestamp="2027-11-22T00:59:00Z", sentAt="2027-11-22T01:00:00Z")
    assert ahead.occurred_at == NOW - 60 * SECOND


def test_a_time_less_than_a_day_ahead_is_clamped_and_marked() -> None:
    event = one(timestamp="2026-11-22T20:00:00Z")
    assert (event.occurred_at, event.is_clamped) == (NOW, True)


def test_a_corrected_timestamp_is_kept_as_it_is() -> None:
    event = one(
        timestamp="2026-11-20T00:00:00Z", originalTimestamp="2026-11-19T00:00:00Z", sentAt="2026-11-21T00:00:00Z"
    )
    assert event.occurred_at == parse("2026-11-20T00:00:00Z")


def test_without_a_timestamp_it_occurred_when_it_was_received() -> None:
    assert one(sentAt="2020-01-01T00:00:00Z").occurred_at == NOW


def test_a_batch_s_sent_at_serves_each_event() -> None:
    body = {
        "batch": [{"type": "page", "anonymousId": "a", "timestamp": "2026-11-22T00:00:00Z"}],
        "sentAt": "2026-11-22T00:30:00Z",
    }
    assert decode(body)[0].occurred_at == NOW - HOUR // 2


def test_late_is_what_the_source_says() -> None:
    body = {"batch": [{"type": "page", "anonymousId": "a", "timestamp": "2026-11-21T20:00:00Z"}]}
    assert not decode(body)[0].is_late
    assert decode(body, source="till")[0].is_late


def test_the_local_date_is_of_the_workspaces_zone() -> None:
    assert one(timestamp="2026-11-21T16:00:00Z").local_date == parse("2026-11-22T00:00:00Z") // DAY


def test_a_long_message_id_is_hashed_and_still_tells_events_apart() -> None:
    a, b = one(messageId="x" * 101), one(messageId="x" * 102)
    assert a.event_id != b.event_id
    assert a.has_own_id
    assert len(a.event_id) <= 100
    assert a.event_id == one(messageId="x" * 101).event_id


# ── Imports and replays ────────────────────────────────────────────────────────────────────────────────────


def test_imported_rows_name_their_identifiers_by_kind() -> None:
    row = {"type": "track", "event": "Order Completed", "messageId": "row-1", "timestamp": "2016-03-01T10:00:00Z"}
    row |= {
        "identifiers": {"membership": 17, "email": ["A@b.cz", "c@d.kr"], "shoe": "9"},
        "properties": {"order_id": 3},
    }
    event = decode({"batch": [row]}, source="till", is_permanent=True)[0]
    assert event.identifiers == [("membership", "17"), ("email", "a@b.cz"), ("email", "c@d.kr")]
    assert event.is_permanent
    assert event.is_late


def test_a_refused_event_can_be_replayed_alone_and_keeps_its_time() -> None:
    item = {"type": "track", "event": "Order Completed", "anonymousId": "a", "timestamp": "2026-11-22T00:00:00Z"}
    body = {
        "batch": [{**item, "properties": {"total": "much"}}],
        "sentAt": "2026-11-22T00:10:00Z",
        "context": {"locale": "ko"},
    }
    refusal = decode(body)[0]
    cured = refusal.raw.replace(b'"much"', b"100")
    replayed = decoder().frame(Frame(9, NOW + DAY, [Record("web", "replay", replay_body(cured, refusal.received_at))]))[
        0
    ]
    assert isinstance(replayed, Event)
    assert replayed.occurred_at == NOW - 10 * 60 * SECOND
    assert replayed.context["locale"] == "ko"
    assert replayed.received_at == NOW + DAY
    assert not replayed.is_late


def test_a_single_call_that_is_refused_can_be_replayed_too() -> None:
    refusal = decode({"anonymousId": "a", "properties": {"total": "much"}, "event": "Order Completed"}, "track")[0]
    cured = refusal.raw.replace(b'"much"', b"100")
    replayed = decoder().frame(Frame(9, NOW, [Record("web", "replay", replay_body(cured, NOW))]))[0]
    assert isinstance(replayed, Event)
    assert replayed.type == "track"
