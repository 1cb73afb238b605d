"""goldenmatch over one set: `python -m bench.identity.peers.goldenmatch_run splink|zero MODEL OUT FILE [FILE]`.

`splink` gives it Splink's model through its own converter, and the columns as Splink gets them; `zero` gives it the
files and nothing else, and lets it go on where it is unsure of itself. Two files are given as one, since it takes one
to find duplicates in. Writes OUT/clusters.csv (id, cluster); it tells no pairs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import goldenmatch
import pyarrow as pa
import pyarrow.csv
from goldenmatch.config.from_splink import from_splink

from bench.identity.peers.models import MODELS
from bench.identity.peers.splink_run import reader, settings, tables


def cleaned(name: str, files: list[str]) -> pa.Table:
    """The columns that Splink's model compares, as it compares them."""
    given = tables(duckdb.connect(), MODELS[name](), files)
    return pa.concat_tables([table.to_arrow_table() for table in given])


def plain(files: list[str]) -> pa.Table:
    """The files as they are."""
    return pa.concat_tables([duckdb.sql(f"select * from {reader(path)}").to_arrow_table() for path in files])


def main(how: str, name: str, out: str, *files: str) -> None:
    """Match, write."""
    table = plain(list(files)) if how == "zero" else cleaned(name, list(files))
    options: dict[str, Any] = {"allow_red_config": True, "confidence_required": False}
    if how == "splink":
        model = MODELS[name]()._replace(is_link=False)
        options = {"config": from_splink(settings(model).create_settings_dict("duckdb")).config}
    found = goldenmatch.dedupe_df(table.drop_columns(["id"]), **options)
    ids = table["id"].to_pylist()
    rows = [(ids[row], str(number)) for number, each in found.clusters.items() for row in each["members"]]
    written = pa.table({"id": [row[0] for row in rows], "cluster": [row[1] for row in rows]})
    pyarrow.csv.write_csv(written, Path(out) / "clusters.csv")


if __name__ == "__main__":
    main(*sys.argv[1:])
