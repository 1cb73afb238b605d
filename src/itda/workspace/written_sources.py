"""sources/*.yaml as people write them: one struct per part, from which the page of settings in the docs is made."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from itda.access.scopes import Word
from itda.sources.definition import Column, SourceKind, Time


class WrittenEventBy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`event` of a mapping where a column says which."""

    column: str
    """The column that names the event."""
    names: dict[str, str] = {}
    """What its values mean; left out: they are the names."""


class WrittenLines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`lines` of a mapping."""

    fields: dict[str, str | Column]
    """Field of a line → column."""
    into: str = "products"
    """The property that holds the lines."""
    of: str = ""
    """The column that holds them as a list of objects, or as its JSON; left out: they are the rows of a group."""


class WrittenMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`mapping` of a source."""

    identifiers: dict[str, str | Column]
    """Kind of identifier → column."""
    type: Literal["track", "identify"] = "track"
    """`identify` rows say who somebody is: their properties are traits."""
    format: Literal["auto", "csv", "jsonl", "parquet"] = "auto"
    """`auto` goes by the file's ending."""
    encoding: Literal["auto", "utf-8", "cp949"] = "auto"
    """Of text files; `auto` tells UTF-8 and CP949 apart."""
    delimiter: str = "auto"
    """Of CSV; `auto` looks at the first line for comma, semicolon, tab or bar."""
    event: str | WrittenEventBy = ""
    """The event's name, or the column that has it; not for identify rows."""
    occurred_at: str | Time | None = None
    """The column with the time, or how to read it; left out: when it is imported."""
    properties: dict[str, str | Column] = {}
    """Property → column, constant or sum."""
    group_by: str = ""
    """Rows with the same value in this column become one event."""
    lines: WrittenLines | None = None
    """The rows of a group, or the objects of a list, as a list in one property."""
    key: str | tuple[str, ...] = ()
    """Columns that name the fact for ever; left out: the file, with its group or row. Only files may leave it out."""


class WrittenDatabaseOrigin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`database` of a source."""

    url: str
    """`sqlite:data/till.db`, `postgresql://reader@erp.example/shop`, `mysql://reader@erp.example/shop`; no password."""
    cursor: str
    """The column that goes up with each row that is new or has changed: `updated_at`, an id, a version."""
    password_from: str = ""
    """The variable of the environment that holds the password, such as `ERP_PASSWORD`."""
    table: str = ""
    """The table or view, with its schema where it needs one: `sales.orders`."""
    query: str = ""
    """In its place: a `select`, which is read as a table is."""
    since: str | int | float = ""
    """The first value that is read; left out: all rows."""
    overlap: str | int = ""
    """How far before the last value each reading begins, for rows that came late: `10 min`, or a number."""


class WrittenFolderOrigin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`folder` of a source."""

    path: str
    """The folder, below the workspace or as a full path."""
    pattern: str = "*"
    """Which of its files: `orders-*.csv`; `**/*.csv` reaches into folders. Names that begin with a dot never."""
    settled: str | int = "1 min"
    """A file is complete when nobody changed it for so long; 0: at once, where files are put there by renaming."""


class WrittenSftpOrigin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sftp` of a source."""

    address: str
    """`sftp://feed@files.example/outgoing`, with `:2222` where the port is not 22; no password."""
    pattern: str = "*"
    """Which of its files: `orders-*.csv`. Names that begin with a dot never."""
    settled: str | int = "1 min"
    """A file is complete when it looked the same so long before; 0: at once, where files are put there by renaming."""
    key_from: str = ""
    """The variable of the environment that holds the path of the private key; left out: those `ssh` finds."""
    known_hosts: str = ""
    """The file with the server's public key, below the workspace or full; left out: the user's own."""


class WrittenWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`webhook` of a source."""

    secret_from: str | tuple[str, ...]
    """The variable that holds the secret; several while one follows another."""
    scheme: Literal["plain", "standard", "stripe"] = "plain"
    """`plain`: a signature in a header, as below; `standard`: Standard Webhooks; `stripe`: Stripe's header."""
    signature: str = ""
    """Of `plain`: the header that holds it, such as `X-Shopify-Hmac-Sha256`."""
    encoding: Literal["hex", "base64"] = "hex"
    """Of `plain`: how the signature is written."""
    prefix: str = ""
    """Of `plain`: what stands before it, such as `sha256=`."""
    signed: str = "{body}"
    """Of `plain`: what is signed, such as `v0:{timestamp}:{body}`."""
    timestamp: str = ""
    """Of `plain`: the header with the time of sending, in seconds since 1970; where `signed` names it."""
    tolerance: str = "5 min"
    """How far the time of sending may be from ours."""
    items: str = ""
    """Where in the body the list of events is, such as `data.orders`; left out: the body is the event, or the list."""


class WrittenDltOrigin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`dlt` of a source."""

    source: str
    """What Python finds it by: `dlt.sources.rest_api:rest_api_source`, module and function."""
    resource: str = ""
    """Which of its resources; left out where there is one."""
    arguments: dict[str, Any] = {}
    """What the function is given, but for secrets."""
    secrets: dict[str, str] = {}
    """Argument, or where in one (`auth.token`) → the variable of the environment that holds it."""
    cursor: str = ""
    """The field that goes up with each row that is new or has changed; left out: all rows are read each time."""
    since: str | int | float = ""
    """The first value of it that is asked for; left out: all of them."""
    overlap: str | int = ""
    """How far before the last value each reading begins: `10 min`, or a number."""
    patience: str = "10 min"
    """How long nothing may come before a run is given up."""


class WrittenCodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`codes` of a source."""

    identifier: str
    """The kind of identifier that a code is: one of yours in identity.yaml, such as `receipt_code`."""
    url: str
    """Where the doors of this shop are reached, such as https://go.shop.example."""
    to: str
    """Where a scan leads, such as https://www.shop.example/welcome."""
    cookie: str = "ajs_anonymous_id"
    """The cookie in which the pages of the same site keep a visitor's id; left out: that of Segment's client."""


class WrittenSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """sources/NAME.yaml."""

    kind: SourceKind
    """`tracking` takes live events over HTTP; `file` takes files by `itda import`. `database`, `folder`, `sftp`
    and `dlt` are asked for what is new. `webhook` is called by others, who sign what they send.
    `codes` are printed on receipts and coupons, and scanned."""
    channel: str
    """Where people are met through it: web, app, store …"""
    orders: str = ""
    """Order scope: sources that speak of the same orders share a word; left out: the source's own name."""
    late_after: str = "24 hours"
    """Events received longer than this after they occurred count as late: `24 hours` or `3 days`."""
    profiles: Literal["none", "read"] | tuple[Word, ...] = "none"
    """What its write key may do in the profile API, so keep that key on servers: `read`, or a list of scopes:
    `traits`, `personal` (values whole, else masked), `segments`, `consent`, `events`, `identity`, `steward`."""
    key: Literal["public", "secret"] | None = None
    """`secret`: its write key is on servers alone; left out: `public`, for all to read, unless it reads profiles."""
    consent: Literal["request", "grant"] | None = None
    """What a consent through it is; left out: a `request`, to be confirmed, where its key is public, else a `grant`."""
    mapping: WrittenMapping | None = None
    """How rows become events; not for live ones."""
    every: str = ""
    """When it is asked: `10 min`, `day at 03:30`, `weekday at 09:00`, `monday at 06:00`, `month on 1 at 04:00`.
    Left out: whenever somebody says `itda source run`."""
    database: WrittenDatabaseOrigin | None = None
    """Of `kind: database`: what is read, and in which order."""
    folder: WrittenFolderOrigin | None = None
    """Of `kind: folder`: where its files are."""
    sftp: WrittenSftpOrigin | None = None
    """Of `kind: sftp`: where its files are."""
    webhook: WrittenWebhook | None = None
    """Of `kind: webhook`: how a call proves who sent it."""
    codes: WrittenCodes | None = None
    """Of `kind: codes`: what they are and where a scan leads."""
    dlt: WrittenDltOrigin | None = None
    """Of `kind: dlt`: which source, and which of its resources."""
