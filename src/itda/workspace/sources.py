"""Reads sources/*.yaml: doors, files and what is fetched, with their mappings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import msgspec

from itda.access.scopes import scopes_of
from itda.base import windows
from itda.base.errors import Fault
from itda.sources import schedule
from itda.sources.definition import FETCHED, Column, FileMapping, Lines, SourceDef, Time
from itda.sources.origins import Origin
from itda.sources.schedule import Schedule
from itda.workspace import origins, shape
from itda.workspace.files import Document
from itda.workspace.written_sources import WrittenEventBy, WrittenLines, WrittenMapping, WrittenSource

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TIME_WORDS = ("iso", "unix", "unix_ms")


class Known(msgspec.Struct, frozen=True):
    """What a source may name."""

    channels: tuple[str, ...]
    kinds: tuple[str, ...]
    events: tuple[str, ...]
    zone: str
    root: Path = Path()
    """Of the workspace."""


def read_source(document: Document, known: Known, faults: list[Fault]) -> SourceDef | None:
    """The source of a file; None when it has faults."""
    name = PurePosixPath(document.name).stem
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", "kind: tracking, channel: web"))
        return None
    found = shape.faults(document, document.data, WrittenSource)
    if not _NAME.fullmatch(name):
        cure = "small letters, digits, - and _, beginning with a letter"
        found.append(document.fault("", f"{name!r} is no name of a source", cure))
    if found:
        faults += found + _Checks(document, known).channel(document.data.get("channel"))
        return None
    written = msgspec.convert(document.data, WrittenSource)
    checks = _Checks(document, known)
    origin, every = checks.origin(written), checks.schedule(written)
    found = checks.of(written)
    if found:
        faults += found
        return None
    words = (
        () if written.profiles == "none" else (written.profiles,) if written.profiles == "read" else written.profiles
    )
    is_secret = written.kind == "tracking" and (written.key == "secret" or bool(words))
    return SourceDef(
        name=name,
        kind=written.kind,
        channel=written.channel,
        order_scope=written.orders or name,
        late_after_s=_seconds(written.late_after),
        scopes=scopes_of(words),
        has_secret_key=is_secret,
        grants=written.consent == "grant" if written.consent else is_secret or written.kind != "tracking",
        mapping=_mapping(written.mapping) if written.mapping is not None else None,
        origin=origin,
        every=every,
    )


def _seconds(text: str) -> int:
    window = windows.parse(text)
    return window.n * (3_600 if window.unit == "hours" else 86_400)


def _column(written: str | Column) -> Column:
    return Column(column=written) if isinstance(written, str) else written


def _columns(written: Mapping[str, str | Column]) -> dict[str, Column]:
    return {name: _column(column) for name, column in written.items()}


def _mapping(written: WrittenMapping) -> FileMapping:
    event = written.event
    at = Time(column=written.occurred_at) if isinstance(written.occurred_at, str) else written.occurred_at
    return FileMapping(
        type=written.type,
        format=written.format,
        encoding=written.encoding,
        delimiter=written.delimiter,
        event=event if isinstance(event, str) else "",
        event_column=event.column if isinstance(event, WrittenEventBy) else "",
        event_names=event.names if isinstance(event, WrittenEventBy) else {},
        occurred_at=at,
        identifiers=_columns(written.identifiers),
        properties=_columns(written.properties),
        group_by=written.group_by,
        lines=_lines(written.lines) if written.lines else None,
        key=(written.key,) if isinstance(written.key, str) and written.key else tuple(written.key),
    )


def _lines(written: WrittenLines) -> Lines:
    return Lines(into=written.into, of=written.of, fields=_columns(written.fields))


class _Checks:
    """What a well-formed source may still get wrong."""

    def __init__(self, document: Document, known: Known) -> None:
        self._document = document
        self._known = known
        self._faults: list[Fault] = []

    def fault(self, path: str, what: str, cure: str = "") -> None:
        self._faults.append(self._document.fault(path, what, cure))

    def channel(self, written: object) -> list[Fault]:
        """Of a source that is not well-formed elsewhere, too: all faults at once."""
        if isinstance(written, str) and written not in self._known.channels:
            cure = f"{shape.nearest(written, self._known.channels)}; or name it under channels in itda.yaml"
            self.fault("channel", f"{written!r} is no channel", cure)
        return self._faults

    def of(self, written: WrittenSource) -> list[Fault]:
        self.channel(written.channel)
        try:
            windows.parse(written.late_after)
        except ValueError as error:
            self.fault("late_after", str(error))
        is_live = written.kind in ("tracking", "codes")
        if not is_live and written.mapping is None:
            self.fault("kind", f"a {written.kind} source has a mapping", "add mapping: with identifiers and event")
        if is_live and written.mapping is not None:
            self.fault("mapping", "live events come as events already", "leave mapping out, or write kind: file")
        if written.kind != "tracking" and written.profiles != "none":
            self.fault("profiles", f"a {written.kind} source has no write key to read profiles with", "leave it out")
        if written.kind != "tracking" and written.key is not None:
            self.fault("key", "a source that takes no live events has no write key", "leave it out")
        if written.kind == "tracking" and written.profiles != "none" and written.key == "public":
            self.fault("key", "a public key would show everybody's profile to everybody", "key: secret")
        if written.mapping is not None:
            self.mapping(written.mapping)
        return self._faults

    def origin(self, written: WrittenSource) -> Origin | None:
        """Where its rows are. A part that belongs to another kind is a fault."""
        parts: dict[str, object] = {
            "database": written.database, "folder": written.folder, "sftp": written.sftp, "webhook": written.webhook,
            "dlt": written.dlt, "codes": written.codes,
        }  # fmt: skip
        for kind, part in parts.items():
            if part is not None and kind != written.kind:
                self.fault(kind, f"is for kind: {kind}", f"leave it out, or write kind: {kind}")
        if written.kind in parts and parts[written.kind] is None:
            self.fault("kind", f"says no {written.kind}", f"add {written.kind}: with what the settings page names")
            return None
        if written.kind in ("database", "webhook", "dlt") and written.mapping is not None:
            origins.of_rows(written.mapping, self.fault)
            if written.mapping.group_by and written.kind != "database":
                cure = "write lines: with of: the field that holds them as a list"
                self.fault("mapping.group_by", "what comes here is not grouped", cure)
        return self.origin_of(written)

    def origin_of(self, written: WrittenSource) -> Origin | None:  # noqa: PLR0911 - one a kind
        root = self._known.root
        if written.kind == "database" and written.database is not None:
            return origins.database(written.database, root, self.fault)
        if written.kind == "folder" and written.folder is not None:
            return origins.folder(written.folder, root, self.fault)
        if written.kind == "sftp" and written.sftp is not None:
            return origins.sftp(written.sftp, root, self.fault)
        if written.kind == "webhook" and written.webhook is not None:
            return origins.webhook(written.webhook, self.fault)
        if written.kind == "codes" and written.codes is not None:
            return origins.codes(written.codes, self._known.kinds, self.fault)
        if written.kind == "dlt" and written.dlt is not None:
            return origins.dlt(written.dlt, self.fault)
        return None

    def schedule(self, written: WrittenSource) -> Schedule | None:
        if not written.every:
            return None
        if written.kind not in FETCHED:
            self.fault("every", f"nothing is asked of a {written.kind} source", "leave it out")
        try:
            return schedule.parse(written.every)
        except ValueError as error:
            what, _, cure = str(error).partition(": ")
            self.fault("every", what, cure)
            return None

    def mapping(self, written: WrittenMapping) -> None:
        self.events(written)
        for kind in written.identifiers:
            if kind not in self._known.kinds:
                cure = f"{shape.nearest(kind, self._known.kinds)}; or add it to identity.yaml"
                self.fault(f"mapping.identifiers.{kind}", f"{kind!r} is no kind of identifier", cure)
        if not written.identifiers:
            self.fault("mapping.identifiers", "names nobody", "for example: membership: card_number")
        self.time(written.occurred_at)
        self.columns("mapping.identifiers", written.identifiers, is_grouped=False)
        self.columns("mapping.properties", written.properties, is_grouped=bool(written.group_by))
        if written.lines is not None:
            self.columns("mapping.lines.fields", written.lines.fields, is_grouped=False)
            if not written.group_by and not written.lines.of:
                cure = "add group_by: the column they share, or of: the column that holds them as a list"
                self.fault("mapping.lines", "lines belong to a group or a list", cure)
            if written.group_by and written.lines.of:
                self.fault("mapping.lines.of", "the lines are the rows of a group already", "leave out one of the two")
            if written.lines.into in written.properties:
                what = f"{written.lines.into!r} is written twice: by properties and by lines"
                self.fault("mapping.lines.into", what, "choose another name for one")
        if written.group_by and written.type == "identify":
            self.fault("mapping.group_by", "rows that say who somebody is are not grouped", "leave it out")
        if len(written.delimiter) != 1 and written.delimiter != "auto":
            self.fault("mapping.delimiter", f"{written.delimiter!r} is not one character", 'such as "," or auto')

    def events(self, written: WrittenMapping) -> None:
        event = written.event
        if written.type == "identify":
            if event:
                self.fault("mapping.event", "identify rows have no event name", "leave it out, or write type: track")
            return
        if not event:
            self.fault("mapping", "says no event", "add event: Order Completed, or event: {column: …}")
        named = {"mapping.event": event} if isinstance(event, str) and event else {}
        if isinstance(event, WrittenEventBy):
            named = {f"mapping.event.names.{value}": name for value, name in event.names.items()}
        for path, name in named.items():
            if name not in self._known.events:
                cure = shape.nearest(name, self._known.events, "the box's names are in the docs")
                self.fault(path, f"no contract knows the event {name!r}", f"{cure}; or write contracts/….yaml for it")

    def time(self, written: str | Time | None) -> None:
        if not isinstance(written, Time):
            return
        if written.format not in _TIME_WORDS and "%" not in written.format:
            cure = shape.nearest(written.format, _TIME_WORDS, "iso, unix, unix_ms or a pattern such as %Y-%m-%d %H:%M")
            self.fault("mapping.occurred_at.format", f"{written.format!r} is no format of time", cure)
        try:
            ZoneInfo(written.zone or "UTC")
        except (KeyError, OSError, ValueError):
            cure = "such as Asia/Seoul or UTC"
            self.fault("mapping.occurred_at.zone", f"{written.zone!r} is no time zone", cure)

    def columns(self, path: str, columns: Mapping[str, str | Column], *, is_grouped: bool) -> None:
        for name, written in columns.items():
            column = _column(written)
            given = [bool(column.column), column.value is not None, bool(column.sum), column.count]
            if sum(given) != 1:
                cure = "write one of: a column's name, value: …, sum: …, count: true"
                self.fault(f"{path}.{name}", "says not exactly one origin", cure)
            if (column.sum or column.count) and not is_grouped:
                self.fault(
                    f"{path}.{name}", "there are lines to add up only in a group", "add group_by, or write column:"
                )
