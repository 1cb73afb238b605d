"""Windows: an answer at t is that of a plain evaluation over the whole list of events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.profile_equipment import START, TRAITS, answered, evaluated, folded, histories

from itda.base.instant import DAY
from itda.events.event import Event
from itda.profiles.fold import Fold

pytestmark = pytest.mark.timeout(3_600)  # the nightly budget is a hundred times the suite's


def rounded(answers: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 9) if isinstance(value, float) else value for name, value in answers.items()}


@budget(75, nightly=15_000)
@given(histories(), st.integers(0, 15 * DAY), st.sets(st.integers(1, 25)))
def test_answers_at_any_later_time_are_those_of_the_whole_list(
    history: tuple[str, list[Event]], later: int, cuts: set[int]
) -> None:
    zone, events = history
    fold = Fold(TRAITS, zone, "KRW")
    now = max((event.received_at for event in events), default=START) + later
    state = folded(fold, events, sorted(cuts))
    assert rounded(answered(fold, state, now)) == rounded(evaluated(events, zone, now))
