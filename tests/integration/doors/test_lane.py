"""The fast lane on a real socket: what it takes itself, what it leaves, and that both ways answer alike."""

from __future__ import annotations

import contextlib
import gzip
import time
from collections.abc import Iterator

import pytest
from tests.integration.doors.lane_door import EVENT, LIMIT, QUERY, Door, opened, post

from itda.base.errors import Unavailable


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as one:
        yield one


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
            assert door.log.is_asked.wait(10)
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


def test_closing_waits_for_what_is_under_way() -> None:
    door = Door()
    door.log.go.clear()
    with door.connect() as client:
        client.send(post())
        assert door.log.is_asked.wait(10)
        door.stop.set()
        time.sleep(0.3)
        door.log.go.set()
        status, headers, _ = client.answer()
        assert (status, headers[b"connection"]) == (200, b"close")
    door.close()
    assert len(door.records) == 1
