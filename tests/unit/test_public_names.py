"""What `import itda` offers is a list, and everything on it is there."""

import subprocess
import sys

import pytest

import itda


def test_the_public_names_are_these():
    assert sorted(itda.__all__) == [
        "Actor", "Broken", "Conflict", "Fault", "ItdaError", "Refused", "Shop", "Unavailable", "__version__",
        "match", "open",
    ]  # fmt: skip
    assert dir(itda) == itda.__all__


def test_every_public_name_is_there():
    for name in itda.__all__:
        assert getattr(itda, name) is not None


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="frob"):
        itda.frob  # noqa: B018 - the look itself is the question


def test_import_itda_alone_loads_no_engine():
    code = "import itda, sys; sys.exit(any(name in sys.modules for name in ('itda.engine', 'duckdb', 'polars', 'psycopg')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
