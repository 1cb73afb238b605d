from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.schemas import Schemas

from itda.engine.compactor import Cadence, Compactor
from itda.events.event import ORDINALS
from itda.store.database import Database
from itda.store.lake.block import OWN_ID, STEWARD_CHANNEL, STEWARD_SOURCE, of_rows
from itda.store.lake.files import LakeFile
from itda.store.lake.reader import LakeReader
from itda.store.lake.timeline import NEWEST, Key, Sought, page

from .lake_equipment import Given, as_rows, fragment_of, put, random_events

KEPT = 40


def in_order(rows: list[Given], fragments: set[bytes]) -> list[Key]:
    return sorted(((e.occurred_at, e.position) for e, fragment in rows if fragment in fragments), reverse=True)


def known(rows: list[Given], fragment: bytes) -> Sought:
    """What the fold keeps: the last references in log order."""
    refs = sorted(((e.position, e.occurred_at) for e, f in rows if f == fragment))
    kept = tuple((at, position) for position, at in refs[-KEPT:])
    return Sought(fragment, kept, len(refs) <= KEPT)


def walked(reader: LakeReader, sought: list[Sought], limit: int) -> list[Key]:
    before, found = NEWEST, []
    while True:
        with reader.snapshot() as snapshot:
            rows = page(snapshot, sought, before, limit)
        found += [(row["occurred_at"], row["position"]) for row in rows]
        if len(rows) < limit:
            return found
        before = found[-1]


class Watching(LakeReader):
    """A reader that says which files it opened."""

    def __init__(self, like: LakeReader) -> None:
        super().__init__(like._db, like.lake_dir)
        self.opened: set[str] = set()

    def open(self, file: LakeFile) -> pq.ParquetFile:
        self.opened.add(file.path)
        return super().open(file)


@pytest.fixture(scope="module")
def lake(schemas: Schemas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LakeReader, list[Given]]]:
    """Months, days, and a tail; some fragments with many events, some with few. No test changes it."""
    chance = random.Random(11)
    rows: list[Given] = []
    database, folder = schemas.take(), tmp_path_factory.mktemp("lake")
    compactor = Compactor(database, folder, Cadence(rows=1, step_rows=1000))
    for turn in range(6):
        some = random_events(turn, chance.randrange(200, 500), frame=1 + turn * 20, fragments=30, days=150)
        rows += some
        put(database, some)
        if turn < 4:
            compactor.settle()
    yield LakeReader(database, folder), rows
    schemas.give_back(database)


@pytest.mark.parametrize(("limit", "askings"), [(1, 1), (7, 2), (50, 4), (1000, 8)])
@pytest.mark.parametrize("with_refs", [True, False])
def test_pages_put_together_are_every_event_once_newest_first(
    lake: tuple[LakeReader, list[Given]], limit: int, askings: int, with_refs: bool
) -> None:
    reader, rows = lake
    chance = random.Random(limit)
    for number in range(askings):
        fragments = {fragment_of(chance.randrange(30)) for _ in range(1 + number % 3)} | {fragment_of(29)}
        sought = [known(rows, one) if with_refs else Sought(one) for one in sorted(fragments)]
        assert walked(reader, sought, limit) == in_order(rows, fragments)


def test_a_page_opens_only_files_that_can_hold_the_fragment(lake: tuple[LakeReader, list[Given]]) -> None:
    reader, rows = lake
    watching = Watching(reader)
    with watching.snapshot() as snapshot:
        lone = fragment_of(29)
        holds = {file.path for file in snapshot.files_with([lone])}
        page(snapshot, [known(rows, lone)])
        assert watching.opened <= holds
        watching.opened.clear()
        assert page(snapshot, [Sought(b"nobody knows me!")]) == []
        assert len(watching.opened) <= len(snapshot.files) // 10


def test_a_stewards_decision_is_not_on_the_timeline(database: Database, tmp_path: Path) -> None:
    rows = as_rows(random_events(1, 3, fragments=1, days=1))
    rows.append((
        9 * ORDINALS, "d", STEWARD_SOURCE, STEWARD_CHANNEL, "Identity Cut", "track", 1, 1, 0, fragment_of(0),
        fragment_of(1), b"{}", b"{}", None, OWN_ID,
    ))  # fmt: skip
    with database.connection() as connection:
        connection.execute("insert into lake_tail values (9, 4, %s)", [of_rows(rows)])
        connection.execute("update cursor set position = 9 where name = 'pipeline'")
    reader = LakeReader(database, tmp_path)
    for _ in range(2):
        with reader.snapshot() as snapshot:
            assert len(page(snapshot, [Sought(fragment_of(0))])) == 3
        Compactor(database, tmp_path).settle()


def test_an_empty_lake_has_empty_pages(database: Database, tmp_path: Path) -> None:
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        assert page(snapshot, [Sought(fragment_of(1))]) == []
