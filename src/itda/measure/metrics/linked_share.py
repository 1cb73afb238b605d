"""How much of what happened is tied to somebody known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, PLACES, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def linked(facts: Facts) -> Any:
    """The interactions of the period, each with its customer as `who` where that is somebody known."""
    known = facts.table("known")
    known = known.select(who=known.customer)
    told = facts.asked("interactions")
    return facts.parted(told.left_join(known, told.customer == known.who))


def _expression(facts: Facts) -> Any:
    seen = linked(facts)
    return facts.counted(seen, seen.who.count(), seen.count())


METRIC = Metric(
    name="linked_share",
    label_ko="식별 연결률",
    label_en="Linked share",
    unit="share",
    meaning_ko="기간의 상호작용 가운데 알려진 식별자(멤버십, 로그인, 이메일, 전화)로 연결된 고객의 것의 비율.",
    meaning_en=(
        "Interactions of the period whose customer has a known identifier (membership, login, e-mail, phone) ÷ all."
    ),
    by=(*TIMES, *PLACES, "source", *GROUPS),
    adds_up=(*TIMES, *PLACES, "source"),
    expression=_expression,
)
