"""Sharing what orders are worth among touches: every model over the same paths, each adding up to the orders' whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.attribution import MODELS

if TYPE_CHECKING:
    from itda.measure.facts import Facts

OF_MESSAGES = ("Message Opened", "Message Clicked")
"""The touches that a message gets credit for: those it can be seen to have moved."""


def credited(facts: Facts, orders: Any) -> Any:
    """What each channel, message or message's journey gets by each model; `orders` has the column `amount`.

    Orders without a touch in the window are of the part ''.
    """
    worth = orders.select("number", "customer", "happened_at", amount=orders.amount.cast("int64"))
    path = facts.before(worth, _touches(facts))
    ranked = facts.ranked(path, "number")
    shares = {name: model.credit(ranked, ranked.amount) for name, model in MODELS.items()}
    named = ranked.mutate(part=ranked.point.fill_null("")) if facts.by else facts.unsplit(ranked)
    given = named.mutate(**shares)
    sums = given.group_by("part").aggregate(**{name: given[name].sum() for name in MODELS})
    return facts.together(*(facts.counted(sums, sums[name].sum(), series=name) for name in MODELS))


def _touches(facts: Facts) -> Any:
    if facts.by not in ("message", "journey"):
        return facts.touches()
    effects = facts.table("effects")
    moved = effects.filter(effects.name.isin(OF_MESSAGES), effects.customer.notnull())
    return moved.select("customer", "happened_at", "position", point=moved[facts.by])
