"""SIGSTOP under load: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from bench.accounts import account, counted, is_sound
from bench.soak import start

import itda

RATE = 600
"""Events a second, in bursts: enough that a signal meets a chunk on its way."""


def test_a_stopped_writer_that_is_replaced_and_resumed_changes_nothing(shop: Path) -> None:
    ledger = shop.parent / "acknowledged-1"
    loader, old = start("load", shop, ledger, 1, "", RATE), start("write", shop)
    new: subprocess.Popen[bytes] | None = None
    try:
        _wait_until_processed(shop, 5)
        old.send_signal(signal.SIGSTOP)
        new = start("write", shop)
        _wait_until_processed(shop, _position(shop) + 5)
        old.send_signal(signal.SIGCONT)
        assert old.wait(30) == 0
        assert new.poll() is None
    finally:
        loader.kill()
        loader.wait()
        for one in (old, new):
            if one is not None and one.poll() is None:
                one.send_signal(signal.SIGCONT)
                one.terminate()
                one.wait(30)
    found = account(shop, shop.parent)
    assert is_sound(found), found
    (shop.parent / "acknowledged-and-lost").write_text("m-nowhere\n")
    with itda.open(shop) as opened:
        assert counted(opened, shop.parent)["lost"] == 1


def _position(shop: Path) -> int:
    with itda.open(shop) as opened:
        return opened.positions()[0]


def _wait_until_processed(shop: Path, position: int) -> None:
    deadline = time.monotonic() + 60
    with itda.open(shop) as opened:
        while opened.positions()[0] < position:
            assert time.monotonic() < deadline, "nothing is processed"
            time.sleep(0.05)
