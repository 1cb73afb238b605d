"""A load generator in one process: raw HTTP/1.1 over keep-alive connections, bodies made before, ids patched in.

`python -m bench.load PORT KEY KIND SECONDS CONNECTIONS [RATE]` prints one line of JSON. Without a rate the loop is
closed: each connection sends as soon as it is answered. With a rate (requests/s) it is open: requests leave on time
whether or not earlier ones are answered, and an acknowledgement's delay counts from when it was due.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import time
from collections import deque

import uvloop

from bench.traffic import Traffic

BATCH = 100
CUSTOMERS = 100_000
_TICK_S = 0.001
"""uvloop's timers: to ask for less is to be called again at once, and to spin."""
_DONE = b'{"success":true}'


class Bodies:
    """Bodies without end: many made before, each time with other message ids, orders, e-mails, phones and people."""

    def __init__(self, kind: str, seed: int) -> None:
        traffic = Traffic(CUSTOMERS // 10, seed)
        if kind == "batch":
            made = [traffic.batch(BATCH) for _ in range(1_000)]
        else:
            made = [traffic.single().encode() for _ in range(20_000)]
        self._made = [_template(body) for body in made]
        self._next = 0
        self.events = BATCH if kind == "batch" else 1

    def next(self) -> bytes:
        """The next body; its ids were never sent before, its people are those of another tenth of the customers."""
        turn, index = divmod(self._next, len(self._made))
        self._next += 1
        body = self._made[index].replace(b"@@@@@@@@", b"%08x" % turn).replace(b"~", b"%d" % ((turn + index) % 9 + 1))
        return body.replace(b"$$$", b"%03d" % (200 + turn % 800))


def _template(body: bytes) -> bytes:
    """A body with places for the turn (`@@@@@@@@`, in phones `$$$`) and for the tenth of the customers (`~`)."""
    body = body.replace(b'"messageId":"', b'"messageId":"@@@@@@@@-').replace(b'"order_id":"', b'"order_id":"@@@@@@@@-')
    body = body.replace(b'"email":"fresh', b'"email":"fresh@@@@@@@@.')
    body = re.sub(rb'"phone":"010\d{3}(\d{5})"', rb'"phone":"010$$$\1"', body)
    body = re.sub(rb'"userId":"u(\d+)"', lambda found: b'"userId":"u~%04d"' % int(found[1]), body)
    return re.sub(rb'(8000-\d{7})\d(\d{4}")', rb"\1~\2", body)


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._heard = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment]
        self._load.free(self)

    def send(self, request: bytes, due: float) -> None:
        """Send one request; `due` is when it should have left."""
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer."""
        self._heard += data
        if self._heard.endswith(_DONE):
            self._load.answered(time.perf_counter() - self._due, self._heard)
            self._heard = b""
            self._load.free(self)
        elif b"\r\n\r\n" in self._heard and b" 200 " not in self._heard[:20]:
            raise SystemExit(f"the server said {self._heard[:300]!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The server may not hang up."""
        if not self._load.is_over:
            raise SystemExit(f"the server hung up: {exc}")


class Load:
    """One run of load."""

    def __init__(self, port: int, key: str, kind: str, rate: float | None) -> None:
        self._port = port
        token = base64.b64encode(f"{key}:".encode()).decode()
        path = "/v1/batch" if kind == "batch" else "/v1/track"
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Basic {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._bodies = Bodies(kind, seed=time.time_ns() % 1_000_000)
        self._rate = rate
        self._free: deque[Connection] = deque()
        self._due: deque[float] = deque()
        self._delays: list[float] = []
        self._bytes = 0
        self._late = 0
        self.is_over = False

    def free(self, connection: Connection) -> None:
        """A connection has nothing to do."""
        if self.is_over:
            return
        if self._rate is None:
            self._send(connection, time.perf_counter())
        elif self._due:
            self._late += 1
            self._send(connection, self._due.popleft())
        else:
            self._free.append(connection)

    def answered(self, delay: float, _answer: bytes) -> None:
        """Note an answer."""
        self._delays.append(delay)

    def _send(self, connection: Connection, due: float) -> None:
        body = self._bodies.next()
        self._bytes += len(body)
        connection.send(b"%s%d\r\n\r\n%s" % (self._head, len(body), body), due)

    async def run(self, seconds: float, connections: int) -> dict[str, float]:
        """Send for so long; figures without the first second."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        pacing = asyncio.create_task(self._pace()) if self._rate else None
        await asyncio.sleep(1.0)
        self._delays.clear()
        began, cpu, late = time.perf_counter(), time.process_time(), self._late
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        delays = sorted(self._delays)
        self.is_over = True
        if pacing is not None:
            pacing.cancel()
        count = len(delays)
        return {
            "events_s": count * self._bodies.events / took,
            "requests_s": count / took,
            "p50_ms": delays[count // 2] * 1000,
            "p99_ms": delays[int(count * 0.99)] * 1000,
            "max_ms": delays[-1] * 1000,
            "generator_cores": (time.process_time() - cpu) / took,
            "waited_for_a_connection": self._late - late,
            "bytes_event": self._bytes / max(1, self._bodies._next * self._bodies.events),  # noqa: SLF001
        }

    async def _pace(self) -> None:
        """Release requests on time, a few at once where the loop's clock (1 ms) is coarser than the rate."""
        due = time.perf_counter()
        while True:
            now = time.perf_counter()
            while due <= now:
                if self._free:
                    self._send(self._free.popleft(), due)
                else:
                    self._due.append(due)
                due += 1 / self._rate
            await asyncio.sleep(max(_TICK_S, due - time.perf_counter()))


def main(port: str, key: str, kind: str, seconds: str, connections: str, rate: str = "") -> None:
    """Run and print."""
    load = Load(int(port), key, kind, float(rate) if rate else None)
    print(json.dumps(uvloop.run(load.run(float(seconds), int(connections)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
