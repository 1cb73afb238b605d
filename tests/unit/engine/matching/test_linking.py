"""Whom the matching would join, and whom it asks about: pure, on people in memory."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from itda.base.errors import Refused
from itda.engine.matching.linking import CHECKS, Found, Sets, found
from itda.engine.questions.matching_people import Ends, People
from itda.identity.match.calibration import Decided
from itda.identity.policy import IdentityPolicy
from itda.identity.worth import worth

GIVEN = ["olivia", "liam", "emma", "noah", "amelia", "oliver", "sophia", "james", "mia", "lucas", "harper", "jack"]
FAMILY = ["smith", "johnson", "williams", "brown", "garcia", "miller", "davis", "wilson", "thomas", "moore", "clark"]
ROADS = ["oak street", "maple avenue", "main street", "hill road", "park lane", "church road"]
COUNT, TWICE = 200, 30


@pytest.fixture(scope="module")
def people() -> People:
    """Members, and some of them again: they signed up for letters with another address, without their number."""
    chance = Random(5)
    names = [f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}" for _ in range(COUNT)]
    births = [f"{chance.randint(1940, 2004)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}" for _ in names]
    roads = [f"{chance.randint(1, 300)} {chance.choice(ROADS)}" for _ in names]
    again = range(TWICE)
    events = [chance.randint(1, 300) for _ in names]
    total = COUNT + TWICE
    return People(
        fragments=[number.to_bytes(16, "big") for number in range(total)],
        customers=[number.to_bytes(16, "big") for number in range(total)],
        events=[*events, *(1 for _ in again)], orders=[*(event // 10 for event in events), *(0 for _ in again)],
        values={
            "name": [*names, *(names[at] for at in again)],
            "birth_date": [*births, *(births[at] for at in again)],
            "address": [*roads, *(roads[at] for at in again)],
        },
        kinds={}, bounded={"membership": [1] * COUNT + [0] * TWICE}, steered=[], decided=[],
    )  # fmt: skip


def run(people: People, **matching: str) -> Found:
    policy, faults = IdentityPolicy.parse({"matching": matching})
    assert policy is not None, faults
    return found(people, policy, 2026)


def pairs(told: Found) -> set[tuple[int, int]]:
    return {(min(one.one, one.other), max(one.one, one.other)) for one in told.links}


def asked(told: Found, kind: str) -> set[tuple[int, int]]:
    return {
        (min(one.pair.one, one.pair.other), max(one.pair.one, one.pair.other)) for one in told.asked if one.kind == kind
    }


ALL = {(at, COUNT + at) for at in range(TWICE)}


def with_(people: People, **changed: Any) -> People:
    return msgspec.structs.replace(people, **changed)


def test_by_itself_nothing_is_joined_and_everything_probable_is_asked_about(people):
    told = run(people)
    assert told.links == []
    assert asked(told, "pair") >= ALL
    assert told.duplicates == pytest.approx(TWICE, abs=1)
    assert told.labels == list(range(COUNT + TWICE))
    assert [one.worth for one in told.asked] == sorted((one.worth for one in told.asked), reverse=True)


def test_what_is_allowed_is_joined_and_some_of_it_is_to_be_checked(people):
    told = run(people, join="at 0.95")
    assert pairs(told) == ALL
    assert (told.precision or 0) >= 0.95
    checks = asked(told, "check")
    assert len(checks) == CHECKS
    assert checks <= ALL
    assert asked(run(people, join="at 0.95"), "check") == checks
    assert len(set(told.labels)) == COUNT


def test_the_bits_of_the_evidence_add_up_and_no_value_is_in_it(people):
    told = run(people)
    for one in told.asked:
        assert sum(said.bits for said in one.evidence) == pytest.approx(one.pair.bits, abs=1e-3)
        text = msgspec.json.encode(one.evidence).decode()
        sides = (one.pair.one, one.pair.other)
        assert not any(said[at] in text for said in people.values.values() for at in sides if said[at] is not None)
    assert '"frequent":{}' in told.weights
    assert not any(name in told.weights for name in (*GIVEN, *FAMILY, *ROADS))


def test_two_of_a_kind_of_which_one_customer_has_one_are_never_joined_nor_asked_about(people):
    twice_enrolled = with_(people, bounded={"membership": [1] * (COUNT + TWICE)})
    told = run(twice_enrolled, join="at 0.9", review="from 0.1")
    assert told.links == []
    assert told.asked == []


def test_what_a_steward_cut_is_neither_joined_nor_asked_about(people):
    cut = Ends(b"d", "cannot", people.fragments[3], people.fragments[COUNT + 3], 3, COUNT + 3)
    told = run(with_(people, steered=[cut]), join="at 0.95")
    assert pairs(told) == ALL - {(3, COUNT + 3)}
    assert (3, COUNT + 3) not in asked(told, "pair")


def test_nothing_is_asked_where_nothing_is_to_be_asked(people):
    assert run(people, review="never").asked == []


def test_decisions_that_belie_the_model_keep_it_from_joining_and_lower_every_probability(people):
    before = run(people, join="at 0.95")
    belied = [Decided(float(bits), is_same=bits > 28) for bits in range(40)]
    after = run(with_(people, decided=belied), join="at 0.95")
    assert after.is_calibrated
    assert len(after.links) < len(before.links)
    assert after.duplicates < before.duplicates
    borne_out = [Decided(float(bits), is_same=bits > 3) for bits in range(-20, 30)]
    good = run(with_(people, decided=borne_out), join="at 0.95")
    assert pairs(good) == ALL
    assert 0.9 < good.checked_right / good.checked <= 1


def test_people_of_whom_nothing_telling_was_said_are_counted_and_compared_with_nobody(people):
    nothing = with_(people, values={"grade": ["gold"] * (COUNT + TWICE)})
    told = run(nothing, join="at 0.9")
    assert (told.people, told.pairs, told.links, told.asked) == (COUNT + TWICE, 0, [], [])
    nobody = People([], [], [], [], {}, {}, {}, [], [])
    assert run(nobody).people == 0


def test_who_cannot_be_compared_is_no_finding_and_what_was_found_stands(people):
    twice_named = with_(people, values={**people.values, "name ": people.values["name"]})
    with pytest.raises(Refused, match=r"nothing was compared nor changed: .*two columns named 'name'"):
        run(twice_named, join="at 0.95")
    link = Ends(b"d", "likely", people.fragments[3], people.fragments[COUNT + 3], 3, COUNT + 3)
    with pytest.raises(Refused, match="tells nobody apart any more"):
        run(with_(people, values={"grade": ["gold"] * (COUNT + TWICE)}, steered=[link]), join="at 0.95")


def test_two_who_tell_their_name_in_parts_take_nobody_elses_name_away(people):
    parts: list[str | None] = [None] * (COUNT + TWICE)
    given, family = parts.copy(), parts.copy()
    for at, one, other in ((5, "zoe", "zed"), (6, "yan", "york")):
        given[at], family[at] = one, other
    told = run(with_(people, values={**people.values, "firstName": given, "lastName": family}), join="at 0.95")
    assert pairs(told) == ALL
    assert {"name: given", "name: family"} <= {said.label for one in told.asked for said in one.evidence}


def test_a_task_is_worth_what_the_smaller_side_would_bring(people):
    told = run(people)
    for one in told.asked:
        least = [min(side[one.pair.one], side[one.pair.other]) for side in (people.events, people.orders)]
        assert one.worth == worth(one.kind, one.pair.probability, *least)


def test_sets_hang_together_in_any_order():
    one, other = Sets(6), Sets(6)
    links = [(0, 1), (2, 3), (1, 2), (4, 5), (0, 3)]
    assert [one.join(*link) for link in links] == [True, True, True, True, False]
    for link in reversed(links):
        other.join(*link)
    assert [one.of(at) for at in range(6)] == [other.of(at) for at in range(6)] == [0, 0, 0, 0, 4, 4]
