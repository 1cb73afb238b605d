"""Write keys: which source a request speaks for, in every form the clients have of saying it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import parse_qs

REMEMBERED = 4096
LONGEST = 1024
"""Bytes of a header that is remembered: what is longer comes from no client."""
MOST_FIELDS = 50
"""Of a query."""


class Keys:
    """Sources by write key. What a header said is remembered, a bounded number of them."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = dict(sources)
        self._headers: dict[bytes, str | None] = {}

    def source(self, key: str) -> str | None:
        """The source of a key. Jitsu's are written `id:secret`; the whole or the id may be ours."""
        found = self._sources.get(key)
        return found if found is not None else self._sources.get(key.partition(":")[0])

    def of_authorization(self, header: bytes) -> str | None:
        """By `Authorization`: Basic with the key as user (the Segment spec), or Bearer."""
        known = self._headers.get(header, "")
        if known != "":
            return known
        if len(header) > LONGEST:
            return self._read(header)
        if len(self._headers) >= REMEMBERED:
            self._headers.clear()
        found = self._headers[header] = self._read(header)
        return found

    def of_query(self, query: bytes) -> str | None:
        """By `?writeKey=`, for clients that can set no header."""
        if not query:
            return None
        try:
            said = parse_qs(query.decode("latin-1"), max_num_fields=MOST_FIELDS)
        except ValueError:  # more fields than any client sends
            return None
        return next((self.source(said[name][0]) for name in ("writeKey", "write_key", "api_key") if name in said), None)

    def _read(self, header: bytes) -> str | None:
        scheme, _, rest = header.partition(b" ")
        if scheme.lower() == b"bearer":
            return self.source(rest.strip().decode("latin-1"))
        if scheme.lower() != b"basic":
            return None
        try:
            told = base64.b64decode(rest.strip(), validate=False).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        return self.source(told.partition(":")[0]) or self.source(told)


def password_of(header: str) -> str:
    """The key in an `Authorization`: the token of Bearer, else the user of Basic, or the password of one without."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic" or len(header) > LONGEST:
        return ""
    try:
        user, _, password = base64.b64decode(rest.strip(), validate=False).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return user or password
