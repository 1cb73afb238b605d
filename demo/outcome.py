"""What came of it: `python -m demo.outcome FOLDER` writes one line of JSON, the summary."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import itda
from demo import sources
from demo.aside import alone
from demo.run import example
from demo.sources import Till
from itda.base.errors import Broken
from itda.engine.shop import Shop

_TILL = "pos"
_MOST = 100_000
_TELLING = ("OPTED_OUT", "NOT_RECONFIRMED", "NO_CONSENT")


def main(folder: Path) -> None:
    """Count."""
    with itda.open(folder) as shop:
        told = summary(shop, sources.made(folder).till) | {"example_customer": example(folder)}
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


def summary(shop: Shop, till: Till) -> dict[str, Any]:
    """The figures of the workspace as it is now. The till's must equal those of the source exactly."""
    status = shop.status()
    orders, revenue = _till(shop)
    if (orders, revenue) != till:
        raise Broken(f"the till's figures differ: {orders}, {revenue} and not {till}")
    return {
        "events": {
            "accepted": status.events.accepted,
            "duplicate": status.events.duplicate,
            "quarantined": status.events.quarantined,
        },
        "customers": status.customers,
        "linked_share": status.linked_share,
        "till_orders": orders,
        "till_revenue_minor": revenue,
        "segments": _segments(shop),
        "journeys": _journeys(shop),
        "messages": _messages(shop),
        **_effect(shop),
    }


def _till(shop: Shop) -> tuple[int, int]:
    """Orders and revenue of the till's file alone: what the demo's people bought since then is told apart by source."""
    from itda.engine.questions.orders import revenue_by  # noqa: PLC0415 - loads the scanning engine

    with shop.lake.snapshot() as snapshot:
        found = revenue_by(snapshot, shop.workspace, "source")
    own = [figures for (_, source), figures in found.items() if source == _TILL]
    return sum(orders for orders, _ in own), sum(revenue for _, revenue in own)


def _segments(shop: Shop) -> dict[str, int]:
    from itda.engine.questions.segments import SegmentList  # noqa: PLC0415

    return {segment.name: segment.members for segment in shop.ask(SegmentList())}


def _journeys(shop: Shop) -> dict[str, Any]:
    from itda.engine.questions.journeys import Journeys  # noqa: PLC0415

    return {
        journey.name: {"entered": journey.entered, "active": journey.active, "exited": journey.exited}
        for journey in shop.ask(Journeys())
    }


def _messages(shop: Shop) -> dict[str, Any]:
    """Messages by what they are now; what was dropped by why."""
    from itda.engine.questions.messages import MessageList  # noqa: PLC0415

    dropped = shop.ask(MessageList(status="dropped", limit=_MOST))
    counts = dropped.counts
    went = sum(counts.get(status, 0) for status in ("sent", "delivered", "complained"))
    others = {status: counts.get(status, 0) for status in ("bounced", "uncertain", "dead")}
    return {
        "sent": went,
        "held": counts.get("held", 0),
        "dropped": dict(Counter(_why(line.reasons) for line in dropped.lines).most_common()),
        **others,
    }


def _why(reasons: str) -> str:
    """The code of a drop: of several rules that said no, what says most about the person."""
    codes = [reason.split(" ")[-1] for reason in reasons.split(", ")]
    return next((code for code in _TELLING if code in codes), codes[0])


def _effect(shop: Shop) -> dict[str, Any]:
    """What the mails brought: seen, followed, ordered after; and those treated held against those held out."""
    from itda.engine.questions.metric import Measure  # noqa: PLC0415 - loads the scanning engine

    funnel = {row.series: row.n for row in shop.ask(Measure("message_funnel")).whole}
    lift: dict[str, dict[str, Any]] = {}
    for row in shop.ask(Measure("holdout_difference")).rows:
        told: dict[str, Any] = {"share": _rounded(row.value), "people": row.d}
        if row.low is not None:
            told = {"value": _rounded(row.value), "interval": [_rounded(row.low), _rounded(row.high)]}
        lift.setdefault(row.part, {})[row.series] = told
    return {
        "opened": funnel.get("opened", 0),
        "clicked": funnel.get("clicked", 0),
        "orders_after_message": funnel.get("ordered", 0),
        "lift": lift,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


if __name__ == "__main__":
    sys.exit(alone(lambda: main(Path(sys.argv[1]))))
