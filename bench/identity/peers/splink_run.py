"""Splink over one set, from file to clusters: `python -m bench.identity.peers.splink_run MODEL OUT FILE [FILE]`.

Writes OUT/clusters.csv (id, cluster) and OUT/pairs.csv (the pairs it scored at the threshold). Clusters stand at
p ≥ 0.9, its own clustering.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker, SettingsCreator

from bench.identity.peers.models import MODELS, SEED, Model
from bench.identity.peers.romanised import romanised

THRESHOLD = 0.9


def settings(model: Model) -> SettingsCreator:
    """What both Splink itself and those who read its settings are given."""
    return SettingsCreator(
        link_type="link_only" if model.is_link else "dedupe_only",
        unique_id_column_name="id",
        comparisons=model.comparisons,
        blocking_rules_to_generate_predictions=model.blocking,
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


def reader(path: str) -> str:
    """How DuckDB reads a file, every column as text."""
    return f"read_csv('{path}', all_varchar = true)" if path.endswith(".csv") else f"read_parquet('{path}')"


def tables(connection: duckdb.DuckDBPyConnection, model: Model, files: list[str]) -> list[Any]:
    """The cleaned tables of a set."""
    connection.create_function("romanised", romanised, ["VARCHAR"], "VARCHAR", null_handling="special")
    for number, path in enumerate(files):
        connection.execute(f"create table given_{number} as select {model.columns} from {reader(path)}")
    return [connection.table(f"given_{number}") for number in range(len(files))]


def trained(linker: Linker, model: Model) -> None:
    """Train it as its documentation does: the share of matches, then u, then m."""
    training = linker.training
    training.estimate_probability_two_random_records_match(model.certain, recall=model.recall)
    training.estimate_u_using_random_sampling(max_pairs=model.random_pairs, seed=SEED)
    for rule in model.training:
        training.estimate_parameters_using_expectation_maximisation(
            rule, estimate_without_term_frequencies=model.without_frequencies
        )


def main(name: str, out: str, *files: str) -> None:
    """Train, predict, cluster, write."""
    model = MODELS[name]()
    connection = duckdb.connect()
    api = DuckDBAPI(connection=connection)
    given = tables(connection, model, list(files))
    registered = [api.register(table) for table in given]
    linker = Linker(registered if model.is_link else registered[0], settings(model))
    trained(linker, model)
    predictions = linker.inference.predict(threshold_match_probability=THRESHOLD)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predictions, threshold_match_probability=THRESHOLD
    )
    folder = Path(out)
    pairs = predictions.as_duckdbpyrelation().project("id_l, id_r")
    pairs.write_csv(str(folder / "pairs.csv"))
    clusters.as_duckdbpyrelation().project("id, cluster_id as cluster").write_csv(str(folder / "clusters.csv"))


if __name__ == "__main__":
    main(*sys.argv[1:])
