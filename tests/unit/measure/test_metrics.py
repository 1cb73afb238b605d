"""Every metric has its meaning in both languages, and its expression compiles for every engine, split by all it may be."""

import subprocess
import sys

import pytest

from itda.base.instant import DAY
from itda.measure.definition import SPLITS, Parameters
from itda.measure.facts import TABLES
from itda.measure.metrics import METRICS
from itda.measure.phrase import phrase

ASKED = [(name, by) for name, metric in METRICS.items() for by in metric.splits]


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
@pytest.mark.parametrize(("name", "by"), ASKED)
def test_an_expression_compiles_for_each_engine(name, by, dialect):
    found = phrase(name, by, Parameters(), dialect)
    assert found.sql.lstrip().upper().startswith(("SELECT", "WITH"))
    assert found.tables <= TABLES.keys()
    assert all(table in found.sql for table in found.tables)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_says_what_it_means_in_both_languages(name):
    metric = METRICS[name]
    assert metric.name == name
    assert metric.label_ko
    assert metric.label_en
    told = metric.meaning(Parameters(window=14 * DAY, online=("web",), in_store=("stall",)))
    assert all(len(words) > 20 and "{" not in words for words in told)
    assert all(("14" in words) == ("{days}" in metric.meaning_en) for words in told)
    assert all(("stall" in words) == (name == "online_to_store_conversion") for words in told)
    assert set(metric.adds_up) <= set(metric.by) <= set(SPLITS)


def test_the_definitions_are_read_without_ibis():
    code = (
        "import sys; import itda.measure.metrics, itda.engine.questions.metric, itda.cli.metrics, itda.engine.shop;"
        "sys.exit('ibis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_window_of_the_parameters_stands_in_the_question():
    assert "86400000000" in phrase("path_length", "", Parameters(window=86_400_000_000)).sql


def test_the_channels_of_the_parameters_stand_in_the_question():
    sql = phrase("online_to_store_conversion", "", Parameters(online=("web",), in_store=("stall",))).sql
    assert "'stall'" in sql
    assert "'kiosk'" not in sql
    assert "'kakao'" not in sql
