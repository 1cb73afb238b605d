"""What a source is: one door or one kind of file, as a workspace's sources/*.yaml declares it."""

from __future__ import annotations

from typing import Literal

import msgspec

from itda.access.scopes import Scope
from itda.sources.origins import Origin
from itda.sources.schedule import Schedule

CHANNELS = (
    "web", "app", "store", "call", "email", "sms", "push", "kakao", "social", "ad", "kiosk", "sensor", "voice", "crm",
    "console",
)  # fmt: skip
"""The channels of the box; a workspace may name others."""

ColumnType = Literal["auto", "text", "number", "money", "boolean", "time", "json"]
SourceKind = Literal["tracking", "file", "database", "folder", "sftp", "webhook", "dlt", "codes"]
FETCHED: tuple[SourceKind, ...] = ("database", "folder", "sftp", "dlt")
"""Kinds that Itda itself asks for what is new."""


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one field comes from: a column, a constant `value`, or a `sum` of a column over the lines of a group."""

    column: str = ""
    """The column's name."""
    value: str | int | float | bool | None = None
    """The same for every row."""
    sum: str = ""
    """The column to add up over the lines of a group."""
    count: bool = False
    """The number of lines of the group."""
    type: ColumnType = "auto"
    """`auto` keeps what the file says: text in CSV, typed values in Parquet and JSON; `json` reads a text of JSON."""


class Time(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a row happened. `format` is of strptime; `iso`, `unix` and `unix_ms` are words for the usual ones."""

    column: str
    """The column's name."""
    format: str = "iso"
    """`iso` (ISO 8601), `unix` (seconds), `unix_ms`, or a pattern of strptime such as `%Y-%m-%d %H:%M`."""
    zone: str = ""
    """Zone of times without one; empty means the workspace's."""


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a group, or of a list in one field, become a list of objects in one property."""

    into: str = "products"
    of: str = ""
    """The column that holds the lines as a list of objects, or as its JSON; empty: they are the rows of a group."""
    fields: dict[str, Column]


class FileMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How rows become events: of a file, a table, a call."""

    type: Literal["track", "identify"] = "track"
    format: Literal["auto", "csv", "jsonl", "parquet"] = "auto"
    encoding: str = "auto"
    delimiter: str = "auto"
    event: str = ""
    """The event's name, the same for every row."""
    event_column: str = ""
    event_names: dict[str, str] = {}
    """What the values of `event_column` mean; a value that is not here is refused unless there are none here."""
    occurred_at: Time | None = None
    """None: the rows have no time of their own, and the import's time counts."""
    identifiers: dict[str, Column]
    properties: dict[str, Column] = {}
    """For identify rows these are the traits."""
    group_by: str = ""
    """Rows with the same value become one event; they may stand anywhere in the file."""
    lines: Lines | None = None
    key: tuple[str, ...] = ()
    """Columns that name the fact for ever: a row that comes again, in any file, is the same event."""


class SourceDef(msgspec.Struct, frozen=True, kw_only=True):
    """One source. `name` is its file's name; ids of events are scoped by it."""

    name: str
    kind: SourceKind
    channel: str
    order_scope: str
    """Orders are keyed by (order scope, order_id): sources that speak of the same orders share a scope."""
    late_after_s: int = 86_400
    """An event received this many seconds after it occurred is late."""
    scopes: frozenset[Scope] = frozenset()
    """What its write key may do besides, in the profile API."""
    has_secret_key: bool = False
    """Its write key is kept on servers; any other stands in pages and apps, where everybody can read it."""
    grants: bool = False
    """Whether a consent through it counts. Where not, it is a request that somebody else has to confirm."""
    mapping: FileMapping | None = None
    """For all but live events and codes."""
    origin: Origin | None = None
    """Where what is fetched is fetched from."""
    every: Schedule | None = None
    """When it is fetched; None: when somebody asks for it."""

    @property
    def is_public(self) -> bool:
        """Whether anybody at all can speak through it, and in anybody's name."""
        return self.kind == "tracking" and not self.has_secret_key


OWN = SourceDef(
    name="itda", kind="tracking", channel="email", order_scope="itda", has_secret_key=True, grants=True
)  # fmt: skip
"""The source of what we tell ourselves: what became of a message, a consent that was given to one of us.

It has no write key: nobody outside speaks in its name.
"""

CUSTOMER = SourceDef(
    name="customer", kind="tracking", channel="centre", order_scope="itda", has_secret_key=True
)  # fmt: skip
"""The source of what people set right about themselves. It has no write key either."""
