"""One computed trait, made ready: its value for a person at a time, and when that turns by time alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from itda.base.instant import NEVER
from itda.base.windows import Buckets
from itda.profiles import orders
from itda.profiles.definition import TraitDef
from itda.profiles.events import Events, Matcher, cares, matcher
from itda.profiles.kind import Arguments, Context, Question, Spilled, Stands, Step, TraitKind, window_of
from itda.profiles.orders import Order
from itda.profiles.traits import KINDS
from itda.profiles.traits.recency import Ago, Recency, RecencyState
from itda.profiles.turning import by_asking


class Held(Protocol):
    """What is read of a fragment's or a customer's state."""

    states: dict[str, Any]
    orders: dict[str, Order]
    are_orders_spilled: bool


class Computed(msgspec.Struct):
    """See the file's first line."""

    definition: TraitDef
    key: str
    kind: TraitKind
    arguments: Arguments
    context: Context
    step: Step
    events: Events
    matches: Matcher | None

    def is_spilled(self, state: Held) -> bool:
        """Whether the state no longer holds what the answer needs."""
        if self.arguments.of == "orders":
            return state.are_orders_spilled
        return type(state.states.get(self.key)) is Spilled

    def value(self, state: Held, now: int) -> Any:
        """The value at `now`; None where it is spilled."""
        if self.is_spilled(state):
            return None
        if self.arguments.of == "orders":
            return self.kind.of_orders(self.asked(state, now), self.arguments, self.context, now)
        return self.kind.answer(state.states.get(self.key), self.arguments, self.context, now)

    def asks(self, question: Question) -> Callable[[Held, int], Stands]:
        """A question about the value as a function of a state and a time."""
        key, kind, arguments, context = self.key, self.kind, self.arguments, self.context
        spilled = question.passes(None), NEVER
        if arguments.of == "orders":
            without: Stands = question.passes(kind.of_orders((), arguments, context, 0)), NEVER

            def of_orders(state: Held, now: int) -> Stands:
                if state.are_orders_spilled:
                    return spilled
                return self._of_orders(state, now, question) if state.orders else without

            return of_orders
        nothing: Stands = question.passes(kind.answer(None, arguments, context, 0)), NEVER

        def of_events(state: Held, now: int) -> Stands:
            held = state.states.get(key)
            if held is None:
                return nothing
            return spilled if type(held) is Spilled else kind.stands(held, arguments, context, now, question)

        return of_events

    def asked(self, state: Held, now: int | None) -> list[Order]:
        """The orders that count and are asked for, of any time where `now` is None."""
        told, standing = self.events, orders.standing(state.orders)
        if not (told.name or told.channel or told.source) and (now is None or self.context.window is None):
            return standing
        return [order for order in standing if self._is_asked(order, now)]

    def _of_orders(self, state: Held, now: int, question: Question) -> Stands:
        chosen, kind, arguments, context = self.asked(state, None), self.kind, self.arguments, self.context
        if chosen and isinstance(kind, Recency) and isinstance(arguments, Ago):
            last = RecencyState(max(order.placed_at for order in chosen))  # the answer that grows with time
            return kind.stands(last, arguments, context, now, question)

        if context.window is None:
            return question.passes(kind.of_orders(chosen, arguments, context, now)), NEVER
        placed = [(order, self._bucket(order)) for order in chosen]

        def is_so(at: int) -> bool:
            since, until = context.span(at)
            inside = [order for order, bucket in placed if since <= bucket <= until]
            return question.passes(kind.of_orders(inside, arguments, context, at))

        return by_asking([bucket for _, bucket in placed], context, now, is_so)

    def _is_asked(self, order: Order, now: int | None) -> bool:
        if not cares(self.events, "", order.channel, order.source):
            return False
        if self.context.window is None or now is None:
            return True
        since, until = self.context.span(now)
        return since <= self._bucket(order) <= until

    def _bucket(self, order: Order) -> int:
        window = self.context.window
        is_hours = window is not None and window.unit == "hours"
        return self.context.buckets.hour(order.placed_at) if is_hours else order.local_date


def ready(trait: TraitDef, buckets: Buckets, currency: str, limit: int) -> Computed:
    """The trait, compiled. A declared one has nothing to compile (`TypeError`)."""
    arguments = trait.arguments
    if not isinstance(arguments, Arguments):
        raise TypeError(f"trait {trait.name} has no arguments")
    kind, context = KINDS[trait.kind], Context(buckets, window_of(arguments), currency, limit)
    events, key = arguments.events or Events(), trait.key()
    step = kind.step(key, arguments, context)
    return Computed(trait, key, kind, arguments, context, step, events, matcher(events))
