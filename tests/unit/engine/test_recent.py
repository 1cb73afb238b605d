from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from itda.engine.recent import Recent, RecentBytes

uses = st.lists(st.tuples(st.sampled_from(["put", "get", "forget"]), st.integers(0, 30)), max_size=200)


@given(uses=uses, limit=st.integers(1, 8))
def test_it_never_holds_more_than_its_limit_and_never_a_wrong_value(uses, limit) -> None:
    lately: Recent[int, str] = Recent(limit)
    truth: dict[int, str] = {}
    for step, (use, key) in enumerate(uses):
        if use == "put":
            truth[key] = f"{key}-{step}"
            lately.put(key, truth[key])
        elif use == "forget":
            truth.pop(key, None)
            lately.drop(key)
        else:
            assert lately.get(key) in (None, truth.get(key))
        assert len(lately) <= max(2, limit)


@given(limit=st.integers(1, 20), before=st.integers(0, 60))
def test_the_last_used_entries_up_to_the_limit_are_there(limit, before) -> None:
    lately: Recent[int, int] = Recent(2 * limit)
    for key in range(before):
        lately.put(key, key)
    wanted = list(range(1000, 1000 + limit))
    for key in wanted:
        lately.put(key, key)
    assert [lately.get(key) for key in wanted] == wanted


def test_a_used_entry_outlives_ones_that_are_not_used() -> None:
    lately: Recent[str, int] = Recent(10)
    lately.put("kept", 1)
    for key in range(1000):
        lately.put(str(key), key)
        assert lately.get("kept") == 1
    assert lately.get("3") is None


def test_what_was_forgotten_is_gone_from_both_generations() -> None:
    lately: Recent[str, int] = Recent(2)
    lately.put("a", 1)
    lately.put("b", 2)
    lately.drop("a")
    lately.drop("b")
    assert (lately.get("a"), lately.get("b"), len(lately)) == (None, None, 0)


held = st.lists(
    st.tuples(st.sampled_from(["put", "get", "forget"]), st.integers(0, 9), st.integers(0, 50)), max_size=200
)


@given(uses=held, most=st.integers(100, 400))
def test_byte_strings_are_held_by_their_weight_too(uses, most) -> None:
    lately: RecentBytes[int] = RecentBytes(1000, most)
    for use, key, size in uses:
        if use == "put":
            lately.put(key, bytes([key]) * size)
        elif use == "forget":
            lately.drop(key)
        else:
            found = lately.get(key)
            assert found is None or set(found) <= {key}
        for generation in (lately.young, lately.old):
            assert sum(map(len, generation.values())) <= most // 2


def test_one_that_is_heavier_than_all_may_weigh_is_held_alone() -> None:
    lately: RecentBytes[str] = RecentBytes(1000, 100)
    lately.put("light", b"x" * 20)
    lately.put("heavy", b"x" * 500)
    assert list(lately.young) == ["heavy"]
    lately.put("next", b"y")
    assert (list(lately.young), list(lately.old)) == (["next"], ["heavy"])
    lately.put("after", b"z")
    assert lately.get("heavy") is not None
    lately.clear()
    lately.put("light", b"x" * 50)
    assert list(lately.young) == ["light"]
