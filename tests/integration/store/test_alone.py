"""Who does something alone: nobody else meanwhile, and whoever comes after at once."""

import pytest

from itda.base.errors import Fault, Refused
from itda.engine.alone import alone, is_held

pytestmark = pytest.mark.server
OTHERWISE = Fault(what="somebody else does it")


def test_one_at_a_time_does_it_and_the_next_at_once(database):
    with database.connection() as looking:
        for _ in range(30):
            with alone(database, "something", otherwise=OTHERWISE):
                assert is_held(looking, database.schema, "something")
            assert not is_held(looking, database.schema, "something")
    with (
        alone(database, "something", otherwise=OTHERWISE),
        alone(database, "another thing", otherwise=OTHERWISE),
        pytest.raises(Refused, match="somebody else does it"),
        alone(database, "something", otherwise=OTHERWISE),
    ):
        pass


def test_who_lost_the_database_meanwhile_ends_without_another_fault(database):
    with alone(database, "something", otherwise=OTHERWISE), database.connection() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'itda lock'"
        )
