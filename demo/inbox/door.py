"""The inbox over HTTP, for this machine only: the list, a mail, its HTML in a frame, its bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from demo.inbox import pages
from demo.inbox.kept import Entry, Kept
from demo.inbox.words import said, spoken

HOST = "127.0.0.1"
_MAIL = re.compile(r"/mail/(\d{1,9})(/html|/raw)?")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; base-uri 'none'; frame-ancestors 'none';"
    " form-action 'self' http://127.0.0.1:* http://localhost:*"
)


class Door(ThreadingHTTPServer):
    """Listens once it is made; `server_port` is where."""

    daemon_threads = True

    def __init__(self, kept: Kept, port: int) -> None:
        self.kept = kept
        super().__init__((HOST, port), _Answering)


class _Answering(BaseHTTPRequestHandler):
    server: Door

    def do_GET(self) -> None:
        """Answer a look."""
        if not self._is_here():
            self._say(HTTPStatus.FORBIDDEN, "")
            return
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        language = self._language(query)
        mail = _MAIL.fullmatch(parts.path)
        if parts.path == "/style.css":
            self._say(HTTPStatus.OK, pages.STYLE, "text/css")
        elif parts.path == "/":
            self._list(query, language)
        elif mail is not None:
            self._mail(int(mail[1]), mail[2] or "", query, language)
        else:
            self._say(HTTPStatus.NOT_FOUND, pages.whole(f"<p>{said('none', language)}</p>", language))

    def _is_here(self) -> bool:
        """Whether it was asked for by this machine's own name: no page of the world reads mails through a browser."""
        return self.headers.get("Host", "").rpartition(":")[0] in ("127.0.0.1", "localhost")

    def _language(self, query: Mapping[str, str]) -> str:
        kept = SimpleCookie(self.headers.get("Cookie", "")).get("lang")
        asked = query.get("lang") or (kept.value if kept is not None else "")
        return spoken(self.headers.get("Accept-Language", ""), asked)

    def _list(self, query: Mapping[str, str], language: str) -> None:
        kept, wanted = self.server.kept, query.get("to", "").strip().lower()
        found = [entry for entry in kept.entries() if wanted in entry.to.lower()]
        count = max(1, -(-len(found) // pages.PER_PAGE))
        page = min(max(1, int(query["page"])), count) if query.get("page", "").isdecimal() else 1
        shown = found[::-1][(page - 1) * pages.PER_PAGE : page * pages.PER_PAGE]
        listed = [pages.Listed(entry, pages.subject_of(kept.mail(entry.number) or b"")) for entry in shown]
        self._say(HTTPStatus.OK, pages.listing(listed, page, count, wanted, language), language=language)

    def _mail(self, number: int, part: str, query: Mapping[str, str], language: str) -> None:
        data = self.server.kept.mail(number)
        entry = self._entry(number)
        if data is None or entry is None:
            self._say(HTTPStatus.NOT_FOUND, pages.whole(f"<p>{said('none', language)}</p>", language))
        elif part == "/raw":
            self._bytes(data)
        elif part == "/html":
            self._say(HTTPStatus.OK, pages.framed(data), policy=pages.FRAME_POLICY)
        else:
            view = query.get("view", "")
            view = view if view in ("text", "headers") else "shown"
            self._say(HTTPStatus.OK, pages.mail_page(entry, data, view, language), language=language)

    def _entry(self, number: int) -> Entry | None:
        return next((entry for entry in self.server.kept.entries() if entry.number == number), None)

    def _say(
        self, status: HTTPStatus, text: str, kind: str = "text/html", policy: str = _POLICY, language: str = ""
    ) -> None:
        self._answer(status, f"{kind}; charset=utf-8", text.encode("utf-8", "replace"), policy, language)

    def _bytes(self, data: bytes) -> None:
        self._answer(HTTPStatus.OK, "text/plain; charset=utf-8", data, _POLICY, "")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes, policy: str, language: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        if language:
            self.send_header("Set-Cookie", f"lang={language}; SameSite=Lax; HttpOnly; Path=/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the terminal is the demo's."""
