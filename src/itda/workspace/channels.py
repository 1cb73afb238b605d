"""Reads channels.yaml: what carries messages, and what is known of it from the environment."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from itda.base.errors import Fault, Refused
from itda.channels import mime
from itda.channels.definition import EmailChannel, Login
from itda.workspace import shape
from itda.workspace.files import Document
from itda.workspace.written import WrittenChannels, WrittenEmailChannel

USER, PASSWORD = "ITDA_SMTP_USER", "ITDA_SMTP_PASSWORD"
_HERE = ("localhost", "localhost.localdomain")
_SELECTOR = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*")
"""Labels of a name (RFC 6376 §3.1)."""
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/%\[\]@!$&'()*+,;=]+")
"""Signs of an address without a question or a fragment (RFC 3986 §2): no space, no backslash, no letter but these."""
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")
"""A name as it is asked for, or an address."""


def read_channels(
    document: Document, root: Path, environment: Mapping[str, str], faults: list[Fault]
) -> EmailChannel | None:
    """The e-mail channel; None where there is none, or where it has faults."""
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", "email: {host: …, from: …, public_url: …}"))
        return None
    found = shape.faults(document, document.data, WrittenChannels)
    if found:
        faults += found
        return None
    written = msgspec.convert(document.data, WrittenChannels).email
    if written is None:
        return None
    found = _faults(document, written, root)
    faults += found
    return None if found else _email(written, root, environment)


def _email(written: WrittenEmailChannel, root: Path, environment: Mapping[str, str]) -> EmailChannel:
    user, password = environment.get(USER, ""), environment.get(PASSWORD, "")
    return EmailChannel(
        host=written.host,
        port=written.port,
        tls=written.tls,
        ca_file=str(_below(root, written.ca_file)) if written.ca_file else "",
        needs_login=written.login,
        login=Login(user, password) if written.login and user and password else None,
        address=written.address,
        reply_to=written.reply_to,
        bounces=written.bounces,
        dkim=written.dkim,
        is_here=_is_here(written.host),
        connections=written.connections,
        per_connection=written.per_connection,
        rate=written.rate,
        timeout_s=written.timeout_s,
        body_timeout_s=written.body_timeout_s,
        base_url=written.public_url.rstrip("/"),
        tracks=written.tracking,
    )


def _faults(document: Document, written: WrittenEmailChannel, root: Path) -> list[Fault]:
    found = []
    if not written.host.strip():
        found.append(document.fault("email.host", "is empty", "host: smtp.example.com"))
    if written.tls == "none" and not _is_here(written.host):
        what = "without TLS everybody on the way reads the mails"
        found.append(document.fault("email.tls", what, "tls: starttls, or a server on this machine"))
    if written.ca_file and not _below(root, written.ca_file).is_file():
        found.append(document.fault("email.ca_file", f"{written.ca_file} is not there", "name a file of certificates"))
    if written.dkim and not _SELECTOR.fullmatch(written.dkim):
        found.append(document.fault("email.dkim", f"{written.dkim!r} is no selector", "dkim: s1"))
    for name, address in (("from", written.address), ("reply_to", written.reply_to), ("bounces", written.bounces)):
        if address or name == "from":
            try:
                mime.address(address, name)
            except Refused:
                cure = f"{name}: news@shop.example"
                found.append(document.fault(f"email.{name}", f"{address!r} is no e-mail address", cure))
    return found + of_url(document, written.public_url, "email.public_url")


def of_url(document: Document, written: str, place: str) -> list[Fault]:
    """What keeps the address of a site, written at this place, from being one that mails may lead to."""
    try:
        parts = urlsplit(written)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    cure = "public_url: https://mail.shop.example"
    is_plain = _PLAIN.fullmatch(written) is not None and _HOST.fullmatch(host) is not None
    is_site = parts.scheme in ("http", "https") and parts.username is None and not parts.query and not parts.fragment
    if not is_plain or not is_site or not _has_port(parts):
        return [document.fault(place, f"{written!r} is no address of a site", cure)]
    if parts.scheme == "http" and not _is_here(host):
        what = "mail readers unsubscribe over https only (RFC 8058)"
        return [document.fault(place, what, cure)]
    return []


def _has_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _below(root: Path, written: str) -> Path:
    path = Path(written).expanduser()
    return path if path.is_absolute() else root / path


def _is_here(host: str) -> bool:
    if host in _HERE:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
