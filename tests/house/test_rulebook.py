"""The rule book is whole: every rule is enforced by tests that exist, or says why it is not."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from itda.consent.packs import KINDS

ROOT = Path(__file__).parents[2]
BOOK = tomllib.loads((ROOT / "docs" / "rulebook.toml").read_text(encoding="utf-8"))
RULES = {"KR": 52, "EU": 14, "US": 11, "CH": 12, "X": 8}
"""Where a rule comes from → how many there are."""


@cache
def named(file: str) -> frozenset[str]:
    """The tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_rule_of_the_97_is_missing() -> None:
    assert Counter(name.partition("-")[0] for name in BOOK) == RULES
    assert len(BOOK) == 97


@pytest.mark.parametrize("name", BOOK)
def test_a_rule_is_enforced_by_tests_that_exist_or_says_why_it_is_not(name: str) -> None:
    rule = BOOK[name]
    assert rule["rule"].endswith((".", "?"))
    assert set(rule["mark"]) <= set("PSM/")
    if "tests" not in rule:
        assert rule["why"], f"{name} is neither enforced nor says why"
        return
    assert rule["tests"]
    for test in rule["tests"]:
        file, _, function = test.partition("::")
        assert (ROOT / file).is_file(), f"{name}: {file}"
        assert function in named(file), f"{name}: {test}"


def test_every_rule_of_a_pack_is_in_the_book_and_enforced() -> None:
    packed = {rule.id for kind in KINDS.values() for rule in kind.pack().rules}
    assert {name for name in packed if "tests" not in BOOK.get(name, {})} == set()
