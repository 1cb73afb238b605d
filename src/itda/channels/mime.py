"""A mail as bytes (RFC 5322, RFC 2045 to 2047): ASCII lines of 78 letters where they may be folded, ended by CR LF.

Written by hand, since the standard library folds what must not be folded (a List-Unsubscribe of 100 letters) and loses
blanks between encoded words.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable

from itda.base.errors import Fault, Refused

LONGEST_LINE = 998
"""Letters of a line without its end (RFC 5322 §2.1.1)."""
_LONGEST_ADDRESS = 254
_WORD_BYTES = 39
"""Of the text in one encoded word: with `Subject: ` before it a line stays below 78."""
_PLAIN_LETTERS = 60
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)*[A-Za-z0-9-]{1,63}")


def one_line(text: str) -> str:
    """The text without line ends and control letters: nothing in it begins a header of its own."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def words(text: str) -> str:
    """Free text for a header: as it is where it is short ASCII, else in encoded words (RFC 2047)."""
    line = one_line(text)
    if len(line) <= _PLAIN_LETTERS and _PLAIN.fullmatch(line) and "=?" not in line:
        return line
    parts, part = [], b""
    for letter in line:
        raw = letter.encode("utf-8", "replace")
        if len(part) + len(raw) > _WORD_BYTES:
            parts.append(part)
            part = b""
        part += raw
    parts.append(part)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(one).decode()}?=" for one in parts)


def mailbox(address: str, name: str = "") -> str:
    """An address with the name before it."""
    spoken = one_line(name)
    if not spoken:
        return address
    if len(spoken) <= _PLAIN_LETTERS and _PLAIN.fullmatch(spoken) and "=?" not in spoken:
        quoted = spoken.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{words(spoken)}\r\n <{address}>"


def address(text: str, field: str) -> str:
    """An address in ASCII, its domain in the form of DNS; `Refused` where it is none that every server takes."""
    local, _, domain = text.rpartition("@")
    try:
        host = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        host = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(host) or len(local) + len(host) >= _LONGEST_ADDRESS:
        raise Refused(Fault(what="is no e-mail address", field=field))
    return f"{local}@{host}"


def header(name: str, value: str) -> bytes:
    """One header whose value is written already; `Refused` where it would be more than that."""
    raw = f"{name}: {value}"
    lines = raw.split("\r\n ")
    if not _NAME.fullmatch(name) or not all(_PLAIN.fullmatch(line) and len(line) <= LONGEST_LINE for line in lines):
        raise Refused(Fault(what=f"{name[:80]!r} is no header with such a value", field=name[:80]))
    return raw.encode("ascii") + b"\r\n"


def alternative(headers: Iterable[bytes], text: str, html: str, boundary: str) -> bytes:
    """The whole mail: the same said as text and as HTML, the better last (RFC 2046 §5.1.4)."""
    parts = [
        *headers,
        header("MIME-Version", "1.0"),
        header("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'),
        b"\r\n",
        _part(text, "plain", boundary),
        _part(html, "html", boundary),
        f"--{boundary}--\r\n".encode(),
    ]
    return b"".join(parts)


def _part(body: str, kind: str, boundary: str) -> bytes:
    lines = re.sub("\r\n|\r|\n", "\r\n", body).encode("utf-8", "replace")
    head = (
        f'--{boundary}\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    ).encode()
    return head + base64.encodebytes(lines).replace(b"\n", b"\r\n") + b"\r\n"
