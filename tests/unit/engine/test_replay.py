from __future__ import annotations

import re

import pytest

from itda.engine.replay import scratch_schema


@pytest.mark.parametrize("schema", ["itda", "itda_replay", "s" * 40])
def test_a_rebuild_never_happens_in_the_schema_it_is_compared_with(schema: str) -> None:
    made = scratch_schema(schema)
    assert made not in {schema, "itda", "itda_replay"}
    assert re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", made)
    assert made != scratch_schema(schema[:-1])
    assert made == scratch_schema(schema)
