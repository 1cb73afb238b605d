from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from itda.base.errors import Refused, Unavailable
from itda.store import embedded

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A data folder that was used and stopped: copying it is quicker than making one for each test."""
    made = Path(tempfile.mkdtemp(prefix="itda-embedded-"))
    embedded.start(made / "pg")
    embedded.stop(made / "pg")
    yield made / "pg"
    shutil.rmtree(made)


@pytest.fixture
def bare() -> Iterator[Path]:
    """A folder without a database."""
    made = Path(tempfile.mkdtemp(prefix="itda-embedded-"))
    yield made
    for pid_file in made.rglob("postmaster.pid"):
        embedded.stop(pid_file.parent)
    shutil.rmtree(made)


@pytest.fixture
def folder(bare: Path, template: Path) -> Path:
    """A folder with a stopped database in `pg`."""
    subprocess.run(["cp", "-a", template, bare / "pg"], check=True)
    return bare


def run(url: str, statement: str):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


def kill(data_dir: Path) -> None:
    server = embedded.running(data_dir)
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while embedded.running(data_dir) is not None:
        assert time.monotonic() < deadline


def servers(data_dir: Path) -> list[int]:
    """The servers of this folder; their children, which come and go, apart."""
    parents: dict[int, int] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.cwd() == str(data_dir):
                parents[process.pid] = process.ppid()
    return [pid for pid, parent in parents.items() if parent not in parents]


def test_it_starts_once_and_is_attached_to_afterwards(folder):
    url = embedded.start(folder / "pg")
    pid = embedded.running(folder / "pg")
    assert embedded.start(folder / "pg") == url
    assert embedded.running(folder / "pg") == pid
    assert len(servers(folder / "pg")) == 1


def test_what_it_acknowledges_is_durable_and_nobody_reaches_it_by_network(folder):
    url = embedded.start(folder / "pg")
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "jit": "off",
        "shared_buffers": "192MB",
        "server_encoding": "UTF8",
    }
    assert {name: run(url, f"show {name}")[0][0] for name in wanted} == wanted
    assert (folder / "pg").stat().st_mode & 0o077 == 0


def test_data_outlives_a_stop_and_the_stop_leaves_no_process(folder):
    url = embedded.start(folder / "pg")
    run(url, "create table kept as select 42 as n")
    embedded.stop(folder / "pg")
    embedded.stop(folder / "pg")
    assert embedded.running(folder / "pg") is None
    assert servers(folder / "pg") == []
    assert run(embedded.start(folder / "pg"), "select n from kept") == [(42,)]


def test_after_a_kill_it_recovers_every_committed_row(folder):
    url = embedded.start(folder / "pg")
    run(url, "create table kept as select generate_series(1, 50000) as n")
    busy = psycopg.connect(url)
    busy.execute("insert into kept values (-1)")
    kill(folder / "pg")
    url = embedded.start(folder / "pg")
    assert run(url, "select count(*), min(n) from kept") == [(50000, 1)]
    busy.close()


def test_stale_lock_files_are_swept_away_even_when_their_pid_lives(folder):
    alive = f"{os.getpid()}\n{folder / 'pg'}\n1\n5432\n/tmp\n\n1 1\nready\n"
    for remains in (alive, "1\n", "", "x"):
        (folder / "pg" / "postmaster.pid").write_text(remains)
        (folder / "pg" / ".s.PGSQL.5432.lock").write_text(remains)
        assert run(embedded.start(folder / "pg"), "select 1") == [(1,)]
        embedded.stop(folder / "pg")


def test_a_killed_making_is_made_again(bare):
    (bare / "pg.making" / "base").mkdir(parents=True)
    (bare / "pg.making" / "PG_VERSION").write_text("18")
    assert run(embedded.start(bare / "pg"), "select 1") == [(1,)]
    assert not (bare / "pg.making").exists()


@pytest.mark.parametrize("name", ["deep/" * 30, "a shop, 'mine' 가게"])
def test_the_path_of_a_workspace_may_be_long_or_odd(bare, name):
    data_dir = bare / name / ".itda" / "pg"
    assert run(embedded.start(data_dir), "select 1") == [(1,)]
    running = embedded.running(data_dir)
    assert embedded.start(data_dir) == running.url
    assert running.socket_dir != data_dir
    assert running.socket_dir.stat().st_mode & 0o077 == 0
    embedded.stop(data_dir)
    assert not running.socket_dir.exists()


def test_of_many_processes_that_start_it_one_does(bare):
    program = "import sys; from pathlib import Path; from itda.store import embedded; print(embedded.start(Path(sys.argv[1])))"
    started = [
        subprocess.Popen([sys.executable, "-c", program, str(bare / "pg")], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    urls = {process.communicate()[0].strip() for process in started}
    assert urls == {embedded.start(bare / "pg")}
    assert len(servers(bare / "pg")) == 1


def test_the_last_lease_stops_it(folder):
    first, second = embedded.Lease(folder / "pg"), embedded.Lease(folder / "pg")
    first.close()
    assert run(second.url, "select 1") == [(1,)]
    second.close()
    second.close()
    assert embedded.running(folder / "pg") is None


def test_a_killed_holder_lets_go_of_its_lease(folder):
    program = (
        "import sys, time; from pathlib import Path; from itda.store.embedded import Lease;"
        "lease = Lease(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(folder / "pg")], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with embedded.Lease(folder / "pg"):
        pass
    assert embedded.running(folder / "pg") is not None
    holder.kill()
    holder.communicate()
    with embedded.Lease(folder / "pg"):
        pass
    assert embedded.running(folder / "pg") is None


def test_a_lease_starts_a_dead_server_again(folder):
    with embedded.Lease(folder / "pg") as lease:
        kill(folder / "pg")
        assert run(lease.restart(), "select 1") == [(1,)]


def test_what_keeps_it_from_starting_is_told(folder):
    (folder / "pg" / "postgresql.auto.conf").write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(Unavailable, match="plenty"):
        embedded.start(folder / "pg")


def test_a_folder_that_is_not_ours_is_left_alone(bare):
    (bare / "pg").mkdir()
    (bare / "pg" / "diary.txt").write_text("dear diary")
    with pytest.raises(Refused, match="no database"):
        embedded.start(bare / "pg")
    (bare / "pg" / "PG_VERSION").write_text("15\n")
    with pytest.raises(Refused, match="PostgreSQL 15"):
        embedded.start(bare / "pg")
    assert (bare / "pg" / "diary.txt").read_text() == "dear diary"


def test_a_place_that_cannot_be_written_is_told(bare):
    (bare / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be started"):
        embedded.start(bare / "file" / "pg")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_user_other_than_root_runs_it_as_themselves(bare):
    nobody = pwd.getpwnam("nobody")
    bare.chmod(0o755)
    home = bare / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        try:
            os._exit(0 if run(embedded.start(home / "pg"), "select 1") == [(1,)] else 3)
        except BaseException:  # noqa: BLE001 - a forked test process must end here
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (home / "pg").stat().st_uid == nobody.pw_uid
    assert run(embedded.start(home / "pg"), "select 1") == [(1,)]  # root attaches to the user's


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_stranger_is_told_whose_it_is(folder):
    folder.chmod(0o777)
    (folder / "pg").chmod(0o755)
    nobody = pwd.getpwnam("nobody")
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
        try:
            embedded.start(folder / "pg")
        except Refused as refused:
            os._exit(0 if "belongs to" in str(refused) else 3)
        except BaseException:  # noqa: BLE001 - a forked test process must end here
            os._exit(2)
        os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
