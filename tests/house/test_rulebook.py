"""The rule book is whole: every rule is enforced by tests that exist, or says why it is not."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from itda.consent.packs import KINDS

ROOT = Path(__file__).parents[2]
BOOK = tomllib.loads((ROOT / "docs" / "rulebook.toml").read_text(encoding="utf-8"))
MVP = frozenset(
    f"{law}-{number:02}"
    for law, numbers in {
        "KR": [*range(1, 26), *range(30, 37), *range(38, 51)], "EU": [1, 2, 3, 4, 8, 13], "US": [2, 4, 7],
        "CH": [1, 2, 3, 4], "X": [1, 2, 3, 4],
    }.items()
    for number in numbers
)  # fmt: skip
"""The rules without which nobody may send."""
RULES = frozenset(
    f"{law}-{number:02}"
    for law, numbers in {
        "KR": [*range(1, 27), *range(30, 56)], "EU": range(1, 15), "US": range(1, 12), "CH": range(1, 13),
        "X": range(1, 9),
    }.items()
    for number in numbers
)  # fmt: skip
"""All 97."""


@cache
def named(file: str) -> frozenset[str]:
    """The tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_rule_of_the_97_is_missing() -> None:
    assert set(BOOK) == RULES
    assert len(BOOK) == 97


@pytest.mark.parametrize("name", BOOK)
def test_a_rule_is_enforced_by_tests_that_exist_or_says_why_it_is_not(name: str) -> None:
    rule = BOOK[name]
    assert rule["rule"].endswith((".", "?"))
    assert set(rule["mark"]) <= set("PSM/")
    assert ("tests" in rule) != ("why" in rule), f"{name} is enforced, or says why it is not: one of both"
    assert set(rule) <= {"rule", "mark", "source", "tests", "but", "why", "counsel"}
    if "tests" not in rule:
        assert len(rule["why"]) > 40, f"{name} says too little of why it is not enforced"
        assert "but" not in rule
        return
    assert rule["tests"]
    for test in rule["tests"]:
        file, _, function = test.partition("::")
        assert (ROOT / file).is_file(), f"{name}: {file}"
        assert function in named(file), f"{name}: {test}"


def test_every_rule_without_which_nobody_may_send_is_enforced() -> None:
    assert len(MVP) == 62
    assert {name for name in MVP if "tests" not in BOOK[name]} == set()


def test_x_07_what_journeys_say_is_handed_over_by_the_sender_alone() -> None:
    """Whoever else mails writes to staff, to who asked us something, or to the address that alerts go to."""
    source = ROOT / "src" / "itda"
    named = {path.relative_to(source).as_posix() for path in source.rglob("*.py") if "SmtpPool(" in path.read_text()}
    assert named == {
        "engine/sending/sender.py", "engine/inviting.py", "engine/requests/answering.py", "engine/obliging/alerting.py",
    }  # fmt: skip
    assert {path for path in source.rglob("*.py") if "aiosmtplib" in path.read_text()} == {
        source / "engine/sending/smtp.py"
    }


def test_every_rule_of_a_pack_is_in_the_book_and_enforced() -> None:
    packed = {rule.id for kind in KINDS.values() for rule in kind.pack().rules}
    assert {name for name in packed if "tests" not in BOOK.get(name, {})} == set()
