"""Reads traits/*.yaml: each file names traits, each of one kind with its arguments."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from itda.base import windows
from itda.base.errors import Fault
from itda.profiles.definition import DECLARED, TraitDef
from itda.profiles.events import AROUND
from itda.profiles.kind import Arguments, Windowed
from itda.profiles.traits import KINDS
from itda.workspace import selectors, shape
from itda.workspace.files import Document
from itda.workspace.selectors import Known
from itda.workspace.written import WrittenDeclared, WrittenLabel

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_KINDS = (DECLARED, *KINDS)


def read_traits(documents: list[Document], known: Known, faults: list[Fault]) -> list[TraitDef]:
    """The traits of all files, in the order of files and lines."""
    found: dict[str, TraitDef] = {}
    places: dict[str, str] = {}
    for document in documents:
        if not isinstance(document.data, dict):
            faults.append(document.fault("", "must be a mapping", "orders: {kind: count, of: orders}"))
            continue
        for name, written in document.data.items():
            if name in places:
                what = f"the trait {name!r} is defined in {places[name]} already"
                faults.append(document.fault(name, what, "give one of them another name"))
                continue
            places[name] = f"{document.name}:{document.line(name)}"
            trait = _Trait(document, name, known).read(written)
            faults += trait[1]
            if trait[0] is not None:
                found[name] = trait[0]
    return list(found.values())


class _Trait:
    """One trait being read."""

    def __init__(self, document: Document, name: str, known: Known) -> None:
        self._document = document
        self._name = name
        self._known = known
        self._faults: list[Fault] = []

    def fault(self, path: str, what: str, cure: str = "") -> None:
        place = f"{self._name}.{path}" if path else self._name
        self._faults.append(self._document.fault(place, what, cure))

    def read(self, written: Any) -> tuple[TraitDef | None, list[Fault]]:
        if not _NAME.fullmatch(self._name):
            self.fault("", f"{self._name!r} is no name of a trait", "small letters, digits and _")
        if not isinstance(written, dict):
            self.fault("", "must be a mapping", "kind: count, of: orders")
            return None, self._faults
        kind = written.get("kind")
        if not isinstance(kind, str) or kind not in _KINDS:
            if kind is None:
                self.fault("", "'kind' is missing", f"one of {', '.join(_KINDS)}")
            else:
                self.fault("kind", f"{kind!r} is no kind of trait", shape.nearest(str(kind), _KINDS))
            return None, self._faults
        label = self._label(written.get("label", {}))
        rest = {key: value for key, value in written.items() if key not in ("kind", "label")}
        wanted = WrittenDeclared if kind == DECLARED else KINDS[kind].arguments
        self._faults += shape.faults(self._document, rest, wanted, self._name)
        if self._faults:
            return None, self._faults
        arguments = None if kind == DECLARED else msgspec.convert(rest, KINDS[kind].arguments)
        if arguments is not None:
            self._check(kind, arguments)
        if self._faults:
            return None, self._faults
        trait = TraitDef(name=self._name, kind=kind, arguments=arguments, label_ko=label.ko, label_en=label.en)
        return trait, []

    def _label(self, written: Any) -> WrittenLabel:
        both = {"ko": written, "en": written} if isinstance(written, str) else written
        wrong = (
            shape.faults(self._document, both, WrittenLabel, f"{self._name}.label")
            if isinstance(both, dict)
            else [self._document.fault(f"{self._name}.label", "must be text or a mapping", "label: {ko: …, en: …}")]
        )
        self._faults += wrong
        return WrittenLabel() if wrong else msgspec.convert(both, WrittenLabel)

    def _check(self, kind: str, arguments: Arguments) -> None:
        if isinstance(arguments, Windowed) and arguments.window:
            try:
                windows.parse(arguments.window)
            except ValueError as error:
                self.fault("window", str(error))
        value = getattr(arguments, "value", "")
        if arguments.of == "orders":
            self._of_orders(kind, arguments, value)
        elif kind == "sum" and not value:
            self.fault("", "'value' is missing", "value: the property to add up; or of: orders")
        if value.startswith(AROUND):
            node = selectors.field(self._known.contracts, "", value)
            if node is None or node.kind != "plain":
                cure = "surroundings are read where their contract has them plain, such as context.campaign.name"
                self.fault("value", f"{value!r} is not kept in the clear", cure)
        if arguments.events is not None:
            self._faults += selectors.faults(self._document, f"{self._name}.events", arguments.events, self._known)
            places = [(f"{self._name}.value", value)] if value else []
            self._faults += selectors.sealed(self._document, arguments.events, places, self._known)

    def _of_orders(self, kind: str, arguments: Arguments, value: str) -> None:
        if not KINDS[kind].over_orders:
            able = ", ".join(sorted(name for name, other in KINDS.items() if other.over_orders))
            self.fault("of", f"{kind} does not work on orders", f"these do: {able}")
        if value:
            self.fault("value", "orders have one amount and one time", "leave value out")
        if arguments.events is not None and (arguments.events.name or arguments.events.where):
            self.fault("events", "orders are chosen by channel and source only", "leave name and where out")
