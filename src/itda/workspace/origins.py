"""Checks where a source has its rows: addresses, names of secrets, what suits what. No secret is ever repeated."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from itda.base import duration
from itda.sources.marks import Overlap
from itda.sources.origins import CodesOrigin, DatabaseOrigin, DltOrigin, FolderOrigin, SftpOrigin, WebhookOrigin
from itda.workspace.written_sources import (
    WrittenCodes,
    WrittenDatabaseOrigin,
    WrittenDltOrigin,
    WrittenFolderOrigin,
    WrittenMapping,
    WrittenSftpOrigin,
    WrittenWebhook,
)

Report = Callable[[str, str, str], None]
"""Takes a fault: where it is, what it is, its cure."""
Dialect = Literal["sqlite", "postgresql", "mysql"]

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9-]+")
_LOGIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*")
"""Neither may begin as an option of `ssh` does."""
_SITE = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.:-]*(?:/[!-~]*)?")
_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A token of RFC 6265, section 4.1.1."""
_FUNCTION = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")
_SECRET_NAME = re.compile(
    r"(?:token|secret|passw|passphrase|pwd|(?:api|access|private|secret)_?-?key|credential|authorization|bearer)"
    r"(?!.*_(?:url|path|param|name|type|field)$)",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(r"(?:bearer|basic) +\S{6,}", re.IGNORECASE)
_SECRETS = frozenset({"password", "passwd", "pwd", "sslpassword"})
_DIALECTS: dict[str, Dialect] = {
    "postgresql": "postgresql", "postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql",
}  # fmt: skip
_URL = "such as sqlite:data/till.db, postgresql://reader@erp.example/shop or mysql://reader@erp.example/shop"


def database(written: WrittenDatabaseOrigin, root: Path, fault: Report) -> DatabaseOrigin:
    """The database of a source, as far as nothing is at fault."""
    query = written.query.strip().removesuffix(";").strip()
    if bool(written.table) == bool(query):
        what = "says both a table and a query" if written.table else "says neither a table nor a query"
        fault("database", what, "write one: table: sales.orders, or query: select …")
    if query and (";" in query or query.split(None, 1)[0].lower() not in ("select", "with")):
        fault("database.query", "is not one select", "write one select, without a semicolon in it")
    if not written.cursor:
        fault("database.cursor", "is empty", "the column that goes up with every change: cursor: updated_at")
    dialect, url = _address(written.url, root, fault)
    secret("database.password_from", written.password_from, fault)
    if dialect == "sqlite" and written.password_from:
        fault("database.password_from", "SQLite has no passwords", "leave it out")
    return DatabaseOrigin(
        dialect=dialect or "sqlite",
        url=url,
        password_from=written.password_from,
        table=written.table,
        query=query,
        cursor=written.cursor,
        since=str(written.since),
        overlap=_overlap("database.overlap", written.overlap, fault),
    )


def folder(written: WrittenFolderOrigin, root: Path, fault: Report) -> FolderOrigin:
    """The folder of a source, as far as nothing is at fault."""
    if not written.path:
        fault("folder.path", "is empty", "name the folder that files are put into: path: drop")
    if not written.pattern or written.pattern.startswith("/") or ".." in written.pattern.split("/"):
        fault("folder.pattern", f"{written.pattern!r} names no files below the folder", "such as orders-*.csv")
    return FolderOrigin(
        path=str(below(root, written.path)),
        pattern=written.pattern,
        settled=_settled("folder.settled", written.settled, fault),
    )


def sftp(written: WrittenSftpOrigin, root: Path, fault: Report) -> SftpOrigin:
    """The other machine's folder of a source, as far as nothing is at fault. The address is not repeated."""
    try:
        parts = urlsplit(written.address)
        port = parts.port or 22
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), 22
    user, host = parts.username or "", parts.hostname or ""
    host = host if _HOST.fullmatch(host) else ""
    if parts.password is not None:
        cure = "sign in with a key: key_from: FEED_KEY names the variable with its path"
        fault("sftp.address", "holds a password, and this file is kept in the history", cure)
    elif parts.scheme != "sftp" or not _LOGIN.fullmatch(user) or not host:
        fault("sftp.address", "is no address of a folder", "such as sftp://feed@files.example/outgoing")
    if not written.pattern or "/" in written.pattern:
        fault("sftp.pattern", f"{written.pattern!r} names no files of one folder", "such as orders-*.csv")
    secret("sftp.key_from", written.key_from, fault)
    known = below(root, written.known_hosts) if written.known_hosts else None
    if known is not None and not known.is_file():
        cure = f"ask for the server's key: ssh-keyscan {host or 'HOST'} > {written.known_hosts}, and compare it"
        fault("sftp.known_hosts", f"{written.known_hosts} is not there", cure)
    return SftpOrigin(
        host=host,
        port=port,
        user=user,
        path=unquote(parts.path),
        pattern=written.pattern,
        settled=_settled("sftp.settled", written.settled, fault),
        key_from=written.key_from,
        known_hosts=str(known) if known else "",
    )


def webhook(written: WrittenWebhook, fault: Report) -> WebhookOrigin:
    """How the calls of a source are signed, as far as nothing is at fault."""
    names = (written.secret_from,) if isinstance(written.secret_from, str) else written.secret_from
    if not names or not all(names):
        fault("webhook.secret_from", "is empty", "name the variable that holds the secret: SHOP_WEBHOOK_SECRET")
    for name in names:
        secret("webhook.secret_from", name, fault)
    is_plain = written.scheme == "plain"
    if is_plain and not _HEADER.fullmatch(written.signature):
        fault("webhook.signature", "is no name of a header", "such as X-Shopify-Hmac-Sha256")
    for name, value, usual in (
        ("signature", written.signature, ""), ("prefix", written.prefix, ""), ("timestamp", written.timestamp, ""),
        ("signed", written.signed, "{body}"), ("encoding", written.encoding, "hex"),
    ):  # fmt: skip
        if not is_plain and value != usual:
            fault(f"webhook.{name}", f"the scheme {written.scheme} says that itself", "leave it out")
    if is_plain and written.signed.count("{body}") != 1:
        fault("webhook.signed", "names not the body, once", "such as {body} or {timestamp}.{body}")
    if is_plain and ("{timestamp}" in written.signed) != bool(written.timestamp):
        cure = "write both, such as signed: '{timestamp}.{body}' and timestamp: X-Timestamp"
        fault("webhook.signed", "a time of sending is of use only where it is signed", cure)
    return WebhookOrigin(
        secrets_from=names,
        scheme=written.scheme,
        signature=written.signature.lower(),
        encoding=written.encoding,
        prefix=written.prefix,
        signed=written.signed,
        timestamp=written.timestamp.lower(),
        tolerance=_length("webhook.tolerance", written.tolerance, fault),
        items=written.items,
    )


def dlt(written: WrittenDltOrigin, fault: Report) -> DltOrigin:
    """The dlt source of a source, as far as nothing is at fault. No argument is repeated."""
    found = _FUNCTION.fullmatch(written.source)
    if found is None:
        cure = "module and function, such as dlt.sources.rest_api:rest_api_source"
        fault("dlt.source", f"{written.source!r} names no function", cure)
    for place, value, is_reached in _texts(written.arguments):
        name = place.rpartition(".")[2]
        if value and (_SECRET_NAME.search(name) or _holds_secret(value)):
            cure = f"write it as secrets: {{{place}: {name.upper().replace('-', '_')}}}, the name of a variable"
            inside = "let a function of yours take it as an argument, and name its variable in secrets:"
            what = "seems to be a secret, and this file is kept in the history"
            fault(f"dlt.arguments.{place}", what, cure if is_reached else inside)
    for name, variable in written.secrets.items():
        secret(f"dlt.secrets.{name}", variable, fault)
    if not written.cursor and (written.since or written.overlap):
        fault("dlt", "since and overlap are of a cursor", "add cursor: with the field that goes up")
    return DltOrigin(
        module=found[1] if found else "",
        function=found[2] if found else "",
        resource=written.resource,
        arguments=written.arguments,
        secrets=written.secrets,
        cursor=written.cursor,
        since=str(written.since),
        overlap=_overlap("dlt.overlap", written.overlap, fault),
        patience=_length("dlt.patience", written.patience, fault),
    )


def codes(written: WrittenCodes, kinds: Sequence[str], fault: Report) -> CodesOrigin:
    """The codes of a source, as far as nothing is at fault."""
    if written.identifier not in kinds:
        cure = f"add it to identity.yaml: kinds: {{{written.identifier or 'receipt_code'}: {{}}}}"
        fault("codes.identifier", f"{written.identifier!r} is no kind of identifier", cure)
    for name, value, usual in (
        ("url", written.url, "https://go.shop.example"), ("to", written.to, "https://www.shop.example/welcome"),
    ):  # fmt: skip
        if not _SITE.fullmatch(value) or (name == "url" and urlsplit(value).query):
            fault(f"codes.{name}", f"{value!r} is no address of a site", f"such as {usual}")
    if not _COOKIE.fullmatch(written.cookie):
        fault("codes.cookie", f"{written.cookie!r} is no name of a cookie", "such as ajs_anonymous_id")
    return CodesOrigin(identifier=written.identifier, url=written.url.rstrip("/"), to=written.to, cookie=written.cookie)


def _texts(value: object, place: str = "", *, is_reached: bool = True) -> Iterator[tuple[str, str, bool]]:
    """Every text within an argument, with the names that lead to it, and whether they alone do: none in a list."""
    if isinstance(value, str):
        yield place, value, is_reached
    for name, part in value.items() if isinstance(value, dict) else ():
        yield from _texts(part, f"{place}.{name}" if place else str(name), is_reached=is_reached)
    for part in value if isinstance(value, list) else ():
        yield from _texts(part, place, is_reached=False)


def _holds_secret(text: str) -> bool:
    """Whether a text is what a header of RFC 7235 proves a caller by, or an address with a password."""
    try:
        return bool(_SECRET_TEXT.fullmatch(text) or urlsplit(text).password)
    except ValueError:
        return False


def of_rows(written: WrittenMapping, fault: Report) -> None:
    """What a mapping of rows that are no file must say, and what it cannot."""
    if not written.key:
        cure = "the columns that name a row for ever, such as its primary key: key: order_id"
        fault("mapping", "says no key: a row that is read again would count twice", f"add {cure}")
    for name, value, usual in (
        ("format", written.format, "auto"), ("encoding", written.encoding, "auto"),
        ("delimiter", written.delimiter, "auto"),
    ):  # fmt: skip
        if value != usual:
            fault(f"mapping.{name}", "is for files", "leave it out")


def secret(path: str, name: str, fault: Report) -> None:
    """A name of a variable; what is none may be the secret itself, and is not repeated."""
    if name and not _VARIABLE.fullmatch(name):
        cure = "name a variable of the environment, such as ERP_PASSWORD, and keep the secret out of the file"
        fault(path, "is no name of a variable", cure)


def below(root: Path, written: str) -> Path:
    """A path of a workspace: below it, or full."""
    with contextlib.suppress(RuntimeError):  # nobody has such a home
        written = str(Path(written).expanduser())
    return root / written


def _address(written: str, root: Path, fault: Report) -> tuple[Dialect | None, str]:
    """The dialect and the address, without repeating it: a password may stand in it."""
    scheme, _, rest = written.partition(":")
    if scheme == "sqlite":
        name = rest.removeprefix("//")
        if name:
            return "sqlite", str(below(root, name))
    try:
        parts = urlsplit(written)
        _ = parts.port, parts.hostname
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    dialect = _DIALECTS.get(parts.scheme)
    if dialect is None or not parts.path.strip("/") or "@" in parts.path:  # a slash in a password ends the host's name
        fault("database.url", "is no address of a database", _URL)
        return None, ""
    if parts.password or any(name.lower() in _SECRETS for name, _ in parse_qsl(parts.query)):
        cure = "take it out, and name the variable that has it: password_from: ERP_PASSWORD"
        fault("database.url", "holds a password, and this file is kept in the history", cure)
        return None, ""
    return dialect, written


def _settled(path: str, written: str | int, fault: Report) -> int:
    """Microseconds; 0 is none."""
    return 0 if written == 0 else _length(path, str(written), fault, "such as 1 min, or 0")


def _length(path: str, written: str, fault: Report, cure: str = "such as 5 min") -> int:
    """Microseconds; 0 where it is at fault."""
    try:
        return duration.parse(written)
    except ValueError as error:
        fault(path, str(error), cure)
        return 0


def _overlap(path: str, written: str | int, fault: Report) -> Overlap:
    if isinstance(written, int):
        if written < 0:
            fault(path, "is less than nothing", "write it as 10 min, or a number such as 1000")
        return Overlap(units=written)
    if not written:
        return Overlap()
    try:
        return Overlap(length=duration.parse(written))
    except ValueError as error:
        fault(path, str(error), "or a number, where the cursor column holds numbers")
        return Overlap()
