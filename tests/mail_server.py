# ruff: noqa: N802 - aiosmtpd finds its handlers by the names of commands
"""A real mail server on loopback for tests, with TLS, a login and every bad habit that a server may have."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "itda", "s3cret pass"


class Inbox:
    """What a server was given, and how it behaves: `answers` are given in turn, then 250.

    An answer is a line of SMTP, or `hang`, `drop` (close without a word) at the stage it is put to.
    """

    def __init__(self) -> None:
        self.mails: list[tuple[str, list[str], bytes]] = []
        self.connections = 0
        self.answers: dict[str, list[str]] = {"rcpt": [], "data": [], "mail": []}

    async def _answer(self, stage: str, server: SMTP) -> str | None:
        if not self.answers[stage]:
            return None
        answer = self.answers[stage].pop(0)
        if answer == "hang":
            await asyncio.sleep(3600)
        if answer == "drop":
            server.transport.abort()
        return answer

    async def handle_EHLO(
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        answer = await self._answer("mail", server)
        if answer is None:
            envelope.mail_from = address
        return answer or "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        answer = await self._answer("rcpt", server)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if not self.answers["data"] or not self.answers["data"][0][0].isdigit():
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        answer = await self._answer("data", server)
        return "250 2.0.0 taken" if answer in (None, "drop") else answer


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def serving(inbox: Inbox, folder: Path | None = None, *, login: bool = False) -> Iterator[int]:
    """The server's port on 127.0.0.1, while it is up; with a folder it demands STARTTLS by the certificate in it."""
    port = _free_port()
    extra: dict[str, Any] = {}
    if folder is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        extra |= {"tls_context": context, "require_starttls": True}
    if login:
        extra |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": folder is not None}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ready_timeout=30, **extra)
    controller.start()
    inbox.connections = 0
    try:
        yield port
    finally:
        controller.stop(no_assert=True)


def certificate(folder: Path) -> Path:
    """A certificate of our own making for localhost and 127.0.0.1; its file is also the one to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "server.pem"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
