"""The tracking door: what it takes, what it answers, and what reaches the log."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from itda.api.gpc import Heard
from itda.api.keys import Keys
from itda.api.pressure import Pressure
from itda.api.tracking import PATHS, Answer, Tracking
from itda.base.errors import Unavailable
from itda.base.instant import DAY
from itda.engine.backlog import FARTHEST, Backlog
from itda.sources.wire import MOST_ITEMS
from itda.store.memory import MemoryIntake
from itda.store.ports import Appended, Record

CAPTURED = json.loads((Path(__file__).parents[2] / "wire" / "captured.json").read_text())
KEYS = {"web-key": "web", "WKjitsu": "web", "phc_testkey": "web"} | dict.fromkeys(
    ("WKrudnode", "WKrudpy", "WKsegnode", "WKsegpy"), "web"
)
BODY = {"type": "track", "event": "A", "anonymousId": "a"}


def basic(key: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


class Door:
    """A door over a log in memory, asked without a socket."""

    def __init__(self, intake: Any = None, **settings: Any) -> None:
        self.intake = intake or MemoryIntake()
        self.tracking = Tracking(self.intake, KEYS, lambda: 1_795_000_000_000_000, **settings)

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self.all([(method, path, request)])[0]

    def post(self, path: str, body: Any = None, **request: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(BODY if body is None else body).encode()
        request.setdefault("headers", basic("web-key"))
        return self.ask("POST", path, content=content, **request)

    def all(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        async def run() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.tracking, client=("203.0.113.77", 1234))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
                return await asyncio.gather(*(client.request(method, path, **more) for method, path, more in requests))

        try:
            return asyncio.run(run())
        finally:
            self.tracking.close()
            self.tracking._commit = None

    @property
    def records(self) -> list[Record]:
        return [record for frame in self.intake.read(0, 1 << 30) for record in frame.records]


@pytest.mark.parametrize("request_", CAPTURED, ids=lambda r: f"{r['client']} {r['path']} {r['events']}")
def test_the_captured_requests_are_taken(request_: dict) -> None:
    door = Door()
    body = base64.b64decode(request_["body_base64"])
    answer = door.ask("POST", request_["path"], content=body, headers=dict(request_["headers"]))
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["x-itda-position"] == "1"
    assert json.loads(door.records[0].body)


@pytest.mark.parametrize("path", sorted(PATHS))
def test_every_path_is_one_call_with_or_without_a_slash_at_its_end(path: str) -> None:
    door = Door()
    assert [door.post(path).status_code, door.post(path + "/").status_code] == [200, 200]
    assert {record.call for record in door.records} == {PATHS[path]}


@pytest.mark.parametrize(
    ("path", "call"),
    [("/v1/t", "track"), ("/v1/i", "identify"), ("/v1/p", "page"), ("/v1/g", "group"), ("/v1/a", "alias"),
     ("/v1/s", "screen"), ("/v1/b", "batch"), ("/v1/import", "batch"), ("/api/s/s2s/track", "track")],
)  # fmt: skip
def test_short_forms_and_synonyms(path: str, call: str) -> None:
    assert PATHS[path] == call


# ── Keys ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headers", "body", "query"),
    [
        (basic("web-key"), {}, ""),
        ({"authorization": "Basic " + base64.b64encode(b"web-key").decode()}, {}, ""),
        ({"authorization": "Bearer web-key"}, {}, ""),
        ({"x-write-key": "web-key"}, {}, ""),
        ({"x-write-key": "web-key:secret"}, {}, ""),
        ({}, {"writeKey": "web-key"}, ""),
        ({}, {"api_key": "web-key"}, ""),
        ({}, {}, "?writeKey=web-key"),
        ({"content-type": "text/plain"}, {"writeKey": "web-key"}, ""),
    ],
)
def test_every_form_of_a_write_key(headers: dict, body: dict, query: str) -> None:
    door = Door()
    assert door.post("/v1/track" + query, {**BODY, **body}, headers=headers).status_code == 200
    assert door.records[0].source == "web"


def test_a_query_of_countless_fields_is_401_unless_a_header_has_the_key() -> None:
    door = Door()
    query = "?" + "&".join(f"f{index}=1" for index in range(60))
    assert door.post("/v1/track" + query, headers={}).status_code == 401
    assert door.post("/v1/track" + query).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{}, basic("wrong"), {"x-write-key": "wrong"}, {"authorization": "Basic ???"}, {"authorization": "Digest x"}],
)
def test_an_unknown_key_is_401_and_nothing_is_written(headers: dict) -> None:
    door = Door()
    answer = door.post("/v1/track", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == "unknown write key"
    assert door.records == []


# ── Bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body", [b"", b"{", b"not json", b"[1]", b"7", b'"text"', b"null", b'{"a":NaN}', b"[" * 100_000]
)
def test_what_is_no_json_object_is_400(body: bytes) -> None:
    door = Door()
    assert door.post("/v1/track", body).status_code == 400
    assert door.post("/v1/batch", body).status_code == 400
    assert door.records == []


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\uDE00 first", "\ufffd first"),
        (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\\ud83d stays", r"\ud83d stays"),
    ],
)
def test_half_an_emoji_costs_neither_its_event_nor_its_batch(written: bytes, kept: str) -> None:
    door = Door()
    event = b'{"type":"track","event":"A","anonymousId":"a","properties":{"text":"' + written + b'","cut":"\\ud83d"}}'
    assert door.post("/v1/batch", b'{"batch":[' + event + b"]}").status_code == 200
    assert door.post("/v1/track", event).status_code == 200
    batch, one = (json.loads(record.body) for record in door.records)
    assert batch["batch"] == [one]
    assert one["properties"] == {"text": kept, "cut": "\ufffd"}


def test_half_an_emoji_mends_nothing_else_that_is_broken() -> None:
    door = Door()
    assert door.post("/v1/track", rb'{"event":"\ud83d').status_code == 400
    assert door.post("/v1/track", b'{"a":"' + rb"\ud83d" * 200_000 + b'"}').status_code == 400
    assert door.records == []


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch", "/batch"])
def test_an_event_nested_too_deep_to_be_read_is_taken_for_the_quarantine(path: str) -> None:
    door = Door()
    deep = b'{"event":"A","anonymousId":"a","properties":{"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}}"
    body = b'{"batch":[' + deep + b"," + json.dumps(BODY).encode() + b"]}" if path.endswith("batch") else deep
    assert door.post(path, body).status_code == 200
    assert [record.body for record in door.records] == [body]


@pytest.mark.parametrize("body", [{}, {"batch": 7}, {"batch": []}, {"batch": [7]}, {"batch": None}, {"writeKey": 7}])
def test_an_object_of_the_wrong_shape_is_taken_for_the_quarantine(body: dict) -> None:
    assert Door().post("/v1/batch", body).status_code == 200


@pytest.mark.parametrize("headers", [{"content-encoding": "gzip"}, {}])
def test_gzip_is_told_by_its_header_or_its_first_bytes(headers: dict) -> None:
    door = Door()
    body = gzip.compress(json.dumps(BODY).encode())
    assert door.post("/v1/track", body, headers={**basic("web-key"), **headers}).status_code == 200
    assert json.loads(door.records[0].body) == BODY


def test_deflate_is_read_and_a_header_without_gzip_behind_it_does_no_harm() -> None:
    door = Door()
    headers = basic("web-key")
    deflated = zlib.compress(json.dumps(BODY).encode())
    assert door.post("/v1/track", deflated, headers={**headers, "content-encoding": "deflate"}).status_code == 200
    assert door.post("/v1/track", headers={**headers, "content-encoding": "gzip"}).status_code == 200


@pytest.mark.parametrize("cut", [3, 15, -3])
def test_broken_gzip_is_400(cut: int) -> None:
    assert Door().post("/v1/track", gzip.compress(json.dumps(BODY).encode())[:cut]).status_code == 400


def test_a_bomb_is_413_and_is_not_inflated() -> None:
    bomb = gzip.compress(b" " * (64 << 20))
    assert len(bomb) < 100_000
    assert Door().post("/v1/batch", bomb).status_code == 413


def test_a_body_over_the_limit_is_413() -> None:
    door = Door(largest_body=10_000)
    assert door.post("/v1/track", {**BODY, "x": "y" * 10_000}).status_code == 413
    assert door.post("/v1/track", {**BODY, "x": "y" * 8_000}).status_code == 200


def test_a_body_in_pieces_without_a_length_is_limited_too() -> None:
    async def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 1000

    assert (
        Door(largest_body=10_000).ask("POST", "/v1/track", content=pieces(), headers=basic("web-key")).status_code
        == 413
    )


def test_a_byte_order_mark_does_not_matter() -> None:
    assert Door().post("/v1/track", b"\xef\xbb\xbf" + json.dumps(BODY).encode()).status_code == 200


def test_the_network_address_is_kept_without_its_last_part() -> None:
    door = Door()
    door.post("/v1/track")
    assert door.records[0].address == "203.0.113.0"


# ── Browsers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_browsers_may_send_from_any_page() -> None:
    door = Door()
    preflight = door.ask("OPTIONS", "/v1/t", headers={"origin": "https://shop.example"})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert door.post("/v1/t").headers["access-control-allow-origin"] == "*"
    assert door.post("/v1/t", b"{").headers["access-control-allow-origin"] == "*"


def test_other_methods_are_405() -> None:
    assert Door().ask("GET", "/v1/track", headers=basic("web-key")).status_code == 405


# ── The log ────────────────────────────────────────────────────────────────────────────────────────────────────────


class SlowIntake(MemoryIntake):
    """A log whose first write waits until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def append(self, records: Any, now: int) -> Appended:
        assert self.go.wait(10)
        return super().append(records, now)


class AwayIntake(MemoryIntake):
    """A log that cannot be written."""

    def append(self, records: Any, now: int) -> Appended:
        raise Unavailable("gone", retry_after_s=3)


def test_requests_that_come_together_share_frames_and_each_learns_its_own() -> None:
    door = Door(intake=SlowIntake())
    threading.Timer(0.2, door.intake.go.set).start()
    body = json.dumps(BODY).encode()
    answers = door.all([("POST", "/v1/track", {"content": body, "headers": basic("web-key")})] * 40)
    assert [answer.status_code for answer in answers] == [200] * 40
    frames = door.intake.read(0, 1 << 30)
    assert len(frames) < 10
    assert sum(len(frame.records) for frame in frames) == 40
    told = [int(answer.headers["x-itda-position"]) for answer in answers]
    assert sorted(told) == sorted(frame.position for frame in frames for _ in frame.records)


def test_nothing_is_acknowledged_before_it_is_written() -> None:
    door = Door(intake=SlowIntake())

    async def run() -> bool:
        transport = httpx.ASGITransport(door.tracking)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            asked = asyncio.create_task(client.post("/v1/track", json=BODY, headers=basic("web-key")))
            done, _ = await asyncio.wait([asked], timeout=0.3)
            door.intake.go.set()
            await asked
            return not done

    assert asyncio.run(run())


def test_a_log_that_is_away_is_503_with_retry_after_and_works_again() -> None:
    answer = Door(intake=AwayIntake()).post("/v1/track")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


def test_a_client_that_hangs_up_takes_no_other_with_it() -> None:
    door = Door(intake=SlowIntake())

    async def run() -> int:
        transport = httpx.ASGITransport(door.tracking)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            gone = asyncio.create_task(client.post("/v1/track", json=BODY, headers=basic("web-key")))
            stays = asyncio.create_task(client.post("/v1/track", json=BODY, headers=basic("web-key")))
            await asyncio.sleep(0.1)
            gone.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await gone
            door.intake.go.set()
            return (await stays).status_code

    assert asyncio.run(run()) == 200
    assert len(door.records) == 2


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (Backlog(10, 10, 0, 100 << 30), 200),
        (Backlog(10, 10, 0, 1 << 20), 503),
        (Backlog(10, 1, FARTHEST + 1, 100 << 30), 429),
        (Backlog(10, 1, 2 << 30, 3 << 30), 429),
    ],
)
def test_under_pressure_a_door_says_when_to_come_again(state: Backlog, status: int) -> None:
    verdict = Pressure(lambda: state).judge()
    answer = Door(pressure=lambda: verdict).post("/v1/track")
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status != 200)


def test_a_database_that_does_not_answer_is_pressure() -> None:
    def away() -> Backlog:
        raise Unavailable("gone", retry_after_s=2)

    verdict = Pressure(away).judge()
    assert isinstance(verdict, Answer)
    assert (verdict.status, verdict.retry_s) == (503, 2)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() <= before + 1


def test_a_batch_of_more_events_than_are_read_is_413() -> None:
    door = Door()
    events = b",".join([b'{"type":"page","userId":"u"}'] * (MOST_ITEMS + 1))
    assert door.post("/v1/batch", b'{"batch":[' + events + b"]}").status_code == 413
    assert door.records == []


def test_a_header_longer_than_any_client_sends_is_not_remembered() -> None:
    keys = Keys(KEYS)
    assert keys.of_authorization(b"Basic " + b"A" * 5_000) is None
    assert keys.of_authorization(b"Basic " + base64.b64encode(b"web-key:" + b"x" * 5_000)) == "web"
    assert keys._headers == {}


def test_t26_gpc_is_told_to_the_log_once_a_day_for_a_device_and_its_user_and_the_answer_says_so() -> None:
    door = Door()
    said = basic("web-key") | {"Sec-GPC": "1"}
    for _ in range(2):
        answer = door.post("/v1/track", {**BODY, "userId": "u1"}, headers=said)
        assert answer.headers["x-itda-opt-out"] == "sale_share"
    door.post("/v1/track", {**BODY, "userId": "u1"}, headers=basic("web-key") | {"Sec-GPC": "0"})
    assert "x-itda-opt-out" not in door.post("/v1/track").headers
    bodies = [json.loads(record.body) for record in door.records]
    acts = [one for body in bodies for one in body.get("batch", ()) if one["event"] == "Consent Changed"]
    assert [(one["anonymousId"], one["userId"], one["properties"]) for one in acts] == [
        ("a", "u1", {"purpose": "sale_share", "channel": "any", "is_given": False, "collector": "gpc"})
    ]
    assert len(bodies) == 5


def test_the_id_of_a_gpc_act_is_the_same_in_every_door_of_a_shop_and_names_nobody() -> None:
    told = []
    for seed in (b"s" * 32, b"s" * 32, b"t" * 32):
        door = Door(seed=seed)
        body = {**BODY, "anonymousId": "device-7", "userId": "kim@mail.kr"}
        door.post("/v1/track", body, headers=basic("web-key") | {"Sec-GPC": "1"})
        (act,) = json.loads(door.records[0].body)["batch"]
        told.append(act["messageId"])
    assert told[0] == told[1] != told[2]
    assert not any(name in one for one in told for name in ("kim@mail.kr", "device-7"))


def test_what_gpc_is_remembered_by_is_small_however_long_a_device_calls_itself() -> None:
    heard = Heard(b"s" * 32)
    batch = [{"type": "track", "event": "x", "anonymousId": f"{number}" + "a" * 20_000} for number in range(20)]
    body = msgspec.json.encode({"batch": batch})
    tracemalloc.start()
    try:
        for day in range(5):
            said = heard.untold(Record("web", "batch", body), day * DAY)
            heard.told(said)
            assert (len(said), heard.untold(Record("web", "batch", body), day * DAY)) == (20, [])
            del said
        assert tracemalloc.get_traced_memory()[0] < 1 << 20
    finally:
        tracemalloc.stop()


def test_gpc_that_could_not_be_told_to_the_log_is_told_with_the_next_try() -> None:
    class Away(MemoryIntake):
        is_away = True

        def append(self, records: Any, now: int) -> Appended:
            if self.is_away:
                raise Unavailable("gone", retry_after_s=2)
            return super().append(records, now)

    intake = Away()
    door = Door(intake)
    said = basic("web-key") | {"Sec-GPC": "1"}
    assert door.post("/v1/track", headers=said).status_code == 503
    intake.is_away = False
    assert door.post("/v1/track", headers=said).status_code == 200
    assert [record.call for record in door.records] == ["batch", "track"]


@pytest.mark.parametrize("path", ["/capture", "/e/", "/batch/", "/i/v0/e/"])
def test_gpc_is_heard_on_the_paths_of_posthog_too(path: str) -> None:
    door = Door()
    event = {"event": "viewed", "distinct_id": "d1", "properties": {"$device_id": "d1"}}
    body = {"api_key": "web-key", **({"batch": [event]} if "batch" in path else event)}
    answer = door.post(path, body, headers={"Sec-GPC": "1"})
    assert (answer.status_code, answer.headers["x-itda-opt-out"]) == (200, "sale_share")
    told = [json.loads(record.body) for record in door.records if record.call == "batch"]
    (act,) = [one for body in told for one in body["batch"] if one["event"] == "Consent Changed"]
    assert (act["anonymousId"], act["properties"]["purpose"]) == ("d1", "sale_share")
