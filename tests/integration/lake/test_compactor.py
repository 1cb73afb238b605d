from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests import forked
from tests.integration.lake.killed_compactor import compact

from itda.base.errors import Conflict, Unavailable
from itda.base.instant import DAY, day_to_date
from itda.engine.compactor import LEFT_S, Cadence, Compactor
from itda.events.event import ORDINALS
from itda.store.database import Database
from itda.store.lake import manifest
from itda.store.lake.block import FORMAT
from itda.store.lake.files import GROUP_ROWS, Unreadable, first_of_month, on_disk
from itda.store.lake.reader import LakeReader, Snapshot
from itda.store.lake.timeline import Sought, page

from .lake_equipment import DAY_0, expected, fragment_of, put, random_events, row_event, seen

EAGER = Cadence(unread_bytes=0, rows=1, step_rows=300)


def named(db: Database) -> list[manifest.LakeFile]:
    with db.connection() as connection:
        return manifest.files(connection)


def test_every_row_comes_back_from_files_as_it_went_into_the_tail(database: Database, tmp_path: Path) -> None:
    rows = random_events(1, 1000)
    put(database, rows)
    Compactor(database, tmp_path / "lake", EAGER).settle()
    with LakeReader(database, tmp_path / "lake").snapshot() as snapshot:
        assert snapshot.tail == []
        assert snapshot.rows == 1000
        assert seen(snapshot.table()) == expected(rows)


def test_files_are_by_day_in_open_months_and_by_month_before(database: Database, tmp_path: Path) -> None:
    put(database, random_events(2, 1000))
    Compactor(database, tmp_path, EAGER).settle()
    first_open = first_of_month(DAY_0 - 7)
    for file in named(database):
        assert first_of_month(file.first_day) == first_of_month(file.last_day)
        if file.first_day >= first_open:
            assert file.level == 0
            assert file.first_day == file.last_day
            assert Path(file.path).name.startswith(day_to_date(file.first_day).isoformat())
        else:
            assert file.level == 1


def test_rows_of_a_file_are_sorted_by_fragment_and_position_in_small_groups(database: Database, tmp_path: Path) -> None:
    rows = [
        (row_event((1 + n // 1000) * ORDINALS + n % 1000, DAY_0 * 86_400_000_000), fragment_of(n % 977))
        for n in range(20_000)
    ]
    put(database, rows)
    Compactor(database, tmp_path).settle()
    (file,) = named(database)
    parquet = pq.ParquetFile(tmp_path / file.path)
    keys = [(row["fragment"], row["position"]) for row in parquet.read(["fragment", "position"]).to_pylist()]
    assert keys == sorted(keys)
    assert [parquet.metadata.row_group(n).num_rows for n in range(5)] == [GROUP_ROWS] * 4 + [20_000 - 4 * GROUP_ROWS]


def pass_days(database: Database, days: int) -> None:
    """Let log time go on."""
    with database.connection() as connection:
        connection.execute("update cursor set log_time = log_time + %s where name = 'pipeline'", [days * DAY])


def nine_files(database: Database, folder: Path, **given: Any) -> Compactor:
    """A compactor that wrote nine files of one day, which is over."""
    compactor = Compactor(database, folder, EAGER, **given)
    for turn in range(9):
        put(database, random_events(turn, 40, frame=1 + turn, days=1))
        compactor.step()
    pass_days(database, 2)
    return compactor


def most_of_a_day(database: Database) -> int:
    """How many files the day with the most of them has."""
    return max(Counter(file.first_day for file in named(database)).values())


def test_a_merge_is_given_up_when_the_compactor_is_to_stop_and_leaves_no_file(
    database: Database, tmp_path: Path
) -> None:
    compactor = nine_files(database, tmp_path)
    before = named(database)
    assert not compactor.step(lambda: True)
    assert named(database) == before
    assert sorted(on_disk(tmp_path)) == sorted(file.path for file in before)
    assert compactor.step()
    assert len(named(database)) < len(before)


def test_a_file_deleted_by_hand_is_one_line_with_its_name_and_the_cure(database: Database, tmp_path: Path) -> None:
    put(database, random_events(1, 400, days=1))
    Compactor(database, tmp_path, EAGER).settle()
    lost = tmp_path / named(database)[0].path
    lost.unlink()
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        for ask in (snapshot.table, lambda: scanned(snapshot), lambda: snapshot.open(named(database)[0])):
            with pytest.raises(Unavailable) as told:
                ask()
            assert str(told.value) == f"the lake's file {lost} is gone: put it back from a backup"


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4)
        file.write(bytes(60))


def test_a_damaged_file_is_one_line_with_its_name_for_who_reads_it(database: Database, tmp_path: Path) -> None:
    nine_files(database, tmp_path)
    for file in named(database):
        damage(tmp_path / file.path)
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        fragments = [Sought(fragment_of(number)) for number in range(20)]
        for ask in (snapshot.table, lambda: page(snapshot, fragments)):
            with pytest.raises(Unreadable, match=r"the lake's file .*\.parquet cannot be read"):
                ask()


def test_a_file_that_cannot_be_read_is_left_and_the_others_are_merged(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    compactor = nine_files(database, tmp_path, clock=lambda: now[0])
    left = named(database)[3]
    sound = (tmp_path / left.path).read_bytes()
    damage(tmp_path / left.path)
    compactor.settle()
    told = [record.getMessage() for record in caplog.records if "merged without it" in record.getMessage()]
    assert len(told) == 1
    assert f"the lake's file {tmp_path / left.path} cannot be read" in told[0]
    assert left in named(database)
    assert len(named(database)) < 9
    with database.connection() as connection:
        assert manifest.left(connection) == [left.path]
    (tmp_path / left.path).write_bytes(sound)
    now[0] = LEFT_S
    for turn in range(9, 18):
        put(database, random_events(turn, 40, frame=1 + turn, days=1))
        compactor.step()
    compactor.settle()
    assert left not in named(database)
    rows = [row for turn in range(18) for row in random_events(turn, 40, frame=1 + turn, days=1)]
    assert seen(LakeReader(database, tmp_path).table()) == expected(rows)


def rewritten(path: Path, marks: dict[str, str]) -> None:
    """The file again, with these words in its footer and no others."""
    rows = pq.read_table(path)
    with pq.ParquetWriter(path, rows.schema, store_schema=False) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata(marks)


def test_a_file_of_a_newer_format_is_one_line_for_whoever_meets_it(database: Database, tmp_path: Path) -> None:
    compactor = nine_files(database, tmp_path)
    newer = named(database)[0]
    assert pq.read_metadata(tmp_path / newer.path).metadata[b"itda.lake"] == str(FORMAT).encode()
    rewritten(tmp_path / newer.path, {"itda.lake": str(FORMAT + 1)})
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        for ask in (snapshot.table, lambda: scanned(snapshot), lambda: snapshot.open(newer)):
            with pytest.raises(Unreadable, match=rf"{newer.path} has format {FORMAT + 1}, .*: use the newer Itda"):
                ask()
    compactor.settle()
    assert newer in named(database)


def test_a_file_from_before_formats_were_marked_is_read(database: Database, tmp_path: Path) -> None:
    nine_files(database, tmp_path)
    for file in named(database):
        rewritten(tmp_path / file.path, {})
    reader = LakeReader(database, tmp_path)
    assert reader.table().num_rows == 9 * 40
    with reader.snapshot() as snapshot:
        scanned(snapshot)


def scanned(snapshot: Snapshot) -> None:
    with snapshot.duckdb(["position"]) as connection:
        connection.execute("select count(*) from lake").fetchall()


def test_many_small_files_become_few(database: Database, tmp_path: Path) -> None:
    rows = []
    compactor = Compactor(database, tmp_path, EAGER)
    for turn in range(30):
        some = random_events(turn, 40, frame=1 + turn, days=40)
        rows += some
        put(database, some)
        compactor.settle()
    assert most_of_a_day(database) < 32, "today takes more files before they are merged"
    pass_days(database, 2)
    compactor.settle()
    assert most_of_a_day(database) < 8
    with LakeReader(database, tmp_path).snapshot() as snapshot:
        assert seen(snapshot.table()) == expected(rows)
    compactor.step()
    assert sorted(on_disk(tmp_path)) == sorted(file.path for file in named(database))


def test_a_closed_months_days_become_one_file(database: Database, tmp_path: Path) -> None:
    put(database, random_events(3, 500, days=6))
    compactor = Compactor(database, tmp_path, EAGER)
    compactor.settle()
    assert len(named(database)) == 12
    pass_days(database, 60)
    compactor.settle()
    (file,) = named(database)
    assert (file.level, file.rows, file.first_day, file.last_day) == (1, 500, DAY_0 - 5, DAY_0)


@pytest.mark.parametrize(
    ("point", "times"),
    [("written", 1), ("written", 7), ("swapping", 1), ("swapping", 2), ("swapped", 1), ("swapped", 3), ("removing", 1)],
)
def test_a_compactor_killed_at_any_point_changes_nothing_that_is_read(
    database: Database, tmp_path: Path, point: str, times: int
) -> None:
    rows = []
    for turn in range(5):
        some = random_events(turn, 100, frame=1 + 2 * turn, days=90)
        rows += some
        put(database, some)
        if turn < 4:
            Compactor(database, tmp_path, EAGER).step(is_final=True)
    killed = forked.ended(compact, database.url, database.schema, tmp_path, point, times, timeout=60)
    assert killed == -signal.SIGKILL
    reader = LakeReader(database, tmp_path)
    assert seen(reader.table()) == expected(rows)
    after = Compactor(database, tmp_path, EAGER)
    after.settle()
    after.step()
    assert seen(reader.table()) == expected(rows)
    assert sorted(on_disk(tmp_path)) == sorted(file.path for file in named(database))


def test_a_compactor_that_was_replaced_changes_nothing_when_it_resumes(database: Database, tmp_path: Path) -> None:
    rows = random_events(5, 200)
    put(database, rows)
    paused: list[Compactor] = []

    def replaced(point: str) -> None:
        if point == "written" and not paused:
            paused.append(Compactor(database, tmp_path, EAGER))
            paused[0].start()

    former = Compactor(database, tmp_path, EAGER, heard=replaced)
    with pytest.raises(Conflict):
        former.settle()
    assert named(database) == []
    with pytest.raises(Conflict):
        former.step(is_final=True)
    paused[0].settle()
    assert seen(LakeReader(database, tmp_path).table()) == expected(rows)
    assert sorted(on_disk(tmp_path)) == sorted(file.path for file in named(database))


def test_replaced_files_stay_until_the_last_older_snapshot_is_closed(database: Database, tmp_path: Path) -> None:
    rows = []
    compactor = Compactor(database, tmp_path, Cadence(unread_bytes=0, rows=1, step_rows=50))
    for turn in range(7):
        some = random_events(turn, 50, frame=1 + turn, days=1)
        rows += some
        put(database, some)
        compactor.step()
    assert len(named(database)) == 7
    pass_days(database, 2)
    reader = LakeReader(database, tmp_path)
    with reader.snapshot() as snapshot:
        compactor.settle()
        more = random_events(7, 100, frame=100, days=1)
        put(database, more)
        compactor.settle()
        compactor.step()
        assert seen(snapshot.table()) == expected(rows)
        assert len(on_disk(tmp_path)) > len(named(database))
    compactor.step()
    assert sorted(on_disk(tmp_path)) == sorted(file.path for file in named(database))
    assert seen(reader.table()) == expected(rows + more)


def test_compaction_at_any_moment_never_changes_what_a_reader_sees(database: Database, tmp_path: Path) -> None:
    chance = random.Random(8)
    compactor = Compactor(database, tmp_path, Cadence(unread_bytes=0, rows=1, step_rows=120))
    reader = LakeReader(database, tmp_path)
    rows = []
    for turn in range(25):
        some = random_events(turn, chance.randrange(1, 60), frame=1 + 2 * turn, days=chance.choice([1, 3, 70]))
        rows += some
        put(database, some)
        with reader.snapshot() as snapshot:
            for _ in range(chance.randrange(4)):
                compactor.step(is_final=chance.random() < 0.5)
            assert snapshot.position == max(event.position for event, _ in rows) // ORDINALS
            assert seen(snapshot.table()) == expected(rows)
        fragment = fragment_of(chance.randrange(10))
        with reader.snapshot() as snapshot:
            assert seen(snapshot.of_fragments([fragment])) == expected([row for row in rows if row[1] == fragment])
            picked = chance.sample([event.position for event, _ in rows], min(5, len(rows)))
            assert sorted(snapshot.rows_at(picked)["position"].to_pylist()) == sorted(picked)
            after = chance.choice(picked)
            assert seen(snapshot.table(after=after)) == expected([row for row in rows if row[0].position > after])
            where = pc.field("local_date") >= DAY_0 - 1
            assert seen(snapshot.table(where=where)) == expected([r for r in rows if r[0].local_date >= DAY_0 - 1])
            with snapshot.duckdb(["position", "fragment"]) as duck:
                counted = duck.execute("select count(*), count(distinct fragment) from lake").fetchone()
            assert counted == (len(rows), len({fragment for _, fragment in rows}))


def test_a_disk_without_room_is_unavailable_and_leaves_the_tail(database: Database, tmp_path: Path) -> None:
    put(database, random_events(9, 50))
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "2025").write_text("in the way of the year's folder")
    with pytest.raises(Unavailable):
        Compactor(database, tmp_path / "lake", EAGER).settle()
    (tmp_path / "lake" / "2025").unlink()
    Compactor(database, tmp_path / "lake", EAGER).settle()
    assert LakeReader(database, tmp_path / "lake").table().num_rows == 50


def test_the_tail_waits_for_its_cadence(database: Database, tmp_path: Path) -> None:
    now = [0.0]
    put(database, random_events(10, 50))
    compactor = Compactor(
        database, tmp_path, Cadence(unread_bytes=0, rows=1000, blocks=10, age_s=60), clock=lambda: now[0]
    )
    assert not compactor.step()
    now[0] = 61
    assert compactor.step()


def test_what_is_not_decided_yet_stays_in_the_tail_as_long_as_that_is_short(database: Database, tmp_path: Path) -> None:
    put(database, random_events(10, 50))
    assert not Compactor(database, tmp_path, Cadence(rows=1)).step()
    assert Compactor(database, tmp_path, Cadence(rows=1, unread_bytes=1)).step()
    put(database, random_events(11, 50))
    with database.connection() as connection:
        connection.execute("update cursor set position = 1000000 where name = 'decider'")
    assert Compactor(database, tmp_path, Cadence(rows=1)).step()
