"""Calls to addresses that a workspace names: signed, never to a machine that only we can reach, never led elsewhere.

The body is signed as Standard Webhooks 1.0 says, so whoever gets it can tell it from a forgery and a repetition.
What stands behind our own walls is not called (server-side request forgery, OWASP): every address that a name resolves
to must be public, and it is that very address which is connected to, so a name that answers otherwise the second time
changes nothing. `internal` names networks that may be called all the same.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from itda.base.errors import Fault, Refused, Unavailable
from itda.base.instant import SECOND

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
"""A host's name and a port → its addresses."""
LARGEST_ANSWER = 64_000
"""Bytes of an answer that are read."""
_PATIENCE_S, _LONGEST_S = 10.0, 30.0
_SECRET = "whsec_"  # noqa: S105 - how a secret begins, not one


class Said(NamedTuple):
    """What was answered: a status of HTTP, and the beginning of the body."""

    status: int
    body: bytes


class Target(NamedTuple):
    """An address that may be called."""

    url: str
    """With the address in place of the name."""
    host: str
    """The name, for the header and the certificate."""
    is_secure: bool


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Networks as somebody wrote them (`10.0.0.0/8`); `Refused` names the one that is none."""
    found = []
    for text in written:
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise Refused(Fault(what=f"{text!r} is no network", cure="write it as 10.0.0.0/8")) from None
    return tuple(found)


def target(url: str, internal: Sequence[Network] = (), resolve: Resolve | None = None) -> Target:
    """Where a call to this address goes.

    Raises:
        Refused: it is no address to be called: not https (http only within `internal`), with a password in it, or one
            of its addresses is not public.
        Unavailable: its name cannot be resolved now.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Refused(Fault(what="what is no address cannot be called", cure="write it as https://host/path")) from None
    host = parts.hostname or ""
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise Refused(Fault(what=f"{_shown(url)} names no port that there is")) from None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None or parts.password is not None:
        raise Refused(Fault(what=f"{_shown(url)} cannot be called", cure="https://host/path, no password in it"))
    addresses = [ipaddress.ip_address(one.partition("%")[0]) for one in (resolve or _resolved)(host, port)]
    for address in addresses:
        is_inside = any(address in network for network in internal)
        if not is_inside and not _is_public(address):
            cure = "name its network under doors: internal: in itda.yaml, if it is to be called"
            raise Refused(Fault(what=f"{host} is not a public address", cure=cure))
        if parts.scheme == "http" and not is_inside:
            raise Refused(Fault(what=f"{_shown(url)} would be called in the clear", cure="call it by https"))
    if not addresses:
        raise Unavailable(f"{host} has no address", 60.0)
    first = addresses[0]
    literal = f"[{first}]" if first.version == 6 else str(first)  # noqa: PLR2004 - IPv6
    path = parts._replace(scheme=parts.scheme, netloc=f"{literal}:{port}", fragment="").geturl()
    return Target(path, parts.netloc, parts.scheme == "https")


def signed(secret: str, call: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0; `secret` is `whsec_` and base64, `at` microseconds UTC, `call` its id."""
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except ValueError:
        raise Refused(Fault(what="the secret of the call is not base64", cure=f"{_SECRET} and base64")) from None
    seconds = at // SECOND
    said = hmac.digest(key, f"{call}.{seconds}.".encode() + body, "sha256")
    return {
        "webhook-id": call,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(said).decode()}",
    }


def post(
    url: str, body: bytes, headers: dict[str, str], internal: Sequence[Network] = (), *, trust: str | None = None
) -> Said:
    """Send a body of JSON and hear the answer; a redirect is an answer and is not followed.

    `trust` is a file of certificates to believe besides the system's.

    Raises:
        Refused: as `target`.
        Unavailable: nobody answers.
    """
    import httpx  # noqa: PLC0415 - loaded where something is called

    to = target(url, internal)
    context = ssl.create_default_context(cafile=trust)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    sent = {"content-type": "application/json", "user-agent": "itda", **headers, "host": to.host}
    name = to.host.rpartition(":")[0] or to.host
    extensions = {"sni_hostname": name.strip("[]")} if to.is_secure else {}
    try:
        with (
            httpx.Client(verify=context, timeout=_PATIENCE_S, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", to.url, content=body, headers=sent, extensions=extensions) as answer,
        ):
            heard, until = b"", time.monotonic() + _LONGEST_S
            for piece in answer.iter_raw():
                heard += piece
                if len(heard) >= LARGEST_ANSWER or time.monotonic() > until:
                    break
            return Said(answer.status_code, heard[:LARGEST_ANSWER])
    except httpx.HTTPError as error:
        raise Unavailable(f"{name} does not answer: {type(error).__name__}", 60.0) from None


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return _is_public(inner)
    is_within = address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    return address.is_global and not is_within


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unavailable(f"{host} cannot be resolved", 60.0) from None
    return list(dict.fromkeys(str(place[4][0]) for place in found))


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"[:200]
