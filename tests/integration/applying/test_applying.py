"""A diff says what apply then does; what was applied holds whatever the files say, until something else is applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_shop import Said

import itda
from itda.base.errors import Conflict, Refused
from itda.base.instant import DAY, HOUR, text
from itda.engine.applying.command import Apply
from itda.engine.examination import examine
from itda.engine.shop import Shop
from itda.store.ports import Record
from itda.workspace.kept import kept

pytestmark = pytest.mark.server

SEGMENTS = """
buyers: {events: {name: Order Completed}}
lookers: {events: {name: Product Viewed}, window: 3 days, at_least: 2}
"""
NARROWER = """
buyers: {events: {name: Order Completed}, at_least: 2}
lookers: {events: {name: Product Viewed}, window: 3 days, at_least: 2}
"""
BRANCHING = """
label: {ko: 열심, en: Keen}
enter: {segment: keen}
backfill: true
steps:
  looked: {branch: {events: {name: Product Viewed}, window: 10 days}, then: long, else: short}
  long: {exit: long}
  short: {exit: short}
"""
LATELY = "lately: {events: {name: Order Completed}, window: 1 day}\n"
JOURNEY = """
label: {ko: 둘러본 고객, en: Looked}
enter:
  event: {name: Product Viewed}
steps:
  end: {exit: seen}
"""


@pytest.fixture
def folder(shop: Path) -> Path:
    write(shop, SEGMENTS)
    return shop


@pytest.fixture
def opened(folder: Path) -> Iterator[Shop]:
    with itda.open(folder) as one:
        history(one)
        yield one


def write(folder: Path, segments: str) -> None:
    (folder / "segments" / "mine.yaml").write_text(segments)


def event(shop: Shop, who: str, name: str, ago: int) -> dict[str, Any]:
    at = text(shop.app.clock() - ago)
    about = {"order_id": f"{who}{ago}", "product_id": "p"}
    return {"type": "track", "event": name, "userId": who, "timestamp": at, "properties": about}


def tell(shop: Shop, *events: dict[str, Any]) -> None:
    shop.intake.append([Record("web", "track", json.dumps(one).encode()) for one in events], shop.app.clock())
    shop.settle()


def history(shop: Shop) -> None:
    """Two bought, one of them twice; one looked twice, one of the buyers once."""
    tell(
        shop,
        event(shop, "a", "Order Completed", 2 * DAY),
        event(shop, "a", "Order Completed", HOUR),
        event(shop, "b", "Order Completed", DAY),
        event(shop, "b", "Product Viewed", HOUR),
        event(shop, "c", "Product Viewed", HOUR),
        event(shop, "c", "Product Viewed", 2 * HOUR),
    )


def members(shop: Shop, name: str) -> set[str]:
    with shop.db.connection() as connection:
        rows = connection.execute("select customer from segment_member where segment = %s", [name]).fetchall()
    return {bytes(customer).hex() for (customer,) in rows}


def is_settled(shop: Shop) -> bool:
    with shop.db.connection() as connection:
        row = connection.execute("select count(*) from applied where settled_at is null and retired_at is null")
        return row.fetchone() == (0,)


def count(shop: Shop, query: str) -> int:
    with shop.db.connection() as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


RELEASES = "select count(*) from policy_version where kind = 'workspace'"


def test_who_processes_first_applies_what_is_there_and_changed_files_change_nothing(opened: Shop) -> None:
    assert (len(members(opened, "buyers")), len(members(opened, "lookers"))) == (2, 1)
    write(opened.path, NARROWER)
    with itda.open(opened.path) as again:
        tell(again, event(again, "d", "Order Completed", 0))
        assert len(members(again, "buyers")) == 3
        assert again.status().unapplied == ["segments/mine.yaml"]


def test_a_diff_says_exactly_who_comes_and_goes(opened: Shop) -> None:
    was = members(opened, "buyers")
    write(opened.path, "buyers: {events: {name: Product Viewed}}\nnew: {events: {name: Order Completed}}\n")
    opened.renew()
    said = {one.name: one for one in opened.diff(members=10).segments}
    opened.apply(opened.diff(), reason="look, not buy")
    now = members(opened, "buyers")
    assert (said["buyers"].members, said["buyers"].would_be) == (len(was), len(now)) == (2, 2)
    assert (set(said["buyers"].came), set(said["buyers"].went)) == (now - was, was - now)
    assert (said["new"].come, members(opened, "new")) == (2, was)
    assert (said["lookers"].go, members(opened, "lookers")) == (1, set())
    assert is_settled(opened)


def test_a_diff_writes_nothing_and_says_how_in_words(opened: Shop) -> None:
    write(opened.path, NARROWER)
    opened.renew()
    before = count(opened, RELEASES), count(opened, "select position from intake_head")
    view = opened.diff()
    assert [(one.kind, one.name, one.what, one.words) for one in view.changes] == [
        ("segment", "buyers", "changed", ["at_least: 2 is new"])
    ]
    assert (count(opened, RELEASES), count(opened, "select position from intake_head")) == before


def test_how_consents_are_asked_for_is_a_change_that_is_told_in_words(opened: Shop) -> None:
    before = opened.diff()
    policy = opened.path / "consent.yaml"
    written = policy.read_text(encoding="utf-8") if policy.is_file() else ""
    for line in ("double_opt_in: true", "four_eyes: true"):
        policy.write_text(f"{written}\n{line}\n", encoding="utf-8")
        opened.renew()
        view = opened.diff()
        assert [(one.kind, one.what, one.words) for one in view.changes] == [("consent", "changed", [f"{line} is new"])]
        assert view.version != before.version


def test_back_returns_to_the_version_before_and_leaves_the_files(opened: Shop) -> None:
    was = members(opened, "buyers")
    write(opened.path, NARROWER)
    opened.renew()
    opened.apply(opened.diff(), reason="narrower")
    assert len(members(opened, "buyers")) == 1
    done = opened.apply(opened.diff(back=True), reason="too narrow", back=True)
    assert (done.is_new, members(opened, "buyers")) == (True, was)
    assert (opened.path / "segments" / "mine.yaml").read_text() == NARROWER
    assert [one.name for one in opened.diff().changes] == ["buyers"]


def test_applied_twice_is_applied_once(opened: Shop) -> None:
    write(opened.path, NARROWER)
    opened.renew()
    assert opened.apply(opened.diff(), reason="narrower").is_new
    releases = count(opened, RELEASES)
    assert not opened.apply(opened.diff(), reason="narrower").is_new
    assert count(opened, RELEASES) == releases


def test_of_two_who_apply_at_once_one_is_told(opened: Shop) -> None:
    write(opened.path, NARROWER)
    with itda.open(opened.path) as other:
        mine, theirs = opened.diff(), other.diff()
        opened.renew()
        other.apply(theirs, reason="first")
        with pytest.raises(Conflict, match="applied meanwhile"):
            opened.apply(mine, reason="second")


def test_an_apply_that_was_killed_before_it_was_carried_out_is_carried_out_by_the_next(opened: Shop) -> None:
    write(opened.path, NARROWER)
    opened.renew()
    view = opened.diff()
    opened.app.act(Apply(kept(opened.written), view.position), opened.actor, "killed")
    assert len(members(opened, "buyers")) == 2
    with itda.open(opened.path) as again:
        done = again.apply(again.diff(), reason="once more")
        assert (done.is_new, done.is_carried_out, len(members(again, "buyers"))) == (False, True, 1)


def test_a_count_that_was_never_folded_is_folded_from_the_lake(opened: Shop) -> None:
    write(opened.path, SEGMENTS + LATELY)
    (opened.path / "traits" / "mine.yaml").write_text("looks: {kind: count, events: {name: Product Viewed}}\n")
    opened.renew()
    view = opened.diff()
    assert (view.unfolded, view.rows) == (["looks", "lately"], 6)
    assert [(one.name, one.come) for one in view.segments] == [("lately", 2)]
    done = opened.apply(view, reason="lately")
    assert done.replayed >= 6
    assert len(members(opened, "lately")) == 2
    assert opened.diff().unfolded == []
    assert [trait.value for trait in opened.customer("user_id:c").traits if trait.name == "looks"] == [2]


def test_a_journey_that_begins_at_once_branches_by_a_past_that_is_folded_first(opened: Shop) -> None:
    write(opened.path, SEGMENTS + "keen: {events: {name: Product Viewed}, window: 3 days, at_least: 2}\n")
    (opened.path / "journeys" / "keen.yaml").write_text(BRANCHING)
    opened.renew()
    view = opened.diff()
    assert view.unfolded == ["keen"]
    opened.apply(view, reason="keen")
    with opened.db.connection() as connection:
        exits = connection.execute("select step from journey_position where journey = 'keen'").fetchall()
    assert exits == [("long",)]


def test_a_past_that_was_not_folded_yet_is_said_until_it_is(opened: Shop) -> None:
    """Killed after it was written that the definitions hold, before the lake was read for them."""
    write(opened.path, SEGMENTS + LATELY)
    opened.renew()
    opened.app.act(Apply(kept(opened.written), opened.diff().position), opened.actor, "killed")
    opened.renew()
    opened.settle()
    assert members(opened, "lately") == set()
    assert opened.status().unfolded == ["lately"]
    assert ["itda replay" in one.cure for one in examine(opened.path, 1) if "not folded" in one.what] == [True]
    opened.replay(verify=False)
    opened.drain()
    assert (opened.status().unfolded, len(members(opened, "lately"))) == ([], 2)


def test_while_served_what_has_no_past_is_refused_with_what_to_do(opened: Shop, itda: Callable[..., Said]) -> None:
    from itda.engine.occupancy import ROLES, ServeLock

    write(opened.path, SEGMENTS + LATELY)
    opened.renew()
    lock = ServeLock(opened.db, ROLES)
    lock.take()
    try:
        with pytest.raises(Refused, match="stop `itda serve`"):
            opened.apply(opened.diff(), reason="lately")
        assert "stop `itda serve`, run `itda apply`" in itda("diff").out
    finally:
        lock.release()


def test_a_new_journey_tells_what_it_would_have_done(opened: Shop) -> None:
    (opened.path / "journeys" / "looked.yaml").write_text(JOURNEY)
    opened.renew()
    view = opened.diff()
    assert [(one.name, one.entered, one.sent) for one in view.past] == [("looked", 3, 0)]
    assert count(opened, "select count(*) from journey_position") == 0


def test_replay_knows_which_definitions_held_from_which_position(opened: Shop) -> None:
    write(opened.path, NARROWER)
    opened.renew()
    done = opened.apply(opened.diff(), reason="narrower")
    rows = opened.lake.table(["position", "source", "name", "properties"]).to_pylist()
    told = [json.loads(row["properties"]) for row in rows if row["name"] == "Rules Applied"]
    assert [one["version"] for one in told if one["kind"] == "workspace"] == [done.version]
    assert opened.replay(verify=True).ok


def test_the_terminal_asks_shows_and_refuses_faults(opened: Shop, itda: Callable[..., Said]) -> None:
    write(opened.path, NARROWER)
    shown = itda("diff")
    assert "~ segment buyers: changed" in shown.out
    assert itda("diff", "--json").json["segments"][0]["go"] == 1
    unasked = itda("apply")
    assert (unasked.code, len(members(opened, "buyers"))) == (1, 2)
    done = itda("apply", "--yes", "--reason", "narrower", "--json").json
    assert (done["is_new"], done["diff"]["segments"][0]["go"], len(members(opened, "buyers"))) == (True, 1, 1)
    assert "In force already" in itda("apply", "--yes").out
    write(opened.path, "buyers: {trait: nothing}\nothers: {in_segment: nobody}\n")
    refused = itda("apply", "--yes")
    assert refused.code == 2
    assert all(f"segments/mine.yaml:{line}:" in refused.err for line in (1, 2))
