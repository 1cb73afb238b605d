"""Whether a call was sent by who shares a secret with us: HMAC-SHA256 (RFC 2104) over the body as it came.

    plain      a signature in a header, of the body, or of a pattern such as `v0:{timestamp}:{body}` (Slack's)
    standard   Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64 v1,BASE64 …`
    stripe     `stripe-signature: t=SECONDS,v1=HEX,…` over `SECONDS.body`

Signatures are compared in constant time. A signed time of sending that is too far from ours is refused, so that a call
somebody kept cannot be sent again later; within that time the event's own id tells it.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from itda.base.instant import SECOND
from itda.sources.origins import WebhookOrigin

MOST_SIGNATURES = 16
"""Of one call: more come from nobody who means it."""
_SECRET = "whsec_"  # noqa: S105 - how Standard Webhooks marks the secrets it gives out
_LONGEST_TIME = 15
_Signed: TypeAlias = tuple[str, str, str | None, list[bytes]]
"""What is signed before and after the body, the time of sending, and the signatures."""


def fault(
    origin: WebhookOrigin, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: int
) -> str | None:
    """Why a call is not to be believed; None where it is.

    Headers have names in small letters; `now` is in microseconds UTC.
    """
    scheme = {"plain": _plain, "standard": _standard, "stripe": _stripe}[origin.scheme]
    before, after, timestamp, signatures = scheme(origin, headers)
    if not signatures:
        return "no signature"
    if timestamp is not None:
        if not timestamp.isdecimal() or len(timestamp) > _LONGEST_TIME:
            return "no time of sending"
        if abs(now - int(timestamp) * SECOND) > origin.tolerance:
            return "the time of sending is too far from ours"
    content = before.encode() + body + after.encode()
    for secret in secrets:
        key = _key(secret, origin)
        expected = hmac.digest(key, content, "sha256")
        if key and any(hmac.compare_digest(expected, signature) for signature in signatures):
            return None
    return "the signature is wrong"


def _plain(origin: WebhookOrigin, headers: Mapping[str, str]) -> _Signed:
    written = headers.get(origin.signature, "").strip()
    timestamp = headers.get(origin.timestamp, "") if origin.timestamp else None
    found = written.removeprefix(origin.prefix) if written.startswith(origin.prefix) else ""
    before, _, after = (part.replace("{timestamp}", timestamp or "") for part in origin.signed.partition("{body}"))
    return before, after, timestamp, list(_decoded([found], origin.encoding))


def _standard(_origin: WebhookOrigin, headers: Mapping[str, str]) -> _Signed:
    sent, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    said = headers.get("webhook-signature", "").split()[:MOST_SIGNATURES]
    found = [one.removeprefix("v1,") for one in said if one.startswith("v1,")]
    return f"{sent}.{timestamp}.", "", timestamp, list(_decoded(found, "base64"))


def _stripe(_origin: WebhookOrigin, headers: Mapping[str, str]) -> _Signed:
    parts = [part.strip().partition("=") for part in headers.get("stripe-signature", "").split(",")[:MOST_SIGNATURES]]
    timestamp = next((value for name, _, value in parts if name == "t"), "")
    found = [value for name, _, value in parts if name == "v1"]
    return f"{timestamp}.", "", timestamp, list(_decoded(found, "hex"))


def _decoded(written: Sequence[str], encoding: str) -> Iterator[bytes]:
    for one in written:
        try:
            found = bytes.fromhex(one) if encoding == "hex" else base64.b64decode(one, validate=True)
        except ValueError:  # of which base64's own error is one
            continue
        if found:
            yield found


def _key(secret: str, origin: WebhookOrigin) -> bytes:
    """The key of a secret: those of Standard Webhooks are in base64, with or without their mark; empty is no key."""
    if origin.scheme == "standard":
        with contextlib.suppress(ValueError):  # no base64, or no ASCII
            return base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    return secret.encode()
