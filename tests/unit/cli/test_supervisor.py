import itertools
import socket
import subprocess
import sys
import time

import pytest

from itda.base.errors import Refused
from itda.cli.supervisor import Address, Child, listen


class Started(subprocess.Popen):
    def let_go(self):
        self.stdin.close()


def starting(command):
    return lambda: Started(command, stdin=subprocess.PIPE)


SLEEPS = [sys.executable, "-c", "import sys; sys.stdin.read()"]


@pytest.fixture
def child():
    made = Child("doors", starting(SLEEPS))
    yield made
    made.wait(0)


def test_a_child_is_started_once_and_left_alone_while_it_lives(child):
    assert child.keep_alive(0.0) is None
    first = child.pid
    assert child.keep_alive(1.0) is None
    assert child.pid == first
    assert child.restarts == 0


def test_a_child_that_lived_long_is_started_again_at_once(child):
    child.keep_alive(0.0)
    _kill(child)
    assert child.keep_alive(100.0) == -9
    assert child.pid is not None
    assert child.restarts == 1


def test_a_child_that_keeps_dying_waits_longer_each_time():
    dies = Child("doors", starting([sys.executable, "-c", "raise SystemExit(3)"]))
    now, starts = 0.0, []
    for _ in range(600):
        before = dies.restarts
        dies.keep_alive(now)
        if dies.restarts > before:
            starts.append(now)
            _await_end(dies)
        now += 0.25
    waits = [round(b - a, 2) for a, b in itertools.pairwise(starts)]
    assert waits == sorted(waits)
    assert waits[0] < 1
    assert 16 <= waits[-1] <= 32


def test_a_child_that_does_not_listen_is_killed():
    deaf = Child("doors", starting([sys.executable, "-c",
                                    "import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"]))  # fmt: skip
    deaf.keep_alive(0.0)
    time.sleep(0.3)
    deaf.ask_to_stop()
    began = time.monotonic()
    deaf.wait(began + 0.3)
    assert deaf.pid is None
    assert time.monotonic() - began < 5


def test_a_taken_port_is_refused_with_a_cure():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=rf"cannot listen on 127.0.0.1:{port}.*--port"):
            listen("127.0.0.1", port)


def test_port_0_takes_a_free_one():
    with listen("127.0.0.1", 0) as sock:
        assert sock.getsockname()[1] > 0


def test_an_address_is_written_as_a_url():
    assert Address(1, "127.0.0.1", 8400, ()).url == "http://127.0.0.1:8400"
    assert Address(1, "::1", 8400, ()).url == "http://[::1]:8400"


def _kill(child: Child) -> None:
    import os

    os.kill(child.pid, 9)
    _await_end(child)


def _await_end(child: Child) -> None:
    for _ in range(300):
        if child.pid is None:
            return
        time.sleep(0.01)
    raise AssertionError("the child does not end")


def test_what_cannot_be_started_is_tried_again_after_a_wait_that_grows():
    tries = []

    def refuses():
        tries.append(len(tries))
        raise BlockingIOError("no process to be had")

    child = Child("doors", refuses)
    for tick in range(100):
        assert child.keep_alive(tick / 10) is None
    assert 4 <= len(tries) <= 7
    assert child.pid is None
