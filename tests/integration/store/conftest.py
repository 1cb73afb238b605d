"""Servers of their own, for tests that kill them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from itda.store import embedded, migrate
from itda.store.database import Database


class Server(msgspec.Struct):
    """An embedded server that a test may kill, and a database on it."""

    data_dir: Path
    db: Database


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="itda-faults-"))
    db = Database(embedded.start(folder / "pg"), "shop")
    migrate.fresh(db)
    yield Server(data_dir=folder / "pg", db=db)
    db.close()
    embedded.stop(folder / "pg")
    shutil.rmtree(folder)
