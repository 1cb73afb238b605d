"""A door served on a real socket over a log in memory that can be held and broken, and a client byte by byte."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

from itda.api.server import serve, server
from itda.api.tracking import Tracking
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
        self.is_asked = threading.Event()
        self.fault: Exception | None = None

    def append(self, records: Any, now: int) -> Appended:
        self.is_asked.set()
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


@contextlib.contextmanager
def opened() -> Iterator[Door]:
    """A door for one test."""
    turns_s = sys.getswitchinterval()
    door = Door()
    try:
        yield door
    finally:
        door.close()
        sys.setswitchinterval(turns_s)
