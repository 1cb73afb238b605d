"""How many of the people were met on more than one channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import GROUPS, TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts


def _expression(facts: Facts) -> Any:
    told = facts.asked("interactions")
    seen = facts.parted(told.filter(told.is_touch, told.customer.notnull()))
    people = seen.group_by("part", "customer").aggregate(least=seen.channel.min(), greatest=seen.channel.max())
    return facts.counted(people, (people.least != people.greatest).sum(), people.count())


METRIC = Metric(
    name="several_channels_share",
    label_ko="여러 채널에서 만난 고객의 비율",
    label_en="People met on several channels",
    unit="share",
    meaning_ko="기간에 접점이 있는 고객 가운데 둘 이상의 채널에서 만난 고객의 비율.",
    meaning_en="People with touches on two or more channels in the period ÷ people with any touch in it.",
    by=(*TIMES, *GROUPS),
    expression=_expression,
)
