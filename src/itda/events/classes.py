"""Field classes: which parts of an event may be read in the clear, and which are sealed.

`direct` names a person (sealed). `quasi` helps to (sealed, with a stated clear derivative). `plain` does not.
`forbidden` may not be held at all. What no contract names is unknown: texts are sealed, numbers and booleans are
plain. Classes stand in a contract's JSON Schema as the annotation `class`, derivatives as `derive`; both are carried
by any schema keyword set (JSON Schema 2020-12 core §6.5: unknown keywords are annotations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from itda.base.errors import Fault, Refused
from itda.events.derive import DERIVATIONS

FieldClass = Literal["direct", "quasi", "plain", "forbidden"]
CLASSES = ("direct", "quasi", "plain", "forbidden")
CODES = frozenset({
    "sku", "barcode", "ean", "ean13", "gtin", "upc", "isbn", "product_id", "productId", "order_id", "coupon", "coupon_id",
})  # fmt: skip
"""Keys that carry article numbers and the like, thirteen digits of which are no person."""
MEMO = 4096
"""Key sets remembered per object of a contract: a bound on memory, not on events."""

_OBJECT, _ARRAY, _UNKNOWN = "object", "array", "unknown"


class Shape(NamedTuple):
    """What one set of keys means in one object of a contract."""

    is_plain: bool
    """Every key is plain: the object passes as it is."""
    steps: tuple[tuple[str, Node], ...]
    missing: int
    """Fields the contract expects that are not there."""
    strangers: int
    """Fields the contract does not name."""
    forbidden: tuple[str, ...]


class Node:
    """One field of a contract, compiled: its class, and for objects and arrays what they hold."""

    __slots__ = ("_shapes", "derive", "expected", "fields", "item", "kind")

    def __init__(self, kind: str, derive: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.derive = derive
        self.fields: dict[str, Node] = {}
        self.item: Node | None = None
        self.expected: frozenset[str] = frozenset()
        self._shapes: dict[tuple[str, ...], Shape] = {}

    def shape(self, value: dict[str, Any]) -> Shape:
        """What this object's keys mean, remembered by the keys."""
        keys = tuple(value)
        known = self._shapes.get(keys)
        return known if known is not None else self._learn(keys)

    def _learn(self, keys: tuple[str, ...]) -> Shape:
        steps = tuple((key, self.fields.get(key, UNKNOWN)) for key in keys)
        kinds = {node.kind for _, node in steps}
        shape = Shape(
            is_plain=kinds <= {"plain"},
            steps=steps,
            missing=len(self.expected.difference(keys)),
            strangers=sum(node is UNKNOWN for _, node in steps),
            forbidden=tuple(key for key, node in steps if node.kind == "forbidden"),
        )
        if len(self._shapes) >= MEMO:
            self._shapes.clear()
        self._shapes[keys] = shape
        return shape

    def walk(self, path: str = "") -> Iterator[tuple[str, Node]]:
        """Every field below this one with its path: `address.city`, `products[].sku`."""
        for name, node in self.fields.items():
            place = f"{path}.{name}" if path else name
            yield place, node
            yield from node.walk(place)
        if self.item is not None:
            yield from self.item.walk(f"{path}[]")


UNKNOWN = Node(_UNKNOWN)
EMPTY: dict[str, Any] = {}
"""Shared by every event that has nothing to seal: never changed."""


def split(node: Node, value: dict[str, Any], local_date: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An object's plain part and its sealed part. The value itself comes back where all of it is plain."""
    shape = node.shape(value)
    if shape.is_plain:
        return value, EMPTY
    plain: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    for key, field in shape.steps:
        item = value[key]
        kind = field.kind
        if kind == "plain":
            plain[key] = item
        elif kind == _UNKNOWN:
            _put_unknown(key, item, plain, sealed, local_date)
        elif kind == _OBJECT or kind == _ARRAY:  # noqa: PLR1714 - two comparisons are faster than a set here
            _put_nested(field, key, item, plain, sealed, local_date)
        elif item is not None:
            sealed[key] = item
            for name in field.derive:
                derived = DERIVATIONS[name](item, local_date)
                if derived is not None:
                    plain[f"{key}_{name}"] = derived
    return plain, sealed


def _put_unknown(key: str, item: Any, plain: dict[str, Any], sealed: dict[str, Any], local_date: int) -> None:
    if isinstance(item, str):
        sealed[key] = item
    elif isinstance(item, dict | list):
        _put_nested(UNKNOWN, key, item, plain, sealed, local_date)
    else:
        plain[key] = item


def _put_nested(
    node: Node, key: str, item: Any, plain: dict[str, Any], sealed: dict[str, Any], local_date: int
) -> None:
    if isinstance(item, dict):
        clear, closed = split(node, item, local_date)
        if clear or not closed:
            plain[key] = clear
        if closed:
            sealed[key] = closed
    elif isinstance(item, list):
        clear_items, closed_items = _split_list(node.item or UNKNOWN, item, local_date)
        if clear_items is not None:
            plain[key] = clear_items
        if closed_items is not None:
            sealed[key] = closed_items
    elif isinstance(item, str):
        sealed[key] = item
    elif item is not None:
        plain[key] = item


def _split_list(node: Node, items: list[Any], local_date: int) -> tuple[list[Any] | None, list[Any] | None]:
    """Objects are split one by one and stay in step; a list with any text, or lists in it, is sealed whole."""
    if all(isinstance(item, dict) for item in items):
        halves = [split(node, item, local_date) for item in items]
        closed = [sealed for _, sealed in halves]
        return [plain for plain, _ in halves], closed if any(closed) else None
    if node.kind == "plain" or not any(isinstance(item, str | dict | list) for item in items):
        return items, None
    return None, items


def join(plain: Any, sealed: Any) -> Any:
    """The whole again from its two parts (derivatives stay beside)."""
    if isinstance(plain, dict) and isinstance(sealed, dict):
        whole = dict(plain)
        for key, value in sealed.items():
            whole[key] = join(whole[key], value) if key in whole else value
        return whole
    if isinstance(plain, list) and isinstance(sealed, list) and len(plain) == len(sealed):
        return [join(clear, closed) for clear, closed in zip(plain, sealed, strict=True)]
    return sealed


def compile_node(schema: Mapping[str, Any], definitions: Mapping[str, Any], field: str = "") -> Node:
    """The classes a JSON Schema carries, as a tree. `Refused` with every fault and its field."""
    faults: list[Fault] = []
    node = _compile(schema, definitions, field, faults, 0)
    if faults:
        raise Refused(*faults)
    return node


def _compile(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], field: str, faults: list[Fault], depth: int
) -> Node:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = definitions.get(reference.removeprefix("#/$defs/"))
        if target is None:
            faults.append(Fault(field=field, what=f"{reference} names no definition", cure=_nearest(definitions)))
            return UNKNOWN
        if depth > 32:  # noqa: PLR2004 - deeper than any real event
            faults.append(Fault(field=field, what=f"{reference} contains itself", cure="name the fields one by one"))
            return UNKNOWN
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    derive = schema.get("derive", ())
    names = (derive,) if isinstance(derive, str) else tuple(derive)
    faults.extend(
        Fault(field=field, what=f"unknown derivative {name!r}", cure=_nearest(DERIVATIONS))
        for name in names
        if name not in DERIVATIONS
    )
    declared = schema.get("class")
    if declared is not None and declared not in CLASSES:
        faults.append(Fault(field=field, what=f"unknown class {declared!r}", cure=f"one of {', '.join(CLASSES)}"))
    if declared == "quasi" and not names:
        faults.append(Fault(field=field, what="a quasi field states its derivative", cure=_nearest(DERIVATIONS)))
    return _assemble(schema, definitions, field, faults, depth, declared, names)


def _assemble(
    schema: Mapping[str, Any],
    definitions: Mapping[str, Any],
    field: str,
    faults: list[Fault],
    depth: int,
    declared: str | None,
    derive: tuple[str, ...],
) -> Node:
    if declared in CLASSES:
        return Node(str(declared), derive)
    properties, items = schema.get("properties"), schema.get("items")
    if isinstance(properties, Mapping):
        node = Node(_OBJECT)
        for name, part in properties.items():
            place = f"{field}.{name}" if field else str(name)
            if isinstance(part, Mapping):
                node.fields[str(name)] = _compile(part, definitions, place, faults, depth + 1)
        node.expected = frozenset(
            name for name, part in properties.items() if isinstance(part, Mapping) and part.get("expected") is True
        )
        return node
    if isinstance(items, Mapping):
        node = Node(_ARRAY)
        node.item = _compile(items, definitions, f"{field}[]", faults, depth + 1)
        return node
    # Declared, but not classified: numbers and booleans are plain, a text stays sealed until somebody says otherwise.
    kinds = schema.get("type")
    listed = {kinds} if isinstance(kinds, str) else set(kinds or ())
    return Node("plain" if listed and listed <= {"number", "integer", "boolean", "null"} else "direct")


def _nearest(names: Mapping[str, Any]) -> str:
    return f"one of {', '.join(sorted(names))}" if names else "declare it under $defs"
