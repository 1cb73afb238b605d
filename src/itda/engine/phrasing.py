"""Metrics as SQL, made by Ibis in a short process of its own: what serves people never holds Ibis in memory.

Each question is made once in a process's life. `python -m itda.engine.phrasing` reads one `Wanted` as JSON and answers
one `Phrased`.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

import msgspec

from itda.base.errors import Broken
from itda.measure.definition import By, Parameters

_LIMIT_S = 60


class Wanted(msgspec.Struct, frozen=True):
    """One question."""

    name: str
    by: By
    parameters: Parameters


class Phrased(msgspec.Struct, frozen=True):
    """Its SQL for DuckDB, and the tables of facts that it asks for."""

    sql: str
    tables: frozenset[str]


@lru_cache(maxsize=512)
def phrased(name: str, by: By, parameters: Parameters) -> Phrased:
    """The question of a metric that there is, split by something it may be split by."""
    done = subprocess.run(
        [sys.executable, "-m", "itda.engine.phrasing"],
        input=msgspec.json.encode(Wanted(name, by, parameters)),
        capture_output=True,
        check=False,
        timeout=_LIMIT_S,
    )
    if done.returncode != 0:
        raise Broken(f"the metric {name!r} was not put into words: {done.stderr.decode(errors='replace')[-2_000:]}")
    return msgspec.json.decode(done.stdout, type=Phrased)


def main() -> None:
    """Put one metric into words."""
    from itda.engine.lean import without_pandas  # noqa: PLC0415

    without_pandas()
    from itda.measure.phrase import phrase  # noqa: PLC0415 - loads Ibis

    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Wanted)
    found = phrase(wanted.name, wanted.by, wanted.parameters)
    sys.stdout.buffer.write(msgspec.json.encode(Phrased(found.sql, found.tables)))


if __name__ == "__main__":
    main()
