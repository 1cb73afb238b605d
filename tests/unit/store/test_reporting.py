"""What PostgreSQL reports is tried again only where that can help."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg

from itda.base.errors import Broken, Conflict, Unavailable
from itda.store.reporting import reported, told


def of(error: type[psycopg.Error]) -> type[Exception] | None:
    found = told(error("what it says\nDETAIL: somebody's row"))
    assert found is None or "somebody" not in str(found), "no row's content is repeated"
    return None if found is None else type(found)


@pytest.mark.parametrize("error", [pg.ProgramLimitExceeded, pg.StatementTooComplex, pg.TooManyArguments])
def test_a_limit_of_postgresql_is_a_fault_and_never_tried_again(error: type[psycopg.Error]) -> None:
    assert of(error) is Broken
    assert "54" in str(told(error("index row size 2768 exceeds btree maximum 2704")))


@pytest.mark.parametrize(
    "error", [pg.ConfigurationLimitExceeded, pg.ProtocolViolation, pg.DataCorrupted, pg.CantChangeRuntimeParam]
)
def test_what_no_second_try_mends_is_a_fault(error: type[psycopg.Error]) -> None:
    assert of(error) is Broken


@pytest.mark.parametrize(
    "error",
    [pg.AdminShutdown, pg.CannotConnectNow, pg.ConnectionFailure, pg.QueryCanceled, pg.OutOfMemory, pg.DiskFull,
     pg.TooManyConnections, pg.LockNotAvailable, pg.IdleInTransactionSessionTimeout, pg.ReadOnlySqlTransaction,
     pg.IoError, psycopg.OperationalError, psycopg.InterfaceError],
)  # fmt: skip
def test_what_passes_by_itself_is_waited_for(error: type[psycopg.Error]) -> None:
    assert of(error) is Unavailable


@pytest.mark.parametrize("error", [pg.SerializationFailure, pg.DeadlockDetected])
def test_who_was_outrun_decides_anew(error: type[psycopg.Error]) -> None:
    assert of(error) is Conflict


def test_every_outage_of_the_driver_is_told_one_way_or_another() -> None:
    every = [one for one in vars(pg).values() if isinstance(one, type) and issubclass(one, psycopg.OperationalError)]
    classes = {one.sqlstate[:2] for one in every if one.sqlstate} - {"27", "2B", "2F", "3B"}
    untold = {one.__name__ for one in every if one.sqlstate and one.sqlstate[:2] in classes and told(one("")) is None}
    assert untold == set()


def test_a_fault_of_our_own_statement_stays_what_it_is() -> None:
    with pytest.raises(pg.UndefinedColumn), reported():
        raise pg.UndefinedColumn("no such column")
