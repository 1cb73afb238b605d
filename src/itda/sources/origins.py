"""Where a source that is fetched, or that calls, has its rows: what its YAML says of it, checked.

Secrets are named, never held: `*_from` is the name of a variable of the environment.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from itda.base.instant import MINUTE
from itda.sources.marks import Overlap


class DatabaseOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """A table or a query that is read in the order of one column."""

    dialect: Literal["sqlite", "postgresql", "mysql"]
    url: str
    """Without a password; of SQLite the path of the file."""
    password_from: str = ""
    table: str = ""
    query: str = ""
    """One of the two; a query is read as a table is."""
    cursor: str
    """The column that goes up with every row that is new or has changed."""
    since: str = ""
    """The first value that is read; empty: all of them."""
    overlap: Overlap = Overlap()


class FolderOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of this machine that others put files into."""

    path: str
    """Full."""
    pattern: str
    """Which files, such as `orders-*.csv`; `**` reaches into folders."""
    settled: int
    """A file is complete when nobody changed it for so many microseconds."""


class SftpOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of another machine, reached by SFTP with a key."""

    host: str
    port: int
    user: str
    path: str
    """As the server names it; empty: where it puts whoever signs in."""
    pattern: str
    settled: int
    """A file is complete when it looked the same so many microseconds before."""
    key_from: str = ""
    """The variable that holds the path of the private key; empty: what `ssh` finds."""
    known_hosts: str = ""
    """The file with the server's public key, full; empty: that of the user."""


class WebhookOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """How a call proves who sent it, and where its events are in the body."""

    secrets_from: tuple[str, ...]
    scheme: Literal["plain", "standard", "stripe"] = "plain"
    signature: str = ""
    """The header that holds the signature, in small letters."""
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""
    signed: str = "{body}"
    timestamp: str = ""
    """The header with the time of sending, in small letters; empty: no time is signed."""
    tolerance: int
    """Microseconds that the time of sending may be from ours."""
    items: str = ""
    """The path of the list of events; empty: the body is the event, or the list."""


class DltOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """A resource of a source written for dlt."""

    module: str
    function: str
    """Makes the source, or the resource itself."""
    resource: str = ""
    """Empty: the one that there is."""
    arguments: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    """Argument, or the names with dots that lead into one → the variable that holds it."""
    cursor: str = ""
    """The field that goes up with every change; empty: all rows are read each time."""
    since: str = ""
    """The first value that is asked for; empty: all of them."""
    overlap: Overlap = Overlap()
    patience: int = 10 * MINUTE
    """Microseconds for which nothing may come before a run is given up."""


class CodesOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Codes we make for receipts and coupons: whoever scans one is tied to what it was printed for."""

    identifier: str
    """The kind of identifier that a code is."""
    url: str
    """Where our doors are reached, without a slash at the end."""
    to: str
    """Where a scan leads."""
    cookie: str
    """The cookie in which the pages there keep a visitor's id."""


Origin = DatabaseOrigin | FolderOrigin | SftpOrigin | WebhookOrigin | DltOrigin | CodesOrigin


def variables(origin: Origin | None) -> list[str]:
    """The variables of the environment that hold its secrets."""
    match origin:
        case DatabaseOrigin():
            found = [origin.password_from]
        case SftpOrigin():
            found = [origin.key_from]
        case WebhookOrigin():
            found = [*origin.secrets_from]
        case DltOrigin():
            found = [*origin.secrets.values()]
        case _:
            found = []
    return [name for name in found if name]
