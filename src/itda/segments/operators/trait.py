"""`trait`: a test of a declared trait, or of one computed from events or orders."""

from __future__ import annotations

import math
from typing import Any

from itda.base import money
from itda.base.instant import NEVER
from itda.profiles import orders
from itda.profiles.computed import Computed
from itda.profiles.events import Test, cares, passes
from itda.profiles.fold import Fold
from itda.profiles.kind import Question
from itda.segments import trait_sql
from itda.segments.operator import Asking, EventKind, Leaf, Seen, Surroundings, Verdict, View
from itda.segments.sql import holds

_PARTS = Test.__struct_fields__


class TraitTest(Test, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trait, and what its value must be. Money is written in major units of the workspace's currency."""

    trait: str
    """A name of traits/, or a plain field that sources say of people."""


def asked_of(test: TraitTest, scale: int) -> Test:
    """The test without the trait's name, its numbers times `scale`."""
    parts: dict[str, Any] = {part: getattr(test, part) for part in _PARTS}
    if scale != 1:
        parts = {part: _scaled(value, scale) for part, value in parts.items()}
    return Test(**parts)


def scale_of(trait: Computed | None) -> int:
    """Minor units of one written unit: 100 for revenue in dollars, 1 for what is no money."""
    is_money = trait is not None and trait.arguments.of == "orders" and trait.definition.kind == "sum"
    return 10 ** money.digits(trait.context.currency) if trait is not None and is_money else 1


def marks(test: Test) -> tuple[int, ...]:
    """The whole numbers at which the test of a growing whole number may turn."""
    values = (test.equals, test.unlike, *test.one_of)
    named = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    found = {mark for value in named for mark in (math.ceil(value), math.floor(value) + 1)}
    if test.at_least is not None:
        found.add(math.ceil(test.at_least))
    if test.at_most is not None:
        found.add(math.floor(test.at_most) + 1)
    return tuple(sorted(found))


class OfTrait:
    """See the file's first line."""

    word = "trait"
    test = TraitTest

    def matches(self, test: TraitTest, around: Surroundings) -> Leaf:
        """A computed trait's value is asked of the state; a declared one stands until something else is said."""
        trait = around.fold.computed(test.trait)
        asked = asked_of(test, scale_of(trait))
        return _declared(test.trait, asked) if trait is None else _computed(trait, asked)

    def listens(self, test: TraitTest, fold: Fold, kind: EventKind) -> bool:
        """A declared one to what is said of people; a computed one to what it is computed from."""
        name, channel, source, type_ = kind
        trait = fold.computed(test.trait)
        if trait is None:
            return type_ == "identify"
        if trait.arguments.of == "orders":
            return name in orders.NAMES
        return cares(trait.events, name, channel, source)

    def found(self, test: TraitTest, fold: Fold, seen: Seen, now: int) -> Any:
        """The value; money in major units, as people write it."""
        trait = fold.computed(test.trait)
        if trait is None:
            said = seen.state.declared.get(test.trait)
            return None if said is None or said.is_sealed else said.value
        value, scale = trait.value(seen.state, now), scale_of(trait)
        return value / scale if scale != 1 and value is not None else value

    def to_expr(self, test: TraitTest, asking: Asking) -> str:
        """The trait computed anew from every event."""
        trait, batch = asking.fold.computed(test.trait), asking.batch
        wanted = asked_of(test, scale_of(trait))
        select, otherwise = trait_sql.declared(test.trait) if trait is None else trait_sql.asked(trait, batch)
        joined = batch.join(select)
        return holds(wanted, f"(case when {joined}.customer is null then {otherwise} else {joined}.value end)")


def _declared(name: str, asked: Test) -> Leaf:
    holds = passes(asked)

    def leaf(view: View) -> Verdict:
        said = view.seen.state.declared.get(name)
        return holds(None if said is None or said.is_sealed else said.value), NEVER

    return leaf


def _computed(trait: Computed, asked: Test) -> Leaf:
    holds = passes(asked)
    if trait.definition.kind == "top":  # of the most frequent values it is enough that one passes
        question = Question(lambda ranked: holds([one["value"] for one in ranked] if ranked else None))
    else:
        question = Question(holds, marks(asked))

    stands = trait.asks(question)

    def leaf(view: View) -> Verdict:
        return stands(view.seen.state, view.now)

    return leaf


def _scaled(value: Any, scale: int) -> Any:
    if isinstance(value, tuple):
        return tuple(_scaled(item, scale) for item in value)
    return value * scale if isinstance(value, int | float) and not isinstance(value, bool) else value


OPERATOR = OfTrait()
