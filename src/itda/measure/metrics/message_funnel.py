"""What became of the messages sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itda.measure.definition import TIMES, Metric

if TYPE_CHECKING:
    from itda.measure.facts import Facts

_STAGES = {
    "sent": (),
    "delivered": ("Message Delivered", "Message Opened", "Message Clicked"),
    "opened": ("Message Opened", "Message Clicked"),
    "clicked": ("Message Clicked",),
}
"""Stage → what proves it: whoever clicked had opened, and what was opened had arrived."""
_ORDERED = "ordered"


def _expression(facts: Facts) -> Any:
    effects = facts.table("effects")
    sent = effects.filter(effects.name == "Message Sent", effects.is_asked)
    parted = facts.parted(sent).select("part", "message_id", "customer", "happened_at")
    proofs = {stage: effects.name.isin(names).cast("int64").max() for stage, names in _STAGES.items() if names}
    became = effects.group_by("message_id").aggregate(**proofs)
    became = became.select(*proofs, of=became.message_id)
    told = parted.left_join(became, parted.message_id == became.of)
    stages = [facts.counted(parted, parted.message_id.nunique(), series="sent")]
    for stage in proofs:
        proven = told.filter(told[stage] == 1)
        stages.append(facts.counted(proven, proven.message_id.nunique(), series=stage))
    ordered = _bought(facts, parted)
    return facts.together(*stages, facts.counted(ordered, ordered.message_id.nunique(), series=_ORDERED))


def _bought(facts: Facts, sent: Any) -> Any:
    """Messages after which their customer placed an order within the window."""
    orders = facts.table("orders").select(buyer="customer", bought_at="happened_at")
    until = sent.happened_at + facts.parameters.window
    return sent.inner_join(
        orders, [sent.customer == orders.buyer, orders.bought_at > sent.happened_at, orders.bought_at <= until]
    )


METRIC = Metric(
    name="message_funnel",
    label_ko="메시지 깔때기",
    label_en="Message funnel",
    unit="count",
    meaning_ko=(
        "기간에 보낸 메시지와, 그 가운데 전달된 것, 열어 본 것, 클릭한 것, 그리고 보낸 뒤 {days}일"
        " 안에 그 고객이 주문한 것. 열람을 허용하지 않은 사람의 열람은 보이지 않습니다."
    ),
    meaning_en=(
        "Messages sent in the period, and of those: delivered, opened, clicked, and such after which their customer"
        " ordered within {days} days. Opens of people who allow no tracking do not show."
    ),
    by=("message", "journey", *TIMES, "channel", "segment"),
    adds_up=("message", "journey", *TIMES, "channel"),
    series=(*_STAGES, _ORDERED),
    expression=_expression,
)
