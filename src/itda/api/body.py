"""Request bodies: read up to a limit, inflated up to the same limit, whatever the client says of their type."""

from __future__ import annotations

import re
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 4 << 20
_GZIP = b"\x1f\x8b"
_EITHER = 47
"""zlib's window bits for gzip or zlib by their headers (zlib manual, inflateInit2)."""
_BOM = b"\xef\xbb\xbf"
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|.)", re.DOTALL
)
LARGEST_MENDED = 1 << 20
"""Clients keep batches under half a megabyte; mending what is far larger would hold up the door."""
_LONE = 6
"""Bytes of the escape of one half of a surrogate pair; a whole pair has twice as many, any other escape fewer."""


class TooLarge(Exception):
    """The body is over the limit, as it came or once inflated."""


class Garbled(Exception):
    """The body says it is compressed, and is not."""


class Gone(Exception):
    """The client hung up."""


async def read(receive: Receive, limit: int) -> bytes:
    """The whole body; `TooLarge` as soon as it is."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise TooLarge
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        if size > limit:
            raise TooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    if size > limit:
        raise TooLarge
    return b"".join(parts)


def inflate(body: bytes, encoding: bytes, limit: int) -> bytes:
    """The body as text: gzip is told by its first bytes too, since some clients forget to say so."""
    if body.startswith(_GZIP) or (encoding in (b"gzip", b"x-gzip", b"deflate") and body[:1] not in (b"{", b"[")):
        try:
            inflater = zlib.decompressobj(_EITHER)
            text = inflater.decompress(body, limit + 1)
        except zlib.error:
            raise Garbled from None
        if len(text) > limit:
            raise TooLarge
        if not inflater.eof:
            raise Garbled
        body = text
    return body.removeprefix(_BOM)


def mended(body: bytes) -> bytes:
    """The body with every half of a surrogate pair replaced by U+FFFD.

    JavaScript cuts texts through the middle of an emoji and escapes the half that is left (RFC 8259, section 8.2): one
    such text must not cost the batch it came in.
    """
    if len(body) > LARGEST_MENDED or _HALF.search(body) is None:
        return body
    return _ESCAPE.sub(lambda found: b"\\ufffd" if len(found[0]) == _LONE else found[0], body)
