"""What a process loads before it is asked for anything: every second of it is waited for at each start."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCANNING = {"duckdb", "pyarrow", "polars", "pandas", "numpy"}
READING = {"phonenumbers", "email_validator"}
WRITING = {"liquid", "mrml", "aiosmtplib"}


def loaded(module: str) -> set[str]:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("itda.cli.main", SCANNING | READING | {"psycopg", "rich"}),
        ("itda.cli.serve", SCANNING | READING | {"rich"}),
        ("itda.engine.shop", SCANNING | READING),
        ("itda.engine.importer", {"polars", "pandas"}),
        ("itda.cli.doors", {"duckdb", "polars", "pandas"} | WRITING),
        ("itda.engine.turns", SCANNING | READING | WRITING),
        ("itda.engine.processing", {"duckdb", "polars", "pandas"} | READING | WRITING),
        ("itda.engine.sending.making", {"duckdb", "polars", "pandas", "dns"}),
        ("demo.__main__", SCANNING | READING | {"psycopg", "rich"}),
    ],
)
def test_a_start_loads_nothing_it_may_never_need(module: str, without: set[str]) -> None:
    assert loaded(module) & without == set()
