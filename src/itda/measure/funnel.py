"""A funnel: who did one thing, then the next, in order of time, within the period and within each part of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from itda.measure.facts import Facts

ORDERED = "Order Completed"
"""This stage is the order fold's: an order cancelled whole was none."""


def reached(facts: Facts) -> list[Any]:
    """For each stage who reached it, and when first: tables of part, customer and `since`.

    Greedy from the earliest is right here: whoever can reach a stage at all reaches it from the earliest one before.
    """
    stages: list[Any] = []
    for name in facts.parameters.funnel:
        did = _did(facts, name)
        if stages:
            before = stages[-1].select(in_part=stages[-1].part, who=stages[-1].customer, since=stages[-1].since)
            did = did.inner_join(
                before, [did.part == before.in_part, did.customer == before.who, did.happened_at >= before.since]
            )
        stages.append(did.group_by("part", "customer").aggregate(since=did.happened_at.min()).select(
            "part", "customer", "since"))  # fmt: skip
    return stages


def _did(facts: Facts, name: str) -> Any:
    told = facts.asked("orders" if name == ORDERED else "interactions")
    told = told.filter(told.customer.notnull())
    if name != ORDERED:
        told = told.filter(told.name == name)
    return facts.parted(told).select("part", "customer", "happened_at")
