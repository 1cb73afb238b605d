"""The comparison's table: what tools wrote is judged by the truth, and what could not be run is said."""

import argparse
import json
import sys

import pytest
from bench.identity import compare as bench
from bench.identity.persons import make
from bench.identity.tools import Tool

ALL_ALONE = "import sys; open(sys.argv[1] + '/clusters.csv', 'w').write('id,cluster\\n'); print('{}')"
WRITES_NOTHING = "print('no idea')"
SAYS_HOW_SURE = ALL_ALONE.replace("'{}'", """'{"precision": 0.987, "recall": 0.5}'""")


def tool(name, code, absence=""):
    return Tool(name, lambda _set, out, _files: [sys.executable, "-S", "-c", code, str(out)], lambda: absence)


@pytest.fixture
def given(tmp_path):
    return make(300, tmp_path / "given")


def test_what_a_tool_wrote_is_held_to_the_truth(given, tmp_path):
    row = bench.tried(tool("alone", SAYS_HOW_SURE), given, tmp_path)
    assert row["cluster"] == {"p": 1.0, "r": 0.0, "f1": 0.0}
    assert row["estimated"] == {"p": 0.987, "r": 0.5}
    assert row["b_cubed"]["p"] == 1.0
    assert "scored_pairs" not in row
    assert row["cpu_s"] > 0


def test_a_tool_that_wrote_nothing_is_told_and_is_not_zero(given, tmp_path):
    row = bench.tried(tool("silent", WRITES_NOTHING), given, tmp_path)
    assert row["said"].startswith("wrote no clusters")
    assert "cluster" not in row
    assert any("wrote no clusters" in line for line in bench.table({"rows": [row], "left_out": {}}))


def test_what_is_missing_is_said_and_the_rest_goes_on(tmp_path):
    wanted = argparse.Namespace(data=str(tmp_path), sets="fake_1000", tools="itda", synthetic=0)
    found = bench.measure(wanted, tmp_path / "work")
    assert "fake_1000.csv" in found["left_out"]["fake_1000"]
    assert found["rows"] == []
    json.dumps(found)


def test_an_unknown_set_is_refused_with_those_there_are():
    with pytest.raises(SystemExit, match="unknown: nonsense; known: febrl3"):
        bench.chosen("nonsense", bench.sets.SETS)
