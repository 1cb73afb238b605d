"""An import in a process of its own, to be looked at or killed while it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fixtures_shop import Said


def begun(shop: Path, *arguments: str) -> subprocess.Popen[str]:
    """`itda import`, begun."""
    return subprocess.Popen(
        [sys.executable, "-m", "itda.cli", "import", *arguments, "--json"],
        cwd=shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> Said:
    """What it said in the end."""
    out, err = process.communicate(timeout=120)
    return Said(process.returncode, out, err)
