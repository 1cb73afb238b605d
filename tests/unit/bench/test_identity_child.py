"""What a tool costs is told of that tool, not of the bench that started it."""

import sys

import pytest
from bench.identity.child import run

BURN = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
HOLD = "import time\nheld = bytearray(120 << 20)\ntime.sleep(0.4)\n"


def test_cpu_is_that_of_the_child_and_of_its_children(tmp_path):
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])\n{BURN}"
    cost = run([sys.executable, "-S", "-c", code], tmp_path, 60)
    assert cost.failure == ""
    assert cost.cpu_s == pytest.approx(0.6, abs=0.25)


def test_memory_is_the_childs_own_even_where_the_bench_holds_more(tmp_path):
    here = bytearray(300 << 20)
    cost = run([sys.executable, "-S", "-c", HOLD], tmp_path, 60)
    assert len(here) == 300 << 20
    assert 120 < cost.peak_rss_mb < 160
    assert 115 < cost.peak_pss_mb < 160


def test_a_tool_that_fails_is_told_by_the_last_it_said(tmp_path):
    cost = run([sys.executable, "-S", "-c", "raise SystemExit('no such column')"], tmp_path, 60)
    assert cost.failure == "exit 1: no such column"


def test_a_tool_that_does_not_end_is_ended(tmp_path):
    assert run([sys.executable, "-S", "-c", "import time; time.sleep(60)"], tmp_path, 0.3).failure.startswith(
        "not done"
    )
