"""Replay: what a rebuild from lake and keys gives is what lives, whatever happened and under whichever rules."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
from hypothesis import example, given
from tests.laws.identity_world import budget
from tests.laws.pipeline_world import START, VAULT, World, bad, cut, decision, decoder, event

from itda.base.instant import HOUR
from itda.engine.rebuild import Rebuild
from itda.engine.reconsidering import body
from itda.identity.policy import IdentityPolicy, Limit
from itda.store.lake.block import SCHEMA, decode
from itda.store.memory import MemoryPipelineStore
from itda.store.ports import Record
from itda.store.vault import Vault

sizes = st.lists(st.integers(1, 7), min_size=1, max_size=4)
items = st.lists(
    st.one_of(st.integers(0, 120), st.integers(0, 20).map(decision), st.integers(0, 20).map(lambda one: -1 - one)),
    min_size=1,
    max_size=40,
)
BOX = IdentityPolicy.box()
VALUES = [*(f"user-{one}" for one in range(5)), *(f"mail{one}@shop.example" for one in range(7)), "device-1-0"]
FROM_LAKE = ("accepted", "late", "clamped")


@st.composite
def policies(draw: st.DrawFn) -> IdentityPolicy:
    """The rules in the box with other limits, hubs and blocked values."""
    kinds = [
        msgspec.structs.replace(
            kind,
            is_unique=draw(st.booleans()),
            hub_degree=draw(st.integers(0, 2)),
            limits=draw(st.sampled_from([(), (Limit(2),), (Limit(1, 24 * HOUR),)])),
        )
        for kind in BOX.kinds
    ]
    return msgspec.structs.replace(
        BOX,
        kinds=tuple(kinds),
        blocked_values=tuple(draw(st.lists(st.sampled_from(VALUES), max_size=4, unique=True))),
        confirm_after=draw(st.sampled_from([0, 10, 1000])) * HOUR,
        certain_at=draw(st.integers(1, 3)),
        crowd_at=draw(st.integers(2, 9)),
        largest_customer=draw(st.sampled_from([3, 500])),
    )


def put(world: World, stream, frames, hours: int) -> None:
    """The stream into the log, cut into frames some hours apart: numbers are events, negative ones bad."""
    at = world.intake.tick(START).received_at
    for piece in cut(stream, frames):
        records = [
            item
            if isinstance(item, Record)
            else Record(
                "till" if item % 5 == 0 else "web",
                "batch",
                msgspec.json.encode({"batch": [event(item) if item >= 0 else bad(-item)]}),
                is_permanent=item % 5 == 0,
            )
            for item in piece
        ]
        world.intake.append(records, at)
        at += hours * HOUR


def follow(world: World, policy: IdentityPolicy) -> None:
    world.rules = msgspec.structs.replace(world.rules, policy=policy)
    world.decoder = decoder(world.rules)


def rebuilt(world: World, portions=(5,)) -> World:
    """Another world with what a rebuild makes of this one's lake and keys."""
    rows = [
        tuple(row[name] for name in SCHEMA.names)
        for position in sorted(world.tables.lake)
        for row in decode(world.tables.lake[position].block).to_pylist()
    ]
    again = World()
    follow(again, world.rules.policy)
    rebuild = Rebuild(MemoryPipelineStore(world.tables), MemoryPipelineStore(again.tables), VAULT, again.rules)
    rebuild.run(cut(rows, portions), len(rows), world.tables.log_time, lambda _done, _total: None)
    assert rebuild.differences == []
    again.tables.keys = world.tables.keys
    return again


def derived(world: World) -> dict:
    """What a rebuild rebuilds."""
    state = world.state()
    counts = {key: n for key, n in state["quality"].items() if key[3] in FROM_LAKE}
    parts = ("nodes", "edges", "evidence", "steered", "profiles", "pages", "names", "households", "permanent")
    return {part: state[part] for part in parts} | {"quality": counts}


@budget(40)
@given(
    stream=items, frames=sizes, hours=st.integers(0, 30), most=st.integers(1, 12), restarts=st.sets(st.integers(0, 20)),
    portions=sizes, policy=policies(),
)  # fmt: skip
def test_a_rebuild_equals_what_lives_however_the_log_was_cut(
    stream, frames, hours, most, restarts, portions, policy
) -> None:
    with World() as world:
        follow(world, policy)
        put(world, stream, frames, hours)
        pipeline = world.pipeline(most)
        step = 0
        while pipeline.step():
            step += 1
            if step in restarts:
                pipeline = world.pipeline(most)
        with rebuilt(world, portions) as again:
            assert derived(again) == derived(world)


NARROW, WIDE = (msgspec.structs.replace(BOX, largest_customer=most) for most in (3, 500))


@example(  # the rules come back before the log has told of those between, by which a writer acted already
    phases=[(NARROW, list(range(20)), 1), (WIDE, list(range(30)), 6), (NARROW, [], 0)], frames=[3], hours=1,
    portion=4,
)  # fmt: skip
@budget(60)
@given(
    phases=st.lists(st.tuples(policies(), items, st.integers(0, 12)), min_size=2, max_size=3),
    frames=sizes,
    hours=st.integers(0, 30),
    portion=st.integers(1, 6),
)
def test_other_rules_come_to_what_a_clean_rebuild_under_them_gives(phases, frames, hours, portion) -> None:
    with World() as world:
        world.portion = portion
        for policy, stream, steps in phases:
            follow(world, policy)
            put(world, stream, frames, hours)
            for number in range(steps):  # each time another writer, which may be gone before it is done
                pipeline = world.pipeline(3)
                pipeline.step()
                if number % 2:
                    pipeline.reconsider()
        world.pipeline(3).drain()
        row = world.tables.policies[max(world.tables.policies)]
        assert row.version == phases[-1][0].version
        assert row.settled_at is not None
        with rebuilt(world) as again:
            assert derived(again) == derived(world)


def test_the_first_rules_are_noted_even_while_nothing_comes() -> None:
    with World() as world:
        pipeline = world.pipeline()
        pipeline.drain()
        pipeline.tick(START)
        put(world, [2], [1], 0)
        pipeline.drain()
        (row,) = world.tables.policies.values()
        assert (row.version, row.settled_at) == (BOX.version, START)


def test_what_moved_because_of_other_rules_says_so() -> None:
    with World() as world:
        put(world, [2], [1], 0)
        world.pipeline().drain()
        (mail,) = [row for row in world.tables.nodes.values() if row.kind == "email"]
        assert mail.customer != mail.fragment
        follow(world, msgspec.structs.replace(BOX, blocked_values=("mail2@shop.example",)))
        world.pipeline().drain()
        mail = world.tables.nodes[mail.fragment]
        assert (mail.is_blocked, mail.customer) == (True, mail.fragment)
        assert [row.cause for row in world.tables.resolutions] == ["policy"]
        follow(world, BOX)
        world.pipeline().drain()
        mail = world.tables.nodes[mail.fragment]
        assert (mail.is_blocked, mail.customer == mail.fragment) == (False, False)
        assert [row.cause for row in world.tables.resolutions] == ["policy", "policy"]
        told = [row for row in world.lake() if row["name"] == "Rules Applied"]
        noted = "".join([*(row["properties"] for row in told), *(row.body for row in world.tables.policies.values())])
        assert "largest_customer" in noted
        assert "mail2" not in noted, "a blocked value may be somebody's"
        assert [msgspec.json.decode(row["properties"])["version"] for row in told] == [
            row.policy_version for row in world.tables.resolutions
        ]
        assert [row.version for _, row in sorted(world.tables.policies.items())] == [
            BOX.version,
            *(row.policy_version for row in world.tables.resolutions),
        ]


def test_rules_are_noted_without_what_they_block_and_can_be_compared() -> None:
    vault, other = Vault(b"v" * 32), Vault(b"o" * 32)
    kinds = (msgspec.structs.replace(BOX.kinds[0], blocked_patterns=("kim.*",)), *BOX.kinds[1:])
    policy = msgspec.structs.replace(BOX, kinds=kinds, blocked_values=("010-1234-5678",))
    assert "kim" not in body(policy, vault)
    assert "5678" not in body(policy, vault)
    assert body(policy, vault) == body(msgspec.structs.replace(policy), vault)
    assert body(policy, vault) != body(policy, other)
    assert body(policy, vault) != body(msgspec.structs.replace(policy, blocked_values=("010-1234-5679",)), vault)
