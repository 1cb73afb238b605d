"""What the fast lane does not wait for and does not gather: slow, silent and endless requests."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest
from tests.integration.doors.lane_door import EVENT, QUERY, Door, opened, post

from itda.api.lane import LARGEST_HEAD, SLOWEST_S


@pytest.fixture
def door() -> Iterator[Door]:
    with opened() as one:
        yield one


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
