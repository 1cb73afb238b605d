"""The same tests on every store: PostgreSQL's and the memory twin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from itda.store.intake import PostgresIntake
from itda.store.memory import MemoryIntake, MemoryPipelineStore, MemoryTables
from itda.store.pipeline_store import PostgresPipelineStore


class Stores(msgspec.Struct):
    """An intake, and stores over one and the same database: each call of `store` gives another process's."""

    intake: Any
    store: Callable[[], Any]


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.server)])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        intake, tables = MemoryIntake(), MemoryTables()
        yield Stores(intake=intake, store=lambda: MemoryPipelineStore(tables))
        return
    database = request.getfixturevalue("database")
    opened: list[Any] = [PostgresIntake(database, request.getfixturevalue("vault"))]

    def store() -> PostgresPipelineStore:
        opened.append(PostgresPipelineStore(database))
        return opened[-1]

    yield Stores(intake=opened[0], store=store)
    for one in opened:
        one.close()
