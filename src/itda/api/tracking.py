"""The tracking API: the Segment spec's paths and those of RudderStack, Jitsu and PostHog.

It answers 200 when the body is durable in the log, with the log position; whether each event in it is good is decided
behind the log, so one bad event loses no other. 400 not JSON or no object, 401 unknown key, 413 over the limit, 429
and 503 with Retry-After under pressure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import msgspec

from itda.api import gpc
from itda.api.body import LARGEST_BODY, Garbled, Gone, Receive, Scope, Send, TooLarge, inflate, mended, read
from itda.api.commit import Aside, GroupCommit
from itda.api.keys import Keys
from itda.base.errors import Unavailable
from itda.sources.nesting import shallow
from itda.sources.surroundings import shorten
from itda.sources.wire import MOST_ITEMS
from itda.store.ports import Intake, Record

_WORDS = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}
CALLS = ("track", "identify", "page", "screen", "group", "alias")
PATHS: Mapping[str, str] = {
    **{f"/v1/{call}": call for call in (*CALLS, "batch")},
    **{f"/v1/{letter}": call for letter, call in _WORDS.items()},
    "/v1/import": "batch",
    "/v1/merge": "alias",
    "/v1/m": "batch",
    **{f"/api/s/{call}": call for call in (*CALLS, "batch")},
    **{f"/api/s/s2s/{call}": call for call in (*CALLS, "batch")},
    "/api/s/s2s": "item",
    "/api/s/event": "item",
    "/batch": "posthog",
    "/capture": "posthog",
    "/e": "posthog",
    "/i/v0/e": "posthog",
}
"""Paths without their last slash, and the call each one is."""

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"x-itda-position, x-itda-opt-out"),
]
_PREFLIGHT = [
    *_CORS,
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, x-write-key, x-requested-with"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
]
METHOD_NOT_ALLOWED = 405
_JSON = (b"content-type", b"application/json")
SUCCESS = b'{"success":true}'
SUCCESS_HEADERS = [*_CORS, _JSON, (b"content-length", str(len(SUCCESS)).encode())]


class _Keyed(msgspec.Struct):
    writeKey: str | None = None  # noqa: N815 - the wire's own names
    api_key: str | None = None


class _KeyedBatch(_Keyed):
    batch: list[msgspec.Raw] | None = None


_ONE = msgspec.json.Decoder(_Keyed)
_MANY = msgspec.json.Decoder(_KeyedBatch)
_ANY_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Answer(Exception):
    """An answer other than success. `retry_s` is the wait we advise."""

    def __init__(self, status: int, error: str, retry_s: float | None = None) -> None:
        self.status = status
        self.error = error
        self.retry_s = retry_s
        super().__init__(error)


class Tracking:
    """The tracking door. `pressure` is asked before every body: an answer to give instead of taking it, or None.

    As an ASGI application it answers any request to one of `PATHS`; `api/lane.py` answers plain posts by its parts.
    """

    def __init__(
        self,
        intake: Intake,
        keys: Mapping[str, str],
        clock: Callable[[], int],
        *,
        largest_body: int = LARGEST_BODY,
        pressure: Callable[[], Answer | None] = lambda: None,
        aside: Aside | None = None,
        seed: bytes = b"",
    ) -> None:
        self._intake = intake
        self._aside = aside
        self._keys = Keys(keys)
        self._clock = clock
        self.largest_body = largest_body
        self._pressure = pressure
        self._commit: GroupCommit | None = None
        self._gpc = gpc.Heard(seed)

    @property
    def commit(self) -> GroupCommit:
        """Where records go; made in the loop that asks first."""
        if self._commit is None:
            self._commit = GroupCommit(self._intake, self._clock, self._aside)
        return self._commit

    def close(self) -> None:
        """Finish what is under way."""
        if self._commit is not None:
            self._commit.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method = scope["method"]
        if method == "OPTIONS":
            await _respond(send, 204, _PREFLIGHT, b"")
            return
        try:
            if method != "POST":
                raise Answer(METHOD_NOT_ALLOWED, "only POST is taken here")  # noqa: TRY301 - answered as any other
            position = await self._take(scope, receive)
        except Answer as answer:
            await _refuse(send, answer)
        except Unavailable as error:
            await _refuse(send, away(error))
        except Gone:
            return
        else:
            heard = [gpc.HEARD] if gpc.is_said(scope["headers"]) else []
            await _respond(send, 200, [*SUCCESS_HEADERS, *heard, (b"x-itda-position", b"%d" % position)], SUCCESS)

    async def _take(self, scope: Scope, receive: Receive) -> int:
        source, encoding = self.admit(scope["headers"], scope["query_string"])
        try:
            body = await read(receive, self.largest_body)
        except TooLarge:
            raise self.too_large() from None
        client = scope.get("client")
        call = PATHS[scope["path"].rstrip("/")]
        record, events = self.record(call, source, encoding, body, shorten(client[0]) if client else "")
        said = self._gpc.untold(record, self._clock()) if gpc.is_said(scope["headers"]) else []
        if said:
            await self.commit.added(self._gpc.record(record, said), len(said))
            self._gpc.told(said)
        return await self.commit.added(record, events)

    def admit(self, headers: Iterable[tuple[bytes, bytes]], query: bytes) -> tuple[str | None, bytes]:
        """The source that the headers or the query name (None when neither does), and the body's encoding.

        `Answer` when the body need not be read: no room for it, too large by its own word, or an unknown key.
        """
        busy = self._pressure()
        if busy is not None:
            raise busy
        authorization = key = encoding = b""
        for name, value in headers:
            if name == b"authorization":
                authorization = value
            elif name == b"x-write-key":
                key = value
            elif name == b"content-encoding":
                encoding = value.strip().lower()
            elif name == b"content-length" and value.isdigit() and int(value) > self.largest_body:
                raise self.too_large()
        if authorization:
            source = self._keys.of_authorization(authorization)
        elif key:
            source = self._keys.source(key.decode("latin-1"))
        else:
            return self._keys.of_query(query), encoding
        if source is None:
            raise Answer(401, "unknown write key")
        return source, encoding

    def record(self, call: str, source: str | None, encoding: bytes, body: bytes, address: str) -> tuple[Record, int]:
        """What goes into the log of a body, and how many events it has. `Answer` when it is none or has no key."""
        try:
            body = inflate(body, encoding, self.largest_body)
        except TooLarge:
            raise self.too_large() from None
        except Garbled:
            raise Answer(400, "the body is not gzip") from None
        keyed, events, body = _sniff(call, body)
        if source is None:
            key = keyed.writeKey or keyed.api_key
            source = self._keys.source(key) if key else None
            if source is None:
                raise Answer(401, "unknown write key")
        if events > MOST_ITEMS:
            raise Answer(413, f"the batch has over {MOST_ITEMS:,} events")
        return Record(source, call, body, address), events

    def too_large(self) -> Answer:
        """The answer to a body over the limit."""
        return Answer(413, f"the body is over {self.largest_body:,} bytes")


def _sniff(call: str, body: bytes) -> tuple[_Keyed, int, bytes]:
    """What the door itself reads of a body: its key, how many events it has, and the body as it can be read.

    `Answer` 400 when it is no object.
    """
    try:
        if call in {"batch", "posthog"}:
            many = _MANY.decode(body)
            return many, len(many.batch) if many.batch is not None else 1, body
        return _ONE.decode(body), 1, body
    except msgspec.ValidationError:
        try:
            _ANY_OBJECT.decode(body)
        except msgspec.ValidationError:
            raise Answer(400, "the body is not a JSON object") from None
        return _Keyed(), 1, body
    except (msgspec.DecodeError, UnicodeDecodeError):
        whole = mended(body)
        if whole != body:
            return _sniff(call, whole)
        raise Answer(400, "the body is not JSON") from None
    except RecursionError:
        whole = shallow(body)
        if whole is body:
            raise Answer(400, "the body is nested too deep to be read") from None
        keyed, events, _ = _sniff(call, whole)
        return keyed, events, body  # kept as it came: behind the log the event that is too deep is refused alone


def away(error: Unavailable) -> Answer:
    """The answer when it is not known whether the log has a body."""
    return Answer(503, "the log cannot be written now; send again", error.retry_after_s)


def refusal(answer: Answer) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of an answer other than success."""
    body = msgspec.json.encode({"success": False, "error": answer.error})
    headers = [*_CORS, _JSON, (b"content-length", b"%d" % len(body))]
    if answer.retry_s is not None:
        headers.append((b"retry-after", b"%d" % math.ceil(answer.retry_s)))
    if answer.status == METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST, OPTIONS"))
    return headers, body


async def _refuse(send: Send, answer: Answer) -> None:
    await _respond(send, answer.status, *refusal(answer))


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
