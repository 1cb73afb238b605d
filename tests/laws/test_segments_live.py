"""Segments: the stored answer is the one the whole lake gives, at every instant, however rarely it is looked at."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.segment_world import FRAGMENTS, REACH, Lake, Live, World, instants, worlds

from itda.base.instant import NEVER

pytestmark = pytest.mark.timeout(3_600)  # the nightly budget is a hundred times the suite's


@budget(15, nightly=2_000)
@given(worlds(), st.data())
def test_live_membership_is_that_of_the_lake_at_every_instant(world: World, data: st.DataObject) -> None:
    live = Live(world)
    with contextlib.closing(Lake(world)) as lake:
        times = [at for at, _ in world.happened]
        looked_at = data.draw(st.sets(st.integers(0, max(len(times) - 1, 0)), max_size=3))
        for index, (at, what) in enumerate(world.happened):
            live.pass_to(at)
            live.take(what, at)
            lake.take(what)
            is_last = index + 1 == len(times)
            if not is_last and index not in looked_at:
                continue
            until = at + REACH if is_last else times[index + 1]
            for now in instants(data.draw, at, until, list(live.wake.values()), 2 if is_last else 1):
                live.pass_to(now)
                asked = lake.at(now)
                for name in live.segments.by_name:
                    known = {customer for customer in asked.members(name) if customer[0] in live.members}
                    assert live.who(name) == known, (name, now)


@budget(50, nightly=10_000)
@given(worlds(), st.data())
def test_an_answer_stands_until_the_time_it_says_and_never_longer_than_it_is_true(
    world: World, data: st.DataObject
) -> None:
    live = Live(world)
    for at, what in world.happened:
        live.take(what, at)
    now = world.happened[-1][0] if world.happened else 0
    seen = live.seen(FRAGMENTS)
    answers = live.segments.answers(seen, now)
    for name, answer in answers.items():
        until = now + REACH if answer.valid_until is None else answer.valid_until
        assert until > now
        for later in (*data.draw(st.lists(st.integers(now, until - 1), max_size=12)), until - 1):
            then = live.segments.answers(seen, later, [name])[name]
            assert then.is_member == answer.is_member, (name, now, later)
            assert (then.valid_until or NEVER) >= (answer.valid_until or NEVER)
