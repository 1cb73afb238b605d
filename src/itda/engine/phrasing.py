"""Metrics as SQL, made by Ibis in a short process of its own: what serves people never holds Ibis in memory.

The questions of a metric are made together, once in a process's life. `python -m itda.engine.phrasing` reads one
`Wanted` as JSON and answers every way to split it.
"""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache

import msgspec

from itda.base.errors import Broken, Unavailable
from itda.measure.definition import By, Parameters
from itda.measure.metrics import METRICS

_LIMIT_S = 60


class Wanted(msgspec.Struct, frozen=True):
    """The questions of one metric."""

    name: str
    parameters: Parameters


class Phrased(msgspec.Struct, frozen=True):
    """One question: its SQL for DuckDB, and the tables of facts that it asks for."""

    sql: str
    tables: frozenset[str]


Questions = dict[By, Phrased]


def phrased(name: str, by: By, parameters: Parameters) -> Phrased:
    """The question of a metric that there is, split by something it may be split by."""
    return _questions(Wanted(name, parameters))[by]


@lru_cache(maxsize=128)
def _questions(wanted: Wanted) -> Questions:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "itda.engine.phrasing"],
            input=msgspec.json.encode(wanted),
            capture_output=True,
            check=False,
            timeout=_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"the metric {wanted.name!r} was not put into words in {_LIMIT_S} s") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")[-2_000:]
        raise Broken(f"the metric {wanted.name!r} was not put into words: {said}")
    return msgspec.json.decode(done.stdout, type=Questions)


def put(wanted: Wanted) -> Questions:
    """One metric put into words, split in every way it may be split, by this process."""
    from itda.measure.phrase import phrase  # noqa: PLC0415 - loads Ibis

    metric = METRICS[wanted.name]
    told = {by: phrase(metric.name, by, wanted.parameters) for by in metric.splits}
    return {by: Phrased(one.sql, one.tables) for by, one in told.items()}


def main() -> None:
    """Put one metric into words."""
    from itda.engine.lean import without_pandas  # noqa: PLC0415

    without_pandas()
    wanted = msgspec.json.decode(sys.stdin.buffer.read(), type=Wanted)
    sys.stdout.buffer.write(msgspec.json.encode(put(wanted)))


if __name__ == "__main__":
    main()
