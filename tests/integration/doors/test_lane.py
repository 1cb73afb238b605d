"""The fast lane on a real socket: what it takes itself, what it leaves, and that both ways answer alike."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

import pytest

from itda.api.lane import LARGEST_HEAD, SLOWEST_S
from itda.api.server import serve, server
from itda.api.tracking import Tracking
from itda.base.errors import Unavailable
from itda.store.memory import MemoryIntake
from itda.store.ports import Appended, Record

BASIC = b"Authorization: Basic " + base64.b64encode(b"web-key:") + b"\r\n"
EVENT = b'{"type":"track","event":"A","anonymousId":"a"}'
LIMIT = 300_000
QUERY = b"?writeKey=web-key"
"""A post with a query is not for the lane."""


class Log(MemoryIntake):
    """A log that can be held, broken and counted."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.fault: Exception | None = None

    def append(self, records: Any, now: int) -> Appended:
        assert self.go.wait(10)
        if self.fault is not None:
            raise self.fault
        return super().append(records, now)


class Client:
    """One connection, byte by byte."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send_slowly(self, first: bytes, rest: bytes, pieces: int) -> None:
        """So that the door reads the first bytes alone, and the others in some pieces."""
        self.send(first)
        time.sleep(0.1)
        step = -(-len(rest) // pieces)
        for start in range(0, len(rest), step):
            self.send(rest[start : start + step])
            time.sleep(0.002)

    def answer(self) -> tuple[int, dict[bytes, bytes], Any]:
        """The next answer: status, headers, body."""
        status = int(self.stream.readline().split()[1])
        headers = {}
        while (line := self.stream.readline().strip()) != b"":
            name, _, value = line.partition(b": ")
            headers[name] = value
        body = self.stream.read(int(headers.get(b"content-length", b"0")))
        return status, headers, json.loads(body) if body else None


class Door:
    """A served door."""

    def __init__(self) -> None:
        self.log = Log()
        self.tracking = Tracking(self.log, {"web-key": "web"}, lambda: 1_795_000_000_000_000, largest_body=LIMIT)
        self.by_application = 0
        self.stop = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._server = server(self._application, self.tracking, lifespan="off")
        self._thread = threading.Thread(target=serve, args=(self._server, self._listening, self.stop))
        self._address = self._listening.getsockname()
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        self.by_application += 1
        if scope["path"] == "/large":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            with contextlib.suppress(OSError):
                for _ in range(64):
                    await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
            return
        await self.tracking(scope, receive, send)

    def close(self) -> None:
        self.stop.set()
        self._thread.join(20)
        self.tracking.close()
        assert not self._thread.is_alive()

    def connect(self) -> Client:
        return Client(self._address)

    def ask(self, *pieces: bytes) -> tuple[int, dict[bytes, bytes], Any]:
        with self.connect() as client:
            for piece in pieces:
                client.send(piece)
                if len(pieces) > 1:
                    time.sleep(0.02)
            return client.answer()

    def later(self, seconds: float) -> None:
        """Look at every connection as if it were so much later."""
        for lane in list(self._server.server_state.connections):
            lane.loop.call_soon_threadsafe(lane.end_if_slow, time.monotonic() + seconds)

    @property
    def connections(self) -> int:
        return len(self._server.server_state.connections)

    def until_alone(self) -> None:
        until = time.monotonic() + 10
        while self.connections and time.monotonic() < until:
            time.sleep(0.01)
        assert self.connections == 0

    @property
    def records(self) -> list[Record]:
        return [record for frame in self.log.read(0, 1 << 30) for record in frame.records]


def post(body: bytes = EVENT, *, path: bytes = b"/v1/track", key: bytes = BASIC, headers: bytes = b"") -> bytes:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: shop\r\n" + key + headers
    return head + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


@pytest.fixture
def door() -> Iterator[Door]:
    turns_s = sys.getswitchinterval()
    opened = Door()
    yield opened
    opened.close()
    sys.setswitchinterval(turns_s)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(), 200),
        (post(path=b"/v1/track/"), 200),
        (post(b'{"batch":[' + EVENT + b"," + EVENT + b"]}", path=b"/v1/batch"), 200),
        (post(gzip.compress(EVENT), headers=b"Content-Encoding: gzip\r\n"), 200),
        (post(b'{"writeKey":"web-key"}', key=b""), 200),
        (post(key=b"X-Write-Key: web-key\r\n"), 200),
        (post(key=b""), 401),
        (post(key=b"Authorization: Basic bm9ib2R5Og==\r\n"), 401),
        (post(b"{"), 400),
        (post(b"[1]"), 400),
        (post(b""), 400),
        (post(gzip.compress(EVENT)[:-3]), 400),
        (post(b'{"x":"' + b"y" * LIMIT + b'"}'), 413),
        (post(gzip.compress(b" " * (LIMIT + 1))), 413),
    ],
)
def test_both_ways_give_the_same_answer(door: Door, request_: bytes, status: int) -> None:
    fast = door.ask(request_)
    assert (fast[0], door.by_application) == (status, 0)
    slow = door.ask(request_.replace(b" HTTP/1.1", b"?any=thing HTTP/1.1"))
    assert door.by_application == 1
    assert (slow[0], slow[2]) == (fast[0], fast[2])
    assert slow[1].keys() == fast[1].keys()
    records = door.records
    assert records == records[:1] * (2 if status == 200 else 0)


def test_an_answer_has_a_date_and_its_position_and_may_be_read_by_any_page(door: Door) -> None:
    _, headers, body = door.ask(post())
    assert body == {"success": True}
    assert headers[b"date"].endswith(b"GMT")
    assert headers[b"x-itda-position"] == b"1"
    assert headers[b"access-control-allow-origin"] == b"*"
    assert headers[b"content-type"] == b"application/json"


@pytest.mark.parametrize(
    "request_",
    [
        b"OPTIONS /v1/track HTTP/1.1\r\nHost: shop\r\n\r\n",
        b"GET /v1/track HTTP/1.1\r\nHost: shop\r\n\r\n",
        post(path=b"/v1/track" + QUERY, key=b""),
        post().replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_what_is_no_plain_post_goes_the_application_s_way(door: Door, request_: bytes) -> None:
    status, _, _ = door.ask(request_)
    assert status in {200, 204, 405}
    assert door.by_application == 1


def test_a_proxy_s_word_for_the_client_s_address_is_taken_by_both_ways(door: Door) -> None:
    told = b"X-Forwarded-For: 198.51.100.7, 203.0.113.77\r\nX-Forwarded-For: 127.0.0.1\r\n"
    door.ask(post(headers=told))
    door.ask(post(headers=told, path=b"/v1/track" + QUERY))
    door.ask(post(headers=b"X-Forwarded-For: \r\n"))
    assert [record.address for record in door.records] == ["203.0.113.0", "203.0.113.0", "127.0.0.0"]
    assert door.by_application == 1


def test_who_waits_to_be_told_to_send_its_body_is_told(door: Door) -> None:
    whole = post(headers=b"Expect: 100-continue\r\n")
    head = whole.removesuffix(EVENT)
    with door.connect() as client:
        client.send(head)
        assert client.stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert client.stream.readline() == b"\r\n"
        client.send(EVENT)
        assert client.answer()[0] == 200


def test_a_body_may_come_in_pieces_of_any_size(door: Door) -> None:
    whole = post()
    assert door.ask(*(whole[start : start + 40] for start in range(0, len(whole), 40)))[0] == 200
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (EVENT[:7], EVENT[7:8], EVENT[8:])) + b"0\r\n\r\n"
    head = post().partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    assert door.ask(head + chunks)[0] == 200
    assert [record.body for record in door.records] == [EVENT, EVENT]
    assert door.by_application == 0


def test_a_body_without_a_length_is_limited_and_the_connection_goes_on(door: Door) -> None:
    head = post().partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"%x\r\n%b\r\n" % (10_000, b"x" * 10_000)
    with door.connect() as client:
        client.send(head + piece * 40 + b"0\r\n\r\n")
        assert client.answer()[0] == 413
        client.send(post())
        assert client.answer()[0] == 200
    assert len(door.records) == 1


def test_a_refusal_before_the_body_came_does_not_end_the_connection(door: Door) -> None:
    with door.connect() as client:
        refused = post(EVENT, key=b"X-Write-Key: nobody\r\n")
        client.send(refused[:-10])
        assert client.answer()[0] == 401
        client.send(refused[-10:] + post())
        assert client.answer()[0] == 200
    assert len(door.records) == 1


def test_requests_sent_without_waiting_are_answered_in_order(door: Door) -> None:
    door.log.go.clear()
    with door.connect() as client:
        client.send(post() + post(b"{") + post(key=b"X-Write-Key: nobody\r\n") + post(path=b"/v1/t"))
        time.sleep(0.2)
        door.log.go.set()
        assert [client.answer()[0] for _ in range(4)] == [200, 400, 401, 200]
    assert [record.call for record in door.records] == ["track", "track"]


def test_a_connection_that_is_to_be_closed_is_closed_after_its_answer(door: Door) -> None:
    with door.connect() as client:
        client.send(post(headers=b"Connection: close\r\n"))
        status, headers, _ = client.answer()
        assert (status, headers[b"connection"]) == (200, b"close")
        assert client.stream.read() == b""


def test_many_at_once_share_frames_and_each_learns_its_own(door: Door) -> None:
    door.log.go.clear()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(door.connect()) for _ in range(40)]
        for client in clients:
            client.send(post())
        time.sleep(0.3)
        door.log.go.set()
        told = [int(client.answer()[1][b"x-itda-position"]) for client in clients]
    frames = door.log.read(0, 1 << 30)
    assert len(frames) < 10
    assert sorted(told) == sorted(frame.position for frame in frames for _ in frame.records)


def test_a_client_that_hangs_up_takes_no_other_with_it(door: Door) -> None:
    door.log.go.clear()
    with door.connect() as stays:
        with door.connect() as gone:
            gone.send(post())
            stays.send(post())
            time.sleep(0.2)
        time.sleep(0.2)
        door.log.go.set()
        assert stays.answer()[0] == 200
    until = time.monotonic() + 10
    while len(door.records) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    assert len(door.records) == 2


def test_a_log_that_is_away_is_503_and_a_bug_500_and_both_pass(door: Door) -> None:
    door.log.fault = Unavailable("gone", retry_after_s=3)
    status, headers, _ = door.ask(post())
    assert (status, headers[b"retry-after"]) == (503, b"3")
    door.log.fault = KeyError("a bug")
    assert door.ask(post())[0] == 500
    door.log.fault = None
    assert door.ask(post())[0] == 200


def test_what_is_no_http_is_400_and_ends(door: Door) -> None:
    with door.connect() as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        assert client.stream.readline().startswith(b"HTTP/1.1 400")


def test_who_keeps_us_waiting_for_a_request_is_hung_up_on(door: Door) -> None:
    whole = post()
    with door.connect() as silent, door.connect() as half, door.connect() as bare, door.connect() as between:
        half.send(whole[:30])
        bare.send(whole[:-5])
        between.send(whole)
        assert between.answer()[0] == 200
        door.later(SLOWEST_S - 5)
        time.sleep(0.1)
        between.send(whole)
        assert between.answer()[0] == 200
        door.later(SLOWEST_S + 5)
        for client in (silent, half, bare):
            assert client.answer()[0] == 408
            assert client.stream.read() == b""
        between.send(whole)
        assert between.answer()[0] == 200


def test_who_sends_an_empty_line_in_place_of_a_request_is_hung_up_on(door: Door) -> None:
    with door.connect() as client:
        client.send(post())
        assert client.answer()[0] == 200
        client.send(b"\r\n")
        time.sleep(0.1)
        door.later(0)
        door.later(SLOWEST_S - 5)
        time.sleep(0.1)
        client.send(post())
        assert client.answer()[0] == 200
        client.send(b"\r\n")
        time.sleep(0.1)
        door.later(0)
        door.later(SLOWEST_S + 5)
        assert client.answer()[0] == 408
        assert client.stream.read() == b""


def test_who_does_not_take_its_answer_is_hung_up_on(door: Door) -> None:
    with door.connect() as client:
        client.send(b"GET /large HTTP/1.1\r\nHost: shop\r\n\r\n")
        time.sleep(0.3)
        door.later(0)
        door.later(SLOWEST_S - 5)
        time.sleep(0.1)
        assert door.connections == 1
        door.later(SLOWEST_S + 5)
        door.until_alone()


@pytest.mark.parametrize("query", [b"", QUERY], ids=["lane", "application"])
@pytest.mark.parametrize("pieces", [1, 40])
def test_a_head_that_is_too_large_is_431_and_ends(door: Door, query: bytes, pieces: int) -> None:
    fits = post(path=b"/v1/track" + query, headers=b"X-Long: " + b"y" * (LARGEST_HEAD // 2) + b"\r\n")
    large = post(path=b"/v1/track" + query, headers=(b"X-Long: " + b"y" * 4_000 + b"\r\n") * 20)
    with door.connect() as client:
        client.send(fits)
        assert client.answer()[0] == 200
        if pieces == 1:
            client.send(large)
        else:
            client.send_slowly(large[:1_000], large[1_000 : 1_000 + LARGEST_HEAD + 1], pieces)
        status, headers, body = client.answer()
        assert (status, headers[b"connection"]) == (431, b"close")
        assert "65,536" in body["error"]
    assert len(door.records) == 1


@pytest.mark.parametrize("start", [b"GET /", b"POST /v1/track HTTP/1.1\r\nX-Endless: "])
def test_a_head_that_never_ends_is_not_gathered(door: Door, start: bytes) -> None:
    with door.connect() as client:
        client.send_slowly(start, b"y" * (LARGEST_HEAD + 1), 8)
        assert client.answer()[0] == 431


def test_trailers_that_never_end_are_not_gathered(door: Door) -> None:
    head = post().partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n\r\n"
    with door.connect() as client:
        client.send_slowly(head + b"%x\r\n%b\r\n0\r\nX-Endless: " % (len(EVENT), EVENT), b"y" * (LARGEST_HEAD + 200), 8)
        assert client.answer()[0] == 431
    assert door.records == []


def test_a_request_with_a_large_head_behind_another_leaves_that_one_alone(door: Door) -> None:
    door.log.go.clear()
    with door.connect() as client:
        client.send(post(path=b"/v1/track" + QUERY) + post(headers=b"X-Long: " + b"y" * LARGEST_HEAD + b"\r\n"))
        time.sleep(0.2)
        door.log.go.set()
        with contextlib.suppress(OSError):
            assert client.stream.read() == b""
    patience = time.monotonic() + 5  # the connection ends while the log still writes
    while not door.records and time.monotonic() < patience:
        time.sleep(0.01)
    assert [record.body for record in door.records] == [EVENT]


def test_closing_waits_for_what_is_under_way() -> None:
    door = Door()
    door.log.go.clear()
    with door.connect() as client:
        client.send(post())
        time.sleep(0.2)
        door.stop.set()
        time.sleep(0.3)
        door.log.go.set()
        status, headers, _ = client.answer()
        assert (status, headers[b"connection"]) == (200, b"close")
    door.close()
    assert len(door.records) == 1
