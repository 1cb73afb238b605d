"""What every test may lean on: one embedded PostgreSQL for the whole run, and an empty schema for each test."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psutil
import pytest
from tests.schemas import Schemas

from itda.store import embedded, migrate
from itda.store.database import Database
from itda.store.vault import Vault

pytest_plugins = ["tests.fixtures_shop"]

hypothesis.settings.register_profile(
    "suite", derandomize=True, database=None, deadline=None, max_examples=60, print_blob=True
)
hypothesis.settings.register_profile("nightly", deadline=None, max_examples=3_000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("ITDA_HYPOTHESIS", "suite"))

_PREFIX = "itda-tests-"
_MEMORY = Path("/dev/shm")
_PLENTY = 4 << 30
"""Bytes. A server of the tests takes a hundred or two of megabytes; its log may grow to a gigabyte."""
_LONG = (
    "test_accessible", "test_compactor", "test_demo", "test_backup", "test_rebuild", "test_replay_journeys",
    "test_reader", "test_fetching_databases", "test_import", "test_metrics_by_hand", "test_review", "test_consent",
    "test_kill_with_mail", "test_applying", "test_flows", "test_served", "test_roles", "test_requests", "test_ready",
    "test_visit", "test_openapi", "test_faults", "test_segments_live", "test_letters", "test_replay", "test_embedded",
    "test_newcomer", "test_lived_shop", "test_match", "test_quarantine", "test_kill", "test_real_shop", "test_matrix",
    "test_serving", "test_decider_laws", "test_sender", "test_reconsidering",
)  # fmt: skip
"""Files that take longer than most, the longest first."""


def pytest_configure() -> None:
    """A run that is asked to end takes its servers with it, as after Ctrl-C; a terminal answers it in English."""
    os.environ["LC_ALL"] = "C.UTF-8"
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _home() -> Path:
    """Where the server of a run lies. In memory where there is plenty: its settings stay those of every shop's.

    What is told to be durable is durable there too for as long as the machine stands, and no test ends the machine.
    """
    free = (psutil.virtual_memory().available, shutil.disk_usage(_MEMORY).free) if os.access(_MEMORY, os.W_OK) else (0,)
    return _MEMORY if min(free) > _PLENTY else Path(tempfile.gettempdir())


def _sweep() -> None:
    """Stop and remove the servers of earlier runs that were killed."""
    for folder in [found for home in (_MEMORY, Path(tempfile.gettempdir())) for found in home.glob(_PREFIX + "*")]:
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            embedded.stop(folder / "pg")
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    """The URL of an embedded PostgreSQL that lives as long as the run."""
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_home()))
    try:
        yield embedded.start(folder / "pg")
    finally:
        embedded.stop(folder / "pg")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def schemas(database_url: str) -> Iterator[Schemas]:
    """The schemas of this run."""
    found = Schemas(database_url)
    yield found
    found.close()


@pytest.fixture
def empty_database(schemas: Schemas) -> Iterator[Database]:
    """A database whose schema does not exist yet."""
    db = schemas.place()
    yield db
    migrate.drop(db)
    db.close()


@pytest.fixture
def database(schemas: Schemas) -> Iterator[Database]:
    """A database with a fresh schema of its own. Its `url` and `schema` go into a workspace that wants them."""
    db = schemas.take()
    yield db
    schemas.give_back(db)


@pytest.fixture
def vault() -> Vault:
    """A vault whose key is always the same."""
    return Vault(bytes(range(32)))


def pytest_collection() -> None:
    """What is collected stays for the whole run: nothing of it is looked through for what could be let go of."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.enable()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: two who share the files then end together."""
    places = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
