"""An identity policy in words."""

import re

from itda.identity.policy import IdentityPolicy
from itda.identity.told import WORDS, sentences, told


def test_every_kind_is_told_with_its_limits_and_every_changed_rule_changes_the_words():
    lines = told(IdentityPolicy.box())
    assert (
        lines[0]
        == "1. user_id: one a customer, ever, makes somebody known, written as user_id, a hub by the crowd alone."
    )
    assert lines[6] == "7. anonymous_id: at most 5 that begin within a week, a hub from 6 of any stronger kind on."
    changed = (
        {"largest_customer": 20},
        {"hubs": {"confirm_after_h": 0}},
        {"hubs": {"crowd_at": 30}},
        {"matching": {"join": "at 0.995"}},
        {"matching": {"review": "never"}},
        {"blocked": {"values": ["walk-in"]}},
        {"sources": {"feed": "untrusted"}},
        {"sources": {"feed": "observe_only"}},
        {"kinds": {"email": {"limits": [{"most": 1, "window": "ever"}]}}},
        {"kinds": {"email": {}, "email_sha256": {}}},
        {"kinds": {"email": {"blocked": {"patterns": ["desk.*"]}}}},
    )
    for raw in changed:
        policy, faults = IdentityPolicy.parse(raw)
        assert faults == []
        assert set(told(policy)) - set(lines), raw
        assert set(all_of(policy, "ko")) - set(all_of(IdentityPolicy.box(), "ko")), raw


def all_of(policy: IdentityPolicy, language: str) -> list[str]:
    said = sentences(policy, language)
    return [*(part for _, parts in said.kinds for part in parts), *said.rules]


def test_korean_and_english_say_as_much_and_with_the_same_numbers():
    policy, _ = IdentityPolicy.parse(
        {"kinds": {"user_id": {}, "email": {"limits": [{"most": 4, "window": "week"}]}, "email_sha256": {}}}
    )
    assert WORDS["en"].keys() == WORDS["ko"].keys()
    for one in (policy, IdentityPolicy.box()):
        english, korean = all_of(one, "en"), all_of(one, "ko")
        assert len(english) == len(korean)
        for pair in zip(english, korean, strict=True):
            said = [re.findall(r"\d[\d,]*", re.sub(r"SHA-256|email_sha256|\bone\b", "", text)) for text in pair]
            assert sorted(said[0]) == sorted(said[1]), pair


def test_a_shop_that_blocks_nothing_says_so_without_a_number():
    policy, _ = IdentityPolicy.parse({"blocked": {"box": False}})
    assert told(policy)[-4].startswith("Texts over 512 signs")
