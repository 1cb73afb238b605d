"""Tries every rule of the box on the examples that it ships with."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from itda.consent import examples, packs
from itda.consent.rule import PackKind, Rule


class Failure(msgspec.Struct, frozen=True):
    """A rule that says of an example what it should not."""

    pack: str
    version: str
    rule: str
    example: str
    what: str


class Trial(msgspec.Struct, frozen=True):
    """What came of the examples of one version of a pack."""

    pack: str
    version: str
    title_ko: str
    title_en: str
    rules: int
    examples: int
    failures: list[Failure]


def tried(names: Iterable[str] = packs.VERSIONS) -> list[Trial]:
    """Every version of these packs, by the law's own values."""
    return [_pack(kind) for name in names for kind in packs.VERSIONS[name]]


def _pack(kind: PackKind) -> Trial:
    rules = kind.pack().rules
    failures = [failure for rule in rules for failure in _rule(kind, rule)]
    number = sum(len(rule.examples) for rule in rules)
    return Trial(kind.name, kind.version, kind.title_ko, kind.title_en, len(rules), number, failures)


def _rule(kind: PackKind, rule: Rule) -> list[Failure]:
    told = ((example.title, examples.fault(rule, example)) for example in rule.examples)
    return [Failure(kind.name, kind.version, rule.id, title, what) for title, what in told if what]
