"""The operators, by the word that names them. A new one is one file here, one test and one docs page of its name."""

from __future__ import annotations

from itda.segments.operator import Operator
from itda.segments.operators import consent, events, in_segment, trait
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest

OPERATORS: dict[str, Operator] = {
    operator.word: operator for operator in (trait.OPERATOR, events.OPERATOR, consent.OPERATOR, in_segment.OPERATOR)
}

Tested = TraitTest | EventsTest | ConsentTest | InSegment


def operator_of(test: Tested) -> Operator:
    """The operator of a written test."""
    return next(operator for operator in OPERATORS.values() if operator.test is type(test))
