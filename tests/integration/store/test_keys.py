"""A key that was destroyed is soon not even in the files of the database."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from itda.store import keys
from itda.store.database import Database

pytestmark = pytest.mark.server


def in_the_file(db: Database) -> bytes:
    """What stands in the key store's file, given free or not."""
    with contextlib.closing(db.connect(autocommit=True)) as connection:
        connection.execute("checkpoint")
        folder, file = connection.execute(
            "select current_setting('data_directory'), pg_relation_filepath('keyring')"
        ).fetchone()
    return Path(folder, file).read_bytes()


def test_the_place_of_a_destroyed_key_is_given_free_and_written_over(database: Database) -> None:
    def fragment(number: int) -> bytes:
        return number.to_bytes(16, "big")

    keys.clear_out(database)  # of who had the schema before
    with database.connection() as connection:
        for number in range(60):
            wrapped = b"wrapped %04d" % number * 6
            connection.execute(
                "insert into keyring values (%s, 0, 'default', %s, 'email', %s, 'sealed')",
                [fragment(number), fragment(number), wrapped],
            )
    assert "keyring" not in keys.clear_out(database), "nobody was erased"
    with database.connection() as connection:
        assert keys.destroy(connection, [fragment(7), fragment(31)]) == 2
        connection.execute("select pg_stat_force_next_flush()")
    assert b"wrapped 0007" in in_the_file(database)
    assert keys.clear_out(database) == ["keyring"]
    left = in_the_file(database)
    assert b"wrapped 0007" not in left
    assert b"wrapped 0031" not in left
    assert b"wrapped 0008" in left
    with database.connection() as connection:
        assert connection.execute("select count(*) from keyring").fetchone() == (58,)
