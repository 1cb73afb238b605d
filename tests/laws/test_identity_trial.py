"""Other rules tried over what is stored come to what they come to when they are followed, and nothing is written."""

from __future__ import annotations

import copy

import hypothesis.strategies as st
import msgspec
from hypothesis import given
from tests.laws.identity_world import LOOSE, POLICY, Shop, budget, sightings
from tests.laws.test_identity_order import LATE, STEERING, decisions

from itda.engine.resolver import Resolver
from itda.store.ports import ChunkWrites, PolicyRow
from itda.store.trial import Trial


@budget(40)
@given(
    seen=st.lists(sightings(), max_size=14),
    steering=STEERING,
    is_tightened=st.booleans(),
    portion=st.integers(1, 20),
    blocked=st.lists(st.integers(0, 40), max_size=3),
)
def test_what_is_tried_is_what_comes_of_it(seen, steering, is_tightened, portion, blocked):
    old, new = (LOOSE, POLICY) if is_tightened else (POLICY, LOOSE)
    shop = Shop(old)
    shop.take(seen, decisions(steering))
    shop.tick(LATE)
    before = copy.deepcopy(shop.tables)
    every = sorted(shop.tables.nodes)
    silent = {one: place % max(len(every), 1) in blocked for place, one in enumerate(every)}
    parts = [every[start : start + portion] for start in range(0, len(every), portion)]

    trial = Trial(shop.store, PolicyRow("identity", 1, new.version, "", shop.log_time))
    trying = Resolver(trial, new, remembered=1)
    for part in parts:
        rows = trying.reconsider(part, 1, shop.log_time, silent).rows
        trial.commit(ChunkWrites(position_before=1, position_after=1, epoch=0, log_time=shop.log_time, **rows))
    assert shop.tables == before

    shop.policy = new
    shop.restart(1000)
    for part in parts:
        shop.commit(shop.resolver.reconsider(part, shop.tables.position + 1, shop.log_time, silent))
    after = {one: trial.nodes_changed.get(one, row) for one, row in before.nodes.items()}
    assert {one: msgspec.structs.astuple(row) for one, row in after.items()} == {
        one: msgspec.structs.astuple(row) for one, row in shop.tables.nodes.items()
    }
