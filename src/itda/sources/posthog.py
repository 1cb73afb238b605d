"""PostHog's wire (`/batch/`, `/capture/`, `/e/`): its events in the shape of the Segment spec.

`distinct_id` is an anonymous id where PostHog says so (`$process_person_profile: false`, or it is the device's own),
else a user id. Properties with a `$` describe the client and its surroundings; `$set` and `$set_once` are traits.
"""

from __future__ import annotations

from typing import Any

import msgspec

from itda.sources.nesting import shallow
from itda.sources.wire import LARGEST_EVENT, NOT_JSON, Bad, Body, Id, Item, bad, checked, too_large

_CALLS = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$create_alias": "alias",
    "$groupidentify": "group",
}


class _Event(msgspec.Struct):
    event: str | None = None
    distinct_id: Id = None
    uuid: Id = None
    timestamp: Any = None
    sent_at: Any = None
    properties: dict[str, Any] | None = None
    set_: dict[str, Any] | None = msgspec.field(default=None, name="$set")
    set_once: dict[str, Any] | None = msgspec.field(default=None, name="$set_once")


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]
    sent_at: Any = None


_EVENT = msgspec.json.Decoder(_Event)
_BATCH = msgspec.json.Decoder(_Batch)


def read(body: bytes, largest: int = LARGEST_EVENT) -> Body:
    """The items of a body: a batch, or one event."""
    try:
        batch = _BATCH.decode(body)
    except msgspec.ValidationError:
        return Body([_read_event(body, largest)], [len(body)])
    except NOT_JSON as error:
        if isinstance(error, RecursionError) and (whole := shallow(body)) is not body:
            return read(whole, largest)
        return Body([bad(error, body)], [len(body)])
    raws = [bytes(raw) for raw in batch.batch]
    return checked(raws, _read_event, body, batch.sent_at, largest=largest)


def _read_event(raw: bytes, largest: int) -> Item | Bad:
    if len(raw) > largest:
        return too_large(raw, largest)
    try:
        return _item(_EVENT.decode(raw))
    except NOT_JSON as error:
        return bad(error, raw)


def _item(told: _Event) -> Item:
    all_properties = told.properties or {}
    own = {key: value for key, value in all_properties.items() if not key.startswith("$")}
    traits: dict[str, Any] = {}
    for part in (all_properties.get("$set_once"), told.set_once, all_properties.get("$set"), told.set_):
        if isinstance(part, dict):
            traits |= part
    distinct = told.distinct_id if told.distinct_id is not None else own.pop("distinct_id", None)
    is_anonymous = all_properties.get("$process_person_profile") is False or (
        distinct is not None and all_properties.get("$device_id") == distinct
    )
    item = Item(
        type=_CALLS.get(told.event or "", "track"),
        event=told.event,
        message_id=told.uuid,
        user_id=None if is_anonymous else distinct,
        anonymous_id=distinct if is_anonymous else all_properties.get("$anon_distinct_id"),
        timestamp=told.timestamp,
        sent_at=told.sent_at,
        context=msgspec.Raw(msgspec.json.encode(_context(all_properties))),
    )
    _fill(item, all_properties, own, traits)
    return item


def _fill(item: Item, all_properties: dict[str, Any], own: dict[str, Any], traits: dict[str, Any]) -> None:
    """What the call carries, where the Segment spec has it."""
    if item.type == "alias":
        alias = own.pop("alias", None)
        item.previous_id = alias if isinstance(alias, str | int | float) else None
    elif item.type == "group":
        key = all_properties.get("$group_key")
        item.group_id = key if isinstance(key, str | int | float) else None
        group = all_properties.get("$group_set")
        item.traits = group if isinstance(group, dict) else {}
    elif item.type == "identify":
        item.traits = traits
    else:
        if item.type == "page":
            own |= {name: all_properties[key] for name, key in _PAGE if key in all_properties}
        elif item.type == "screen" and isinstance(all_properties.get("$screen_name"), str):
            own["name"] = all_properties["$screen_name"]
        item.properties = own
        item.traits = traits or None


_PAGE = (("url", "$current_url"), ("path", "$pathname"), ("referrer", "$referrer"), ("title", "title"))


def _context(properties: dict[str, Any]) -> dict[str, Any]:
    parts = {
        "library": {"name": properties.get("$lib"), "version": properties.get("$lib_version")},
        "os": {"name": properties.get("$os"), "version": properties.get("$os_version")},
        "device": {"type": properties.get("$device_type"), "id": properties.get("$device_id")},
    }
    found = {name: {key: value for key, value in part.items() if value is not None} for name, part in parts.items()}
    context: dict[str, Any] = {name: part for name, part in found.items() if part}
    for name, key in (("ip", "$ip"), ("userAgent", "$raw_user_agent"), ("locale", "$locale")):
        if isinstance(properties.get(key), str):
            context[name] = properties[key]
    return context
