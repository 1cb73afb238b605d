from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from itda.base.errors import Unavailable
from itda.base.instant import DAY
from itda.store import embedded, migrate
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import ChunkWrites, FragmentRow, Record
from itda.store.time_keys import QuarantineKeys

pytestmark = pytest.mark.server

NOW = 1_790_000_000_000_000
WRITER = Path(__file__).with_name("writer.py")


def record(body: bytes = b"{}") -> Record:
    return Record(source="web", call="track", body=body)


@contextlib.contextmanager
def writing(what: str, db: Database) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, str(WRITER), what, db.url, db.schema],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def kill_server(data_dir: Path) -> None:
    """Kill the postmaster, and wait until its backends have noticed: one may still finish what it was about."""
    running = embedded.running(data_dir)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    while any(embedded._is_server(pid, data_dir) for pid in psutil.pids()):
        time.sleep(0.01)


def counted(db: Database) -> int:
    with db.connection() as connection:
        return int(connection.execute("select coalesce(sum(n), 0) from quality").fetchone()[0])


def test_a_frame_of_a_slow_writer_is_read_and_the_order_is_that_of_commits(database, vault):
    intake, other = PostgresIntake(database, vault), PostgresIntake(database, vault)
    intake.append([record(b"first")], NOW)
    appended: list[int] = []
    quick = threading.Thread(target=lambda: appended.append(other.append([record(b"quick")], NOW + 1).position))
    with database.connection() as slow:
        assert intake.append_in(slow, [record(b"slow")], NOW).position == 2
        quick.start()
        time.sleep(0.3)
        assert [frame.position for frame in intake.read(0, 1 << 20)] == [1]
        assert appended == []
    quick.join()
    assert appended == [3]
    assert [frame.records[0].body for frame in intake.read(0, 1 << 20)] == [b"first", b"slow", b"quick"]
    intake.close()
    other.close()


def test_a_frame_taken_back_leaves_no_gap(database, vault):
    intake = PostgresIntake(database, vault)

    def taken_back() -> None:
        with database.connection() as connection:
            assert intake.append_in(connection, [record(b"never")], NOW).position == 1
            raise KeyError

    with pytest.raises(KeyError):
        taken_back()
    assert intake.append([record(b"kept")], NOW).position == 1
    assert [frame.records[0].body for frame in intake.read(0, 1 << 20)] == [b"kept"]
    intake.close()


def test_a_writer_suspended_with_the_log_in_hand_is_thrown_out(database, vault):
    intake = PostgresIntake(database, vault)
    with writing("hold", database) as holder:
        assert line(holder) == "1"
        holder.send_signal(signal.SIGSTOP)
        assert intake.append([record(b"ours")], NOW).position == 1
    assert [frame.records[0].body for frame in intake.read(0, 1 << 20)] == [b"ours"]
    intake.close()


def test_a_suspended_writer_that_was_replaced_changes_nothing(database):
    with writing("chunks", database) as child:
        assert line(child) == "writing"
        store = PostgresPipelineStore(database)
        time.sleep(0.3)
        child.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        epoch, position, _ = store.acquire()
        assert time.monotonic() - started < 5
        assert counted(database) == position
        ours = FragmentRow(fragment=bytes(16), state=b"ours", events=1, first_at=1, last_at=1)
        store.commit(
            ChunkWrites(position_before=position, position_after=position, epoch=epoch, log_time=NOW, fragments=[ours])
        )
        child.send_signal(signal.SIGCONT)
        assert line(child) == "outrun"
        assert child.wait(10) == 0
        assert counted(database) == position
        assert store.fragments([bytes(16)]) == [ours]
        store.close()


def test_a_writer_killed_at_any_moment_leaves_whole_chunks(database):
    store = PostgresPipelineStore(database)
    attempts, position = itertools.count(), 0
    while (attempt := next(attempts)) < 4 or (not position and attempt < 20):
        with writing("chunks", database) as child:
            assert line(child) == "writing"
            time.sleep(0.05 + 0.07 * attempt)
        _, position, _ = store.acquire()
        assert counted(database) == position
        rows = store.fragments([number.to_bytes(16, "big") for number in range(2000)])
        states = {int.from_bytes(row.state, "big") for row in rows}
        assert states == ({position - 1} if position else set())
    assert position > 0
    store.close()


def test_no_acknowledged_frame_is_lost_when_the_server_is_killed(server, vault):
    acknowledged: list[int] = []
    for _ in range(2):
        with writing("append", server.db) as child:
            acknowledged += [int(line(child)) for _ in range(40)]
            kill_server(server.data_dir)
            rest = child.communicate(timeout=20)[0].split()
            acknowledged += [int(number) for number in rest]
        embedded.start(server.data_dir)
    intake = PostgresIntake(server.db, vault)
    read: list[int] = []
    while frames := intake.read(read[-1] if read else 0, 1 << 20):
        read += [frame.position for frame in frames]
    assert read == list(range(1, len(read) + 1))
    assert set(acknowledged) <= set(read)
    intake.close()


def test_while_the_server_is_away_all_say_so_and_then_go_on(server, vault):
    intake, store = PostgresIntake(server.db, vault), PostgresPipelineStore(server.db)
    intake.append([record(b"before")], NOW)
    epoch, position, _ = store.acquire()
    kill_server(server.data_dir)
    attempts = [
        lambda: intake.append([record()], NOW),
        lambda: intake.read(0, 1),
        lambda: intake.tick(NOW),
        lambda: store.fragments([bytes(16)]),
        lambda: store.commit(ChunkWrites(position_before=0, position_after=1, epoch=epoch, log_time=NOW)),
        store.acquire,
        lambda: counted(server.db),
    ]
    for attempt in attempts:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            attempt()
        assert time.monotonic() - started < 2
    assert embedded.start(server.data_dir) == server.db.url
    assert intake.append([record(b"after")], NOW).position == 2
    assert [frame.records[0].body for frame in intake.read(0, 1 << 20)] == [b"before", b"after"]
    epoch, position, _ = store.acquire()
    assert position == 0
    store.commit(ChunkWrites(position_before=0, position_after=2, epoch=epoch, log_time=NOW))
    assert counted(server.db) == 0
    intake.close()
    store.close()


def test_a_commit_whose_connection_was_cut_is_known_for_what_it_was(database):
    store = PostgresPipelineStore(database)
    epoch, position, _ = store.acquire()
    with database.connect(autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = %s",
            [f"itda writer {database.schema}"],
        )
    chunk = ChunkWrites(position_before=position, position_after=1, epoch=epoch, log_time=NOW)
    with pytest.raises(Unavailable):
        store.commit(chunk)
    store.commit(chunk)
    assert store.acquire()[1] == 1
    store.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="itda-disk-"))
    mounted = shutil.which("mount") and os.geteuid() == 0 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=150m", "tmpfs", folder], check=False, capture_output=True
    ).returncode == 0  # fmt: skip
    if not mounted:
        folder.rmdir()
        pytest.skip("a small disk can be mounted by root only, and not in every container")
    yield folder
    embedded.stop(folder / "pg")
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def test_a_full_disk_is_said_to_be_so_and_nothing_acknowledged_is_lost(small_disk, vault):
    db = Database(embedded.start(small_disk / "pg"), "shop")
    migrate.fresh(db)
    intake = PostgresIntake(db, vault)
    acknowledged = 0

    def fill() -> None:
        nonlocal acknowledged
        for _ in range(2000):
            acknowledged = intake.append([record(os.urandom(500_000))], NOW).position

    with pytest.raises(Unavailable):
        fill()
    assert acknowledged > 10
    with pytest.raises(Unavailable):
        intake.append([record(os.urandom(500_000))], NOW)
    subprocess.run(["mount", "-o", "remount,size=400m", small_disk], check=True)
    embedded.start(small_disk / "pg")
    assert intake.append([record(b"after")], NOW).position > acknowledged
    read: list[int] = []
    while frames := intake.read(read[-1] if read else 0, 1 << 20):
        read += [frame.position for frame in frames]
    assert read == list(range(1, read[-1] + 1))
    intake.close()
    db.close()


def test_days_are_dropped_only_when_all_their_frames_are_processed(database, vault):
    intake, store = PostgresIntake(database, vault), PostgresPipelineStore(database)
    day = NOW // DAY
    for step in (0, 0, 1, 2):
        intake.append([record()], NOW + step * DAY)
    epoch, _, _ = store.acquire()
    assert intake.drop_before(day + 2) == []
    store.commit(ChunkWrites(position_before=0, position_after=2, epoch=epoch, log_time=NOW))
    assert intake.drop_before(day + 2) == [day]
    assert [frame.position for frame in intake.read(0, 1 << 20)] == [3, 4]
    store.commit(ChunkWrites(position_before=2, position_after=4, epoch=epoch, log_time=NOW))
    assert intake.drop_before(day + 2) == [day + 1]
    with database.connection() as connection:
        days = connection.execute("select day from intake_key order by day").fetchall()
    assert days == [(day + 2,)]
    assert intake.append([record()], NOW).position == 5
    intake.close()
    store.close()


def test_a_frame_for_a_day_that_another_process_dropped_is_kept_readable(database, vault):
    intake, other, store = (
        PostgresIntake(database, vault),
        PostgresIntake(database, vault),
        PostgresPipelineStore(database),
    )
    intake.append([record()], NOW)
    epoch, _, _ = store.acquire()
    store.commit(ChunkWrites(position_before=0, position_after=1, epoch=epoch, log_time=NOW))
    assert other.drop_before(NOW // DAY + 5) == [NOW // DAY, NOW // DAY + 1]
    assert intake.append([record(b"late")], NOW).position == 2
    fresh = PostgresIntake(database, vault)
    assert [frame.records[0].body for frame in fresh.read(0, 1 << 20)] == [b"late"]
    for one in (intake, other, fresh, store):
        one.close()


def test_a_months_quarantine_key_is_destroyed_in_time(database, vault):
    keys = QuarantineKeys(database, vault)
    month = 2026 * 12 + 10
    sealed = keys.key(month).seal(bytes(16), "q", b"refused")
    assert QuarantineKeys(database, vault).open(month).open(bytes(16), "q", sealed) == b"refused"
    last_day = 20_787  # 2026-11-30
    assert keys.destroy_due(last_day + 30) == 0
    assert keys.open(month) is not None
    assert keys.destroy_due(last_day + 31) == 1
    assert keys.open(month) is None
    assert QuarantineKeys(database, vault).open(month) is None


def test_what_is_read_at_once_is_bounded_once_opened_too(database, vault):
    intake = PostgresIntake(database, vault)
    for _ in range(3):
        intake.append([record(b" " * (1 << 20))], NOW)
    assert [frame.position for frame in intake.read(0, 1 << 16)] == [1]
    assert [frame.position for frame in intake.read(1, 1 << 20)] == [2, 3]
    intake.close()
