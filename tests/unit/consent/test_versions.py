"""A version of a pack says for ever what it said: what was decided under it is judged again by the same rules."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from tests.unit.consent.situations import act, at, facts

from itda.consent.judge import judge
from itda.consent.packs import VERSIONS
from itda.consent.rule import Rule
from itda.decisions.policy import Policy

SAID = {
    "core@2026.11.1": "d19dd2bf4400b921",
    "eu@2026.11.1": "13e0b04df23ac841",
    "eu@2026.11.2": "93c75b40da49b6ec",
    "kr_network@2026.10.1": "eb0e7ec880700269",
    "kr_pipa@2026.9.1": "93b9ffade0e2e861",
    "us@2026.11.1": "9962209e69abeaa8",
    "us@2026.11.2": "127ca8ff9c3b3d02",
    "us_ca@2026.11.1": "eed69b97764fa197",
    "us_ca@2026.11.2": "3bada56d79dd2549",
    "kr_ecommerce@2025.2.14": "b04bb68f0b2d0e2c",
    "apple@2026.11.1": "4f53cda18c2baa0c",
    "apple@2026.11.2": "c00af65b56da1184",
    "gmail@2026.11.1": "12dd26d39d71d8c3",
    "gmail@2026.11.2": "b2ef8f37ccef4231",
    "kakao@2026.11.1": "15fc2d6da91d8856",
}
"""What the rules of each version say, as a hash: another one here is a decision of the past that is judged otherwise.

A law or provider that asks something new is a version more, beside those before (docs/concepts/packs.md).
"""
_OF = ("id", "sentence", "source", "mark", "stages", "about", "channels", "countries", "needs", "on_missing", "hard")
THEN, NOW = at("2026-11-20 12:00"), at("2026-11-24 12:00")


def _told(rule: Rule) -> list[object]:
    return [getattr(rule, name) for name in _OF]


def test_no_version_says_something_else_than_when_it_came() -> None:
    found = {
        f"{kind.name}@{kind.version}": hashlib.sha256(
            msgspec.json.encode([_told(rule) for rule in kind.pack().rules])
        ).hexdigest()[:16]
        for kinds in VERSIONS.values()
        for kind in kinds
    }
    assert found == SAID, "add a version, and leave the one before as it was"


@pytest.mark.parametrize(
    ("rule", "channel", "more"),
    [
        ("US-01", "email", {"countries": ("US",)}),
        ("US-03", "sms", {"countries": ("US",), "zones": ("America/New_York",)}),
        ("CH-11", "push", {"countries": ("US",)}),
        ("EU-11", "email", {"countries": ("DE",), "age_band": "14-19"}),
    ],
)
def test_a_rule_that_came_later_is_asked_of_nothing_that_was_decided_before(
    rule: str, channel: str, more: dict[str, object]
) -> None:
    policy, asked = Policy(), facts(channel, act("grant", "2026-01-05 10:00", channel="kakao"), **more)
    for moment, is_asked in ((THEN, False), (NOW, True)):
        held = policy.at(moment)
        reasons = {reason.rule for reason in judge(asked, held.asked(asked), moment).reasons}
        assert (rule in reasons) == is_asked, (moment, reasons)
    assert policy.version_at(THEN) != policy.version_at(NOW), "a decision says by which of them it was taken"
