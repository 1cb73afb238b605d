from __future__ import annotations

import threading

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itda.base.errors import Conflict, Refused, Unavailable
from itda.store import arrays, migrate, workspace_key
from itda.store.database import Database, keys_schema
from itda.store.vault import Vault

pytestmark = pytest.mark.server

CATALOGUE = """
select 'column', table_name || '.' || column_name,
  concat_ws(' ', data_type, is_nullable, column_default, is_identity, ordinal_position)
from information_schema.columns where table_schema = %(schema)s
union all
select 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = %(schema)s::regnamespace
union all
select 'index', indexname, replace(indexdef, %(schema)s || '.', '') from pg_indexes where schemaname = %(schema)s
union all
select 'table', relname, concat_ws(' ', relkind, reloptions, pg_get_partkeydef(oid),
  (select string_agg(attname || attstorage::text, ' ' order by attnum)
   from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped))
from pg_class c where relnamespace = %(schema)s::regnamespace and relkind in ('r', 'p')
order by 1, 2
"""


def catalogue(db: Database) -> list[tuple[str, str, str]]:
    with db.connection() as connection:
        found = []
        for schema in (db.schema, keys_schema(db.schema)):
            found += connection.execute(CATALOGUE, {"schema": schema}).fetchall()
    return found


def contents(db: Database, table: str) -> list[tuple]:
    with db.connection() as connection:
        return connection.execute(f"select * from {table} order by 1").fetchall()


def test_the_migrations_reach_the_fresh_schema(empty_database, database_url):
    other = Database(database_url, "migrated_way")
    try:
        migrate.fresh(empty_database)
        migrate.migrate(other)
        ours, theirs = catalogue(empty_database), catalogue(other)
        assert len(ours) > 200
        assert ours == theirs
        for table in ("meta", "cursor", "intake_head", "lake_head"):
            assert contents(empty_database, table) == contents(other, table)
    finally:
        migrate.drop(other)
        other.close()


def test_reasons_in_the_clear_go_and_histories_are_found_by_identifier(empty_database):
    steps = {step.version: step for step in migrate.migrations()}
    groups = [[[b"a" * 16, b"b" * 16]], [[bytes([196]) * 16], *([bytes([number]) * 16] for number in range(20))]]
    before, after = (msgspec.msgpack.encode(one) for one in groups)
    with empty_database.connection() as connection:
        connection.execute(f"create schema {empty_database.schema}")
        connection.execute(steps[1].text.encode())
        connection.execute("insert into meta values ('schema_version', '1')")
        connection.execute(
            "insert into steered values ('x', 'must', 'a', 'b', 'kim', 5, 'kim minji lives at no. 7', null)"
        )
        connection.execute(
            "insert into resolution_log (position, at, cause, before, after, policy_version)"
            " values (1, 2, 'observed', %s, %s, 'v1')",
            [before, after],
        )
    migrate.migrate(empty_database)
    with empty_database.connection() as connection:
        assert connection.execute("select reason_sealed from steered").fetchall() == [(b"",)]
        (members,) = connection.execute("select members from resolution_log").fetchone()
    assert members == sorted({one for group in groups for cluster in group for one in cluster})


def test_keys_duties_and_looks_are_carried_over_from_before_they_had_places_of_their_own(empty_database):
    key, task = (b"blind", 0, "default", b"one", "email", b"wrapped", b"sealed"), b"task"
    with empty_database.connection() as connection:
        connection.execute(f"create schema {empty_database.schema}")
        for step in migrate.migrations():
            if step.version <= 16:
                connection.execute(step.text.encode())
        connection.execute("insert into meta values ('schema_version', '16')")
        connection.execute("insert into keyring values (%s, %s, %s, %s, %s, %s, %s)", key)
        connection.execute("insert into intake_key values (20000, 'day')")
        connection.execute("insert into quarantine_key values (600, 'month', 20000)")
        connection.execute(
            "insert into consent_task (id, kind, event_seq, subject_ref, contact_ref, purpose, channel, created_at, due_at,"
            " done_at, proof, status) values (%s, 'notice', 7, 'one', 'two', 'ad_receive', 'email', 1, 2, 3, '{}', 'done')",
            [task],
        )
        connection.execute(
            "insert into access_log (at, actor, role, session, address, system, action, question, subjects, subject_count,"
            " purpose, reason, fingerprint, result_count, decision, payload_sha256) values"
            " (1, 'kim', 'admin', '', '', 'console', 'view', 'Profile', '{one}', 1, '', '', '', 1, 'allowed', '')"
        )
    migrate.migrate(empty_database)
    assert contents(empty_database, "keyring") == [key]
    assert contents(empty_database, "intake_key") == [(20000, b"day")]
    assert contents(empty_database, "quarantine_key") == [(600, b"month", 20000)]
    with empty_database.connection() as connection:
        assert connection.execute(f"select to_regclass('{empty_database.schema}.keyring')").fetchone() == (None,)
        duty = connection.execute(
            "select id, kind, event_seq, subject_ref, due_at, done_at, status from duty"
        ).fetchall()
        looked = connection.execute("select actor, question, subjects from access_log").fetchall()
    assert duty == [(task, "notice", 7, b"one", 2, 3, "done")]
    assert looked == [("kim", "Profile", [b"one"])]


def test_migrating_again_changes_nothing(database):
    before = catalogue(database)
    assert migrate.migrate(database) == migrate.version(database)
    assert catalogue(database) == before


def test_a_step_with_a_lower_number_than_one_that_is_there_is_applied_too(database):
    (named,) = [step for step in migrate.migrations() if step.name == "put_aside"]
    with database.connection() as connection:
        connection.execute("drop table put_aside")
        had = migrate.applied(connection) - {named.version}
        connection.execute(
            "update meta set value = %s where key = 'schema_steps'", [" ".join(str(number) for number in sorted(had))]
        )
    assert migrate.migrate(database) == max(had)
    assert contents(database, "put_aside") == []
    with database.connection() as connection:
        assert migrate.applied(connection) == had | {named.version}


def test_a_schema_that_tells_only_how_far_it_came_has_all_before_it(database):
    with database.connection() as connection:
        had = migrate.applied(connection)
        connection.execute("delete from meta where key = 'schema_steps'")
        assert migrate.applied(connection) == had


def test_many_may_migrate_at_once(empty_database):
    faults: list[Exception] = []

    def run() -> None:
        try:
            migrate.migrate(empty_database)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            faults.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert migrate.version(empty_database) >= 1


def test_a_schema_of_a_newer_itda_is_left_alone(database):
    with database.connection() as connection:
        connection.execute("update meta set value = '9999' where key = 'schema_version'")
    with pytest.raises(Refused, match="9999"):
        migrate.migrate(database)


def test_a_schema_that_is_not_empty_is_not_made_afresh(database):
    with pytest.raises(Refused, match="not empty"):
        migrate.fresh(database)


@pytest.mark.parametrize("name", ["", "Shop", "a-b", "x; drop table meta", "1a", "é", "a" * 41])
def test_only_a_plain_word_names_a_schema(name):
    with pytest.raises(Refused, match="schema"):
        Database("postgresql:///", name)


def test_a_block_that_fails_changes_nothing(database):
    def half() -> None:
        with database.connection() as connection:
            connection.execute("insert into meta values ('a', 'b')")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert ("a", "b") not in contents(database, "meta")
    with database.connection() as connection:
        connection.execute("insert into meta values ('a', 'c')")
    assert ("a", "c") in contents(database, "meta")


def test_a_database_that_is_away_is_said_to_be_so(tmp_path):
    db = Database(f"postgresql:///postgres?host={tmp_path}&user=itda", "itda")
    with pytest.raises(Unavailable, match="does not answer"), db.connection():
        pass


def test_an_address_that_cannot_be_read_is_refused():
    db = Database("mysql://somewhere", "itda")
    with pytest.raises((Refused, Unavailable)), db.connection():
        pass


def test_a_pooled_connection_that_was_cut_is_replaced(database):
    with database.connection() as connection:
        pid = connection.info.backend_pid
    with database.connect(autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(Unavailable), database.connection() as connection:  # handed out as freshly used
        connection.execute("select 1")
    with database.connection() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        assert connection.info.backend_pid != pid


def test_of_two_writers_of_one_row_the_second_gets_a_conflict(database):
    def both() -> None:
        with database.connection() as one:
            one.execute("set transaction isolation level repeatable read")
            one.execute("select * from meta")
            with database.connection() as other:
                other.execute("update meta set value = value || ' '")
            one.execute("update meta set value = value || ' '")

    with pytest.raises(Conflict):
        both()


def test_what_we_acknowledge_is_durable_whatever_the_server_prefers(database):
    with database.connect(autocommit=True) as connection:
        connection.execute("alter role itda set synchronous_commit = off")
    try:
        with database.connect(autocommit=True) as connection:
            assert connection.execute("show synchronous_commit").fetchone() == ("on",)
    finally:
        with database.connect(autocommit=True) as connection:
            connection.execute("alter role itda reset synchronous_commit")


def test_a_database_keeps_to_its_workspace_key(database):
    workspace_key.bind(database, Vault(bytes(32)))
    workspace_key.bind(database, Vault(bytes(32)))
    with pytest.raises(Refused, match="does not belong"):
        workspace_key.bind(database, Vault(b"x" * 32))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.binary(max_size=6000),
            st.text(max_size=20),
            st.integers(-(2**63), 2**63 - 1),
            st.integers(-(2**31), 2**31 - 1),
            st.booleans(),
            st.none() | st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=30,
    )
)
def test_columns_arrive_as_they_were_sent(database, rows):
    columns = list(zip(*rows, strict=True)) or [()] * 6
    with database.connection() as connection:
        found = connection.execute(
            "select * from unnest(%b, %b, %b, %b, %b, %b)",
            [
                arrays.byteas(columns[0]),
                arrays.texts(columns[1]),
                arrays.bigints(columns[2]),
                arrays.integers(columns[3]),
                arrays.booleans(columns[4]),
                arrays.bigints_or_null(columns[5]),
            ],
            binary=True,
        ).fetchall()
    assert found == [(a, b.replace("\0", "\ufffd"), *rest) for a, b, *rest in rows]


def test_a_connection_of_ones_own_stands_in_the_schema(database):
    connection = database.connect(name="mine")
    try:
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert connection.execute("select current_schema(), current_setting('application_name')").fetchone() == (
            database.schema,
            "mine",
        )
    finally:
        connection.close()
