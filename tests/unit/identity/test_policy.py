"""The identity policy: the box, what is blocked, and how a definition is read."""

import hashlib

import pytest

from itda.base.instant import DAY
from itda.identity.policy import IdentityPolicy, Limit

BOX = IdentityPolicy.box()


def test_the_box_ranks_the_shops_own_numbers_before_addresses_and_devices():
    assert [kind.name for kind in BOX.kinds] == [
        "user_id",
        "membership",
        "customer_number",
        "email",
        "phone",
        "device",
        "anonymous_id",
        "cookie",
    ]
    assert [kind.rank for kind in BOX.kinds] == list(range(8))
    assert BOX.by_name["anonymous_id"].bounds == (Limit(5, 7 * DAY),)
    assert BOX.by_name["membership"].bounds == (Limit(1, None),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("user_id", ""),
        ("user_id", "NULL"),
        ("user_id", "None"),
        ("user_id", "undefined"),
        ("user_id", "NaN"),
        ("user_id", "-1"),
        ("user_id", "0"),
        ("user_id", "0000"),
        ("user_id", "anonymous"),
        ("user_id", "[object Object]"),
        ("user_id", "{{ user.id }}"),
        ("user_id", "x" * 513),
        ("membership", "999999"),
        ("anonymous_id", "00000000-0000-0000-0000-000000000000"),
        ("email", "test@test.com"),
        ("email", "noreply@shop.kr"),
        ("phone", "+821000000000"),
        ("phone", "01000000000"),
        ("phone", "+821012345678"),
        ("passport", "M1234"),
        ("membership", "비회원"),
        ("user_id", "${user.id}"),
        ("membership", "123456789"),
        ("email", "asdf1@asdf.com"),
        ("device", "9774d56d682e549c"),
        ("membership", "Ab+/" * 21 + "Ab=="),
        ("user_id", "Ab+/" * 21 + "Ab=="),
    ],
)
def test_a_value_nobody_owns_never_identifies(kind, value):
    assert not BOX.usable(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("membership", "1"),
        ("membership", "11"),
        ("membership", "100"),
        ("user_id", "kim"),
        ("email", "kim@example.com"),
        ("email", "latest@test.co.kr"),
        ("email", "kim@kim.kr"),
        ("membership", "123456"),
        ("membership", "Ab+/" * 21 + "Abcd"),
        ("phone", "+821098765432"),
        ("phone", "+12015550123"),
        ("anonymous_id", "5b1a1a2e-7b1f-4b0a-9a56-0f5a1f2b3c4d"),
    ],
)
def test_a_value_somebody_owns_identifies(kind, value):
    assert BOX.usable(kind, value)


def test_the_strongest_identifier_is_the_one_an_event_counts_on():
    given = [("anonymous_id", "a1"), ("email", "kim@example.com"), ("membership", "null"), ("anonymous_id", "a1")]
    assert BOX.strongest(given) == ("email", "kim@example.com")
    assert BOX.ranked(given) == [("email", "kim@example.com"), ("anonymous_id", "a1")]
    assert BOX.strongest([("membership", "null")]) is None


def test_a_shop_orders_kinds_anew_and_takes_the_boxs_settings_for_those_it_only_names():
    policy, faults = IdentityPolicy.parse(
        {"kinds": {"email": None, "loyalty": {"paths": ["traits.loyalty"], "unique": True}, "anonymous_id": {}}}
    )
    assert faults == []
    assert [kind.name for kind in policy.kinds] == ["email", "loyalty", "anonymous_id"]
    assert policy.by_name["email"].normaliser == "email"
    assert policy.by_name["email"].rank == 0
    assert policy.by_name["loyalty"].is_unique
    assert policy.version != BOX.version
    assert IdentityPolicy.box().version == BOX.version


def test_every_fault_of_a_definition_is_named_at_once_with_its_place_and_cure():
    policy, faults = IdentityPolicy.parse(
        {
            "kind": {},
            "kinds": {
                "E-Mail": {"paths": ["traits.email"]},
                "phone": {"normaliser": "fone", "uniqe": True, "limits": [{"most": 0, "window": "weak"}]},
                "card": {"unique": "yes"},
            },
            "blocked": {"patterns": ["("], "values": [0]},
            "hubs": {"confirm_after_h": "soon"},
            "largest_customer": True,
            "matching": {"join": "at 0.2", "review": 0.5, "link": "never"},
        }
    )
    assert policy is None
    assert [fault.field for fault in faults] == [
        "kind",
        "kinds.E-Mail",
        "kinds.phone.uniqe",
        "kinds.phone.normaliser",
        "kinds.phone.limits.0.window",
        "kinds.phone.limits.0.most",
        "kinds.card",
        "kinds.card.unique",
        "blocked.values.0",
        "blocked.patterns.0",
        "hubs.confirm_after_h",
        "largest_customer",
        "matching.link",
        "matching.join",
        "matching.review",
    ]
    cures = {fault.field: fault.cure for fault in faults}
    assert cures["kind"] == "did you mean kinds?"
    assert cures["kinds.phone.uniqe"] == "did you mean unique?"
    assert cures["kinds.phone.normaliser"] == "did you mean phone?"
    assert cures["kinds.phone.limits.0.window"] == "did you mean week?"


def test_a_definition_without_kinds_is_refused():
    assert IdentityPolicy.parse({"kinds": {}})[1][0].field == "kinds"
    assert IdentityPolicy.parse({"kinds": ["email"]})[1][0].field == "kinds"
    assert IdentityPolicy.parse({"hubs": [1], "blocked": {"values": 3}})[0] is None


def test_what_a_shop_blocks_is_blocked_besides_that_of_the_box_unless_it_says_otherwise():
    kinds = {"email": {"blocked": {"values": ["desk@shop.kr"]}}, "user_id": None}
    more, faults = IdentityPolicy.parse({"kinds": kinds, "blocked": {"values": ["walk-in"]}})
    assert faults == []
    assert [more.usable("email", one) for one in ("desk@shop.kr", "test@test.com", "kim@kim.kr")] == [
        False,
        False,
        True,
    ]
    assert [more.usable("user_id", one) for one in ("walk-in", "null", "kim")] == [False, False, True]
    own, faults = IdentityPolicy.parse({"kinds": {"user_id": None}, "blocked": {"values": ["walk-in"], "box": False}})
    assert faults == []
    assert [own.usable("user_id", one) for one in ("walk-in", "visitor")] == [False, True]


@pytest.mark.parametrize("kinds", [{"ci": {"paths": ["traits.x"]}}, {"card": {"paths": ["properties.person.CI"]}}])
def test_ci_is_never_a_key(kinds):
    policy, faults = IdentityPolicy.parse({"kinds": kinds})
    assert policy is None
    assert "KR-39" in faults[0].what


def test_whoever_carries_an_address_carries_the_hashes_that_platforms_make_of_it():
    policy, _ = IdentityPolicy.parse({"kinds": {"email": {}, "phone": {}, "email_sha256": {}, "phone_sha256": {}}})

    def hashed(text):
        return hashlib.sha256(text.encode()).hexdigest()

    assert policy.ranked([("email", "kim.min+x@gmail.com"), ("phone", "+821098765432")]) == [
        ("email", "kim.min+x@gmail.com"),
        ("phone", "+821098765432"),
        ("email_sha256", hashed("kim.min+x@gmail.com")),  # Meta's form
        ("email_sha256", hashed("kimmin@gmail.com")),  # Google's
        ("phone_sha256", hashed("+821098765432")),  # Google's
        ("phone_sha256", hashed("821098765432")),  # Meta's
    ]
    assert policy.ranked([("email", "kim@naver.com")])[1:] == [("email_sha256", hashed("kim@naver.com"))]
    assert not policy.usable("email_sha256", hashed("test@test.com"))
    assert BOX.ranked([("email", "kim@naver.com")]) == [("email", "kim@naver.com")]


def test_the_hash_of_an_address_that_a_pattern_blocks_identifies_nobody_beside_it():
    blocked = {"email": {"blocked": {"patterns": [r".*@kiosk\.example"]}}}
    policy, faults = IdentityPolicy.parse({"kinds": {"membership": {}, "email_sha256": {}, **blocked}})
    assert not faults
    mail, hashed = "till7@kiosk.example", hashlib.sha256(b"till7@kiosk.example").hexdigest()
    card = ("membership", "M1")
    assert policy.ranked([("email", mail), ("email_sha256", hashed), card]) == [card]
    assert policy.ranked([("email_sha256", hashed), card, ("email", mail)]) == [card]
    assert set(policy.ranked([("email_sha256", hashed), card])) == {("email_sha256", hashed), card}


def test_a_hash_is_of_a_kind_that_holds_addresses_or_numbers():
    kinds = {"user_id": {}, "hashed": {"paths": ["traits.h"], "normaliser": "sha256", "hash_of": "user_id"}}
    assert [fault.field for fault in IdentityPolicy.parse({"kinds": kinds})[1]] == ["kinds.hashed.hash_of"]


def test_what_the_matching_does_is_said_in_words_and_makes_no_other_customers():
    policy, faults = IdentityPolicy.parse({"matching": {"join": "at 0.995", "review": "never"}})
    assert faults == []
    assert (policy.matching.join, policy.matching.review) == (0.995, None)
    assert (BOX.matching.join, BOX.matching.review) == (None, 0.5)
    assert policy.version == BOX.version
