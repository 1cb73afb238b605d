"""Socket folders in /tmp: what a killed server leaves there is taken away by the next start, and nothing else is."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from itda.engine import examination
from itda.store import embedded
from itda.store.embedded_sockets import left_behind

pytestmark = pytest.mark.server

LONG = "deep/" * 30
HOUR_S = 3600


@pytest.fixture
def bare() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="itda-embedded-"))
    yield made
    for pid_file in made.rglob("postmaster.pid"):
        embedded.stop(pid_file.parent)
    shutil.rmtree(made)


@pytest.fixture
def planted() -> Iterator[Path]:
    """A folder in /tmp with the name of a socket folder, of a killed server. It is young: no other start takes it."""
    folder = Path("/tmp") / f"itda-{os.getpid():016x}"
    folder.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / ".s.PGSQL.5432"))
    (folder / ".s.PGSQL.5432.lock").write_text("1\n")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def age(folder: Path) -> None:
    """From here on whoever starts a server, in whatever test, may take it away."""
    then = time.time() - HOUR_S
    os.utime(folder, (then, then))


def later() -> float:
    return time.time() + HOUR_S


def told() -> list[Path]:
    """What would be left behind in an hour."""
    return left_behind({os.geteuid()}, later())


def test_what_a_killed_server_left_is_told_by_doctor(bare, planted):
    assert planted in told()
    (check,) = [check for check in examination.examine(bare, 1, clock=later) if check.name == "sockets"]
    assert check.ok
    assert planted.name in check.what


def test_what_a_killed_server_left_is_taken_away_by_the_next_start(bare, planted):
    age(planted)
    embedded.start(bare / "pg")
    assert not planted.exists()


def test_a_server_killed_at_a_long_path_leaves_a_folder_that_its_own_next_start_uses(bare):
    embedded.start(bare / LONG / "pg")
    running = embedded.running(bare / LONG / "pg")
    uids = {running.socket_dir.stat().st_uid}
    assert running.socket_dir not in left_behind(uids, later())
    os.kill(running.pid, signal.SIGKILL)
    while embedded.running(bare / LONG / "pg") is not None:
        time.sleep(0.02)
    assert running.socket_dir in left_behind(uids, later())
    embedded.start(bare / LONG / "pg")
    assert running.socket_dir.exists()
    assert running.socket_dir not in left_behind(uids, later())


def test_what_is_young_or_answered_or_somebody_elses_or_a_link_is_left_alone(planted):
    assert planted not in left_behind({os.geteuid()}, time.time())
    assert planted in told()
    if os.geteuid() == 0:
        os.chown(planted, 12345, 12345)
        assert planted not in told()
        os.chown(planted, 0, 0)
    (planted / ".s.PGSQL.5432").unlink()
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(planted / ".s.PGSQL.5432"))
        living.listen()
        assert planted not in told()
    assert planted in told()
    link = planted.with_name(planted.name.replace("itda-0", "itda-f"))
    link.symlink_to(planted)
    try:
        assert link not in told()
    finally:
        link.unlink()


def test_a_folder_that_holds_anything_else_stays(bare, planted):
    (planted / "somebodys.txt").write_text("kept")
    age(planted)
    embedded.start(bare / "pg")
    assert (planted / "somebodys.txt").read_text() == "kept"
