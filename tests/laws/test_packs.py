"""All rules of all packs: total, monotone, found quickly as slowly; what a brand may set only tightens them."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.unit.consent.situations import LINK, MAIL, OTHER, PERSON, at

from itda.base.instant import DAY, HOUR
from itda.consent import examples
from itda.consent.definition import ADS, ADS_AT_NIGHT, FORCES, SUBJECT_WIDE, ConsentEvent, ConsentKey, Verdict
from itda.consent.facts import Facts
from itda.consent.judge import judge, tasks
from itda.consent.ledger import fold
from itda.consent.packs import VERSIONS, box, rules
from itda.consent.rule import PackKind, Rule
from itda.consent.rule_set import RuleSet
from itda.consent.standing import Consents
from itda.consent.waiver import WAIVED, Waiver

pytestmark = pytest.mark.timeout(3_600)
BOX = box()
EVERY = rules(BOX)
IDS = tuple(rule.id for rule in EVERY)
HARD = frozenset(rule.id for rule in EVERY if rule.hard)
START = at("2024-01-01 00:00")
HOURS = ("17:00", "20:00", "20:50", "21:00", "22:00", "07:00", "08:00", "09:00", "10:30", "x")
"""Such as consent.yaml may give for the hours of a pack."""
PLACES = ("DE", "US", "US-NY")
"""The same for lists of states."""
moments = st.integers(START, START + 4 * 365 * DAY) | st.integers(0, 1_200).map(lambda hours: START + hours * HOUR)
WORDS = (
    "", ADS, "personalise", "email", "sms", "push", "kakao", "voice", "alimtalk", "KR", "DE", "US", "US-CA", "US-FL",
    "Asia/Seoul", "America/New_York", "Nowhere/Else", "contract", "담배", "shoes", "0-13", "30-39", "(광고) 새 소식",
    "[광고] x", "02-123-4567", "080-1", "a@b.example", LINK, "https://x/u/1", "generated", "광고 브랜드A 무료",
)  # fmt: skip
words = st.sampled_from(WORDS) | st.text(max_size=8)


def written(kind: Any) -> st.SearchStrategy[Any]:
    """Anything of a type that facts and values of packs are made of."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Consents:
        return consents()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return structs(kind)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: words, int: moments | st.integers(-5, 30), float: st.floats(-1, 1_000, allow_nan=False), bool: st.booleans(),
        bytes: st.sampled_from((MAIL, b"", b"row")), type(None): st.none(),
    }  # fmt: skip
    if kind in plain:
        return plain[kind]
    made: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        Literal: lambda: st.sampled_from(inner),
        Union: lambda: st.one_of(*map(written, inner)),
        types.UnionType: lambda: st.one_of(*map(written, inner)),
        tuple: lambda: st.lists(written(inner[0]), max_size=3).map(tuple),
        frozenset: lambda: st.frozensets(written(inner[0]), max_size=3),
        Mapping: lambda: st.dictionaries(written(inner[0]), written(inner[1]), max_size=3),
    }
    key = Mapping if isinstance(origin, type) and issubclass(origin, Mapping) else origin
    return made[key]() if key in made else written(inner[0])


@cache
def structs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a struct."""
    hints = get_type_hints(kind)
    fields = {field.name: written(hints[field.name]) for field in msgspec.structs.fields(kind)}
    return st.fixed_dictionaries(fields).map(lambda values: kind(**values))


@st.composite
def consents(draw: st.DrawFn) -> Consents:
    """What up to six acts come to."""
    acts = []
    for number in range(draw(st.integers(0, 6))):
        key = ConsentKey(
            "A", draw(st.sampled_from((PERSON, OTHER))), draw(st.sampled_from((MAIL, OTHER, SUBJECT_WIDE))),
            draw(st.sampled_from((ADS, ADS_AT_NIGHT, "personalise"))),
            draw(st.sampled_from(("email", "sms", "push", "kakao", "any"))),
        )  # fmt: skip
        when = draw(moments)
        acts.append(
            ConsentEvent(
                id=bytes([number]), key=key, action=draw(st.sampled_from(("grant", "refuse", "withdraw", "confirm"))),
                occurred_at=when, recorded_at=when, text_id="t",
            )
        )  # fmt: skip
    return Consents(fold(acts), MAIL)


@st.composite
def situations(draw: st.DrawFn) -> Facts:
    """Any facts, or a plain advertisement with some of its facts made any other, and any of them not known."""
    if draw(st.booleans()):
        return draw(structs(Facts))
    plain: dict[str, Any] = {
        "stage": "departure", "channel": draw(st.sampled_from(("email", "sms", "push", "kakao"))),
        "message_class": "advertising", "opening": "새 소식", "countries": ("KR",), "zones": ("Asia/Seoul",),
        "consents": draw(consents()), "transactions": (), "optout_link": LINK, "decision": b"row",
        "consents_read_at": START, "sent": (),
    }  # fmt: skip
    other = draw(structs(Facts))
    names = [field.name for field in msgspec.structs.fields(Facts) if field.name != "stage"]
    plain |= {name: getattr(other, name) for name in draw(st.sets(st.sampled_from(names), max_size=6))}
    unknown = {"consents", "sender", "transactions", "markers", "countries", "zones", "sent", "waiting"}
    return Facts(**plain | dict.fromkeys(draw(st.sets(st.sampled_from(sorted(unknown)), max_size=3)), None))


def strength(verdict: Verdict) -> tuple[int, int]:
    """How strict a verdict is; of two holds the longer one is."""
    return FORCES.index(verdict.action), (verdict.hold_until or 0) if verdict.action == "hold" else 0


@budget(100, nightly=30_000)
@given(situations(), moments, st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)))
def test_no_facts_break_a_rule_and_one_more_never_loosens(
    facts: Facts, now: int, some: set[str], more: set[str]
) -> None:
    few = [rule for rule in EVERY if rule.id in some]
    many = [rule for rule in EVERY if rule.id in some | more]
    assert strength(judge(facts, few, now)) <= strength(judge(facts, many, now)) <= strength(judge(facts, EVERY, now))


@budget(60, nightly=20_000)
@given(situations(), moments)
def test_the_rules_found_for_a_situation_say_what_all_of_them_say(facts: Facts, now: int) -> None:
    held = RuleSet(BOX)
    assert judge(facts, held.asked(facts), now) == judge(facts, held.rules, now)


@budget(60, nightly=20_000)
@given(situations(), moments, st.data())
def test_no_waiver_touches_a_hard_rule_or_another_than_its_own(facts: Facts, now: int, data: st.DataObject) -> None:
    named = data.draw(st.sets(st.sampled_from(IDS), min_size=1))
    waivers = [
        Waiver(rule=rule, basis="b", author="a", approver="c", first_day=0, last_day=1, starts_at=0, ends_at=1 << 62)
        for rule in sorted(named)
    ]
    free, bound = judge(facts, EVERY, now, waivers), judge(facts, EVERY, now)
    untouched = [rule for rule in EVERY if rule.hard or rule.id not in named]
    assert strength(judge(facts, untouched, now)) <= strength(free) <= strength(bound)
    said = [reason for reason in free.reasons if reason.code != WAIVED]
    assert said == [one for one in bound.reasons if one in said]
    assert not {reason.rule for reason in free.reasons if reason.code == WAIVED} & HARD


@pytest.mark.parametrize("kind", [kind for kinds in VERSIONS.values() for kind in kinds], ids=lambda kind: kind.name)
def test_what_a_brand_may_set_only_tightens(kind: PackKind) -> None:
    """Values that `looser` finds nothing wrong with never make a verdict looser, nor a task due later."""
    own = kind.pack().rules

    @budget(20, nightly=5_000)
    @given(stricter(kind), situations(), moments)
    def holds(values: Any, facts: Facts, now: int) -> None:
        assume(not kind.looser(values))
        set_so = kind.pack(values).rules
        assert strength(judge(facts, own, now)) <= strength(judge(facts, set_so, now)), values
        event = ConsentEvent(
            id=b"e", key=ConsentKey("A", PERSON, MAIL, ADS, "email"), action="grant", occurred_at=now, recorded_at=now
        )
        due, due_so = ([(task.kind, task.due_at) for task in tasks(event, each)] for each in (own, set_so))
        assert len(due) == len(due_so)
        assert all(then <= was for (_, was), (_, then) in zip(due, due_so, strict=True))

    holds()


@pytest.mark.parametrize("kind", [kind for kinds in VERSIONS.values() for kind in kinds], ids=lambda kind: kind.name)
def test_no_single_value_loosens_what_the_examples_are_told(kind: PackKind) -> None:
    """Every value near the pack's own, on every example at its moment and some hours before and after it."""
    situations = [
        (rule.id, examples.facts(rule, example), examples.moment(example.at) + hours * HOUR)
        for rule in kind.pack().rules
        for example in rule.examples
        for hours in (0, -12, -1, 1, 10)
        if not example.after
    ]

    def said(rules: Sequence[Rule]) -> list[tuple[tuple[int, int], ...]]:
        """By all of them, and by the one whose example it is: another one may be as strict."""
        alone = {rule.id: [rule] for rule in rules}
        return [tuple(strength(judge(facts, by, now)) for by in (rules, alone[own])) for own, facts, now in situations]

    own = said(kind.pack().rules)
    for values in near(kind):
        so = said(kind.pack(values).rules)
        assert all(a <= b for was, then in zip(own, so, strict=True) for a, b in zip(was, then, strict=True)), values


def near(kind: PackKind) -> list[Any]:
    """The pack's values with one of them changed to each that is let pass."""
    plain, found = kind.parameters(), []
    for field in msgspec.structs.fields(kind.parameters):
        value = getattr(plain, field.name)
        if isinstance(value, str) and ":" in value:
            tried: Any = HOURS
        elif isinstance(value, int) and not isinstance(value, bool):
            tried = range(min(2 * value + 3, 200))
        elif isinstance(value, tuple):
            tried = [(*value, one) for one in PLACES] + [value[:at] + value[at + 1 :] for at in range(len(value))]
        else:
            tried = get_args(field.type) if get_origin(field.type) is Literal else ()
        made = [_converted(kind, {field.encode_name: one}) for one in tried]
        found += [values for values in made if values != plain and not kind.looser(values)]
    return found


def stricter(kind: PackKind) -> st.SearchStrategy[Any]:
    """Values of a pack near its own, as consent.yaml may write them."""
    hints = get_type_hints(kind.parameters, include_extras=True)
    hours = st.sampled_from(HOURS)
    own = kind.parameters()
    fields = {}
    for field in msgspec.structs.fields(kind.parameters):
        value = getattr(own, field.name)
        is_hour = isinstance(value, str) and ":" in value
        is_number = isinstance(value, int) and not isinstance(value, bool)
        near = st.integers(0, 2 * value + 2) if is_number else written(hints[field.name])
        fields[field.name] = hours if is_hour else near
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: _converted(kind, given))


def _converted(kind: PackKind, given: dict[str, Any]) -> Any:
    """The values as consent.yaml would give them; the pack's own, where they are none."""
    try:
        return msgspec.convert(msgspec.to_builtins(given), kind.parameters)
    except msgspec.ValidationError:
        return kind.parameters()
