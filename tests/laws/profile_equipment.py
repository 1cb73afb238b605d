"""Random histories of one person, and a plain evaluation of traits over the whole list of events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from itda.base.instant import DAY, HOUR, LocalDates, to_datetime
from itda.events.event import Event
from itda.profiles.definition import TraitDef
from itda.profiles.events import Events, Test
from itda.profiles.fold import Fold, FragmentState
from itda.profiles.orders import contacts
from itda.profiles.traits import KINDS

ZONES = ("Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
START = 1_772_000_000_000_000
"""25 February 2026: the clocks of New York and Lord Howe change within the weeks that follow."""
NAMES = (
    "Page Viewed",
    "Product Viewed",
    "Order Completed",
    "Order Updated",
    "Order Refunded",
    "Order Cancelled",
    "Order Returned",
    "Order Picked Up",
)
ORDERS = frozenset(NAMES[2:])
GOODS = (None, "", 7, "shoes", "tea", "x" * 65, *"abcdefghij")
"""Categories of products, some of them none."""


def trait(name: str, kind: str, **arguments: Any) -> TraitDef:
    return TraitDef(name=name, kind=kind, arguments=KINDS[kind].arguments(**arguments))


VIEWED = Events(name="Product Viewed")
TRAITS = [
    trait("all", "count"),
    trait("views_3d", "count", events=VIEWED, window="3 days"),
    trait("web_5h", "count", events=Events(channel="web"), window="5 hours"),
    trait("dear", "count", events=Events(name=("Product Viewed", "Page Viewed"), where={"price": Test(at_least=5)})),
    trait("spent", "sum", events=VIEWED, value="price"),
    trait("spent_40h", "sum", events=VIEWED, value="price", window="40 hours"),
    trait("first_category", "first", events=VIEWED, value="category"),
    trait("first_category_9d", "first", events=VIEWED, value="category", window="9 days"),
    trait("last_category_2h", "last", events=VIEWED, value="category", window="2 hours"),
    trait("last_channel", "last", value="event.channel"),
    trait("categories", "distinct", events=VIEWED, value="category"),
    trait("categories_4d", "distinct", events=VIEWED, value="category", window="4 days"),
    trait("top", "top", events=VIEWED, value="category", most=2),
    trait("top_30h", "top", events=VIEWED, value="category", most=2, window="30 hours"),
    trait("seen", "recency"),
    trait("seen_h", "recency", events=VIEWED, unit="hours"),
    trait("orders", "count", of="orders"),
    trait("orders_6d", "count", of="orders", window="6 days"),
    trait("revenue", "sum", of="orders"),
    trait("store_revenue_50h", "sum", of="orders", window="50 hours", events=Events(channel="store")),
    trait("first_order", "first", of="orders"),
    trait("last_order", "recency", of="orders"),
    trait("order_gap", "interval", of="orders", unit="hours"),
    trait("view_gap", "interval", events=VIEWED),
    trait("top_hours", "top", value="event.hour", most=2),
    trait("hours_4d", "distinct", value="event.hour", window="4 days"),
    trait("first_campaign", "first", value="context.campaign.name"),
    trait("last_campaign_30h", "last", value="context.campaign.name", window="30 hours"),
]


_AROUND = st.sampled_from([
    {}, {}, {"campaign": {"name": "spring"}}, {"campaign": {"name": "autumn", "source": "mail"}}, {"campaign": "spring"},
    {"campaign": {"name": None}}, {"page": {"path": "/"}},
])  # fmt: skip


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> tuple[str, list[Event]]:
    """A zone and events in log order: log time never goes back, most events are prompt and some are days late."""
    zone = draw(st.sampled_from(ZONES))
    dates, received_at = LocalDates(zone), START
    events = []
    for index in range(draw(st.integers(0, most))):
        received_at += draw(st.one_of(st.just(0), st.integers(0, 3 * HOUR), st.integers(0, 12 * DAY)))
        late = draw(st.one_of(st.just(0), st.integers(0, HOUR), st.integers(0, 20 * DAY)))
        events.append(_event(draw, index, received_at - late, received_at, dates))
    return zone, events


def _event(draw: st.DrawFn, index: int, occurred_at: int, received_at: int, dates: LocalDates) -> Event:
    name = draw(st.sampled_from(NAMES))
    properties: dict[str, Any] = {}
    if name in ORDERS:
        properties["order_id"] = draw(st.sampled_from(["1", 2, "3"]))
        amount = draw(st.sampled_from([None, 12.9, "7.005", 100, 0.1, "1,200.50"]))
        if amount is not None:
            properties[draw(st.sampled_from(["revenue", "total"]))] = amount
        if name in ("Order Completed", "Order Updated") and draw(st.booleans()):
            goods = draw(st.lists(st.sampled_from(GOODS), max_size=12))
            properties["products"] = [{"category": one} if one is not None else {} for one in goods]
        currency = draw(st.sampled_from([None, "USD", "usd", "KRW"]))
        if currency is not None:
            properties["currency"] = currency
    else:
        for key, values in (("category", ["tea", "rice", ""]), ("price", [5, 4.99, "12.50", "cheap", True])):
            if draw(st.booleans()):
                properties[key] = draw(st.sampled_from(values))
    return Event(
        event_id=f"{draw(st.integers(0, 9))}-{index}", name=name, type="track", source=draw(st.sampled_from(["web", "till"])),
        channel=draw(st.sampled_from(["web", "store"])), occurred_at=occurred_at, received_at=received_at,
        local_date=dates.of(occurred_at), position=index, identifiers=[], properties=properties, context=draw(_AROUND),
    )  # fmt: skip


def folded(fold: Fold, events: Sequence[Event], through_bytes: Sequence[int] = ()) -> FragmentState:
    """The fold of events, written and read back after each of the given counts."""
    state = fold.new()
    for index, event in enumerate(events, 1):
        fold.absorb(state, event, event.properties, said(event), event.position, contacts(carried(event)))
        if index in through_bytes:
            state = fold.decode(fold.encode(state))
    return state


def said(event: Event) -> list[tuple[str, Any, bool]]:
    """What an event declares, in these histories: any page says a colour, some are sealed."""
    return (
        [("colour", event.event_id, False), ("secret", event.event_id.encode(), True)]
        if event.name == "Page Viewed"
        else []
    )


def carried(event: Event) -> list[bytes]:
    """The addresses that an event carries, in these histories: by its id, one of six, two or none."""
    return [bytes([int(digit) + 1]) * 16 for digit in (event.event_id[0], event.event_id[-1]) if int(digit) < 6]


def answered(fold: Fold, state: FragmentState, now: int) -> dict[str, Any]:
    answers = fold.answers(state, now)
    return {answer.name: answer.value for answer in (*answers.declared, *answers.computed)}


# ── The plain evaluation: no buckets, no states, Python's own calendar ────────────────────────────────────────────


def evaluated(events: Sequence[Event], zone: str, now: int) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for definition in TRAITS:
        arguments: Any = definition.arguments
        if arguments.of == "orders":
            answers |= _of_orders(definition.name, definition.kind, arguments, events, zone, now)
        else:
            inside = [event for event in events if _is_in(arguments, event, zone, now) and _cares(arguments, event)]
            answers[definition.name] = _VALUES[definition.kind](arguments, inside, zone, now)
    latest = max(
        (event for event in events if said(event)), key=lambda event: (event.occurred_at, event.event_id), default=None
    )
    if latest is not None:
        answers |= {name: value for name, value, _ in said(latest)}
    return answers


def _floor(at: int, zone: str, unit: str) -> datetime:
    local = to_datetime(at).astimezone(ZoneInfo(zone))
    if unit == "days":
        return local.replace(hour=0, minute=0, second=0, microsecond=0)
    return (
        to_datetime(at) - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    ).astimezone(local.tzinfo)


def _window(window: str) -> tuple[int, str]:
    n, unit = window.split()
    return int(n), unit


def _is_within(window: str, at: int, zone: str, now: int) -> bool:
    if not window:
        return True
    n, unit = _window(window)
    floor = _floor(now, zone, unit)
    if unit == "days":  # calendar days: the wall clock's midnight n days before
        return to_datetime(at).astimezone(floor.tzinfo).date() >= (floor - timedelta(days=n)).date()
    return to_datetime(at).timestamp() >= floor.timestamp() - n * 3600


def _is_in(arguments: Any, event: Event, zone: str, now: int) -> bool:
    return _is_within(getattr(arguments, "window", ""), event.occurred_at, zone, now)


def _cares(arguments: Any, event: Event) -> bool:
    wanted = arguments.events
    if wanted is None:
        return True
    names = (wanted.name,) if isinstance(wanted.name, str) else wanted.name
    if (names and event.name not in names) or (wanted.channel and event.channel != wanted.channel):
        return False
    if "price" in wanted.where:
        price = event.properties.get("price")
        return price in (5, "12.50") and price is not True
    return True


def _number(value: Any) -> Fraction:
    return (
        Fraction(str(value))
        if isinstance(value, int | float) and not isinstance(value, bool)
        else (Fraction(value) if value == "12.50" else Fraction(0))
    )


def _value(arguments: Any, event: Event, zone: str) -> Any:
    if arguments.value == "event.hour":
        return f"{to_datetime(event.occurred_at).astimezone(ZoneInfo(zone)).hour:02d}"
    if arguments.value == "context.campaign.name":
        campaign = event.context.get("campaign")
        return campaign.get("name") if isinstance(campaign, dict) else None
    return event.channel if arguments.value == "event.channel" else event.properties.get(arguments.value)


def _edge(is_last: bool, arguments: Any, inside: list[Event], zone: str, *_: Any) -> Any:
    values = [(event.occurred_at, event.event_id, value) for event in inside
              if (value := _value(arguments, event, zone)) is not None]  # fmt: skip
    return sorted(values)[-1 if is_last else 0][2] if values else None


def _distinct(arguments: Any, inside: list[Event], zone: str, *_: Any) -> int:
    return len({_value(arguments, event, zone) for event in inside} - {None, ""})


def _top(arguments: Any, inside: list[Event], zone: str, *_: Any) -> list[dict[str, Any]]:
    values = [value for event in inside if (value := _value(arguments, event, zone))]
    ranked = sorted(set(values), key=lambda value: (-values.count(value), value))
    return [{"value": value, "count": values.count(value)} for value in ranked[: arguments.most]]


def _ago(unit: str, at: int, zone: str, now: int) -> int:
    if unit == "hours":
        return (now - at) // HOUR
    days = _floor(now, zone, "days").date() - to_datetime(at).astimezone(ZoneInfo(zone)).date()
    return days.days


def _gap(unit: str, times: list[int]) -> int | None:
    """The mean of the gaps one by one, to the nearest whole unit, half upwards."""
    ordered = sorted(times)
    gaps = [Fraction(later - earlier, DAY if unit == "days" else HOUR) for earlier, later in pairwise(ordered)]
    return math.floor(sum(gaps, Fraction(0)) / len(gaps) + Fraction(1, 2)) if gaps else None


def _recency(arguments: Any, inside: list[Event], zone: str, now: int) -> int | None:
    return _ago(arguments.unit, max(event.occurred_at for event in inside), zone, now) if inside else None


_VALUES: dict[str, Any] = {
    "count": lambda _a, inside, *_: len(inside),
    "sum": lambda a, inside, zone, *_: float(sum((_number(_value(a, event, zone)) for event in inside), Fraction(0))),
    "first": lambda *args: _edge(False, *args),
    "last": lambda *args: _edge(True, *args),
    "distinct": _distinct, "top": _top, "recency": _recency,
    "interval": lambda a, inside, *_: _gap(a.unit, [event.occurred_at for event in inside]),
}  # fmt: skip


def _minor(amount: Any, currency: str) -> int:
    step = Decimal("0.01") if currency == "USD" else Decimal(1)
    exact = Decimal(str(amount).replace(",", "")).quantize(step, ROUND_HALF_EVEN)
    return int(exact / step)


def _amount(event: Event) -> Any:
    return event.properties.get("revenue", event.properties.get("total"))


def _currency(event: Event) -> str:
    return str(event.properties.get("currency", "KRW")).upper()


def orders_of(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Orders by the words of the definition: scope is the source, amounts in minor units of the order's currency."""
    found = []
    for key in {(event.source, str(event.properties["order_id"])) for event in events if event.name in ORDERS}:
        own = [e for e in events if e.name in ORDERS and (e.source, str(e.properties["order_id"])) == key]
        placed = sorted(
            (e for e in own if e.name in ("Order Completed", "Order Updated")),
            key=lambda e: (e.occurred_at, e.event_id),
        )
        if not placed:
            continue
        latest = placed[-1]
        currency = _currency(latest)
        total = _minor(_amount(latest) or 0, currency)
        back, cancelled = (
            _subtracted(own, names, currency) for names in (("Order Refunded", "Order Returned"), ("Order Cancelled",))
        )
        if cancelled is None or (cancelled and cancelled >= total):
            continue
        net = 0 if back is None else max(total - back - cancelled, 0)
        found.append({"at": placed[0].occurred_at, "currency": currency, "net": net, "channel": latest.channel})
    return found


def bought(events: Sequence[Event]) -> dict[str, tuple[set[str], int, set[bytes]]]:
    """Of each order that was placed: what kinds of goods, when it ended, and the addresses given in it."""
    found = {}
    for source, order in {
        (event.source, str(event.properties["order_id"])) for event in events if event.name in ORDERS
    }:
        own = [e for e in events if e.name in ORDERS and (e.source, str(e.properties["order_id"])) == (source, order)]
        placed = [e for e in own if e.name in ("Order Completed", "Order Updated")]
        if placed:
            latest = max(placed, key=lambda event: (event.occurred_at, event.event_id))
            goods = {product.get("category") for product in latest.properties.get("products", [])} - {None, "", 7}
            ends = [e.occurred_at for e in own if e.name == "Order Picked Up"] or [e.occurred_at for e in placed]
            given = sorted({address for event in placed for address in carried(event)})
            found[f"{source}\x1f{order}"] = (set(sorted(goods - {"x" * 65})[:8]), min(ends), set(given[:4]))
    return found


def _subtracted(own: list[Event], names: tuple[str, ...], currency: str) -> int | None:
    """Minor units taken off; None for all of it."""
    events = [event for event in own if event.name in names]
    if any(_amount(event) is None for event in events):
        return None
    major = sum(
        (Decimal(_minor(_amount(e), _currency(e))) / (100 if _currency(e) == "USD" else 1) for e in events), Decimal(0)
    )
    return _minor(major, currency)


def _of_orders(name: str, kind: str, arguments: Any, events: Sequence[Event], zone: str, now: int) -> dict[str, Any]:
    channel = arguments.events.channel if arguments.events else ""
    window = getattr(arguments, "window", "")
    inside = [o for o in orders_of(events) if _is_within(window, o["at"], zone, now) and channel in ("", o["channel"])]
    if kind == "count":
        return {name: len(inside)}
    if kind == "sum":
        sums = {currency: sum(o["net"] for o in inside if o["currency"] == currency) for currency in ("KRW", "USD")}
        abroad = {f"{name}.USD": sums["USD"]} if any(o["currency"] == "USD" for o in inside) else {}
        return {name: sums["KRW"]} | abroad
    times = [order["at"] for order in inside]
    if kind == "first":
        first = to_datetime(min(times)) if times else None
        return {name: first.strftime("%Y-%m-%dT%H:%M:%S.") + f"{first.microsecond // 1000:03d}Z" if first else None}
    if kind == "interval":
        return {name: _gap(arguments.unit, times)}
    return {name: _ago("days", max(times), zone, now) if times else None}
