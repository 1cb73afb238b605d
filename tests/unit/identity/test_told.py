"""An identity policy in words."""

from itda.identity.policy import IdentityPolicy
from itda.identity.told import told


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
        {"blocked": {"values": ["walk-in"]}},
        {"kinds": {"email": {"limits": [{"most": 1, "window": "ever"}]}}},
        {"kinds": {"email": {}, "email_sha256": {}}},
        {"kinds": {"email": {"blocked": {"patterns": ["desk.*"]}}}},
    )
    for raw in changed:
        policy, faults = IdentityPolicy.parse(raw)
        assert faults == []
        assert set(told(policy)) - set(lines), raw
