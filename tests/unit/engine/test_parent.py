"""A child process ends with who started it."""

from __future__ import annotations

import os
import threading

from itda.engine.parent import when_gone


def test_what_a_parent_writes_ends_nothing_and_its_end_does():
    ours, parents = os.pipe()
    gone = threading.Event()
    when_gone(gone.set, ours)
    os.write(parents, b"still here")
    assert not gone.wait(0.05)
    os.close(parents)
    assert gone.wait(5)
    os.close(ours)
