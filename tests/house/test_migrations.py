"""Migrations are numbered without a gap or a double: each shop applies those above its number, once and in order."""

from __future__ import annotations

import re
from collections import Counter

from itda.store.migrate import migrations

NEVER_WAS = {4}
"""Numbers that were left out before a release and are given to nobody any more."""


def faults(numbers: list[int]) -> dict[str, list[int]]:
    """What is wrong with the numbers of all migrations there are."""
    expected = set(range(1, max(numbers) + 1)) - NEVER_WAS
    return {
        "missing": sorted(expected - set(numbers)),
        "double": sorted(number for number, times in Counter(numbers).items() if times > 1),
        "given again": sorted(set(numbers) & NEVER_WAS),
    }


def test_migrations_have_no_gap_and_no_double() -> None:
    assert faults([step.version for step in migrations()]) == {"missing": [], "double": [], "given again": []}


def test_a_gap_a_double_and_an_old_number_are_found() -> None:
    assert faults([1, 2, 3, 4, 6, 6]) == {"missing": [5], "double": [6], "given again": [4]}


def test_every_migration_has_a_name_of_words() -> None:
    assert [step.name for step in migrations() if not re.fullmatch(r"[a-z]+(_[a-z]+)*", step.name)] == []
