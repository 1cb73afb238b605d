"""What binds the rows of the audit's tables: whatever somebody does past Itda, the first broken row is named."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import psycopg
import pytest
from tests.integration.engine.audited import NOW, WRITES, change, filled, forge, look

from itda.access import chain
from itda.base.errors import Unavailable
from itda.base.instant import DAY
from itda.engine.auditing.anchoring import Anchoring
from itda.engine.auditing.anchors import Anchor, AnchorFile, Point, points
from itda.engine.auditing.sealer import Sealer
from itda.engine.auditing.streams import CONSENT, STREAMS
from itda.engine.auditing.verifying import Verdict, verify
from itda.store.database import Database

pytestmark = pytest.mark.server
UNBOUND = {"seq", "payload_sha256"}
"""Columns that the hash over a row is not over: its place, which the link is over, and the hash itself."""
OTHER = {
    "bigint": "{0} + 1", "integer": "{0} + 1", "text": "{0} || '.'", "boolean": "not {0}",
    "bytea": "{0} || '\\x00'", "ARRAY": "{0} || '\\x00'::bytea",
}  # fmt: skip
OTHERS = {"action": {"consent_event": "'withdraw'", "access_log": "'export'"}}


def sealer(db: Database, now: int = NOW) -> Sealer:
    return Sealer(db, lambda: now)


def checked(db: Database, *places) -> Verdict:
    return verify(db, places, NOW)


def broken(db: Database) -> list[tuple[str, int, str]]:
    return [(one.broken.table, one.broken.seq, one.broken.what) for one in checked(db).streams if one.broken]


def columns(db: Database, table: str) -> dict[str, str]:
    with db.connection() as connection:
        return dict(
            connection.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = current_schema() and table_name = %s",
                [table],
            ).fetchall()
        )


def put_back(table: str, saved: str) -> tuple[str, str]:
    """Statements that put a table back as it was saved."""
    return f"delete from {table}", f"insert into {table} overriding system value select * from {saved}"


def test_what_was_written_is_sealed_and_verifies(database):
    filled(database, 3)
    assert sealer(database).step() == 9
    found = checked(database)
    assert found.faults == []
    assert [(one.table, one.rows, one.sealed, one.unsealed, one.gaps) for one in found.streams] == [
        (stream.table, 3, 3, 0, 0) for stream in STREAMS
    ]
    look_after(database)
    assert [one.unsealed for one in checked(database).streams] == [1, 0, 0]
    assert sealer(database).step() == 1
    assert sealer(database).step() == 0


def look_after(db: Database) -> None:
    with db.connection() as connection:
        look(connection)


def abandoned(db: Database, table: str) -> None:
    with db.connection() as connection:
        WRITES[table](connection)
        connection.rollback()


def turned(table: str, change: str) -> tuple[str, ...]:
    """Statements that give rows other numbers, which the table itself lets nobody do."""
    return (
        f"create table turned as select * from {table}",
        change.format(table="turned"),
        *put_back(table, "turned"),
        "drop table turned",
    )


@pytest.mark.parametrize("table", WRITES)
def test_changing_any_column_of_a_row_names_that_row(database, table):
    filled(database, 4)
    sealer(database).step()
    forge(database, f"create table kept as select * from {table}")
    try:
        for name, kind in columns(database, table).items():
            is_text = kind in {"text", "bytea"}
            other = OTHERS.get(name, {}).get(table) or OTHER[kind].format(f"coalesce({name}, '')" if is_text else name)
            if name == "seq":
                forge(database, *turned(table, "update {table} set seq = 99 where seq = 2"))
            else:
                forge(database, f"update {table} set {name} = {other} where seq = 2")
            assert [one[:2] for one in broken(database)] == [(table, 2)], name
            forge(database, *put_back(table, "kept"))
        assert broken(database) == []
    finally:
        forge(database, "drop table kept")


TAKEN = (
    (["delete from {table} where seq = 3"], (3, "deleted")),
    (["delete from {table} where seq = 4"], (4, "deleted")),
    (["delete from {table} where seq = 1", "delete from {links} and seq = 1"], (2, "link")),
    (["delete from {table} where seq = 4", "delete from {links} and seq = 4"], (4, "head")),
    (["turn update {table} set seq = 5 - seq where seq in (2, 3)"], (2, "link")),
    (["turn update {table} set seq = 9 where seq = 2"], (2, "deleted")),
    (["insert into {table} overriding system value select * from extra"], (5, "added")),
    (["delete from {links} and seq = 2"], (2, "added")),
    (["update {set_links} hash = hash || hash {of} and seq = 2"], (2, "link")),
    (["update {set_links} day = day + 1 {of} and seq = 2"], (2, "link")),
)  # fmt: skip


@pytest.mark.parametrize("table", WRITES)
def test_rows_taken_out_put_in_or_put_in_another_order_are_named(database, table):
    filled(database, 4)
    abandoned(database, table)  # the number 5 is given out and never written
    sealer(database).step()
    own = next(stream.name for stream in STREAMS if stream.table == table)
    names = {
        "table": table,
        "links": f"chain_link where stream = '{own}'",
        "set_links": "chain_link set",
        "of": f"where stream = '{own}'",
    }
    forge(
        database,
        f"create table kept as select * from {table}",
        "create table links as select * from chain_link",
        "create table extra as select * from kept where seq = 1",
        "update extra set seq = 5" + (", id = '\\x01'" if table == "consent_event" else ""),
    )
    try:
        for statements, (seq, what) in TAKEN:
            for one in statements:
                is_turned, change = one.startswith("turn "), one.removeprefix("turn ")
                forge(database, *(turned(table, change) if is_turned else [change.format(**names)]))
            assert broken(database) == [(table, seq, what)], statements
            forge(database, *put_back(table, "kept"), "delete from chain_link", "insert into chain_link table links")
        assert broken(database) == []
    finally:
        forge(database, "drop table kept", "drop table links", "drop table extra")


def test_numbers_that_were_given_out_and_never_written_are_told_and_break_nothing(database):
    for _ in range(2):
        filled(database, 1)
        abandoned(database, "access_log")
    sealer(database).step()
    found = checked(database)
    assert found.faults == []
    assert (found.streams[0].rows, found.streams[0].gaps) == (2, 1)


@pytest.fixture
def held(database):
    """A transaction of its own, as long as the test takes at most."""
    with contextlib.ExitStack() as every:
        yield lambda db: every.enter_context(contextlib.closing(db.connect()))


def test_who_commits_late_with_a_lower_number_is_waited_for_and_nobody_else_is(database, held):
    late = held(database)
    look(late)  # takes the number 1, and waits
    filled(database, 2)
    one = sealer(database)
    assert one.step() == 4  # the audit and the ledger; of the access log nothing
    with pytest.raises(Unavailable, match="access_log"):
        one.catch_up(0.1)
    filled(database, 1)  # writes meanwhile: nobody waits for the sealer
    assert one.step() == 2
    late.commit()
    one.catch_up()
    found = checked(database)
    assert found.faults == []
    assert [stream.sealed for stream in found.streams] == [4, 3, 3]


def test_who_writes_without_an_end_holds_up_only_what_came_after_it(database, held):
    filled(database, 1)
    one = sealer(database)
    late = held(database)
    look(late)
    one.step()
    filled(database, 1)
    later = held(database)
    look(later)  # another one, which the first look could not know of
    late.commit()
    assert one.step() == 4  # one of the audit, one of the ledger; of the log as far as the first held it up
    later.commit()
    one.catch_up()
    assert checked(database).faults == []


def test_sealers_at_once_among_writers_seal_each_row_once(database):
    is_over = threading.Event()

    def write() -> None:
        for number in range(60):
            with database.connection() as connection:
                look(connection)
                if number % 3 == 0:
                    connection.rollback()

    def seal() -> None:
        own = sealer(database)
        while not is_over.is_set():
            own.step()

    with ThreadPoolExecutor() as pool:
        sealing = [pool.submit(seal) for _ in range(2)]
        writing = [pool.submit(write) for _ in range(3)]
        try:
            for one in writing:
                one.result()
        finally:
            is_over.set()
        for one in sealing:
            one.result()
    sealer(database).catch_up()
    found = checked(database)
    assert found.faults == []
    assert (found.streams[0].sealed, found.streams[0].unsealed, found.streams[0].gaps) == (120, 0, 60)


def test_a_sealer_that_ends_in_the_middle_leaves_nothing_half_done(database):
    filled(database, 2)
    forge(database, "alter table chain_head add constraint full_disk check (stream <> 'audit' or links = 0)")
    with pytest.raises(psycopg.errors.CheckViolation):
        sealer(database).step()
    found = checked(database)
    assert found.faults == []
    assert [one.sealed for one in found.streams] == [2, 0, 0]
    forge(database, "alter table chain_head drop constraint full_disk")
    sealer(database).step()
    assert [one.sealed for one in checked(database).streams] == [2, 2, 2]


def test_a_day_begins_with_the_last_link_of_the_day_before_and_ends_with_a_root(database):
    for day in (0, 1, 1, 3):
        filled(database, 2)
        sealer(database, NOW + day * DAY).step()
    assert checked(database).faults == []
    with database.connection() as connection:
        blocks = connection.execute(
            "select day, first_seq, last_seq, links from chain_block where stream = 'audit' order by 1"
        ).fetchall()
        links = connection.execute("select day, hash from chain_link where stream = 'audit' order by seq").fetchall()
    first = NOW // DAY
    assert blocks == [(first, 1, 2, 2), (first + 1, 3, 6, 4)]
    assert [day - first for day, _ in links] == [0, 0, 1, 1, 1, 1, 3, 3]
    forge(database, "update chain_block set root = root || root where stream = 'audit' and first_seq = 3")
    assert broken(database) == [("audit_event", 3, "root")]


def test_a_thousand_links_stand_under_one_root(database):
    with database.connection() as connection:
        for _ in range(2_100):
            change(connection)
    sealer(database).step()
    with database.connection() as connection:
        blocks = connection.execute("select first_seq, last_seq, root from chain_block order by 1").fetchall()
        links = [
            one for (one,) in connection.execute("select hash from chain_link where stream = 'audit' order by seq")
        ]
    roots = [chain.root(links[:1000]), chain.root(links[1000:2000])]
    assert blocks == [(1, 1000, roots[0]), (1001, 2000, roots[1])]
    (audit,) = [one for one in points(database) if one.stream == "audit"]
    assert audit.root == chain.root([*roots, chain.root(links[2000:])]).hex()
    assert checked(database).faults == []


def test_a_chain_that_was_rebuilt_whole_fails_at_the_anchor(database, tmp_path):
    place = AnchorFile(tmp_path)
    for _ in range(2):
        filled(database, 2)
        sealer(database).step()
        place.add(Anchor(at=NOW, streams=points(database)))
    assert checked(database, place).faults == []
    rebuilt(database)
    found = checked(database, place)
    assert [one.broken for one in found.streams] == [None, None, None]
    assert [(one.table, one.seq, one.since) for one in found.misfits] == [("consent_event", 4, 2)]


def rebuilt(db: Database) -> None:
    """Row 3 of the ledger is changed, and every hash from it on made anew, as the sealer makes them."""
    forge(db, "update consent_event set action = 'withdraw' where seq = 3")
    with db.connection() as connection:
        rows = connection.execute(
            f"select seq, recorded_at, {', '.join(CONSENT.columns)} from consent_event where seq > 2 order by seq"
        ).fetchall()
        (before,) = connection.execute("select hash from chain_link where stream = 'consent' and seq = 2").fetchone()
    for seq, at, *values in rows:
        before = chain.link(before, seq, at, CONSENT.leaf(values))
        forge(db, f"update chain_link set hash = '\\x{before.hex()}' where stream = 'consent' and seq = {seq}")
    forge(db, f"update chain_head set hash = '\\x{before.hex()}' where stream = 'consent'")


def test_lines_of_the_anchors_that_are_altered_or_taken_out_are_noticed(database, tmp_path):
    place = AnchorFile(tmp_path)
    for _ in range(3):
        filled(database, 1)
        sealer(database).step()
        place.add(Anchor(at=NOW, streams=points(database)))
    lines = place.path.read_bytes().splitlines(keepends=True)
    place.path.write_bytes(lines[0] + lines[2])
    (found,) = checked(database, place).places
    assert (found.anchors, found.fault[:6]) == (1, "line 2")
    place.path.write_bytes(lines[0] + b"{}\n")
    assert checked(database, place).faults == [f"{place.path}: line 2 is no anchor"]


def test_later_anchors_are_void_once_the_database_was_put_back_and_earlier_ones_are_not(database, tmp_path):
    place = AnchorFile(tmp_path)
    filled(database, 1)
    sealer(database).step()
    early = points(database)
    place.add(Anchor(at=NOW, streams=early))
    lost = [Point(one.stream, one.seq + 5, 9, one.day, "ff" * 32, "") for one in early]
    place.add(Anchor(at=NOW, streams=lost))
    assert len(checked(database, place).misfits) == 3
    place.add(Anchor(at=NOW, streams=early, is_restored=True))
    assert checked(database, place).faults == []
    forge(database, "delete from audit_event", "delete from chain_link where stream = 'audit'")
    assert [one.table for one in checked(database, place).misfits] == ["audit_event"]


def test_a_head_that_was_taken_out_is_named_as_tampering_and_the_other_chains_go_on(database):
    filled(database, 1)
    sealer(database).catch_up()
    forge(database, "delete from chain_head where stream = 'access'")
    abandoned(database, "audit_event")
    sealer(database).catch_up()
    assert broken(database) == [("access_log", 1, "headless")]
    assert "the head of the chain was taken out" in checked(database).faults[0]
    assert [point.stream for point in points(database)] == ["audit", "consent"]


def test_nobody_changes_or_takes_out_a_row_by_mistake(database):
    filled(database, 1)
    sealer(database).step()
    filled(database, 1)
    sealer(database, NOW + DAY).step()  # which puts the first day under a root
    times = {"access_log": "at", "audit_event": "at", "consent_event": "recorded_at"}
    for table in (*times, "chain_link", "chain_block"):
        for statement in (
            f"update {table} set {times.get(table, 'day')} = 1",
            f"delete from {table}",
            f"truncate {table}",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="only ever added to"), database.connection() as one:
                one.execute(statement)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.table)
def test_the_hash_is_over_every_column_there_is(database, stream):
    assert set(columns(database, stream.table)) - UNBOUND == set(stream.columns)


def test_a_file_of_anchors_that_is_gone_cut_or_begun_anew_is_a_fault_until_it_is_put_back(database, tmp_path):
    anchoring = Anchoring(database, SimpleNamespace(anchors_dir=tmp_path, bucket=None), lambda: NOW)
    place = AnchorFile(tmp_path)
    assert verify(database, anchoring.places, NOW).faults == [], "none was ever written"
    anchoring.make()
    anchoring.make()
    whole = place.path.read_bytes()
    assert verify(database, anchoring.places, NOW).faults == []
    place.path.unlink()
    (fault,) = verify(database, anchoring.places, NOW).faults
    assert "2 anchors were written, 0 are there" in fault
    place.path.write_bytes(whole.splitlines(keepends=True)[0])
    (fault,) = verify(database, anchoring.places, NOW).faults
    assert "2 anchors were written, 1 are there" in fault
    place.path.unlink()
    for _ in range(3):
        Anchoring(database, SimpleNamespace(anchors_dir=tmp_path, bucket=None), lambda: NOW + 1).make()
    (fault,) = verify(database, anchoring.places, NOW).faults
    assert "replaced" in fault, "as many again do not stand for those that are gone"
    place.path.write_bytes(whole)
    assert verify(database, anchoring.places, NOW).faults == []
