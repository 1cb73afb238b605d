"""The code is as the linter and the formatter want it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("asked", [["check"], ["format", "--check"]])
def test_the_linter_has_nothing_to_say(asked: list[str]) -> None:
    ruff = Path(sys.executable).parent / "ruff"
    done = subprocess.run([ruff, *asked, "--no-cache", "."], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
