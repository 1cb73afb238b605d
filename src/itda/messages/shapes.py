"""What a template may name: every variable there is, of what kind it is, and whether it is always there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from itda.events.classes import Node
from itda.events.contract import Contract
from itda.profiles.definition import DECLARED, TraitDef

Kind = Literal["text", "number", "truth", "time", "list", "object", "any"]
_DEEPEST = 6
_JSON: Mapping[str, Kind] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "truth",
    "array": "list",
    "object": "object",
}
_OPEN = frozenset({"plain", "object", "array"})


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One variable."""

    kind: Kind = "any"
    fields: Mapping[str, Shape] = {}
    item: Shape | None = None
    """Of a list, what it holds."""
    is_always: bool = False
    """Nobody lacks it."""
    is_personal: bool = False
    """It names a person, or helps to."""


_ALWAYS = Shape(kind="text", is_always=True)
_SENDER = Shape(
    kind="object",
    is_always=True,
    fields=dict.fromkeys(("name", "email", "phone", "address"), _ALWAYS),
)
_LINKS = Shape(kind="object", is_always=True, fields={"unsubscribe": _ALWAYS, "preferences": _ALWAYS})
_COUNTED = Shape(
    kind="list",
    is_always=True,
    item=Shape(kind="object", is_always=True, fields={"value": _ALWAYS, "count": Shape(kind="number", is_always=True)}),
)
_OF_KINDS: Mapping[str, Shape] = {
    "count": Shape(kind="number", is_always=True),
    "sum": Shape(kind="number", is_always=True),
    "distinct": Shape(kind="number", is_always=True),
    "recency": Shape(kind="number"),
    "interval": Shape(kind="number"),
    "top": _COUNTED,
}


def variables(customer: Shape, event: Shape | None) -> Shape:
    """All that a template may name; `event` None where the message belongs to no event."""
    fields = {"customer": customer, "sender": _SENDER, "links": _LINKS}
    return Shape(kind="object", is_always=True, fields=fields if event is None else {**fields, "event": event})


def of_customer(traits: Iterable[TraitDef], identified: Contract | None) -> Shape:
    """A customer: what identify calls may say, and the workspace's traits, by their dotted names."""
    fields: dict[str, Any] = {}
    if identified is not None:
        fields.update(_object(identified.root, identified.schema, identified.schema, is_open=False).fields)
    for trait in traits:
        if trait.kind == DECLARED:
            _put(fields, trait.name.split("."), Shape(is_personal=True))
        else:
            _put(fields, trait.name.split("."), _OF_KINDS.get(trait.kind, Shape()))
    return Shape(kind="object", is_always=True, fields=fields)


def of_events(contracts: Iterable[Contract]) -> Shape | None:
    """What every one of these events carries in the clear; None where there is no event."""
    shapes = [_object(contract.root, contract.schema, contract.schema, is_open=True) for contract in contracts]
    if not shapes:
        return None
    both = shapes[0]
    for other in shapes[1:]:
        both = _both(both, other)
    return msgspec.structs.replace(both, is_always=True)


def _object(node: Node, schema: Mapping[str, Any], root: Mapping[str, Any], *, is_open: bool, depth: int = 0) -> Shape:
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    fields: dict[str, Shape] = {}
    for name, part in node.fields.items():
        if depth < _DEEPEST and part.kind != "forbidden" and not (is_open and part.kind not in _OPEN):
            written = _resolved(properties.get(name, {}), root)
            shape = _shape(part, written, root, is_open=is_open, depth=depth + 1)
            fields[name] = msgspec.structs.replace(shape, is_always=name in required and "null" not in _types(written))
        for suffix, _ in part.derive:
            fields[f"{name}{suffix}"] = Shape()
    return Shape(kind="object", fields=fields)


def _shape(node: Node, schema: Mapping[str, Any], root: Mapping[str, Any], *, is_open: bool, depth: int) -> Shape:
    if node.fields:
        return _object(node, schema, root, is_open=is_open, depth=depth)
    kinds = {_JSON[name] for name in _types(schema) if name in _JSON}
    if node.kind == "array" or kinds == {"list"}:
        item = Shape(is_always=True)
        if node.item is not None and not (is_open and node.item.kind not in _OPEN):
            written = _resolved(schema.get("items", {}), root)
            item = _shape(node.item, written, root, is_open=is_open, depth=depth + 1)
        return Shape(kind="list", item=msgspec.structs.replace(item, is_always=True))
    is_personal = node.kind in ("direct", "quasi")
    return Shape(kind=kinds.pop() if len(kinds) == 1 else "any", is_personal=is_personal)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference to a shared part."""
    if not isinstance(schema, Mapping):
        return {}
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    found = root.get("$defs", {}).get(name, {}) if name else {}
    return {**found, **schema}


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    written = schema.get("type", ())
    return (written,) if isinstance(written, str) else tuple(written)


def _put(fields: dict[str, Any], path: list[str], shape: Shape) -> None:
    head, *rest = path
    if not rest:
        held = fields.get(head)
        fields[head] = held if held is not None and shape.kind == "any" else shape
        return
    held = fields.get(head, Shape(kind="object"))
    inner = dict(held.fields)
    _put(inner, rest, shape)
    fields[head] = msgspec.structs.replace(held, kind="object", fields=inner)


def _both(a: Shape, b: Shape) -> Shape:
    """What two shapes have in common."""
    fields = {name: _both(a.fields[name], b.fields[name]) for name in a.fields if name in b.fields}
    item = _both(a.item, b.item) if a.item is not None and b.item is not None else None
    return Shape(
        kind=a.kind if a.kind == b.kind else "any",
        fields=fields,
        item=item,
        is_always=a.is_always and b.is_always,
        is_personal=a.is_personal or b.is_personal,
    )
