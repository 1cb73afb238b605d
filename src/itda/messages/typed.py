"""Holds a template to what there is to name, before it is ever filled: variables, filters, kinds, bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from liquid.ast import BlockNode, ConditionalBlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank, Empty, IntegerLiteral, Literal, Nil, RangeLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError

from itda.messages.amiss import Amiss
from itda.messages.dialect import ITERATIONS, OUTPUT_BYTES, parsed
from itda.messages.filters import FILTERS, Filter
from itda.messages.shapes import Shape
from itda.messages.unparsed import unparsed

LONGEST_LOOP = 100
"""Rounds of one loop."""
_ORDERED = (LtExpression, GtExpression, LeExpression, GeExpression)
_ADDING = ("plus", "minus")
_TEXT = Shape(kind="text", is_always=True)
_NUMBER = Shape(kind="number", is_always=True)
_ANY = Shape(is_always=True)
_LOOP = Shape(
    kind="object",
    is_always=True,
    fields={
        **dict.fromkeys(("index", "index0", "rindex", "rindex0", "length"), _NUMBER),
        **dict.fromkeys(("first", "last"), Shape(kind="truth", is_always=True)),
    },
)


class Found(NamedTuple):
    """What a template is: its faults, every variable it names, and those it writes whatever the person's values.

    `personal` are the names it gives itself, by `assign` or a loop, to what is somebody's personal value.
    """

    faults: list[Amiss]
    uses: frozenset[str]
    always: frozenset[str]
    personal: frozenset[str] = frozenset()


def examine(source: str, variables: Shape, *, is_html: bool) -> Found:
    """Hold one template to the variables there are."""
    try:
        template = parsed(source, is_html=is_html)
    except LiquidError as error:
        return Found([unparsed(error, source, is_html=is_html)], frozenset(), frozenset())
    walk = _Walk(source, variables)
    walk.all(template.nodes, _Place(frozenset(), 1, is_sure=True))
    if walk.rounds > ITERATIONS:
        walk.say(0, f"its loops may go {walk.rounds:,} rounds", f"at most {ITERATIONS:,} together: see their limits")
    if walk.written > OUTPUT_BYTES:
        walk.say(0, f"its own text may come to {walk.written:,} bytes", f"at most {OUTPUT_BYTES:,}")
    return Found(walk.faults, frozenset(walk.uses), frozenset(walk.always), frozenset(walk.personal))


class _Place(NamedTuple):
    """Where in a template: what is known to be there, how often it may be passed, whether it is passed always."""

    sure: frozenset[str]
    times: int
    is_sure: bool
    loops: frozenset[str] = frozenset()

    def inside(self, *names: str) -> _Place:
        return self._replace(sure=self.sure.union(names), is_sure=False)


class _Walk:
    """One look at a template from its top to its end."""

    def __init__(self, source: str, variables: Shape) -> None:
        self.faults: list[Amiss] = []
        self.uses: set[str] = set()
        self.always: set[str] = set()
        self.personal: set[str] = set()
        self.rounds = 0
        self.written = 0
        self._source = source
        self._roots = dict(variables.fields)
        self._locals: dict[str, Shape] = {}

    def say(self, at: int, what: str, cure: str = "", word: str = "", known: tuple[str, ...] = ()) -> None:
        line = self._source.count("\n", 0, max(at, 0)) + 1
        fault = Amiss(line, what, cure, word, known)
        if fault not in self.faults:
            self.faults.append(fault)

    def all(self, some: Any, place: _Place) -> None:
        for node in some:
            self._node(node, place)

    def _node(self, node: Node, place: _Place) -> None:
        if isinstance(node, ContentNode):
            self.written += len(node.text.encode()) * place.times
        elif isinstance(node, OutputNode):
            self._output(node.expression, place)
        elif isinstance(node, IfNode):
            self._if(node, place)
        elif isinstance(node, UnlessNode):
            self._condition(node.condition, place)
            self.all([node.consequence], place.inside())
            for other in node.alternatives:
                self._branch(other, place)
            self.all([node.default] if node.default else [], place.inside(*_surely(node.condition)))
        elif isinstance(node, CaseNode):
            self._case(node, place)
        elif isinstance(node, ForNode):
            self._for(node, place)
        elif isinstance(node, AssignNode):
            self._assign(node, place)
        elif isinstance(node, BlockNode):
            self.all(node.nodes, place)

    # ── branches ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _if(self, node: IfNode, place: _Place) -> None:
        self._condition(node.condition, place)
        self.all([node.consequence], place.inside(*_surely(node.condition)))
        for other in node.alternatives:
            self._branch(other, place)
        self.all([node.default] if node.default else [], place.inside())

    def _branch(self, node: ConditionalBlockNode, place: _Place) -> None:
        self._condition(node.expression, place)
        self.all([node.block], place.inside(*_surely(node.expression)))

    def _case(self, node: CaseNode, place: _Place) -> None:
        self._value(node.expression, place, may_lack=True)
        named = (str(node.expression),) if isinstance(node.expression, Path) else ()
        for block in node.blocks:
            if isinstance(block, MultiExpressionBlockNode):
                self.all([block.block], place.inside(*named))
            else:
                self.all([block], place.inside())

    def _condition(self, condition: Any, place: _Place) -> None:
        inner = condition.expression if isinstance(condition, BooleanExpression) else condition
        if isinstance(inner, Path | Literal | RangeLiteral | Nil | Empty | Blank):
            self._value(inner, place, may_lack=True)
            return
        for part in inner.children():
            self._condition(part, place)
        if isinstance(inner, _ORDERED):
            for part in (inner.left, inner.right):
                shape = self._look(part)
                if shape is not None and shape.kind in ("text", "truth", "list", "object"):
                    self.say(part.token.start_index, f"{part} has no order", "numbers and times do")
        elif isinstance(inner, ContainsExpression):
            shape = self._look(inner.left)
            if shape is not None and shape.kind in ("number", "truth", "time"):
                self.say(inner.left.token.start_index, f"{inner.left} holds nothing", "texts and lists do")

    # ── loops and names ──────────────────────────────────────────────────────────────────────────────────────────
    def _for(self, node: ForNode, place: _Place) -> None:
        loop: LoopExpression = node.expression
        at = node.token.start_index
        shape = self._value(loop.iterable, place, may_lack=True)
        if isinstance(loop.iterable, RangeLiteral) or (shape is not None and shape.kind not in ("list", "any")):
            self.say(at, f"{loop.iterable} is no list", "loops go over lists, such as event.products")
        rounds = LONGEST_LOOP
        if not isinstance(loop.limit, IntegerLiteral) or not 0 < loop.limit.value <= LONGEST_LOOP:
            self.say(at, "a loop has a limit", f"{{% for {loop.identifier} in {loop.iterable} limit: 10 %}}")
        else:
            rounds = int(loop.limit.value)
        if loop.offset is not None and not isinstance(loop.offset, IntegerLiteral):
            self.say(at, "a loop's offset is written out", "offset: 1")
        if self._is_personal(loop.iterable):
            self.personal.add(str(loop.identifier))
        self.rounds += place.times * rounds
        held = {name: self._roots.get(name) for name in (loop.identifier, "forloop")}
        item = shape.item if shape is not None and shape.item is not None else _ANY
        self._roots.update({loop.identifier: item, "forloop": _LOOP})
        inner = place.inside()._replace(times=place.times * rounds, loops=place.loops | {loop.identifier})
        self.all([node.block], inner)
        for name, before in held.items():
            if before is None:
                self._roots.pop(name, None)
            else:
                self._roots[name] = before
        self.all([node.default] if node.default else [], place.inside())

    def _assign(self, node: AssignNode, place: _Place) -> None:
        name = str(node.name)
        at = node.token.start_index
        if name in self._roots and name not in self._locals:
            self.say(at, f"{name!r} is a name that is taken", "give it another")
            return
        if place.loops and self._grows(node.expression):
            cure = "in a loop only plus and minus go on from what was assigned before"
            self.say(at, f"{name!r} may grow with every round", cure)
        shape = self._filtered(node.expression, place, may_lack=True) or _ANY
        if any(self._is_personal(part) for part in node.expression.children()):
            self.personal.add(name)
        before = self._locals.get(name)
        if before is not None:
            shape = before if before.kind == shape.kind else _ANY
        is_always = shape.is_always and (place.is_sure or before is not None)
        self._locals[name] = self._roots[name] = msgspec.structs.replace(shape, is_always=is_always)

    def _is_personal(self, expression: Any) -> bool:
        if not isinstance(expression, Path):
            return False
        shape = self._look(expression)
        item = shape.item if shape is not None else None
        return str(expression.head()) in self.personal or any(
            one is not None and one.is_personal for one in (shape, item)
        )

    def _grows(self, expression: Any) -> bool:
        filters = [part.name for part in expression.filters or []]
        names = [str(part.head()) for part in expression.children() if isinstance(part, Path)]
        return bool(set(filters).difference(_ADDING)) and any(name in self._locals for name in names)

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────
    def _output(self, expression: Any, place: _Place) -> None:
        shape = self._filtered(expression, place, may_lack=False)
        if shape is not None and shape.kind in ("list", "object"):
            kind = "a list" if shape.kind == "list" else "made of parts"
            cure = "use a loop or join" if shape.kind == "list" else f"such as {_first(expression, shape)}"
            self.say(expression.token.start_index, f"{expression} is {kind}", cure)
        if place.is_sure and isinstance(expression, FilteredExpression) and isinstance(expression.left, Path):
            self.always.add(str(expression.left))

    def _filtered(self, expression: Any, place: _Place, *, may_lack: bool) -> Shape | None:
        filters = expression.filters or []
        is_default = any(part.name in ("default", "size") for part in filters)
        shape = self._value(expression.left, place, may_lack=may_lack or is_default)
        for part in filters:
            known = FILTERS.get(part.name)
            at = part.token.start_index
            if known is None:
                self.say(at, f"{part.name!r} is no filter", word=part.name, known=tuple(FILTERS))
                return None
            self._arguments(part, known, place)
            shape = self._through(part.name, known, shape, at)
        return shape

    def _arguments(self, part: Any, known: Filter, place: _Place) -> None:
        at = part.token.start_index
        if not known.least <= len(part.args) <= known.most:
            wanted = str(known.most) if known.least == known.most else f"{known.least} to {known.most}"
            self.say(at, f"{part.name} takes {wanted} values, not {len(part.args)}", "see the filters in the docs")
        for argument in part.args:
            if isinstance(argument.value, Path) and known.may_name:
                self._value(argument.value, place, may_lack=part.name != "default")
            elif not isinstance(argument.value, Literal):
                self.say(at, f"{part.name} takes a value that is written out", f'{part.name}: "…"')
            elif known.words and argument.value.value not in known.words:
                self.say(
                    at,
                    f"{argument.value.value!r} is no way to write it",
                    word=str(argument.value.value),
                    known=known.words,
                )

    def _through(self, name: str, known: Filter, shape: Shape | None, at: int) -> Shape | None:
        """What a value is behind a filter."""
        if shape is None:
            return None
        fitting = ("any", "text", "number") if known.takes == "time" else ("any", known.takes)
        is_fit = known.takes == "any" or shape.kind in fitting
        if not is_fit:
            self.say(at, f"{name} is for {known.takes}s", f"this is {shape.kind}")
        if known.gives == "same":
            return msgspec.structs.replace(shape, is_always=True)
        if known.gives == "item":
            return msgspec.structs.replace(shape.item or _ANY, is_always=False)
        return _NUMBER if known.gives == "number" else _TEXT

    def _value(self, expression: Any, place: _Place, *, may_lack: bool) -> Shape | None:
        """The shape of a path or literal; None where it is not known, which has been said."""
        if not isinstance(expression, Path):
            return self._look(expression)
        path, at = str(expression), expression.token.start_index
        if not all(isinstance(part, str | int) for part in expression.path):
            self.say(at, f"{path} is reached by another variable", "name it with dots: event.product_id")
            return None
        shape = self._look(expression, place.sure, is_told=True)
        if shape is None:
            return None
        if str(expression.head()) not in self._locals and str(expression.head()) not in place.loops:
            self.uses.add(".".join(part for part in expression.path if isinstance(part, str)))
        if not may_lack and not shape.is_always:
            cure = f'{{{{ {path} | default: "…" }}}}, or {{% if {path} %}} around it'
            self.say(at, f"{path} is not there for everybody", cure)
        return shape

    def _look(self, expression: Any, sure: frozenset[str] = frozenset(), *, is_told: bool = False) -> Shape | None:
        if isinstance(expression, Literal):
            is_number = isinstance(expression.value, int | float) and not isinstance(expression.value, bool)
            return _NUMBER if is_number else (_TEXT if isinstance(expression.value, str) else _ANY)
        if not isinstance(expression, Path):
            return None
        shape, done = Shape(kind="object", is_always=True, fields=self._roots), ""
        for part in expression.path:
            found = _part(shape, part)
            if found is None:
                if is_told:
                    what = f"{done}.{part} is not known" if done else f"{part!r} is not known"
                    self.say(expression.token.start_index, what, "", str(part), tuple(shape.fields))
                return None
            done = f"{done}.{part}" if done else str(part)
            is_there = (shape.is_always and found.is_always) or _is_sure(done, sure)
            shape = msgspec.structs.replace(found, is_always=is_there)
        return shape


def _part(shape: Shape, part: object) -> Shape | None:
    if isinstance(part, int):
        return msgspec.structs.replace(shape.item or _ANY, is_always=False) if shape.kind == "list" else None
    if part in shape.fields:
        return shape.fields[str(part)]
    if shape.kind == "list" and part in ("first", "last"):
        return msgspec.structs.replace(shape.item or _ANY, is_always=False)
    if part == "size" and shape.kind in ("list", "text"):
        return _NUMBER
    return Shape() if shape.kind == "any" and not shape.fields else None


def _surely(condition: Any) -> tuple[str, ...]:
    """The paths that are there where a condition holds."""
    inner = condition.expression if isinstance(condition, BooleanExpression) else condition
    if isinstance(inner, Path):
        return (str(inner),)
    if isinstance(inner, LogicalAndExpression):
        return (*_surely(inner.left), *_surely(inner.right))
    if isinstance(inner, EqExpression) and isinstance(inner.right, Nil | Empty | Blank):
        return ()
    if isinstance(inner, NeExpression) and not isinstance(inner.right, Nil | Empty | Blank):
        return ()
    if isinstance(inner, (*_ORDERED, EqExpression, NeExpression, ContainsExpression)):
        return tuple(str(part) for part in (inner.left, inner.right) if isinstance(part, Path))
    return ()


def _is_sure(path: str, sure: frozenset[str]) -> bool:
    return path in sure or any(name.startswith(f"{path}.") for name in sure)


def _first(expression: Any, shape: Shape) -> str:
    return f"{expression}.{next(iter(shape.fields), '…')}"
