"""P1, P4, P7 and P10: order, batches, replay, undone decisions and changed rules leave no trace."""

from __future__ import annotations

from itertools import chain, pairwise, repeat

import hypothesis.strategies as st
import msgspec
from hypothesis import assume, given
from tests.laws.identity_world import LOOSE, POLICY, WIDE, WORLD, Shop, budget, check, decision, fragment, sightings

from itda.base.instant import HOUR
from itda.engine.sightings import Sighting
from itda.identity.policy import IdentityPolicy, Kind

HISTORY = st.lists(sightings(), max_size=14)
IDENTIFIERS = st.sampled_from([one for _, one in WORLD])
PAIRS = st.tuples(IDENTIFIERS, IDENTIFIERS)
STEERING = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["must", "cannot"]), PAIRS, st.integers(0, 300)),
        st.tuples(st.just("likely"), PAIRS.filter(lambda two: two[0] != two[1]), st.integers(0, 300)),
    ).map(lambda each: (each[0], *each[1], each[2])),
    max_size=4,
)
LATE = 3000


def decisions(steering):
    return [decision(number, *each[:3], each[3] * HOUR) for number, each in enumerate(steering)]


def feed(shop, facts, cuts=(), idle=()) -> Shop:
    """The facts taken in their order, cut into chunks at the given places, then idle until every hub is confirmed."""
    for (since, until), hours in zip(
        pairwise(sorted({0, *(cut % (len(facts) + 1) for cut in cuts), len(facts)})),
        chain(idle, repeat(1)),
        strict=False,
    ):
        part = facts[since:until]
        shop.take(
            [each for each in part if hasattr(each, "fragments")],
            [each for each in part if not hasattr(each, "fragments")],
        )
        shop.tick(hours)
    shop.tick(LATE - shop.log_time // HOUR)
    return shop


def shop_of(seen, steered, cuts=()) -> Shop:
    return feed(Shop(), [*seen, *steered], cuts)


@budget(60)
@given(seen=HISTORY, steering=STEERING, data=st.data())
def test_any_order_and_any_cutting_gives_the_same_rows(seen, steering, data):
    steered = decisions(steering)
    one = shop_of(seen, steered)
    shuffled = data.draw(st.permutations([*seen, *steered]))
    cuts = data.draw(st.lists(st.integers(0, 20), max_size=6))
    idle = data.draw(st.lists(st.integers(0, 40), max_size=6))
    other = feed(Shop(remembered=data.draw(st.sampled_from([1, 5, 1000]))), shuffled, cuts, idle)
    assert other.rows() == one.rows()


@budget(40)
@given(seen=st.lists(sightings(), min_size=1, max_size=10), steering=STEERING)
def test_what_is_delivered_twice_changes_no_customer(seen, steering):
    steered = decisions(steering)
    once, twice = shop_of(seen, steered), shop_of([*seen, *seen], [*steered, *steered])
    assert twice.rows()["nodes"] == once.rows()["nodes"]
    assert twice.rows()["edges"] == once.rows()["edges"]
    assert twice.rows()["steered"] == once.rows()["steered"]


@budget(40)
@given(before=HISTORY, added=st.lists(sightings(), min_size=1, max_size=5), steering=STEERING)
def test_added_then_erased_is_as_never_added_ids_included(before, added, steering):
    shop = shop_of(before, decisions(steering))
    never = shop.rows()
    shop.take(added)
    for _ in added:
        shop.erase(len(shop.seen) - 1)
    after = shop.rows()
    assert after["edges"] == never["edges"]
    assert after["evidence"] == never["evidence"]
    assert {one: row for one, row in after["nodes"].items() if one in never["nodes"]} == never["nodes"]
    for one in set(after["nodes"]) - set(never["nodes"]):
        assert shop.tables.nodes[one].customer == one


@budget(40)
@given(
    seen=HISTORY, steering=STEERING, one=IDENTIFIERS, other=IDENTIFIERS,
    action=st.sampled_from(["must", "cannot", "likely"]),
)  # fmt: skip
def test_a_decision_taken_back_leaves_partition_and_ids_as_they_were(seen, steering, one, other, action):
    assume(action != "likely" or one != other)
    shop = shop_of(seen, decisions(steering))
    shop.take([], [decision(99, "must", one, one, 0)])
    shop.take([], [decision(99, "retract", one, one, 1)])
    before = shop.rows()
    made = decision(100, action, one, other, 1000 * HOUR)
    shop.take([], [made])
    shop.take([], [msgspec.structs.replace(made, action="retract", at=made.at + 1)])
    after = shop.rows()
    assert after["edges"] == before["edges"]
    assert {each: row for each, row in after["nodes"].items() if each in before["nodes"]} == before["nodes"]
    check(shop)


@budget(40)
@given(seen=HISTORY, steering=STEERING, erased=st.lists(st.integers(0, 20), max_size=3))
def test_a_replay_of_the_log_from_empty_gives_the_same_ids(seen, steering, erased):
    live = shop_of(seen, decisions(steering), cuts=range(0, 20, 3))
    for place in erased:
        if live.seen:
            live.erase(place % len(live.seen))
    replayed = shop_of(live.seen, decisions(steering))
    nodes = replayed.tables.nodes
    assert {one: row.customer for one, row in live.tables.nodes.items() if one in nodes} == {
        one: row.customer for one, row in nodes.items()
    }
    assert live.rows()["edges"] == replayed.rows()["edges"]
    assert live.rows()["evidence"] == replayed.rows()["evidence"]


@budget(40)
@given(seen=HISTORY, steering=STEERING, portion=st.integers(1, 20), is_tightened=st.booleans(), data=st.data())
def test_a_changed_rule_gives_what_a_rebuild_under_it_gives(seen, steering, portion, is_tightened, data):
    old, new = (LOOSE, POLICY) if is_tightened else (POLICY, LOOSE)
    shop = Shop(old)
    shop.take(seen, decisions(steering))
    shop.tick(LATE)
    shop.policy = new
    shop.restart(1000)
    every = data.draw(st.permutations(sorted(shop.tables.nodes)))
    for start in range(0, len(every), portion):
        part = every[start : start + portion]
        shop.commit(shop.resolver.reconsider(part, shop.tables.position + 1, shop.log_time))
    check(shop)


@budget(40)
@given(seen=HISTORY, blocked=st.sets(IDENTIFIERS, min_size=1, max_size=3))
def test_a_blocked_identifier_joins_nobody(seen, blocked):
    shop = Shop()
    shop.take(seen)
    for one in blocked & set(shop.tables.nodes):
        shop.tables.nodes[one].is_blocked = True
    shop.restart(1000)
    shop.commit(shop.resolver.reconsider(sorted(shop.tables.nodes), 1, shop.log_time))
    shop.take(seen)
    for one in blocked & set(shop.tables.nodes):
        assert [row.fragment for row in shop.tables.nodes.values() if row.customer == one] == [one]
        for edge in shop.tables.edges.values():
            if one in (edge.a, edge.b):
                is_beside_a_hub = any(shop.tables.nodes[end].hub == "confirmed" for end in (edge.a, edge.b))
                assert edge.state == "suppressed"
                assert edge.reason == "blocked" or (is_beside_a_hub and edge.reason == "hub")


@budget(30)
@given(
    chunks=st.lists(st.lists(sightings(tuple(WIDE)), max_size=4), max_size=12), remembered=st.sampled_from([1, 1000])
)
def test_identifiers_that_hang_on_known_ones_come_to_the_same_as_a_rebuild(chunks, remembered):
    shop = Shop(remembered=remembered)
    for number, chunk in enumerate(chunks):
        later = [msgspec.structs.replace(one, occurred_at=one.occurred_at + number * 90 * HOUR) for one in chunk]
        shop.take(later)
        check(shop)


def test_a_value_that_is_blocked_in_the_policy_is_not_usable():
    policy = IdentityPolicy(kinds=(Kind(name="email", rank=0),), blocked_values=("x@x.kr",))
    assert not policy.usable("email", "X@x.kr")


def test_what_a_steward_says_of_a_link_makes_nobody_a_hub():
    cards, email = [one for kind, one in WORLD if kind == "card"][:2], fragment("email", 0)
    seen = [Sighting((card, email), ("card", "email"), "kiosk", 1, 0, 1) for card in cards]
    made = [decision(number, "must", card, email, HOUR) for number, card in enumerate(cards)]
    shop = shop_of(seen, made)
    assert check(shop).hubs[email] == ""
    shop.take([], [msgspec.structs.replace(row, action="retract", at=2 * HOUR) for row in made])
    assert {shop.tables.nodes[one].customer for one in (*cards, email)} == {*cards, email}
    check(shop)
