"""The tables that metrics stand on, and the words that their expressions are made of. Loads Ibis: import it late.

Every table is told for one asked period and has been joined to customers already; who asks prepares what `used` names.
`is_asked` says that a row lies in the period, by the local day stored with it; touches before it stay in reach.
"""

from __future__ import annotations

from typing import Any

import ibis

from itda.measure.definition import TIMES, By, Parameters

_EVENT = {"customer": "binary", "happened_at": "int64", "day": "int32", "is_asked": "boolean"}
TABLES: dict[str, dict[str, str]] = {
    "interactions": _EVENT | {"position": "int64", "channel": "string", "store": "string",
                              "source": "string", "name": "string", "is_touch": "boolean"},
    "orders": _EVENT | {"number": "int64", "channel": "string", "store": "string", "net_minor": "int64",
                        "is_own_currency": "boolean"},
    "effects": _EVENT | {"position": "int64", "name": "string", "message_id": "string", "message": "string",
                         "journey": "string", "channel": "string"},
    "travels": {"journey": "string", "unit": "binary", "arm": "string", "is_goal": "boolean",
                "is_goal_after_message": "boolean", "is_asked": "boolean"},
    "stages": {"journey": "string", "step": "string", "unit": "binary", "is_left": "boolean", "is_asked": "boolean"},
    "known": {"customer": "binary"},
    "members": {"customer": "binary", "segment": "string"},
    "entries": {"customer": "binary", "journey": "string", "entered_at": "int64"},
    "runs": {"happened_at": "int64", "day": "int32", "people": "int64", "duplicates": "int64", "checked": "int64",
             "checked_right": "int64", "is_asked": "boolean"},
    "days": {"day": "int32", "day_text": "string", "week": "string", "month": "string"},
}  # fmt: skip
"""Table → column → type. A customer is 16 bytes, null where an event is no customer's; times are microseconds UTC.

interactions: accepted events, without what the brand did. orders: the order fold, `number` tells them apart. effects:
what became of messages, sends included. travels: positions in journeys, by who was drawn into an arm. stages: steps
reached. known: customers with a known identifier. entries: when a customer first came into a journey.
runs: of the matching, `duplicates` estimated to the nearest one. days: of each
local day its own text, that of its week's Monday, and that of its month.
"""


class Facts:
    """What one expression is given. `used` names the tables it took."""

    def __init__(self, parameters: Parameters, by: By) -> None:
        self.parameters = parameters
        self.by = by
        self.used: set[str] = set()

    def table(self, name: str) -> Any:
        """All rows of a table."""
        self.used.add(name)
        return ibis.table(TABLES[name], name=name)

    def asked(self, name: str) -> Any:
        """The rows of the asked period."""
        table = self.table(name)
        return table.filter(table.is_asked)

    def touches(self) -> Any:
        """Every touch of a customer's, in the period or not, with the channel it was on as `point`."""
        seen = self.table("interactions")
        seen = seen.filter(seen.is_touch, seen.customer.notnull())
        return seen.select("customer", "happened_at", "position", point=seen.channel)

    def parted(self, table: Any) -> Any:
        """The table with the column `part`. A row of a person in several segments or journeys comes once for each."""
        if not self.by:
            return self.unsplit(table)
        if self.by not in TIMES and self.by in table.columns:
            return table.mutate(part=table[self.by].fill_null(""))
        if self.by == "segment":
            members = self.table("members")
            return table.inner_join(members.select("customer", part=members.segment), "customer")
        if self.by == "journey":
            entries = self.table("entries")
            later = entries.select("entered_at", part=entries.journey, entrant=entries.customer)
            found = table.inner_join(later, [table.customer == later.entrant, table.happened_at >= later.entered_at])
            return found.drop("entrant", "entered_at")
        days = self.table("days")
        named = days.day_text if self.by == "day" else days[self.by]
        return table.inner_join(days.select("day", part=named), "day")

    def unsplit(self, table: Any) -> Any:
        """The table with one part that holds everything."""
        return table.mutate(part=ibis.literal(""))

    def before(self, orders: Any, touches: Any) -> Any:
        """Each of these orders with each of its customer's touches in the window before it; once without any."""
        came = touches.select(who=touches.customer, touched_at=touches.happened_at, touch=touches.position,
                              point=touches.point)  # fmt: skip
        return orders.left_join(
            came,
            [
                orders.customer == came.who,
                came.touched_at < orders.happened_at,
                came.touched_at >= orders.happened_at - self.parameters.window,
            ],
        )

    def paths(self) -> Any:
        """Each order of the period, in each part: `length` (touches before it), `is_cross` (over several channels)."""
        orders = self.parted(self.asked("orders"))
        path = self.before(orders.select("part", "number", "customer", "happened_at"), self.touches())
        told = path.group_by("part", "number").aggregate(
            length=path.touched_at.count(), least=path.point.min(), greatest=path.point.max()
        )
        return told.mutate(is_cross=(told.least != told.greatest).fill_null(False))

    def latest(self, table: Any) -> Any:
        """The last row of each part."""
        back = ibis.window(group_by="part", order_by=table.happened_at.desc())
        return table.mutate(k=ibis.row_number().over(back)).filter(lambda row: row.k == 0)

    def ranked(self, path: Any, *key: str) -> Any:
        """The touches of each order in their order: `k` from 1, of `of`; an order without any is the one row 1 of 1."""
        of_order = ibis.window(group_by=key)
        in_order = ibis.window(group_by=key, order_by=[path.touched_at, path.touch])
        return path.mutate(
            k=ibis.row_number().over(in_order) + 1, of=ibis.greatest(path.touched_at.count().over(of_order), 1)
        )

    def counted(self, table: Any, n: Any, d: Any = None, series: Any = "") -> Any:
        """The numbers of each part of a table that has the column `part`, and of each series where that is a column."""
        named = ibis.literal(series) if isinstance(series, str) else series
        numbers = {"n": n, "d": ibis.null("int64") if d is None else d}
        if not self.by:  # of nothing there is 0, not no row
            found = table.aggregate(**numbers).mutate(series=named, part=ibis.literal(""))
        else:
            found = table.group_by("part", series=named).aggregate(**numbers)
        return found.select("series", "part", n=found.n.fill_null(0).cast("int64"), d=found.d.cast("int64"))

    def together(self, *tables: Any) -> Any:
        """The rows of all of them."""
        return ibis.union(*tables) if len(tables) > 1 else tables[0]
