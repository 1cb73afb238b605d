"""What a segment is, as a workspace's segments/*.yaml says it: who belongs, by tests and groups of tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, cast

import msgspec

from itda.consent.definition import ADS
from itda.profiles.definition import TraitDef
from itda.segments.operators import OPERATORS, Tested
from itda.segments.operators.events import EventsTest, counted
from itda.segments.operators.in_segment import InSegment


class Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tests and groups together: every one of `all`, at least one of `any` where there are any, not one of `none`."""

    all: tuple[Expression, ...] = ()
    any: tuple[Expression, ...] = ()
    none: tuple[Expression, ...] = ()

    @property
    def parts(self) -> tuple[Expression, ...]:
        """All three together."""
        return (*self.all, *self.any, *self.none)


Expression = Group | Tested
GROUPS = Group.__struct_fields__
"""The words that groups are written with."""


class Segment(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One segment."""

    name: str
    where: Group
    label_ko: str = ""
    label_en: str = ""
    purpose: str = ADS
    """What it is for: it may ask those fields alone that are for that too."""

    @cached_property
    def refers_to(self) -> frozenset[str]:
        """The other segments it names itself."""
        return frozenset(test.segment for test in tests(self.where) if isinstance(test, InSegment))


def expression(written: dict[str, Any]) -> Expression:
    """The expression that was written, a test or groups of them; it was checked before."""
    for word, operator in OPERATORS.items():
        if word in written:
            return cast("Expression", msgspec.convert(written, operator.test))
    return Group(**{word: tuple(expression(part) for part in parts) for word, parts in written.items()})


def meaning(expression: Expression) -> bytes:
    """The expression as bytes that are equal for equal expressions."""
    return msgspec.json.encode(_told(expression), order="deterministic")


def tests(expression: Expression) -> Iterator[Tested]:
    """Every test in an expression, from first to last."""
    if isinstance(expression, Group):
        for part in expression.parts:
            yield from tests(part)
    else:
        yield expression


def hidden_traits(segments: Iterable[Segment]) -> list[TraitDef]:
    """The counts that the segments' tests of events rest on, each once."""
    found = [counted(test) for each in segments for test in tests(each.where) if isinstance(test, EventsTest)]
    return list({trait.name: trait for trait in found}.values())


def _told(expression: Expression) -> object:
    if isinstance(expression, Group):
        groups = {"all": expression.all, "any": expression.any, "none": expression.none}
        return {word: [_told(part) for part in parts] for word, parts in groups.items() if parts}
    return msgspec.to_builtins(expression)
