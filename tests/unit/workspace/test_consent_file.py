"""consent.yaml: what it says holds, and what is wrong in it is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.consent.situations import act, at, facts

from itda.base.instant import DAY
from itda.consent.judge import judge
from itda.workspace import check, init, load
from itda.workspace.cautions import waivers

WHOLE = """
sender: {name: 브랜드A, email: hello@a.example, phone: 02-1, address: 서울, optouts: {sms: 080-1}}
purposes:
  newsletter: {ko: 소식지, en: Newsletter}
texts:
  news:
    purpose: newsletter
    channel: email
    version: 2
    languages: {ko: 소식지를 받겠습니다, en: Send me the newsletter}
packs:
  kr_network: {night_from: "20:00", reconfirm_years: 1}
brand:
  caps: {limits: [{most: 3, per: 7}, {most: 1, per: 12, unit: hours, channel: push}]}
  quiet_hours: {from: "21:00", to: "09:00"}
  holdout: {percent: 5}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path / "shop")
    return tmp_path / "shop"


ALWAYS = {"waiting", "information", "pace", "paused"}
"""Rules that are asked whatever the file says."""


def write(shop: Path, text: str) -> None:
    (shop / "consent.yaml").write_text(text, encoding="utf-8")


def test_the_file_of_a_new_workspace_changes_nothing_of_the_law(shop: Path) -> None:
    box = load(shop, {}).consent
    assert (box.sender.name, box.sender.country, {rule.name for rule in box.brand}) == ("", "KR", ALWAYS)
    (shop / "consent.yaml").unlink()
    assert load(shop, {}).consent.version == box.version
    assert {rule.id for rule in box.at(0).rules} >= {"KR-05", "CH-01", "X-02"}


def test_the_example_of_a_new_workspace_is_right_when_it_is_uncommented(shop: Path) -> None:
    lines = (shop / "consent.yaml").read_text(encoding="utf-8").splitlines()
    write(shop, "\n".join(line.removeprefix("# ") for line in lines[4:]))
    policy = load(shop, {}).consent
    assert policy.sender.name == "Corner Shop"
    assert set(policy.texts) == {"ads-email@1/ko", "ads-email@1/en"}
    assert {rule.name for rule in policy.brand} == {"caps", "quiet_hours", "priority", "holdout", *ALWAYS}


def test_all_that_it_says_holds(shop: Path) -> None:
    write(shop, WHOLE)
    policy = load(shop, {}).consent
    assert policy.sender.optouts == {"sms": "080-1"}
    assert policy.texts["news@2/ko"].body == "소식지를 받겠습니다"
    assert policy.purposes["newsletter"].label_en == "Newsletter"
    assert (policy.capped_span, policy.holdout_share, policy.reconfirm.years) == (30 * DAY, 0.05, 1)
    consent = act("grant", "2026-01-05 10:00", channel="push")
    assert (
        judge(facts("push", consent), policy.at(at("2026-11-22 20:30")).rules, at("2026-11-22 20:30")).action == "hold"
    )


def test_some_rules_hold_also_where_nobody_names_them_and_once_where_somebody_does(shop: Path) -> None:
    write(shop, "brand: {quiet_hours: {from: '21:00', to: '09:00'}}")
    assert sorted(rule.name for rule in load(shop, {}).consent.brand) == sorted({"quiet_hours", *ALWAYS})
    write(shop, "brand: {waiting: {most: 3}, information: {most: 3, hours: 48}}")
    policy = load(shop, {}).consent
    assert sorted(rule.name for rule in policy.brand) == sorted(ALWAYS)
    assert policy.capped_span == 30 * DAY


def test_a_decision_can_tell_under_which_values_it_was_taken(shop: Path) -> None:
    before = load(shop, {}).consent.version
    write(shop, "packs: {kr_network: {night_from: '20:00'}}")
    after = load(shop, {}).consent.version
    assert before != after
    assert '"kr_network@2026.10.1":"{\\"night_from\\":\\"20:00\\"}"' in after


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("- a\n", 1, "must be a mapping"),
        ("sneder: {}\n", 1, "did you mean sender?"),
        ("sender:\n  email: hello\n", 2, "is no address"),
        ("sender:\n  optouts: {smss: 080-1}\n", 2, "did you mean sms?"),
        ("sender:\n  country: Korea\n", 2, "is no country"),
        ("purposes:\n  ad_receive: {ko: a, en: b}\n", 2, "in the box already"),
        ("texts:\n  a:\n    purpose: ad_recieve\n    channel: email\n    languages: {ko: a, en: b}\n", 3, "did you mean ad_receive?"),
        ("texts:\n  a:\n    purpose: ad_receive\n    channel: email\n    languages: {ko: a}\n", 5, "has no words in 'en'"),
        ("packs:\n  kr_netwrok: {}\n", 2, "did you mean kr_network?"),
        ("packs:\n  kr_network:\n    night_from: '21:30'\n", 2, "no later than 21:00"),
        ("packs:\n  kr_network:\n    exception_months: 7\n", 3, "must be at most 6"),
        ("packs:\n  kr_network:\n    nihgt_from: '20:00'\n", 3, "did you mean night_from?"),
        ("brand:\n  cap: {}\n", 2, "did you mean caps?"),
        ("brand:\n  caps: {limits: [{most: 0}]}\n", 2, "must be at least 1"),
        ("brand:\n  quiet_hours: {from: '9', to: '10:00'}\n", 2, "is no time of day"),
        ("brand:\n  holdout: {percent: 60}\n", 2, "must be at most 50"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(shop: Path, text: str, line: int, said: str) -> None:
    write(shop, text)
    faults = [fault for fault in check(shop, {}) if fault.file == "consent.yaml"]
    assert [fault.line for fault in faults] == [line], faults
    assert said in str(faults[0])


WAIVER = """
waivers:
  - rule: KR-11
    basis: legal opinion of 2026-10-20
    author: minji
    approver: jisu
    from: 2026-11-01
    until: 2027-10-31
    channels: [push]
    messages: [autumn@6f1c]
"""


def test_a_waiver_holds_for_its_days_and_its_scope(shop: Path) -> None:
    write(shop, WAIVER)
    waiver = load(shop, {}).consent.waivers[0]
    said = {"message": "autumn", "words": "6f1c"}
    moments = ("2026-10-31 23:59", "2026-11-01 00:00", "2027-10-31 23:59", "2027-11-01 00:00")
    assert [waiver.covers(facts("push", **said), at(when)) for when in moments] == [False, True, True, False]
    assert not waiver.covers(facts("sms", **said), at("2026-11-22 12:00"))
    assert not waiver.covers(facts("push", message="winter", words="6f1c"), at("2026-11-22 12:00"))
    assert not waiver.covers(facts("push", message="autumn", words="6f1d"), at("2026-11-22 12:00")), "a letter changed"
    assert "KR-11 2027-10-31" in load(shop, {}).consent.version


@pytest.mark.parametrize(
    ("was", "instead", "what"),
    [
        ("rule: KR-11", "rule: KR-05", "hard"),
        ("rule: KR-11", "rule: KR-99", "no rule"),
        ("approver: jisu", "approver: minji", "two people"),
        ("until: 2027-10-31", "until: 2027-11-01", "within a year"),
        ("until: 2027-10-31", "until: 2026-10-31", "before it begins"),
        ("basis: legal opinion of 2026-10-20", "basis: ''", "legal basis"),
        ("    channels: [push]\n    messages: [autumn@6f1c]\n", "", "for a channel"),
        ("from: 2026-11-01", "from: soon", "no day"),
    ],
)
def test_a_waiver_that_is_none_is_refused(shop: Path, was: str, instead: str, what: str) -> None:
    write(shop, WAIVER.replace(was, instead))
    assert any(what in fault.what for fault in check(shop, {}))


def test_check_names_a_waiver_that_has_no_effect_any_more(shop: Path) -> None:
    write(shop, WAIVER.replace("autumn@6f1c", "none"))
    assert [fault.what for fault in waivers(load(shop, {}), at("2027-11-01 00:00"))] == [
        "the waiver of KR-11 ended on 2027-10-31 and has no effect"
    ]


def test_a_waiver_is_for_the_words_that_were_agreed_to_and_check_says_where_they_changed(shop: Path) -> None:
    name, message = next(iter(load(shop, {}).messages.items()))
    now = at("2027-10-31 23:59")
    for written in (name, f"{name}@6f1c"):
        write(shop, WAIVER.replace("autumn@6f1c", written))
        (said,) = waivers(load(shop, {}), now)
        assert f"not for what the message {name} says now" in said.what
        assert f"{name}@{message.words}" in said.cure
    write(shop, WAIVER.replace("autumn@6f1c", f"{name}@{message.words}"))
    assert waivers(load(shop, {}), now) == []
    mail = shop / "messages" / name / "email.ko.mjml"
    mail.write_text(mail.read_text(encoding="utf-8").replace("니다", "니당", 1), encoding="utf-8")
    changed = load(shop, {}).messages[name].words
    (said,) = waivers(load(shop, {}), now)
    assert changed != message.words
    assert f"{name}@{changed}" in said.cure
