"""DuckDB as we use it: bounded, on this machine, with what is inside its wheel and nothing fetched."""

from __future__ import annotations

from pathlib import Path

import duckdb

MEMORY = "320MB"
THREADS = 1  # each takes memory of its own: with two, 150,000 orders do not fit


def connect(spill: Path | None = None, *, memory: str = MEMORY, threads: int = THREADS) -> duckdb.DuckDBPyConnection:
    """A fresh database in memory. What does not fit spills into the folder `spill`, if there is one."""
    if spill is not None:
        spill.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "threads": str(threads),
            "preserve_insertion_order": "false",
            "temp_directory": str(spill) if spill is not None else "",
        }
    )
    connection.execute("set lock_configuration = true")
    return connection
