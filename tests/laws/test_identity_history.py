"""P1 to P10 but P9's power cuts: whatever is done in whatever order, the stored identity is that of a clean rebuild.

Other rules come into force among it, values are blocked and freed, and events arrive while the past is being repaired.
The night tries 10,000 histories.
"""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.laws.identity_world import LOOSE, POLICY, WORLD, Shop, budget, check, decision, sightings

from itda.base.instant import HOUR

IDENTIFIERS = st.sampled_from([one for _, one in WORLD])


class History(RuleBasedStateMachine):
    """Sightings, decisions, retractions, erasures, idle time, restarts and crashes, checked after every step."""

    @initialize(remembered=st.sampled_from([1, 4, 1000]))
    def open(self, remembered):
        self.shop = Shop(remembered=remembered)
        self.number = 0

    @rule(seen=st.lists(sightings(), min_size=1, max_size=6), is_doubled=st.booleans())
    def see(self, seen, is_doubled):
        self.shop.take(seen * 2 if is_doubled else seen)

    @rule(
        action=st.sampled_from(["must", "cannot", "likely"]), one=IDENTIFIERS, other=IDENTIFIERS, at=st.integers(0, 300)
    )
    def steer(self, action, one, other, at):
        if self.shop.blocked & {one, other} or (action == "likely" and one == other):
            return  # the command refuses a value that nobody owns
        self.number += 1
        self.shop.take([], [decision(self.number, action, one, other, at * HOUR)])

    @precondition(lambda self: self.shop.steered)
    @rule(data=st.data())
    def retract(self, data):
        row = data.draw(st.sampled_from(sorted(self.shop.steered.values(), key=lambda row: row.id)))
        self.shop.take([], [msgspec.structs.replace(row, action="retract", at=row.at + 1, retracted_at=None)])

    @precondition(lambda self: self.shop.steered)
    @rule(data=st.data())
    def deliver_a_decision_again(self, data):
        row = data.draw(st.sampled_from(sorted(self.shop.steered.values(), key=lambda row: row.id)))
        resolved = self.shop.take([], [msgspec.structs.replace(row, retracted_at=None)])
        assert resolved.nodes == resolved.edges == resolved.steered == []

    @precondition(lambda self: self.shop.seen)
    @rule(data=st.data())
    def erase(self, data):
        self.shop.erase(data.draw(st.integers(0, len(self.shop.seen) - 1)))

    @precondition(lambda self: self.shop.tables.nodes)
    @rule(
        policy=st.sampled_from([POLICY, LOOSE]),
        blocked=st.sets(IDENTIFIERS, max_size=2),
        portion=st.integers(1, 20),
        meanwhile=st.lists(sightings(), max_size=4),
        is_replaced=st.booleans(),
    )
    def follow_other_rules(self, policy, blocked, portion, meanwhile, is_replaced):
        shop = self.shop
        shop.policy, shop.blocked = policy, blocked & set(shop.tables.nodes)
        shop.restart(4)
        every = sorted(shop.tables.nodes)
        parts = [every[start : start + portion] for start in range(0, len(every), portion)]
        for place, part in enumerate(parts):
            if place == len(parts) // 2:
                shop.take(meanwhile)
                if is_replaced:
                    shop.restart(1000)
            shop.reconsider(part)

    @rule(hours=st.integers(1, 60))
    def idle(self, hours):
        self.shop.tick(hours)

    @rule(remembered=st.sampled_from([1, 4, 1000]))
    def restart(self, remembered):
        self.shop.restart(remembered)

    @rule(seen=st.lists(sightings(), min_size=1, max_size=6), is_new=st.booleans())
    def crash_before_the_commit(self, seen, is_new):
        open_ones = [left for one in seen if (left := self.shop.usable(one)) is not None]
        self.shop.resolver.resolve(open_ones, [], 0, self.shop.log_time)
        if is_new:
            self.shop.restart(1000)
        else:
            self.shop.resolver.forget()
        self.shop.take(seen)

    @invariant()
    def the_rows_are_those_of_a_clean_rebuild(self):
        oracle = check(self.shop)
        for together in oracle.sets:
            assert oracle.allows(together)
        for one in oracle.cut:
            assert self.shop.tables.nodes[one].customer == one
            assert [row.fragment for row in self.shop.tables.nodes.values() if row.customer == one] == [one]

    @invariant()
    def every_id_ever_shown_is_an_identifier_that_has_a_customer(self):
        for customer in self.shop.emitted:
            assert self.shop.resolver.customer(customer) in self.shop.tables.nodes


TestHistory = History.TestCase
TestHistory.settings = budget(30, nightly=10_000)
