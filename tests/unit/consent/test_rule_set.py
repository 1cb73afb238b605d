"""Which rules are in force when, which of them are asked, and what a waiver does to one."""

from __future__ import annotations

import msgspec
import pytest
from tests.unit.consent.situations import RULES, act, at, facts

from itda.base.errors import Broken
from itda.consent import examples, packs
from itda.consent.definition import Finding
from itda.consent.judge import judge
from itda.consent.packs import kr_network
from itda.consent.rule import Example, Pack, Rule
from itda.consent.rule_set import RuleSet, in_force
from itda.consent.waiver import Waiver
from itda.decisions.policy import Policy

NOON, NIGHT = at("2026-11-22 12:00"), at("2026-11-22 22:30")
DAY = act("grant", "2026-01-05 10:00", channel="push")


def saying(code: str, *, hard: bool = False, name: str = "T-1") -> Rule:
    """A rule that blocks whatever there is."""
    return Rule(
        id=name, sentence="It blocks.", source="a test", mark="M", hard=hard,
        check=lambda _facts, _now: Finding("block", code), examples=(Example("any", says="block", code=code),),
    )  # fmt: skip


def version(number: str, since: str, name: str = "own") -> Pack:
    """A version of a pack that blocks with its number."""
    kind = msgspec.structs.replace(
        kr_network.PACK, name=name, version=number, since=since, rules=lambda _: (saying(number, name=name),)
    )
    return kind.pack()


def waiver(rule: str = "T-1", **more: object) -> Waiver:
    """One of a week, on push."""
    given = {
        "rule": rule, "basis": "an opinion", "author": "a", "approver": "b", "first_day": 20_770, "last_day": 20_787,
        "starts_at": at("2026-11-13 00:00"), "ends_at": at("2026-12-01 00:00"), "channels": ("push",),
    }  # fmt: skip
    return Waiver(**(given | more))


def test_of_several_versions_the_last_whose_day_has_come_is_in_force() -> None:
    held = (version("2", "2026-11-01"), version("1", "2026-01-01"), version("3", "2027-01-01"))
    moments = ("2025-06-01 12:00", "2026-10-31 23:59", "2026-11-01 00:00", "2026-12-31 23:59", "2027-01-01 00:00")
    assert [in_force(held, at(when))[0].version for when in moments] == ["1", "1", "2", "2", "3"]


def test_a_decision_of_the_past_is_judged_and_noted_by_the_version_of_then() -> None:
    policy = Policy(packs=(version("1", "2026-01-01"), version("2", "2026-11-22")))
    before, after = at("2026-11-21 12:00"), NOON
    for moment, number in ((before, "1"), (after, "2"), (before, "1")):
        held = policy.at(moment)
        assert [one.code for one in judge(facts("push"), held.asked(facts("push")), moment).reasons] == [number]
        assert policy.version_at(moment) == f'{{"own@{number}":""}}'
    assert policy.version == '{"own@1":"","own@2":""}'


def test_packs_are_asked_in_the_order_of_their_layers() -> None:
    order = ["core", "jurisdiction", "sector", "provider", "brand"]
    layers = [order.index(pack.layer) for pack in in_force(packs.box(), NOON)]
    assert layers == sorted(layers)


def test_two_packs_with_one_rule_do_not_load() -> None:
    twice = (version("1", "2026-01-01", name="one"), version("1", "2026-01-01", name="one"))
    assert packs.sound(twice) == twice, "two versions of one pack are one pack"
    other = msgspec.structs.replace(twice[0], name="two")
    with pytest.raises(Broken, match="a rule of one and of two"):
        packs.sound((twice[0], other))


def test_a_pack_without_an_example_for_each_rule_does_not_load() -> None:
    bare = msgspec.structs.replace(saying("NO"), examples=())
    with pytest.raises(Broken, match="T-1 of own ships with no example"):
        packs.sound((Pack(name="own", version="1", layer="brand", rules=(saying("ALSO", name="T-2"), bare)),))


def test_a_group_is_all_packs_whose_names_begin_with_it() -> None:
    assert "kr_network" in packs.named("kr")
    assert packs.named("kr-network") == ("kr_network",)
    assert packs.named("kakao") == ("kakao",)
    assert packs.named("k") == ()


def test_the_rules_found_quickly_say_what_all_of_them_say() -> None:
    held = RuleSet([Pack(name="all", version="1", layer="core", rules=tuple(RULES))])
    for given in (facts("push", DAY), facts("email"), facts("sms", countries=None), facts("kakao", stage="choice")):
        assert judge(given, held.asked(given), NIGHT) == judge(given, RULES, NIGHT)
        assert len(held.asked(given)) < len(RULES)


def test_a_waiver_silences_its_rule_and_says_so() -> None:
    verdict = judge(facts("push"), [saying("NO")], NOON, [waiver()])
    assert verdict.action == "allow"
    assert [(one.code, one.detail) for one in verdict.reasons] == [("WAIVED", "NO: an opinion, until 2026-11-30")]
    assert judge(facts("push"), [saying("NO"), saying("ALSO", name="T-2")], NOON, [waiver()]).action == "block"


@pytest.mark.parametrize(
    "off",
    [
        waiver(rule="T-2"),
        waiver(channels=("sms",)),
        waiver(messages=("autumn",)),
        waiver(campaigns=("black friday",)),
        waiver(ends_at=NOON),
        waiver(starts_at=NOON + 1),
    ],
)
def test_a_waiver_that_is_over_or_of_something_else_has_no_effect(off: Waiver) -> None:
    assert judge(facts("push"), [saying("NO")], NOON, [off]) == judge(facts("push"), [saying("NO")], NOON)


def test_no_waiver_touches_a_hard_rule() -> None:
    hard = saying("NO", hard=True)
    assert judge(facts("push"), [hard], NOON, [waiver()]).action == "block"
    assert RuleSet([Pack(name="own", version="1", layer="brand", rules=(hard,))], [waiver()]).waivers == ()


@pytest.mark.parametrize("rule", packs.rules(packs.box()), ids=lambda rule: rule.id)
def test_a_rule_says_of_its_examples_what_it_should(rule: Rule) -> None:
    assert [(one.title, examples.fault(rule, one)) for one in rule.examples if examples.fault(rule, one)] == []
    assert any(one.says is not None or one.owes for one in rule.examples), "no example shows what it does"


def test_an_example_that_is_wrong_is_told() -> None:
    night = next(rule for rule in RULES if rule.id == "KR-05")
    given = {"consents": ("grant ad_receive push 2026-01-05",)}
    wrong = {
        "says hold NIGHT_NO_CONSENT, not nothing": Example("x", given, at="2026-11-22 22:30"),
        "says hold NIGHT_NO_CONSENT, not block NIGHT_NO_CONSENT": Example(
            "x", given, at="2026-11-22 22:30", says="block"
        ),
        "holds until 2026-11-22T23:00:00.000Z, not until 2026-11-23 07:00": Example(
            "x", given, at="2026-11-22 22:30", says="hold", until="2026-11-23 07:00"
        ),
    }
    for what, example in wrong.items():
        assert examples.fault(night, example) == what
