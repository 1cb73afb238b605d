"""A key that was destroyed is soon not even in the files of the database."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

import itda
from itda.store import keys, migrate
from itda.store.database import Connection, Database, keys_schema

pytestmark = pytest.mark.server


def in_the_file(db: Database) -> bytes:
    """What stands in the key store's file, given free or not."""
    with contextlib.closing(db.connect(autocommit=True)) as connection:
        connection.execute("checkpoint")
        folder, file = connection.execute(
            "select current_setting('data_directory'), pg_relation_filepath('keyring')"
        ).fetchone()
    return Path(folder, file).read_bytes()


def fragment(number: int) -> bytes:
    return number.to_bytes(16, "big")


def wrapped(number: int) -> bytes:
    return b"wrapped %04d" % number


def keep(connection: Connection, n: int) -> None:
    """Keys of so many: fewer than the server counts anew by itself (`autovacuum_analyze_threshold`)."""
    for number in range(n):
        connection.execute(
            "insert into keyring values (%s, 0, 'default', %s, 'email', %s, 'sealed')",
            [fragment(number), fragment(number), wrapped(number) * 6],
        )


def destroy(db: Database, number: int) -> None:
    with db.connection() as connection:
        assert keys.destroy(connection, [fragment(number)]) == 1
        connection.execute("select pg_stat_force_next_flush()")


def test_the_place_of_a_destroyed_key_is_given_free_and_written_over(empty_database: Database) -> None:
    migrate.fresh(empty_database)  # nobody else counted rows of it
    with empty_database.connection() as connection:
        keep(connection, 40)
    assert keys.clear_out(empty_database) == ["keyring"], "nobody knows whether anybody was erased"
    assert keys.clear_out(empty_database) == [], "nobody was erased"
    destroy(empty_database, 7)
    destroy(empty_database, 31)
    assert wrapped(7) in in_the_file(empty_database)
    assert keys.clear_out(empty_database) == ["keyring"]
    left = in_the_file(empty_database)
    assert [number for number in range(40) if wrapped(number) not in left] == [7, 31]
    with empty_database.connection() as connection:
        assert connection.execute("select count(*) from keyring").fetchone() == (38,)


def test_so_it_is_where_the_server_lost_its_counts_or_has_them_of_a_sample(empty_database: Database) -> None:
    migrate.fresh(empty_database)
    with empty_database.connection() as connection:
        keep(connection, 40)
    keys.clear_out(empty_database)
    destroy(empty_database, 7)
    with empty_database.connection() as connection:  # as a crash does
        connection.execute("select pg_stat_reset_single_table_counters('keyring'::regclass)")
    assert keys.clear_out(empty_database) == ["keyring"]
    assert wrapped(7) not in in_the_file(empty_database)
    with empty_database.connection() as connection:
        connection.execute("analyze keyring")
    assert keys.clear_out(empty_database) == ["keyring"], "of many rows the few deleted are in no sample"
    assert keys.clear_out(empty_database) == []


def test_a_round_of_the_upkeep_sees_to_it(shop: Path) -> None:
    def times() -> int:
        with opened.db.connection() as connection:
            row = connection.execute(
                "select vacuum_count from pg_stat_user_tables where schemaname = %s and relname = 'keyring'",
                [keys_schema(opened.db.schema)],
            ).fetchone()
        return int(row[0]) if row else 0

    with itda.open(shop) as opened:
        with opened.db.connection() as connection:
            keep(connection, 1)
        destroy(opened.db, 0)
        before = times()
        opened.upkeep().once()
        assert times() == before + 1
