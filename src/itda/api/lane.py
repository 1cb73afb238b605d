"""The fast lane: a plain post to the tracking API is answered as it is parsed, without an ASGI call around it.

Everything else on the same connections (other paths and methods, a query, `Expect`, a request sent before the one
before it was answered) goes uvicorn's way into the application, where the same `Tracking` answers the same. A post by
the lane costs half of the processor time.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from itda.api import gpc
from itda.api.tracking import PATHS, SUCCESS, SUCCESS_HEADERS, Answer, Tracking, away, refusal
from itda.base.errors import Unavailable
from itda.sources.surroundings import shorten

_CALLS = {path.encode() + end: call for path, call in PATHS.items() for end in (b"", b"/")}
SLOWEST_S = 60.0
"""Seconds within which a request has to be there once its connection is open or its first byte came, and within which
an answer has to be taken."""
LARGEST_HEAD = 64 << 10
"""Bytes of a request's address and headers, and of what comes with its body and is none: frames of chunks, trailers."""
_log = logging.getLogger(__name__)
_TOO_SLOW = STATUS_LINE[408] + b"connection: close\r\ncontent-length: 0\r\n\r\n"


class Post:
    """One post under way. It stands where uvicorn keeps its own request, with the attributes uvicorn looks at."""

    __slots__ = (
        "address",
        "body",
        "call",
        "disconnected",
        "encoding",
        "keep_alive",
        "message_event",
        "response_complete",
        "source",
    )

    def __init__(self, call: str, *, keep_alive: bool, message_event: asyncio.Event) -> None:
        self.call = call
        self.source: str | None = None
        self.address = ""
        self.encoding = b""
        self.body: bytes | bytearray = b""
        self.keep_alive = keep_alive
        self.message_event = message_event
        self.disconnected = False
        self.response_complete = False


class Lane(HttpToolsProtocol):
    """uvicorn's protocol with the lane beside it; `partial(Lane, tracking)` is what `uvicorn.Config(http=…)` takes."""

    def __init__(self, tracking: Tracking, **given: Any) -> None:
        super().__init__(**given)
        self._tracking = tracking
        self._post: Post | None = None
        self._event = asyncio.Event()
        self._head_of: list[tuple[bytes, bytes]] | None = None
        self._head = b""
        self._since: float | None = self.loop.time()
        """Since when a request is awaited that has begun, or a first one that has not."""
        self._untaken_since: float | None = None
        self._read = self._beside = 0
        """Bytes read just now, and those read since a request began that are no body."""

    def end_if_slow(self, now: float) -> None:
        """Hang up on who keeps us waiting, for a request or to take what we said. `now` is the loop's time."""
        if self.transport.is_closing() or self.flow.write_paused:
            if self._untaken_since is None:
                self._untaken_since = now
            elif now - self._untaken_since > SLOWEST_S:
                self.transport.abort()  # to close it would wait for what is not taken
            return
        if self._since is None:
            if self.timeout_keep_alive_task is None and self._is_answered():
                self._since = now  # what came last began no request: an empty line, or bytes after an upgrade
        elif now - self._since > SLOWEST_S:
            if self._post is not None or self._is_answered():
                self.transport.write(_TOO_SLOW)
            self.transport.close()

    def resume_writing(self) -> None:
        """Some of what we said was taken."""
        self._untaken_since = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Read on; refuse a request that is more head than any needs."""
        self._read = len(data)
        self._beside += len(data)
        super().data_received(data)
        if self._beside > LARGEST_HEAD and self._since is not None and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._since = self.loop.time()
        self._beside = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Take the request into the lane, or leave it to uvicorn."""
        if self._beside + self._read > LARGEST_HEAD and self._head_bytes() > LARGEST_HEAD:
            self._refuse_head()
            return
        call = _CALLS.get(self.url)
        if call is None or not self._is_plain():
            self._post = None
            super().on_headers_complete()
            return
        post = Post(call, keep_alive=self.parser.should_keep_alive(), message_event=self._event)
        self._post = self.cycle = post  # type: ignore[assignment]  # uvicorn asks it for no more than it has
        try:
            post.source, post.encoding = self._tracking.admit(self.headers, b"")
            post.address = shorten(self._client())
        except Answer as answer:
            self._refuse(post, answer)

    def on_body(self, body: bytes) -> None:
        """Gather the body; answer as soon as it is over the limit."""
        post = self._post
        self._beside -= 2 * len(body)  # as much again may be the frames of its chunks
        if post is None:
            super().on_body(body)
        elif post.response_complete:
            return
        elif len(post.body) + len(body) > self._tracking.largest_body:
            post.body = b""
            self._refuse(post, self._tracking.too_large())
        elif post.body:
            if isinstance(post.body, bytes):
                post.body = bytearray(post.body)
            post.body += body
        else:
            post.body = body

    def on_message_complete(self) -> None:
        """Hand the body over to the log."""
        self._since = None
        post = self._post
        if post is None:
            super().on_message_complete()
            return
        self._post = None
        if post.response_complete:
            return
        tracking = self._tracking
        try:
            body, post.body = bytes(post.body), b""
            record, events = tracking.record(post.call, post.source, post.encoding, body, post.address)
            tracking.commit.add(record, events, partial(self._told, post))
        except Answer as answer:
            self._refuse(post, answer)
        except Unavailable as error:
            self._refuse(post, away(error))
        except Exception:  # noqa: BLE001 - the parser would call it bad HTTP, and clients give up what is bad
            _log.exception("a post could not be taken")
            self._refuse(post, Answer(500, "an error of ours; send again"))

    def _is_plain(self) -> bool:
        parser = self.parser
        return (
            parser.get_method() == b"POST"
            and self._is_answered()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and not gpc.is_said(self.headers)  # what it asks for beside its events is the ordinary door's
        )

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _head_bytes(self) -> int:
        return len(self.url) + sum([len(name) + len(value) for name, value in self.headers])

    def _refuse_head(self) -> None:
        """Answer 431, where the answer before it is given and this one is not, and hang up."""
        post = self._post or Post("", keep_alive=False, message_event=self._event)
        if self._post is None:
            self._post = post  # what is still parsed of it goes nowhere
            if self._is_answered():
                self.cycle = post  # type: ignore[assignment]  # as above
            else:
                post.response_complete = True
        if not post.response_complete:
            post.keep_alive = False
            self._refuse(post, Answer(431, f"head and trailers of the request are over {LARGEST_HEAD:,} bytes"))
        self.transport.close()

    def _client(self) -> str:
        """The client's network address; a proxy's word for it where uvicorn would take that too."""
        host = self.client[0] if self.client else ""
        told = [value for name, value in self.headers if name == b"x-forwarded-for"]
        if told and isinstance(self.app, ProxyHeadersMiddleware) and host in self.app.trusted_hosts:
            said, _ = self.app.trusted_hosts.get_trusted_client_address(b", ".join(told).decode("latin-1"))
            return said or host
        return host

    def _told(self, post: Post, position: int, error: BaseException | None) -> None:
        if error is None:
            self._answer(post, 200, b"x-itda-position: %d\r\n\r\n%b" % (position, SUCCESS))
        elif isinstance(error, Unavailable):
            self._refuse(post, away(error))
        else:
            _log.error("a frame could not be written", exc_info=error)
            self._refuse(post, Answer(500, "an error of ours; send again"))

    def _refuse(self, post: Post, answer: Answer) -> None:
        headers, body = refusal(answer)
        self._answer(post, answer.status, b"%b\r\n%b" % (_written(headers), body))

    def _answer(self, post: Post, status: int, rest: bytes) -> None:
        """Write an answer. For success `rest` goes on after the headers every success has."""
        post.response_complete = True
        if post.disconnected or self.transport.is_closing():
            return
        head = self._success_head() if status == 200 else self._head_for(status)  # noqa: PLR2004
        if post.keep_alive:
            self.transport.write(head + rest)
        else:
            self.transport.write(b"%bconnection: close\r\n%b" % (head, rest))
            self.transport.close()
        self.on_response_complete()

    def _success_head(self) -> bytes:
        """Status line and headers that every success has; uvicorn's own (the date) change once a second."""
        own = self.server_state.default_headers
        if own is not self._head_of:
            self._head_of = own
            self._head = self._head_for(200) + _written(SUCCESS_HEADERS)
        return self._head

    def _head_for(self, status: int) -> bytes:
        return STATUS_LINE[status] + _written(self.server_state.default_headers)


def _written(headers: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
