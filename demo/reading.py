"""A mail of the demo as whoever got it uses it: its image, its links, its way out. Nothing but the mail is asked."""

from __future__ import annotations

import html
import http.client
import re
from email.parser import BytesParser
from email.policy import default
from typing import NamedTuple, Self
from urllib.parse import urlsplit

_IMAGE = re.compile(r'<img[^>]*\bsrc="([^"]*/o/[^"]+)"')
_LINK = re.compile(r'<a[^>]*\bhref="([^"]*/c/[^"]+)"')
_WAY_OUT = re.compile(r"<(https?://[^>\s]+)>")


class Mail(NamedTuple):
    """What a reader finds in a mail; empty where it is not there."""

    image: str
    link: str
    way_out: str
    """The address of one-click unsubscription (RFC 8058)."""
    is_about_cart: bool


def read(data: bytes) -> Mail:
    """Find it."""
    mail = BytesParser(policy=default).parsebytes(data)
    body = mail.get_body(("html",))
    page = str(body.get_content()) if body is not None else ""
    image, link = _IMAGE.search(page), _LINK.search(page)
    way_out = _WAY_OUT.search(str(mail.get("List-Unsubscribe", "")))
    is_one_click = "One-Click" in str(mail.get("List-Unsubscribe-Post", ""))
    return Mail(
        html.unescape(image[1]) if image else "",
        html.unescape(link[1]) if link else "",
        way_out[1] if way_out and is_one_click else "",
        ":cart-rescue:" in str(mail.get("Feedback-ID", "")),
    )


class Browser:
    """Asks for the addresses in mails, over one connection; follows nothing."""

    def __init__(self, url: str) -> None:
        host = urlsplit(url)
        self._connection = http.client.HTTPConnection(host.hostname or "", host.port or 80, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def look(self, address: str) -> bool:
        """GET; whether it was there."""
        return self._ask("GET", address, None)

    def leave(self, address: str) -> bool:
        """The POST that a mail reader makes of the one-click header; whether it was taken."""
        return self._ask("POST", address, b"List-Unsubscribe=One-Click")

    def _ask(self, method: str, address: str, body: bytes | None) -> bool:
        headers = {"User-Agent": "Mozilla/5.0 (demo)"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, urlsplit(address).path, body, headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status < http.HTTPStatus.BAD_REQUEST
