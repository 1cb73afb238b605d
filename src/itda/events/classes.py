"""Field classes: which parts of an event may be read in the clear, and which are sealed.

`direct` names a person (sealed). `quasi` helps to (sealed, with a stated clear derivative). `plain` does not.
`forbidden` may not be held at all. What no contract names is unknown: texts are sealed, numbers and booleans are
plain. Classes stand in a contract's JSON Schema as the annotation `class`, derivatives as `derive`; both are carried
by any schema keyword set (JSON Schema 2020-12 core §6.5: unknown keywords are annotations).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from itda.base.errors import Fault, Refused
from itda.events.derive import DERIVATIONS

DEEPEST_CONTRACT = 32
_NO_TEXT = frozenset({"number", "integer", "boolean", "null"})
CLASSES = ("direct", "quasi", "plain", "forbidden")
CODES = frozenset({
    "sku", "barcode", "ean", "ean13", "gtin", "upc", "isbn", "product_id", "productId", "order_id", "coupon",
    "coupon_id",
})  # fmt: skip
"""Keys that carry article numbers and the like, thirteen digits of which are no person."""
ENCRYPTED = frozenset({
    "password", "passwd", "otp",
    "passport", "passportno", "passportnumber", "driverlicense", "driverslicense", "licensenumber", "drivinglicence",
    "alienregistrationnumber", "foreignerregistrationnumber",
    "cardnumber", "cardno", "creditcard", "creditcardnumber", "cvc", "cvv",
    "accountnumber", "accountno", "bankaccount", "iban",
    "fingerprint", "faceid", "faceprint", "voiceprint", "biometric", "biometrics",
})  # fmt: skip
"""Fields that the safety measures of PIPA (decree art. 30(1)4) have encrypted at rest, by their letters and digits."""
MEMO = 4096
"""Key sets remembered per object of a contract: a bound on memory, not on events."""

_OBJECT, _ARRAY, _UNKNOWN = "object", "array", "unknown"
_OPEN = frozenset({_OBJECT, _ARRAY, _UNKNOWN})
"""Kinds whose values are looked into."""


class Shape(NamedTuple):
    """What one set of keys means in one object of a contract."""

    is_plain: bool
    """Every key is plain: the object passes as it is."""
    steps: tuple[tuple[str, str, Node], ...]
    """Key, kind and field, in the object's order."""
    missing: int
    """Fields the contract expects that are not there."""
    strangers: int
    """Fields the contract does not name."""
    forbidden: tuple[str, ...]


class Node:
    """One field of a contract, compiled: its class, and for objects and arrays what they hold."""

    __slots__ = ("derive", "expected", "fields", "item", "kind", "shapes")

    def __init__(self, kind: str, derive: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.derive = tuple((f"_{name}", DERIVATIONS[name]) for name in derive)
        self.fields: dict[str, Node] = {}
        self.item: Node | None = None
        self.expected: frozenset[str] = frozenset()
        self.shapes: dict[tuple[str, ...], Shape] = {}

    def shape(self, value: dict[str, Any]) -> Shape:
        """What this object's keys mean, remembered by the keys."""
        keys = tuple(value)
        return self.shapes.get(keys) or self.learn(keys)

    def learn(self, keys: tuple[str, ...]) -> Shape:
        """Work out a new set of keys and remember it."""
        steps = tuple((key, node.kind, node) for key in keys for node in (self.fields.get(key, UNKNOWN),))
        shape = Shape(
            is_plain=all(kind == "plain" for _, kind, _ in steps),
            steps=steps,
            missing=len(self.expected.difference(keys)),
            strangers=sum(node is UNKNOWN for _, _, node in steps),
            forbidden=tuple(key for key, kind, _ in steps if kind == "forbidden"),
        )
        if len(self.shapes) >= MEMO:
            self.shapes.clear()
        self.shapes[keys] = shape
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
    keys = tuple(value)
    shape = node.shapes.get(keys) or node.learn(keys)
    return (value, EMPTY) if shape.is_plain else split_by(shape, value, local_date)


def split_by(  # noqa: C901, PLR0912 - one flat pass: each call saved counts at this spot
    shape: Shape, value: dict[str, Any], local_date: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same for an object whose shape is known, and not all plain."""
    plain: dict[str, Any] = {}
    sealed: dict[str, Any] = {}
    for key, kind, field in shape.steps:
        item = value[key]
        if kind == "plain":
            plain[key] = item
        elif item.__class__ is dict:
            if kind in _OPEN:
                clear, closed = split(field, item, local_date)
                if clear or not closed:
                    plain[key] = clear
                if closed:
                    sealed[key] = closed
            else:
                sealed[key] = item
        elif item.__class__ is list and kind in _OPEN:
            clear_items, closed_items = _split_list(field.item or UNKNOWN, item, local_date)
            if clear_items is not None:
                plain[key] = clear_items
            if closed_items is not None:
                sealed[key] = closed_items
        elif kind in _OPEN:
            (sealed if item.__class__ is str else plain)[key] = item
        elif item is not None:
            sealed[key] = item
            for suffix, derivation in field.derive:
                derived = derivation(item, local_date)
                if derived is not None:
                    plain[key + suffix] = derived
    return plain, sealed


def _split_list(node: Node, items: list[Any], local_date: int) -> tuple[list[Any] | None, list[Any] | None]:
    """Objects are split one by one and stay in step; a list with any text, or lists in it, is sealed whole."""
    clear: list[Any] = []
    closed: list[Any] = []
    for item in items:
        if item.__class__ is not dict:
            break
        plain, sealed = split(node, item, local_date)
        clear.append(plain)
        closed.append(sealed)
    else:
        return clear, closed if any(closed) else None
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


def compile_node(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Node:
    """The classes a JSON Schema carries, as a tree. `Refused` with every fault and its field."""
    reading = _Reading(definitions)
    node = reading.node(schema, "", 0)
    if reading.faults:
        raise Refused(*reading.faults)
    return node


class _Reading:
    """One reading of a schema, gathering its faults."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.faults: list[Fault] = []

    def fault(self, field: str, what: str, cure: str) -> None:
        self.faults.append(Fault(field=field, what=what, cure=cure))

    def node(self, schema: Mapping[str, Any], field: str, depth: int) -> Node:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            target = self.definitions.get(reference.removeprefix("#/$defs/"))
            if target is None:
                self.fault(field, f"{reference} names no definition", _choice(self.definitions))
                return UNKNOWN
            if depth > DEEPEST_CONTRACT:
                self.fault(field, f"{reference} contains itself", "name the fields one by one")
                return UNKNOWN
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        derive, declared = self.derive(schema, field), schema.get("class")
        if declared is not None and declared not in CLASSES:
            self.fault(field, f"unknown class {declared!r}", f"one of {', '.join(CLASSES)}")
        if declared == "plain" and is_protected(field.rpartition(".")[2]):
            self.fault(field, "what proves or pays for a person is never kept open", "class: direct")
        if declared == "quasi" and not derive:
            self.fault(field, "a quasi field states its derivative", f"derive: {_choice(DERIVATIONS)}")
        return Node(str(declared), derive) if declared in CLASSES else self.holder(schema, field, depth)

    def derive(self, schema: Mapping[str, Any], field: str) -> tuple[str, ...]:
        derive = schema.get("derive", ())
        names = (derive,) if isinstance(derive, str) else tuple(derive)
        for name in names:
            if name not in DERIVATIONS:
                self.fault(field, f"unknown derivative {name!r}", _choice(DERIVATIONS))
        return tuple(name for name in names if name in DERIVATIONS)

    def holder(self, schema: Mapping[str, Any], field: str, depth: int) -> Node:
        properties, items = schema.get("properties"), schema.get("items")
        if isinstance(properties, Mapping):
            node = Node(_OBJECT)
            parts = {str(name): part for name, part in properties.items() if isinstance(part, Mapping)}
            for name, part in parts.items():
                node.fields[name] = self.node(part, f"{field}.{name}" if field else name, depth + 1)
            node.expected = frozenset(name for name, part in parts.items() if part.get("expected") is True)
            return node
        if isinstance(items, Mapping):
            node = Node(_ARRAY)
            node.item = self.node(items, f"{field}[]", depth + 1)
            return node
        # Declared, but not classified: numbers and booleans are plain, a text is sealed until somebody says otherwise.
        kinds = schema.get("type")
        listed = {kinds} if isinstance(kinds, str) else set(kinds or ())
        is_open = bool(listed) and listed <= _NO_TEXT and not is_protected(field.rpartition(".")[2])
        return Node("plain" if is_open else "direct")


def is_protected(name: str) -> bool:
    """Whether a field of this name is never kept open, whatever its type."""
    return "".join(sign for sign in name.lower() if sign.isalnum()) in ENCRYPTED


def _choice(names: Mapping[str, Any]) -> str:
    return f"one of {', '.join(sorted(names))}" if names else "declare it under $defs"
