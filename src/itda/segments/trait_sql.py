"""What each kind of trait is over the whole lake: (customer, value as JSON) for those who have one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from itda.base.instant import HOUR
from itda.profiles.computed import Computed
from itda.profiles.events import Events
from itda.profiles.traits.interval import UNITS
from itda.segments.sql import Batch, chosen, json_path, text

_ISO = "strftime(make_timestamp({at}), '%Y-%m-%dT%H:%M:%S.%g') || 'Z'"


class Asked(NamedTuple):
    """A trait in SQL."""

    select: str
    """Rows of (customer, value)."""
    otherwise: str
    """The value of everybody else, as JSON."""


def asked(trait: Computed, batch: Batch) -> Asked:
    """A computed trait at the batch's time."""
    of_orders = trait.arguments.of == "orders"
    return (_OVER_ORDERS if of_orders else _OVER_EVENTS)[trait.definition.kind](trait, batch)


def declared(name: str) -> Asked:
    """What was last said of a person."""
    value = f"json_extract(properties, {json_path(name)})"
    latest = f"arg_max({value}, (occurred_at, event_id, source))"
    said = f"type = 'identify' and {value} is not null and json_type({value}) <> 'OBJECT'"
    return Asked(f"select customer, {latest} as value from told where {said} group by customer", "NULL::json")


def _events(trait: Computed, batch: Batch) -> str:
    return f"from told where {chosen(trait.events)} and {batch.within(trait.context.window)}"


def _orders(trait: Computed, batch: Batch) -> str:
    by = Events(channel=trait.events.channel, source=trait.events.source)
    return f"from placed where {chosen(by)} and {batch.within(trait.context.window, 'placed_at')}"


def _value(trait: Computed) -> str:
    return str(getattr(trait.arguments, "value", ""))


def _count(rows: str) -> Asked:
    return Asked(f"select customer, to_json(count(*)) as value {rows} group by customer", "'0'::json")


def _sum(trait: Computed, batch: Batch) -> Asked:
    items = f"select customer, unnest(items_of({batch.value(_value(trait))})) as item {_events(trait, batch)}"
    micros = f"select customer, micros_of(number_of(item)) as micros from ({items})"
    total = f"select customer, sum(micros)::hugeint as total from ({micros}) where micros is not null group by customer"
    return Asked(f"select customer, of_micros(total) as value from ({total})", "'0'::json")


def _net(trait: Computed, batch: Batch) -> Asked:
    rows = f"{_orders(trait, batch)} and currency = {text(batch.currency)}"
    return Asked(f"select customer, to_json(sum(net_minor)::bigint) as value {rows} group by customer", "'0'::json")


def _edge(is_last: bool) -> Callable[[Computed, Batch], Asked]:
    pick = "arg_max" if is_last else "arg_min"

    def select(trait: Computed, batch: Batch) -> Asked:
        path, rows = _value(trait), _events(trait, batch)
        value = batch.value(path) if path else f"to_json({_ISO.format(at='occurred_at')})"
        told = f"select customer, occurred_at, event_id, {value} as value {rows}"
        there = "value is not null and json_type(value) <> 'NULL' and value::varchar <> '[]'"
        edge = f"{pick}(value, (occurred_at, event_id))"
        return Asked(f"select customer, {edge} as value from ({told}) where {there} group by customer", "NULL::json")

    return select


def _order_edge(is_last: bool) -> Callable[[Computed, Batch], Asked]:
    edge = "max(placed_at)" if is_last else "min(placed_at)"

    def select(trait: Computed, batch: Batch) -> Asked:
        value = f"to_json({_ISO.format(at=edge)})"
        return Asked(f"select customer, {value} as value {_orders(trait, batch)} group by customer", "NULL::json")

    return select


def _texts(trait: Computed, batch: Batch) -> str:
    """(customer, text) of every value at the trait's path, lists in lists too."""
    outer = f"select customer, unnest(items_of({batch.value(_value(trait))})) as item {_events(trait, batch)}"
    inner = f"select customer, unnest(items_of(item)) as item from ({outer})"
    return f"select customer, text_of(item) as text from ({inner}) where text_of(item) is not null"


def _distinct(trait: Computed, batch: Batch) -> Asked:
    counted = "to_json(count(distinct text))"
    return Asked(f"select customer, {counted} as value from ({_texts(trait, batch)}) group by customer", "'0'::json")


def _top(trait: Computed, batch: Batch) -> Asked:
    most: Any = getattr(trait.arguments, "most", 0)
    counts = f"select customer, text, count(*) as n from ({_texts(trait, batch)}) group by customer, text"
    ranked = (
        f"select * from ({counts}) qualify row_number() over (partition by customer order by n desc, text) <= {most}"
    )
    return Asked(f"select customer, to_json(list(text)) as value from ({ranked}) group by customer", "NULL::json")


def _ago(rows: str, at: str, trait: Computed, batch: Batch) -> Asked:
    is_days = getattr(trait.arguments, "unit", "days") == "days"
    gone = f"{batch.zone.days.of(batch.now)} - max(local_date)" if is_days else f"({batch.now} - max({at})) // {HOUR}"
    return Asked(f"select customer, to_json(greatest({gone}, 0)) as value {rows} group by customer", "NULL::json")


def _mean(rows: str, at: str, trait: Computed) -> Asked:
    gaps = f"((count(*) - 1) * {UNITS[getattr(trait.arguments, 'unit', 'days')]})"
    mean = f"(2 * (max({at}) - min({at})) + {gaps}) // (2 * {gaps})"
    often = "group by customer having count(*) > 1"
    return Asked(f"select customer, to_json({mean}) as value {rows} {often}", "NULL::json")


_OVER_EVENTS: dict[str, Callable[[Computed, Batch], Asked]] = {
    "count": lambda trait, batch: _count(_events(trait, batch)),
    "sum": _sum,
    "first": _edge(is_last=False),
    "last": _edge(is_last=True),
    "distinct": _distinct,
    "top": _top,
    "recency": lambda trait, batch: _ago(_events(trait, batch), "occurred_at", trait, batch),
    "interval": lambda trait, batch: _mean(_events(trait, batch), "occurred_at", trait),
}
_OVER_ORDERS: dict[str, Callable[[Computed, Batch], Asked]] = {
    "count": lambda trait, batch: _count(_orders(trait, batch)),
    "sum": _net,
    "first": _order_edge(is_last=False),
    "last": _order_edge(is_last=True),
    "recency": lambda trait, batch: _ago(_orders(trait, batch), "placed_at", trait, batch),
    "interval": lambda trait, batch: _mean(_orders(trait, batch), "placed_at", trait),
}
