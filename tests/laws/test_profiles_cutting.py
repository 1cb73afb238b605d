"""Cutting, round trip and determinism: where a stream is cut, written and read back shows in nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.profile_equipment import TRAITS, folded, histories

from itda.events.event import Event
from itda.profiles.fold import Fold

pytestmark = pytest.mark.timeout(3_600)  # the nightly budget is a hundred times the suite's


@budget(60)
@given(histories(), st.sets(st.integers(1, 25)), st.sets(st.integers(1, 25)))
def test_any_cutting_of_the_stream_gives_the_same_state(
    history: tuple[str, list[Event]], cuts: set[int], others: set[int]
) -> None:
    zone, events = history
    fold, fresh = Fold(TRAITS, zone, "KRW"), Fold(TRAITS, zone, "KRW")
    once = folded(fold, events, sorted(cuts))
    again = folded(fresh, events, sorted(others))
    assert fold.canonical(once) == fresh.canonical(again)


@budget(60)
@given(histories(), st.sets(st.integers(1, 25)))
def test_a_small_limit_spills_wherever_the_stream_is_cut(history: tuple[str, list[Event]], cuts: set[int]) -> None:
    zone, events = history
    fold = Fold(TRAITS, zone, "KRW", limit=1)
    assert fold.canonical(folded(fold, events, sorted(cuts))) == fold.canonical(folded(fold, events))


@budget(60)
@given(histories())
def test_a_written_state_reads_back_as_it_was(history: tuple[str, list[Event]]) -> None:
    zone, events = history
    fold = Fold(TRAITS, zone, "KRW")
    state = folded(fold, events)
    encoded = fold.encode(state)
    assert fold.decode(encoded) == state
    assert fold.encode(fold.decode(encoded)) == encoded


@budget(60)
@given(histories())
def test_the_order_of_the_log_shows_only_in_the_references(history: tuple[str, list[Event]]) -> None:
    zone, events = history
    fold = Fold(TRAITS, zone, "KRW")
    forward, backward = folded(fold, events), folded(fold, events[::-1])
    forward.recent = backward.recent = b""
    assert fold.canonical(forward) == fold.canonical(backward)
