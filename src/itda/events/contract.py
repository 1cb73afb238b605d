"""A contract: what one event must carry (JSON Schema 2020-12) and the class of each of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import jsonschema_rs
import msgspec

from itda.base.errors import Fault, Refused
from itda.events.classes import Node, compile_node
from itda.events.places import LOCATION

_KEYS = frozenset({"event", "type", "version", "owner", "schema", "about", "purposes"})
MAX_NAME = 200


class Contract(msgspec.Struct, frozen=True, eq=False):
    """One event's contract. `event` is its name; for page, screen, identify, group and alias the standard name."""

    event: str
    version: int
    owner: str
    schema: dict[str, Any]
    root: Node
    is_wary: bool
    """Some of its fields are forbidden."""
    validator: jsonschema_rs.Draft202012Validator
    purposes: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Field → what it is for, `*` for all that are not named; empty: nothing is said."""

    @property
    def places(self) -> frozenset[str]:
        """The fields that it says are for the purpose `location` alone; `*` for all of the event."""
        return frozenset(path for path, named in self.purposes.items() if named == (LOCATION,))

    def fault(self, properties: dict[str, Any]) -> str | None:
        """What is wrong with these properties, in one sentence without any value of theirs; None when nothing is."""
        if self.validator.is_valid(properties):
            return None
        error = next(iter(self.validator.iter_errors(properties)), None)
        if error is None:
            return None
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
        keyword = str(error.kind.name)
        rule = _rule(self.schema, error.schema_path, keyword)
        return f"{place.lstrip('.') or 'properties'}: {rule}"


def _rule(schema: Mapping[str, Any], path: list[str | int], keyword: str) -> str:
    """The rule that was broken, read from the contract itself."""
    part: Any = schema
    for step in path:
        is_there = step in part if isinstance(part, Mapping) else isinstance(part, list) and step in range(len(part))
        part = part[step] if is_there else None
    if part is None or isinstance(part, Mapping) or (isinstance(part, list) and any(isinstance(p, dict) for p in part)):
        return f"does not meet `{keyword}`"
    listed = ", ".join(map(str, part)) if isinstance(part, list) else str(part)
    return f"does not meet `{keyword}`: {listed}"


def parse_contract(data: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Contract:
    """Read one contract as written by a person. `Refused` carries every fault with its field.

    `definitions` are shared parts that a schema reaches as `#/$defs/<name>`; its own `$defs` come first.
    """
    faults = [
        Fault(field=str(key), what="a contract has no such part", cure=f"one of {', '.join(sorted(_KEYS))}")
        for key in data
        if key not in _KEYS
    ]
    event, version, owner = data.get("event"), data.get("version", 1), data.get("owner", "")
    if not isinstance(event, str) or not 0 < len(event) <= MAX_NAME:
        faults.append(Fault(field="event", what="a contract names its event", cure="event: Order Completed"))
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        faults.append(Fault(field="version", what="a version counts from 1", cure="version: 1"))
    purposes = _purposes(data.get("purposes", {}), faults)
    written = data.get("schema")
    if not isinstance(written, Mapping):
        faults.append(Fault(field="schema", what="a contract has a JSON Schema", cure="schema: {type: object}"))
        raise Refused(*faults)
    schema = {**written, "$defs": {**(definitions or {}), **written.get("$defs", {})}}
    schema.setdefault("type", "object")
    root = None
    try:
        root = compile_node(schema, schema["$defs"])
    except Refused as refused:
        faults.extend(refused.faults)
    validator = _validator(schema, faults)
    if faults or root is None or validator is None:
        raise Refused(*faults)
    is_wary = any(node.kind == "forbidden" for node in root.fields.values())
    return Contract(str(event), int(version), str(owner), schema, root, is_wary, validator, purposes)


def _purposes(written: Any, faults: list[Fault]) -> dict[str, tuple[str, ...]]:
    """What each field is for: a word, or several."""
    found = {}
    for path, named in written.items() if isinstance(written, Mapping) else ():
        listed = (named,) if isinstance(named, str) else tuple(named) if isinstance(named, list) else ()
        if not listed or not all(isinstance(one, str) for one in listed):
            faults.append(Fault(field=f"purposes.{path}", what="must be a purpose, or a list of them"))
        found[str(path)] = tuple(str(one) for one in listed)
    if not isinstance(written, Mapping):
        faults.append(Fault(field="purposes", what="must be a mapping", cure="purposes: {'*': service}"))
    return found


def _validator(schema: dict[str, Any], faults: list[Fault]) -> jsonschema_rs.Draft202012Validator | None:
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        faults.append(Fault(field="schema", what=f"no JSON Schema 2020-12: {str(error).splitlines()[0]}"))
        return None
