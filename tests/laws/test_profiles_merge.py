"""Merge: fragments combine in any order and grouping, and combining says what one fold over all events says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.profile_equipment import START, TRAITS, answered, bought, folded, histories

from itda.base.instant import DAY
from itda.events.event import Event
from itda.profiles import orders
from itda.profiles.fold import Fold, FragmentState

pytestmark = pytest.mark.timeout(3_600)  # the nightly budget is a hundred times the suite's


@budget(60)
@given(histories(), st.lists(st.integers(0, 2), min_size=25, max_size=25), st.integers(0, 5 * DAY))
def test_fragments_combine_to_the_fold_of_all_their_events(
    history: tuple[str, list[Event]], owners: list[int], later: int
) -> None:
    zone, events = history
    fold = Fold(TRAITS, zone, "KRW")
    parts = [
        folded(fold, [event for event, owner in zip(events, owners, strict=False) if owner == n]) for n in range(3)
    ]
    encoded = [fold.encode(part) for part in parts]
    now = max((event.received_at for event in events), default=START) + later
    whole = folded(fold, events)
    a, b, c = parts
    for combined in (
        fold.combine([a, b, c]),
        fold.combine([c, a, b]),
        fold.combine([fold.combine([a, b]), c]),
        fold.combine([a, fold.combine([b, c])]),
        fold.combine([fold.new(), a, fold.new(), b, c]),
    ):
        assert answered(fold, combined, now) == answered(fold, whole, now)
        assert fold.canonical(combined) == fold.canonical(fold.combine([whole]))
        assert _bought(combined) == bought(events)
    assert [fold.encode(part) for part in parts] == encoded  # combining changes none of them


def _bought(state: FragmentState) -> dict[str, tuple[set[str], int, set[bytes]]]:
    addresses = [bytes([number]) * 16 for number in range(1, 7)]
    return {
        key: (
            set(orders.categories(order)),
            orders.ended_at(order),
            {address for address in addresses if orders.is_contact(order, address)},
        )
        for key, order in state.orders.items()
        if order.at != orders.NEVER
    }


@budget(60)
@given(histories())
def test_a_state_that_met_nothing_is_the_identity(history: tuple[str, list[Event]]) -> None:
    zone, events = history
    fold = Fold(TRAITS, zone, "KRW")
    state = folded(fold, events)
    assert fold.canonical(fold.combine([state, fold.new()])) == fold.canonical(fold.combine([state]))
    assert fold.canonical(fold.combine([])) == fold.canonical(fold.new())
