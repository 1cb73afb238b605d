"""Everybody settled at once comes to the same rows as chunk after chunk."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
import numpy as np
from hypothesis import given
from tests.laws.identity_world import KIND_OF, LOOSE, POLICY, Shop, budget, decision, fragment
from tests.laws.test_identity_order import HISTORY, IDENTIFIERS, LATE, STEERING, decisions

from itda.base.instant import HOUR
from itda.engine.sightings import Sighting
from itda.engine.wholesale.gathering import Gathering
from itda.engine.wholesale.parts import connected, leaders
from itda.engine.wholesale.settling import settled
from itda.identity.graph import raw_components


@budget(25, nightly=3_000)
@given(
    seen=HISTORY,
    steering=STEERING,
    decided=st.lists(st.tuples(st.integers(0, 13), st.sampled_from(["must", "cannot"])), max_size=3),
    taken_back=st.integers(0, 3),
    policy=st.sampled_from([POLICY, LOOSE]),
    blocked=st.sets(IDENTIFIERS, max_size=2),
    portion=st.integers(1, 20),
)
def test_all_at_once_gives_the_rows_that_come_of_it_one_after_the_other(
    seen, steering, decided, taken_back, policy, blocked, portion
):
    made = decisions(steering)
    for number, (place, action) in enumerate(decided):
        one, *others = seen[place].fragments if place < len(seen) else (b"",)
        made += [decision(50 + number, action, one, other, 0) for other in others[:1]]
    made += [msgspec.structs.replace(row, action="retract", at=row.at + 1) for row in made[:taken_back]]
    shop, silent = Shop(policy), dict.fromkeys(blocked, True)
    parts = [seen[start : start + 5] for start in range(0, len(seen), 5)]
    gathering = Gathering()
    for part in parts:
        shop.commit(shop.resolver.resolve(part, [], 1, 0, kinds=KIND_OF, blocked=silent))
        gathering.take(part, [], KIND_OF, silent)
    shop.commit(shop.resolver.resolve([], made, 1, 0, kinds=KIND_OF, blocked=silent))
    gathering.take([], made, KIND_OF, silent)
    shop.tick(LATE)
    found: dict[str, list] = {"nodes": [], "edges": [], "evidence": [], "steered": []}
    for rows in settled(policy, gathering, LATE * HOUR, portion):
        for name, some in rows.items():
            found[name].extend(some)
    gathering.close()
    assert {row.fragment: row for row in found["nodes"]} == shop.tables.nodes
    assert {(row.a, row.b): row for row in found["edges"]} == shop.tables.edges
    assert {(row.a, row.b, row.source, row.local_date): row for row in found["evidence"]} == shop.tables.evidence
    assert {row.id: row for row in found["steered"]} == shop.tables.steered
    assert [row.fragment for row in found["nodes"]] == sorted(shop.tables.nodes)


@budget(40)
@given(
    size=st.integers(1, 40),
    links=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60),
    ages=st.lists(st.integers(0, 3), min_size=40, max_size=40),
)
def test_parts_are_those_of_the_graph_and_each_is_led_by_its_first(size, links, ages):
    links = [(a % size, b % size) for a, b in links]
    a, b = (np.array([link[end] for link in links], dtype=np.int64) for end in (0, 1))
    part = connected(size, a, b)
    first = leaders(part, np.array(ages[:size], dtype=np.int64))
    names = [number.to_bytes(2) for number in range(size)]
    for group in raw_components(names, [(names[one], names[other]) for one, other in links]):
        numbers = [int.from_bytes(one) for one in group]
        assert {int(part[one]) for one in numbers} == {min(numbers)}
        assert {int(first[one]) for one in numbers} == {min(numbers, key=lambda one: (ages[one], one))}


def test_where_nobody_was_seen_there_is_nobody():
    gathering = Gathering()
    assert [name for rows in settled(POLICY, gathering, 0, 10) for name, some in rows.items() if some] == []
    gathering.close()


def test_two_who_are_parted_are_two_where_everything_else_fits():
    one, other = (fragment(kind, 0) for kind in ("phone", "cookie"))
    gathering = Gathering()
    seen = Sighting((one, other), ("phone", "cookie"), "web", 1, 5, 1)
    gathering.take([seen], [decision(1, "cannot", one, other, 0)], KIND_OF, {})
    found = {name: some for rows in settled(LOOSE, gathering, 0, 10) for name, some in rows.items() if some}
    gathering.close()
    assert {row.fragment: row.customer for row in found["nodes"]} == {one: one, other: other}
    assert [(row.state, row.reason) for row in found["edges"]] == [("suppressed", "cut")]
