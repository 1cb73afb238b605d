"""What a metric is: one meaning for everyone, said in both languages, and one expression over the tables of facts.

An expression gives the columns `series`, `part`, `n` and `d`: whole numbers that add up, from which a value follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from itda.base.instant import DAY

Unit = Literal["count", "minor", "share"]
"""`share` is 0..1 (a difference of shares -1..1); `minor` is money in minor units of the workspace's currency."""
By = Literal["", "day", "week", "month", "channel", "store", "source", "segment", "journey", "message"]
"""What a report is split by; empty: it is not. Days are those stored with each event, weeks begin on Monday."""
SPLITS: tuple[By, ...] = ("day", "week", "month", "channel", "store", "source", "segment", "journey", "message")
TIMES: tuple[By, ...] = ("day", "week", "month")
PLACES: tuple[By, ...] = ("channel", "store")
GROUPS: tuple[By, ...] = ("segment", "journey")
"""Of these one person may be in several: their parts do not add up to the whole."""

ONLINE = ("web", "app", "email", "sms", "push", "kakao", "social", "ad")
IN_STORE = ("store", "kiosk")
FUNNEL = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed")
BRAND_ACTS = ("Message Sent", "Message Delivered", "Message Bounced")
"""What the brand does itself: no interaction of a customer's."""
RECORDS = ("identify", "group", "alias")
"""Calls that say who somebody is, and are no touch."""


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """What meanings depend on, the same for all metrics: so their reports can be held against each other."""

    window: int = 30 * DAY
    """How long before an order a touch counts for it, and how long after a touch or message an order does; µs."""
    online: tuple[str, ...] = ONLINE
    """Channels that are online."""
    in_store: tuple[str, ...] = IN_STORE
    """Channels that are a shop one walks into."""
    funnel: tuple[str, ...] = FUNNEL
    """Events of `stage_drop_off`, in order."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a report. The value is n, or n / d where there is a d; None where d is 0."""

    series: str = ""
    """Stage, model or arm, where a metric has such; else empty."""
    part: str = ""
    """Of what the report is split by; empty for what has none, and in a report that is not split."""
    n: int
    d: int | None = None
    value: float | int | None = None
    low: float | None = None
    """Of an estimate: the ends of its 95 % interval."""
    high: float | None = None


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. The protocol of the parts in metrics/."""

    name: str
    label_ko: str
    label_en: str
    unit: Unit
    meaning_ko: str
    """What it counts, with `{days}` for the window, `{online}` and `{in_store}` for the channels."""
    meaning_en: str
    by: tuple[By, ...]
    """What it may be split by. One that cannot be told as a whole is split by the first of them."""
    adds_up: tuple[By, ...] = ()
    """Split by these, the parts' n (and d) add up to the whole's."""
    has_whole: bool = True
    """Whether it can be told unsplit."""
    scale: int = 1
    """What n counts in: n / scale is the value where there is no d."""
    series: tuple[str, ...] = ()
    """The names of its series in their order, where they are always the same."""
    expression: Callable[[Any], Any]
    """Facts (measure/facts.py) → the Ibis table of the numbers, split as the facts say."""
    finish: Callable[[list[Row]], list[Row]] | None = None
    """What statistics add to the counted rows; None: nothing."""

    @property
    def splits(self) -> tuple[By, ...]:
        """Every way to ask for it: '' is the whole."""
        return ("", *self.by) if self.has_whole else self.by

    def meaning(self, parameters: Parameters) -> tuple[str, str]:
        """What it counts by these, in Korean and in English."""
        told = {
            "days": parameters.window // DAY,
            "online": ", ".join(parameters.online),
            "in_store": ", ".join(parameters.in_store),
        }
        return self.meaning_ko.format_map(told), self.meaning_en.format_map(told)

    def row(self, series: str, part: str, n: int, d: int | None) -> Row:
        """A row with its value."""
        whole = n if self.scale == 1 else n / self.scale
        value = whole if d is None else (n / d if d else None)
        return Row(series=series, part=part, n=n, d=d, value=value)
