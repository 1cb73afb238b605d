"""The inbox's pages, as HTML text. A mail's own HTML is shown in a frame that runs nothing and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.policy import SMTP, default
from html import escape
from pathlib import Path
from typing import NamedTuple

from demo.inbox.kept import Entry
from demo.inbox.words import said

PER_PAGE = 50
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
    " frame-ancestors 'self'"
)
"""Of the mail itself: no script, no image, no font, no form; links open elsewhere."""
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_ONE_CLICK = re.compile(r"<(https?://[^>\s]+)>")
STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")


class Listed(NamedTuple):
    """One line of the list."""

    entry: Entry
    subject: str


def subject_of(data: bytes) -> str:
    """The subject as people read it."""
    return str(BytesHeaderParser(policy=default).parsebytes(data).get("Subject", ""))


def listing(mails: Sequence[Listed], page: int, pages: int, wanted: str, language: str) -> str:
    """The list, newest first."""
    lines = "".join(_line(mail, language) for mail in mails)
    found = f'<ul class="mails">{lines}</ul>' if lines else f"<p>{said('empty', language)}</p>"
    kept = f"&to={escape(wanted, quote=True)}" if wanted else ""
    ways = [(page - 1, "newer"), (page + 1, "older")]
    turns = "".join(f'<a href="/?page={to}{kept}">{said(word, language)}</a>' for to, word in ways if 1 <= to <= pages)
    word = said("search", language)
    search = (
        f'<form action="/"><label for="to">{word}</label><input id="to" name="to" type="search" value="'
        f'{escape(wanted, quote=True)}"><button aria-label="{word}">→</button></form>'
    )
    lead = f'<p class="quiet">{said("lead", language)}</p>'
    return whole(f"{lead}{search}{found}<nav>{turns}</nav>", language, f"page={page}{kept}&")


def _line(mail: Listed, language: str) -> str:
    entry = mail.entry
    time = f'<span class="quiet">{_time(entry.at)}</span>'
    to = f'<span class="quiet">{escape(entry.to)}</span>'
    if not entry.is_taken:
        return f'<li>{to}<span class="refused">{said("refused", language)}: {escape(entry.answer)}</span>{time}</li>'
    subject = escape(mail.subject) or "—"
    return f'<li>{to}<span><a href="/mail/{entry.number}">{subject}</a></span>{time}</li>'


def mail_page(entry: Entry, data: bytes, view: str, language: str) -> str:
    """One mail: as it is meant to be seen, as text, or its headers."""
    mail = read(data)
    shown = {
        "shown": lambda: _framed(entry.number, mail, language),
        "text": lambda: f"<pre>{escape(_part(mail, 'plain'))}</pre>",
        "headers": lambda: f"<pre>{escape(_headers(data))}</pre>",
    }[view]()
    tabs = "".join(
        f'<a href="/mail/{entry.number}?view={name}"{" aria-current=page" if name == view else ""}>'
        f"{said(name, language)}</a>"
        for name in ("shown", "text", "headers")
    )
    fields = (
        ("from", str(mail.get("From", ""))), ("to", entry.to), ("subject", str(mail.get("Subject", ""))),
        ("at", _time(entry.at)), ("bounce", entry.sender), ("size", f"{entry.size:,} {said('bytes', language)}"),
    )  # fmt: skip
    about = "".join(f"<dt>{said(word, language)}</dt><dd>{escape(value)}</dd>" for word, value in fields)
    source = f'<a href="/mail/{entry.number}/raw">{said("raw", language)}</a>'
    back = f'<a class="quiet" href="/">← {said("back", language)}</a>'
    body = f"<nav>{back}</nav><dl>{about}</dl><nav>{tabs}{source}</nav>{shown}"
    return whole(body, language, f"view={view}&", f"/mail/{entry.number}")


def _framed(number: int, mail: EmailMessage, language: str) -> str:
    title = escape(str(mail.get("Subject", "")), quote=True)
    frame = (
        f'<iframe title="{title}" src="/mail/{number}/html"'
        ' sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )
    return f'{_one_click(mail, language)}<p class="quiet">{said("images", language)}</p>{frame}'


def _one_click(mail: EmailMessage, language: str) -> str:
    """What a mail reader makes of the headers of RFC 8058."""
    address = _ONE_CLICK.search(str(mail.get("List-Unsubscribe", "")))
    if address is None or "One-Click" not in str(mail.get("List-Unsubscribe-Post", "")):
        return ""
    return (
        f'<form method="post" action="{escape(address[1], quote=True)}" target="_blank">'
        '<input type="hidden" name="List-Unsubscribe" value="One-Click">'
        f"<button>{said('unsubscribe', language)}</button>"
        f'<span class="quiet">{said("unsubscribing", language)}</span></form>'
    )


def framed(data: bytes) -> str:
    """The mail's own HTML, its links opening elsewhere."""
    html = _part(read(data), "html") or f"<pre>{escape(_part(read(data), 'plain'))}</pre>"
    base = '<base target="_blank">'
    return _HEAD.sub(lambda head: head.group() + base, html, count=1) if _HEAD.search(html) else base + html


def read(data: bytes) -> EmailMessage:
    """The mail in its parts."""
    return BytesParser(policy=SMTP).parsebytes(data)


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    if part is None:
        return ""
    content = part.get_content()
    return content if isinstance(content, str) else ""


def _headers(data: bytes) -> str:
    return data.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")


def _time(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def whole(body: str, language: str, query: str = "", path: str = "/") -> str:
    """A page around its contents."""
    other = "en" if language == "ko" else "ko"
    title = said("title", language)
    switch = (
        f'<a class="quiet end" href="{path}?{query}lang={other}" lang="{other}" hreflang="{other}">'
        f"{said('other', language)}</a>"
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="stylesheet" href="/style.css"><link rel="icon" href="data:,"></head><body>'
        f'<header><h1><a href="/">{title}</a></h1>{switch}</header><main>{body}</main></body></html>'
    )
