"""Killed at any moment, a decider has decided each thing once."""

from __future__ import annotations

import contextlib
import random
import time
from multiprocessing import Pipe

import pytest
from tests import forked
from tests.integration.deciding.killed_decider import decide
from tests.integration.deciding.test_decider_laws import story, without_segment_journeys
from tests.integration.deciding.world import DAY, world

pytestmark = pytest.mark.server


def test_killed_again_and_again_it_decides_what_it_would_have(shop):
    chance = random.Random(3)
    with world(shop) as made:
        story(made, chance, 25)
        made.at += DAY
        made.process()
        with contextlib.closing(made.decider(most_rows=1)) as decider:
            decider.drain()
        wanted = without_segment_journeys(made.decided())
        made.forget()
        positions = []
        for _ in range(5):
            heard, says = Pipe(duplex=False)
            child = forked.started(decide, shop, made.at, says)
            says.close()
            with heard:
                assert heard.recv() == "deciding"
            time.sleep(chance.random() * 0.25)
            child.kill()
            child.join()
            positions.append(made.rows("select position from cursor where name = 'decider'")[0][0])
        assert positions == sorted(positions)
        with contextlib.closing(made.decider(most_rows=1)) as decider:
            decider.drain()
        assert without_segment_journeys(made.decided()) == wanted
        ((doubled,),) = made.rows("select count(*) - count(distinct (position_id, seq)) from journey_path")
        assert doubled == 0
