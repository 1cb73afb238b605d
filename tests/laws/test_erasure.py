"""The law of erasure: erase, take the same things in again, rebuild, and no old event is on the new customer."""

from __future__ import annotations

import hypothesis.strategies as st
import msgspec
from hypothesis import given
from tests.laws.identity_world import budget
from tests.laws.pipeline_world import START, VAULT, World, decision, event
from tests.laws.test_replay import derived, follow, items, policies, put, rebuilt, sizes

from itda.base.instant import HOUR, text
from itda.engine.erasing.told import Erasure, record
from itda.events.event import ORDINALS
from itda.store.lake.block import STEWARD_SOURCE
from itda.store.ports import Record

PEOPLE = [
    *(("user_id", f"user-{one}") for one in range(5)), *(("email", f"mail{one}@shop.example") for one in range(7)),
]  # fmt: skip


def fragments_of(world: World, who: tuple[str, str]) -> list[bytes]:
    """Every identifier of the customer who has this one today; none where nobody has, or where it is a hub."""
    living = [row for row in world.tables.keys.values() if row.blind == VAULT.blind(*who)]
    node = world.tables.nodes.get(max(living, key=lambda row: row.generation).fragment) if living else None
    if node is None or node.is_blocked or node.hub == "confirmed":
        return []
    return [row.fragment for row in world.tables.nodes.values() if row.customer == node.customer]


def erase(world: World, who: tuple[str, str], at: int, *, is_part: bool = False) -> list[bytes]:
    """Put the erasure of somebody into the log, or of this identifier alone; who it names."""
    named = [one for one in fragments_of(world, who) if not is_part or one == VAULT.fragment(*who)]
    if named:
        told = Erasure(VAULT.fingerprint(repr((who, at)).encode()).hex(), tuple(one.hex() for one in named))
        world.intake.append([record(told)], at)
    return named


def later(number: int, at: int) -> dict:
    """The same doing of the same person, another time."""
    return event(number) | {"messageId": f"later-{number}-{at}", "timestamp": text(at)}


def copy(number: int) -> dict:
    """The same fact from another file: no window and no key knows it again."""
    return event(number) | {"messageId": f"copy-{number}"}


def into(world: World, events: list[dict], at: int) -> None:
    world.intake.append([Record("web", "batch", msgspec.json.encode({"batch": events}))], at)


def counted(world: World, measure: str) -> int:
    return sum(n for (_, _, _, what), n in world.tables.quality.items() if what == measure)


@budget(40)
@given(
    stream=items, frames=sizes, hours=st.integers(0, 5), most=st.integers(1, 12), who=st.lists(
        st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True), back=st.lists(st.integers(0, 60), max_size=8),
    portions=sizes, policy=policies(), is_cut=st.booleans(), is_part=st.booleans(),
)  # fmt: skip
def test_no_old_event_is_on_a_new_customer(
    stream, frames, hours, most, who, back, portions, policy, is_cut, is_part
) -> None:
    with World() as world:
        follow(world, policy)
        put(world, stream, frames, hours)
        world.pipeline(most).drain()
        at = world.tables.log_time + HOUR
        accepted, before = counted(world, "accepted"), {*world.tables.keys}
        gone = {fragment for one in who for fragment in erase(world, one, at, is_part=is_part)}
        if is_cut:
            world.pipeline(most).step()
        numbers = [item for item in stream if not isinstance(item, Record) and item >= 0]
        into(world, [copy(number) for number in numbers], at + HOUR)
        world.intake.append([item for item in stream if isinstance(item, Record)] or [decision(0)], at + HOUR)
        into(world, [later(number, at + 2 * HOUR) for number in back], at + 3 * HOUR)
        pipeline = world.pipeline(most)
        pipeline.drain()
        tables = world.tables
        # nothing of them is left, and what names them is refused with nothing kept
        assert not gone.intersection(row.fragment for row in tables.keys.values())
        for table in (tables.nodes, tables.fragments):
            assert not gone.intersection(table)
        assert not any(gone.intersection(ends) for ends in (*tables.edges, *tables.evidence, *tables.recents))
        erased = {fragment for row in world.lake() if row["name"] == "Customer Erased" for fragment in row["others"]}
        assert gone <= erased
        # whoever came back is somebody new, of whom nothing older is known
        since = {blind: one.since for blind, one in tables.suppressed.items()}
        new = {row.fragment for row in tables.keys.values() if row.generation > 0}
        assert {row.blind for row in tables.keys.values() if row.generation > 0} <= since.keys()
        for row in world.lake():
            if new.intersection((row["fragment"], *row["others"])) and row["source"] != STEWARD_SOURCE:
                assert row["occurred_at"] > at
        # what was counted stays counted, and a rebuild gives what lives
        assert counted(world, "accepted") >= accepted
        assert {key[0] for key in before - {*tables.keys}} <= since.keys()
        with rebuilt(world, portions) as again:
            assert derived(again) == derived(world)


def known_fragments(world: World) -> set[bytes]:
    return {row.fragment for row in world.tables.keys.values()}


@budget(30)
@given(
    stream=items, frames=sizes, most=st.integers(1, 12), terms=st.lists(
        st.tuples(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True), st.booleans()),
        min_size=1, max_size=3), back=st.lists(st.integers(0, 60), min_size=1, max_size=8), portions=sizes,
)  # fmt: skip
def test_no_old_event_is_on_who_comes_back_after_the_term(stream, frames, most, terms, back, portions) -> None:
    with World() as world:
        put(world, stream, frames, 1)
        pipeline = world.pipeline(most)
        pipeline.drain()
        for who, is_over in terms:  # erased, and their values are remembered or not any more when they come back
            at = world.tables.log_time + HOUR
            for one in who:
                erase(world, one, at)
            pipeline.drain()
            before = known_fragments(world)
            old = {one for row in world.lake() for one in (row["fragment"], *row["others"])}
            if is_over:
                world.tables.suppressed.clear()
                pipeline = world.pipeline(most)
            into(world, [later(number, at + HOUR) for number in back], at + 2 * HOUR)
            pipeline.drain()
            assert not (known_fragments(world) - before) & old
        with rebuilt(world, portions) as again:
            assert derived(again) == derived(world)


def test_an_erased_value_is_refused_where_it_is_old_and_new_where_it_is_not() -> None:
    with World() as world:
        put(world, [2, 3], [2], 0)
        world.pipeline().drain()
        at = START + HOUR
        gone = erase(world, ("user_id", "user-4"), at)
        assert len(gone) > 1
        into(world, [copy(2), later(2, at + HOUR)], at + 2 * HOUR)
        pipeline = world.pipeline()
        pipeline.drain()
        (refused,) = world.tables.quarantine.values()
        assert (refused.reason, refused.cut_from) == ("erased", 0)
        assert "user-4" not in refused.detail
        (new,) = [row for row in world.tables.keys.values() if row.blind == VAULT.blind("user_id", "user-4")]
        assert (new.generation, new.fragment) == (1, VAULT.fragment("user_id", "user-4", 1))
        assert world.tables.fragments[new.fragment].events == 1


def test_what_comes_in_one_chunk_with_an_erasure_is_not_lost() -> None:
    with World() as world:
        put(world, [2], [1], 0)
        world.pipeline().drain()
        at = START + HOUR
        erase(world, ("user_id", "user-4"), at)
        into(world, [later(2, at + HOUR)], at + 2 * HOUR)
        pipeline = world.pipeline()
        assert pipeline.step() == 1, "an erasure is a chunk of its own"
        pipeline.drain()
        assert [row.generation for row in world.tables.keys.values() if row.kind == "user_id"] == [1]


def test_an_erasure_our_own_code_breaks_on_stops_nobody() -> None:
    with World() as world:
        put(world, [2], [1], 0)
        world.intake.append([Record(STEWARD_SOURCE, "erase", b"{}")], START + HOUR)
        put(world, [3], [1], 0)
        world.pipeline().drain()
        assert counted(world, "accepted") == 2
        (refused,) = world.tables.quarantine.values()
        assert (refused.reason, refused.position // ORDINALS) == ("broken", 2)


def test_who_was_seen_with_the_erased_is_as_old_as_what_else_is_known_of_them() -> None:
    with World() as world:
        put(world, [4, 54], [2], 0)  # what the user did on this device, and later a page by the device alone
        world.pipeline().drain()
        (device,) = [row for row in world.tables.nodes.values() if row.kind == "anonymous_id"]
        assert len({row.customer for row in world.tables.nodes.values()}) == 1
        (user,) = erase(world, ("user_id", "user-3"), START + HOUR, is_part=True)
        world.pipeline().drain()
        (left,) = world.tables.nodes.values()
        assert (left.fragment, left.customer, left.component) == (device.fragment,) * 3
        assert left.first_at > device.first_at
        assert user not in world.tables.fragments
        with rebuilt(world) as again:
            assert derived(again) == derived(world)
