"""HTTPS of our own: certificate and private key from files, read anew when they change, so that renewing needs no stop.

TLS 1.2 at least, with the ciphers that OpenSSL itself recommends.
"""

from __future__ import annotations

import logging
import os
import ssl
import threading
from pathlib import Path

import msgspec

from itda.base.errors import Fault, Refused

CERTIFICATE, PRIVATE_KEY = "ITDA_TLS_CERTIFICATE", "ITDA_TLS_PRIVATE_KEY"
"""How the processes of a served shop are told of the files."""
_LOOK_S = 60.0
_log = logging.getLogger(__name__)


class Pair(msgspec.Struct, frozen=True):
    """A certificate with those that lead to its issuer, and its private key, both PEM."""

    certificate: Path
    private_key: Path

    def context(self) -> ssl.SSLContext:
        """What a server shakes hands with.

        Raises:
            Refused: a file cannot be read, or the two do not belong together.
        """
        for path in (self.certificate, self.private_key):
            if not os.access(path, os.R_OK) or not path.is_file():
                raise Refused(Fault(what="cannot be read", cure="name a file in PEM form", file=str(path)))
        if self.private_key.stat().st_mode & 0o004:
            what = "the private key is open to everybody"
            raise Refused(Fault(what=what, cure=f"chmod 640 {self.private_key}", file=str(self.private_key)))
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            found.load_cert_chain(self.certificate, self.private_key, _no_password)
        except (ssl.SSLError, ValueError) as error:
            what = f"certificate and private key cannot be used together: {error}"
            cure = "PEM, the server's certificate first, a key without password"
            raise Refused(Fault(what=what, cure=cure, file=str(self.certificate))) from None
        return found

    def state(self) -> tuple[int, ...]:
        """Tells one version of the files from another; empty while one is away."""
        try:
            return tuple(path.stat().st_mtime_ns for path in (self.certificate, self.private_key))
        except OSError:
            return ()


def given() -> Pair | None:
    """The files that the environment names; None where HTTPS is somebody else's business."""
    certificate, key = os.environ.get(CERTIFICATE, ""), os.environ.get(PRIVATE_KEY, "")
    return Pair(Path(certificate), Path(key)) if certificate and key else None


def keep_renewed(pair: Pair, context: ssl.SSLContext, stop: threading.Event, look_s: float = _LOOK_S) -> None:
    """Take up changed files until told to stop; while they are faulty the old ones stand, and the log says so."""
    known = pair.state()
    while not stop.wait(look_s):
        now = pair.state()
        if not now or now == known:
            continue
        known = now
        try:
            _lead_to(context, pair.context())
            _log.info("the certificate was renewed")
        except Refused as error:
            _log.error("the certificate stays as it was: %s", error)


def _lead_to(context: ssl.SSLContext, renewed: ssl.SSLContext) -> None:
    """Let every handshake from now on go by another context, whole.

    To load new files into one that serves would leave it for a moment with a certificate and no key.
    """

    def switch(connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = renewed

    context.sni_callback = switch


def _no_password() -> str:
    raise ValueError("the private key has a password")
