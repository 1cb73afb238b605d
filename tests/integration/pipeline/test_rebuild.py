"""`replay --verify`: a rebuild from lake and keys equals what lives, and names what was tampered with."""

from __future__ import annotations

import pytest
from tests.integration.pipeline.conftest import batch

from itda.base.errors import Refused
from itda.engine import replay as replaying
from itda.engine import shop as shops
from itda.engine.compactor import Cadence, Compactor
from itda.engine.comparison import TABLES
from itda.engine.replay import replay
from itda.store.lake.block import SCHEMA, STEWARD_SOURCE, decode, of_rows


def test_a_rebuild_equals_what_lives(lively) -> None:
    report = replay(lively)
    assert report.differences == []
    assert report.ok
    names = {table.name for table in TABLES} | {"resolution_log", "quarantine", "segment_member", "consent_state"}
    assert {table.table for table in report.tables} == names
    empty = {"permanent_id", "fragment_recent", "quarantine", "journey_path", "journey_position", "segment_member"}
    empty |= {"consent_state"}
    assert {table.table for table in report.tables if not table.rows} <= empty
    assert report.rows == 302


def test_a_rebuild_from_files_equals_what_lives(lively) -> None:
    compactor = Compactor(lively.db, lively.workspace.lake_dir, Cadence(rows=1, unread_bytes=0))
    while compactor.step():
        pass
    with lively.db.connection() as connection:
        assert connection.execute("select count(*) from lake_tail").fetchone() == (0,)
    report = replay(lively)
    assert (report.differences, report.rows) == ([], 302)


def test_a_lake_is_read_a_range_of_the_log_at_a_time_whatever_its_size(lively) -> None:
    compactor = Compactor(lively.db, lively.workspace.lake_dir, Cadence(rows=1, unread_bytes=0))
    while compactor.step():
        pass
    lively.intake.append([batch(range(700, 720))], shops.clock())
    lively.drain()
    whole = replaying._CHUNK, replaying._SORTED
    replaying._CHUNK, replaying._SORTED = 40, 1
    try:
        report = replay(lively)
    finally:
        replaying._CHUNK, replaying._SORTED = whole
    assert (report.differences, report.rows) == ([], 322)


PLANTED = {
    "identifier": (
        "update identifier set first_at = first_at - 1 where fragment = (select min(fragment) from identifier)",
        "first_at",
    ),
    "edge": (
        "update edge set reason = reason || 'x' where (a, b) = (select a, b from edge order by a, b limit 1)",
        "reason",
    ),
    "edge_evidence": (
        "update edge_evidence set count = count + 1 where (a, b) = (select a, b from edge order by a, b limit 1)",
        "count",
    ),
    "steered": ("update steered set steward = 'another' where action = 'must'", "steward"),
    "fragment": (
        "update fragment set events = events + 1 where fragment = (select min(fragment) from fragment)",
        "events",
    ),
    "fragment_recent": ("insert into fragment_recent select fragment, 7, '\\x00' from fragment limit 1", "row"),
    "name_hash": ("delete from name_hash where hash = (select min(hash) from name_hash)", "row"),
    "household_hash": ("delete from household_hash where hash = (select min(hash) from household_hash)", "row"),
    "permanent_id": ("insert into permanent_id values ('\\x00')", "row"),
    "quality": ("update quality set n = n + 1 where measure = 'accepted'", "n"),
}


def test_every_changed_row_is_named(lively) -> None:
    with lively.db.connection() as connection:
        for statement, _ in PLANTED.values():
            assert connection.execute(statement).rowcount >= 1
    report = replay(lively)
    assert not report.ok
    found = {(one.table, one.column) for one in report.differences}
    assert found == {(table, column) for table, (_, column) in PLANTED.items()}
    assert all(one.key for one in report.differences)
    assert {one.table for one in report.tables if not one.same} == set(PLANTED)


def test_a_changed_row_makes_no_other_table_differ(lively) -> None:
    statement, column = PLANTED["fragment"]
    with lively.db.connection() as connection:
        assert connection.execute(statement).rowcount == 1
    report = replay(lively)
    assert [(one.table, one.column) for one in report.differences] == [("fragment", column)]
    assert [one.table for one in report.tables if not one.same] == ["fragment"]


def test_a_changed_state_is_named_by_its_part(lively) -> None:
    fold = lively.workspace.fold()
    with lively.db.connection() as connection:
        fragment, encoded = connection.execute(
            "select fragment, state from fragment order by fragment limit 1"
        ).fetchone()
        state = fold.decode(encoded)
        state.channels = {"store": 999}
        connection.execute("update fragment set state = %s where fragment = %s", [fold.encode(state), fragment])
    (difference,) = replay(lively).differences
    assert (difference.table, difference.key, difference.column) == ("fragment", fragment.hex(), "state.channels")


TORN = {
    "update resolution_log set after = before where seq = (select max(seq) from resolution_log)": "after",
    "delete from resolution_log where seq = (select max(seq) from resolution_log)": "after",
    "update resolution_log set before = after where seq = (select max(seq) from resolution_log)": "before",
}


def test_a_history_that_does_not_hang_together_is_named(lively) -> None:
    one, other = "email:mail3@shop.example", "user_id:user-1"
    lively.take_back(one, other, reason="it was somebody else")
    lively.join(one, other, reason="it was her after all")
    assert replay(lively).ok
    with lively.db.connection() as connection:
        connection.execute("create table untorn as select * from resolution_log")
    for change, column in TORN.items():
        with lively.db.connection() as connection:
            assert connection.execute(change).rowcount == 1
        (difference,) = replay(lively).differences
        assert (difference.table, difference.column) == ("resolution_log", column)
        with lively.db.connection() as connection:
            connection.execute("delete from resolution_log")
            connection.execute("insert into resolution_log overriding system value select * from untorn")


def test_a_count_of_refusals_that_the_quarantine_does_not_bear_out_is_named(lively) -> None:
    lively.intake.append([batch([1], anonymousId=None, userId=None)], shops.clock())
    lively.settle()
    assert replay(lively).ok
    with lively.db.connection() as connection:
        assert connection.execute("update quality set n = 7 where measure like 'quarantined:%'").rowcount == 1
    (difference,) = replay(lively).differences
    assert (difference.table, difference.column, difference.live, difference.rebuilt) == ("quarantine", "n", "7", "1")


def test_a_replay_in_place_tells_what_it_moved(lively) -> None:
    with lively.db.connection() as connection:
        connection.execute("delete from resolution_log")
        connection.execute("update identifier set customer = fragment")
    lively.replay(verify=False)
    with lively.db.connection() as connection:
        causes = connection.execute("select distinct cause from resolution_log").fetchall()
    assert causes == [("replay",)]
    assert replay(lively).ok


def test_another_reason_is_named_and_not_told(lively) -> None:
    with lively.db.connection() as connection:
        connection.execute(
            "update steered s set reason_sealed = (select o.reason_sealed from steered o where o.id <> s.id)"
        )
    (difference,) = replay(lively).differences
    assert (difference.table, difference.column, difference.live, difference.rebuilt) == ("steered", "reason", "", "")


def rewrite(shop, change) -> None:
    """Alter the rows of the lake's tail: `change` gets each row and gives it back, changed or None."""
    with shop.db.connection() as connection:
        for position, block in connection.execute("select position, block from lake_tail").fetchall():
            rows = [kept for row in decode(block).to_pylist() if (kept := change(row)) is not None]
            whole = [tuple(row[name] for name in SCHEMA.names) for row in rows]
            connection.execute(
                "update lake_tail set block = %s, rows = %s where position = %s",
                [of_rows(whole), len(rows), position],
            )


def test_a_dropped_row_of_the_lake_is_named(lively) -> None:
    dropped = []

    def drop(row):
        if row["event_id"] == "m150":
            dropped.append(row["position"])
            return None
        return row

    rewrite(lively, drop)
    report = replay(lively)
    assert ("lake", str(dropped[0]), "row") in [(one.table, one.key, one.column) for one in report.differences]


def test_an_altered_decision_is_named(lively) -> None:
    def turn(row):
        if row["source"] == STEWARD_SOURCE:
            row["properties"] = row["properties"].replace('"must"', '"cannot"')
        return row

    rewrite(lively, turn)
    named = [(one.table, one.column, one.live, one.rebuilt) for one in replay(lively).differences]
    assert ("steered", "action", "must", "cannot") in named


def test_a_sealed_row_that_was_moved_does_not_open_and_is_named(lively) -> None:
    rewrite(lively, lambda row: row | {"sealed": b"0" * 60} if row["event_id"] == "m2" else row)
    assert ("lake", "sealed") in [(one.table, one.column) for one in replay(lively).differences]


def test_a_replay_in_place_mends_what_was_changed(lively) -> None:
    with lively.db.connection() as connection:
        connection.execute("update identifier set customer = fragment")
        connection.execute("delete from edge")
        connection.execute("update fragment set events = 0")
    assert not replay(lively).ok
    mended = replay(lively, verify=False)
    assert (mended.ok, mended.verified) == (True, False)
    assert replay(lively).ok
    with lively.db.connection() as connection:
        duplicates = connection.execute("select sum(n) from quality where measure = 'duplicate'").fetchone()
    assert duplicates == (30,)


def test_a_served_shop_is_not_replaced(lively) -> None:
    class Served:
        def __getattr__(self, name):
            return getattr(lively, name)

        def served_by(self):
            return "process 7 on here"

    with pytest.raises(Refused, match="stop it first"):
        replay(Served(), verify=False)


def test_a_second_rebuild_at_the_same_time_is_refused_and_harms_nothing(lively) -> None:
    refused: list[str] = []

    def again(_done: int, _of: int) -> None:
        if not refused:
            with pytest.raises(Refused, match="by another replay") as told:
                replay(lively)
            refused.append(str(told.value))

    assert replay(lively, progress=again).ok
    assert refused
    assert replay(lively).ok
