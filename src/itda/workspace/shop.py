"""Reads itda.yaml: name, zone, money, languages, where things are kept."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_network
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.numbers import list_currencies

from itda.access.bucket import Bucket
from itda.base import duration, money
from itda.base.errors import Fault
from itda.base.instant import DAY
from itda.measure.definition import Parameters
from itda.sources.definition import CHANNELS
from itda.workspace import shape, staffing
from itda.workspace.files import Document
from itda.workspace.written import WrittenShop

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def read_shop(document: Document, faults: list[Fault]) -> WrittenShop | None:
    """The shop's file; None when it is no shop at all."""
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", "name: …, zone: …, currency: …"))
        return None
    found = shape.faults(document, document.data, WrittenShop)
    faults += found
    if found:
        return None
    written = msgspec.convert(document.data, WrittenShop)
    before = len(faults)
    faults += _faults(document, written)
    return written if len(faults) == before else None


def channels(written: WrittenShop | None) -> tuple[str, ...]:
    """Every channel the workspace knows."""
    return (*CHANNELS, *(written.channels if written else ()))


def country_of(zone: str) -> str:
    """The country of a time zone (CLDR); empty where it has none."""
    return str(get_global("zone_territories").get(zone, ""))


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def _faults(document: Document, written: WrittenShop) -> list[Fault]:
    found = []
    if not written.name.strip():
        found.append(document.fault("name", "is empty", "give the shop a name"))
    if not _is_zone(written.zone):
        cure = shape.nearest(written.zone, _zones(), "such as Asia/Seoul, UTC or America/New_York")
        found.append(document.fault("zone", f"{written.zone!r} is no time zone", cure))
    if not money.is_known(written.currency):
        cure = shape.nearest(written.currency, sorted(list_currencies()), "an ISO 4217 code such as KRW or USD")
        found.append(document.fault("currency", f"{written.currency!r} is no currency", cure))
    if written.country and written.country not in Locale("en").territories:
        cure = "an ISO 3166 code in capitals, such as KR or US"
        found.append(document.fault("country", f"{written.country!r} is no country", cure))
    found += staffing.faults(document, written.staff)
    found += _of_networks(document, written)
    return found + _of_words(document, written) + _of_measures(document, written) + _of_database(document, written)


def _of_networks(document: Document, written: WrittenShop) -> list[Fault]:
    found = []
    for index, text in enumerate(written.doors.internal):
        try:
            ip_network(text)
        except ValueError:
            found.append(document.fault(f"doors.internal.{index}", f"{text!r} is no network", "such as 10.1.0.0/16"))
    return found


def _of_words(document: Document, written: WrittenShop) -> list[Fault]:
    found = []
    if not written.languages:
        found.append(document.fault("languages", "names no language", "languages: [ko, en]"))
    for index, language in enumerate(written.languages):
        if not _is_language(language):
            what, cure = f"{language!r} is no language", "a code such as ko or en"
            found.append(document.fault(f"languages.{index}", what, cure))
    for index, channel in enumerate(written.channels):
        if not _CHANNEL.fullmatch(channel):
            cure = "small letters, digits, - and _"
            found.append(document.fault(f"channels.{index}", f"{channel!r} is no name of a channel", cure))
    return found


def _of_measures(document: Document, written: WrittenShop) -> list[Fault]:
    found, told = [], written.measures
    try:
        is_whole = duration.parse(told.window) % DAY == 0
    except ValueError as error:
        found.append(document.fault("measures.window", str(error), "such as 30 days"))
    else:
        if not is_whole:
            found.append(document.fault("measures.window", "takes whole days only", "such as 30 days"))
    known = channels(written)
    for name, group in (("online", told.online), ("in_store", told.in_store)):
        place = f"measures.{name}"
        if not group:
            found.append(document.fault(place, "names no channel", "leave it out for those in the box"))
        for index, channel in enumerate(group):
            if channel not in known:
                cure = shape.nearest(channel, known)
                found.append(document.fault(f"{place}.{index}", f"{channel!r} is not known", cure))
    for index, channel in enumerate(told.in_store):
        if channel in told.online:
            what, cure = f"{channel!r} is online and a shop at once", "name it in one of the two"
            found.append(document.fault(f"measures.in_store.{index}", what, cure))
    return found


def measured(written: WrittenShop) -> Parameters:
    """What metrics go by, of a file in order."""
    told = written.measures
    return Parameters(window=duration.parse(told.window), online=told.online, in_store=told.in_store)


def bucket(written: WrittenShop) -> Bucket | None:
    """The bucket of the anchors, of a file in order; None where none is named."""
    told = written.audit.bucket
    return Bucket(**msgspec.structs.asdict(told)) if told.name else None


def _of_database(document: Document, written: WrittenShop) -> list[Fault]:
    found = []
    if not _SCHEMA.fullmatch(written.database.schema) or written.database.schema.startswith("pg_"):
        what, cure = f"{written.database.schema!r} is no schema", "small letters, digits and _, such as itda"
        found.append(document.fault("database.schema", what, cure))
    if written.database.url and not written.database.url.startswith(("postgresql://", "postgres://")):
        found.append(document.fault("database.url", "is no address of a PostgreSQL", "postgresql://user@host/name"))
    if written.audit.bucket.endpoint and not written.audit.bucket.endpoint.startswith(("https://", "http://")):
        found.append(document.fault("audit.bucket.endpoint", "is no address", "https://s3.example.net"))
    return found


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return bool(name)


def _is_language(code: str) -> bool:
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True
