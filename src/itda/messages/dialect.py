"""Our Liquid: a small part of the language that ends always and quickly, and escapes what it writes into HTML.

There are outputs, `if`, `unless`, `case`, `for`, `assign` and comments; no captures, includes, ranges or macros. A
comparison with what is not there, or of things that do not compare, does not hold: nothing fails as a mail leaves
that `itda check` did not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar

from liquid import BoundTemplate, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    ContainsExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalNotExpression,
    LogicalOrExpression,
    LtExpression,
)
from liquid.builtin.tags import assign_tag, case_tag, comment_tag, for_tag, if_tag, inline_comment_tag, unless_tag
from liquid.exceptions import LiquidTypeError
from liquid.expression import Expression

from itda.messages.filters import BOUNDED

OUTPUT_BYTES = 500_000
"""What one template may write. Mail readers cut a mail off at about 100 kB."""
ITERATIONS = 1_000
"""Rounds of all loops of one template together; `itda check` refuses what might need more."""
TAGS = (
    content.Literal,
    output.Output,
    illegal.Illegal,
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    for_tag.ForTag,
    assign_tag.AssignTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
)
TAG_NAMES = ("if", "unless", "case", "for", "assign", "comment", "#")
_COMPARING = (LtExpression, GtExpression, LeExpression, GeExpression, ContainsExpression)


class OurLiquid(Environment):
    """The language of our templates."""

    output_stream_limit: ClassVar[int | None] = OUTPUT_BYTES
    loop_iteration_limit: ClassVar[int | None] = ITERATIONS
    block_nesting_limit: ClassVar[int] = 12

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Only what ends always."""
        del extra
        for tag in TAGS:
            self.add_tag(tag)
        for name, act in BOUNDED.items():
            self.add_filter(name, act)


HTML = OurLiquid(autoescape=True)
PLAIN = OurLiquid()


class _Total(Expression):
    """A comparison that does not hold where it makes no sense."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expression) -> None:
        super().__init__(inner.token)
        self.inner = inner

    def evaluate(self, context: RenderContext) -> object:
        try:
            return self.inner.evaluate(context)
        except LiquidTypeError:
            return False

    def children(self) -> list[Expression]:
        return list(self.inner.children())


def parsed(source: str, *, is_html: bool) -> BoundTemplate:
    """The template as it is written; `LiquidError` where it is none."""
    return (HTML if is_html else PLAIN).from_string(source)


@lru_cache(maxsize=512)
def compiled(source: str, *, is_html: bool) -> BoundTemplate:
    """The template, ready to be filled."""
    template = parsed(source, is_html=is_html)
    for node in nodes(template.nodes, RenderContext(template)):
        if isinstance(node, if_tag.IfNode | unless_tag.UnlessNode):
            _make_total(node.condition)
            for alternative in node.alternatives:
                _make_total(alternative.expression)
    return template


def nodes(some: Any, context: RenderContext) -> Iterator[Node]:
    """Every node of a tree, parents first."""
    for node in some:
        yield node
        yield from nodes(node.children(context), context)


def _make_total(condition: Expression) -> None:
    if isinstance(condition, BooleanExpression):
        condition.expression = _total(condition.expression)


def _total(expression: Expression) -> Expression:
    if isinstance(expression, _COMPARING):
        return _Total(expression)
    if isinstance(expression, LogicalAndExpression | LogicalOrExpression):
        expression.left, expression.right = _total(expression.left), _total(expression.right)
    elif isinstance(expression, LogicalNotExpression):
        expression.right = _total(expression.right)
    return expression
