"""Holds written definitions to the structs they are to become, and names every fault, not only the first."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from itda.base.errors import Fault
from itda.workspace.files import Document

_WORDS: tuple[tuple[type[inspect.Type], str], ...] = (
    (inspect.BoolType, "true or false"),
    (inspect.IntType, "a whole number"),
    (inspect.FloatType, "a number"),
    (inspect.StrType, "text"),
    (inspect.VarTupleType, "a list"),
    (inspect.ListType, "a list"),
    (inspect.DictType, "a mapping"),
    (inspect.StructType, "a mapping"),
    (inspect.NoneType, "nothing"),
)


def nearest(word: str, known: Iterable[str], instead: str = "") -> str:
    """The cure for a word nobody knows: the nearest one that is known, else all of them."""
    choices = list(known)
    folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(word.casefold(), list(folded), 1, 0.6)
    if near:
        return f"did you mean {folded[near[0]]}?"
    return instead or (f"known here: {', '.join(choices)}" if choices else "")


def faults(document: Document, value: Any, wanted: type[msgspec.Struct], path: str = "") -> list[Fault]:
    """Everything about `value` (the part of the document at `path`) that keeps it from being `wanted`."""
    checking = _Checking(document)
    checking.look(value, _told(wanted), path)
    return checking.faults


@cache
def _told(wanted: type[msgspec.Struct]) -> inspect.Type:
    """What a struct wants, told once: a workspace asks for the same few again and again."""
    return inspect.type_info(wanted)


class _Checking:
    def __init__(self, document: Document) -> None:
        self.faults: list[Fault] = []
        self._document = document

    def fault(self, path: str, what: str, cure: str = "") -> None:
        self.faults.append(self._document.fault(path, what, cure))

    def look(self, value: Any, wanted: inspect.Type, path: str) -> None:
        if isinstance(wanted, inspect.Metadata):
            wanted = wanted.type
        options = wanted.types if isinstance(wanted, inspect.UnionType) else (wanted,)
        for option in options:
            if _suits(value, option):
                self._inside(value, option, path)
                return
        words = " or ".join(dict.fromkeys(_named(option) for option in options if not _is_none(option)))
        written = "nothing" if value is None else _shown(value)
        self.fault(path, f"must be {words}, not {written}", _hint(value, options))

    def _inside(self, value: Any, wanted: inspect.Type, path: str) -> None:
        if isinstance(wanted, inspect.StructType):
            self._struct(value, wanted, path)
        elif isinstance(wanted, inspect.DictType):
            for key, item in value.items():
                self.look(item, wanted.value_type, _join(path, key))
        elif isinstance(wanted, inspect.VarTupleType | inspect.ListType):
            for index, item in enumerate(value):
                self.look(item, wanted.item_type, _join(path, index))
        elif isinstance(wanted, inspect.LiteralType):
            if value not in wanted.values:
                self.fault(path, f"{value!r} is not known", nearest(str(value), map(str, wanted.values)))
        else:
            self._bounds(value, wanted, path)

    def _struct(self, value: dict[str, Any], wanted: inspect.StructType, path: str) -> None:
        fields = {field.encode_name: field for field in wanted.fields}
        for key, item in value.items():
            if key in fields:
                self.look(item, fields[key].type, _join(path, key))
            else:
                self.fault(_join(path, key), f"{key!r} is not known", nearest(key, fields))
        for name, field in fields.items():
            if field.required and name not in value:
                self.fault(path, f"{name!r} is missing", f"add {name}: …")

    def _bounds(self, value: Any, wanted: inspect.Type, path: str) -> None:
        least, most = getattr(wanted, "ge", None), getattr(wanted, "le", None)
        if least is not None and value < least:
            self.fault(path, f"must be at least {least}, not {value}")
        if most is not None and value > most:
            self.fault(path, f"must be at most {most}, not {value}")


def _suits(value: Any, wanted: inspect.Type) -> bool:  # noqa: PLR0911 - one line a type reads best
    if isinstance(wanted, inspect.AnyType):
        return True
    if isinstance(wanted, inspect.NoneType):
        return value is None
    if isinstance(wanted, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(wanted, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(wanted, inspect.FloatType):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(wanted, inspect.StrType | inspect.LiteralType):
        return isinstance(value, str)
    if isinstance(wanted, inspect.VarTupleType | inspect.ListType):
        return isinstance(value, list)
    return isinstance(wanted, inspect.DictType | inspect.StructType) and isinstance(value, dict)


def _named(wanted: inspect.Type) -> str:
    if isinstance(wanted, inspect.LiteralType):
        return f"one of {', '.join(map(str, wanted.values))}"
    return next((word for kind, word in _WORDS if isinstance(wanted, kind)), "something else")


def _is_none(wanted: inspect.Type) -> bool:
    return isinstance(wanted, inspect.NoneType)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return repr(value) if not isinstance(value, bool) else str(value).lower()


def _hint(value: Any, options: tuple[inspect.Type, ...]) -> str:
    if isinstance(value, int | float | bool) and any(isinstance(option, inspect.StrType) for option in options):
        return "put it in quotes"
    if isinstance(value, str) and any(
        isinstance(option, inspect.VarTupleType | inspect.ListType) for option in options
    ):
        return f"write [{value}]"
    return ""


def _join(path: str, part: object) -> str:
    return f"{path}.{part}" if path else str(part)
