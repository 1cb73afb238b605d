"""What a rehearsal counts, and what is signed: pure."""

from __future__ import annotations

import json

import pytest

from itda.consent.definition import Force, Reason, Verdict
from itda.consent.packs import VERSIONS
from itda.decisions.policy import Policy
from itda.engine.enacting import body as bodies
from itda.engine.enacting import signing
from itda.engine.enacting.looking import differing
from itda.engine.enacting.tally import Decided, Effect, Tally, effect_of
from itda.store.vault import Vault

VAULT, OTHER = Vault(bytes(32)), Vault(bytes([1]) * 32)


def verdict(action: Force, until: int | None = None, *rules: str) -> Verdict:
    return Verdict(action, tuple(Reason(rule, action, "NO") for rule in rules), until)


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (verdict("allow"), verdict("transform"), None),
        (verdict("transform"), verdict("block"), "block"),
        (verdict("hold", 5), verdict("block"), "block"),
        (verdict("warn"), verdict("hold", 5), "hold"),
        (verdict("hold", 5), verdict("hold", 6), "hold"),
        (verdict("hold", 6), verdict("hold", 5), None),
        (verdict("block"), verdict("hold", 5), "let through"),
        (verdict("hold", 5), verdict("allow"), "let through"),
        (verdict("hold"), verdict("block"), None),
    ],
)
def test_what_another_verdict_means_for_who_waits(before: Verdict, after: Verdict, effect: Effect | None) -> None:
    assert effect_of(before, after) == effect


def test_a_message_counts_once_however_often_it_was_decided_on() -> None:
    tally = Tally()
    for outbox in ("a", "a", "b", "c", "d", "e"):
        one = Decided(outbox, "autumn", "email", 7)
        tally.take(one, verdict("allow"), verdict("block", None, "KR-15", "KR-02"), is_alike=outbox != "b")
    tally.take(Decided("f", "autumn", "push", 8), verdict("block", None, "KR-22"), verdict("allow"), is_alike=True)
    tally.lost("g")
    found = tally.told(30)
    assert (found.decisions, found.messages, found.judged, found.alike, found.gone) == (8, 7, 7, 6, 1)
    assert (found.blocked_more, found.held_more, found.let_through_more) == (5, 0, 1)
    assert [(one.rule, one.effect, one.messages, len(one.examples)) for one in found.rules] == [
        ("KR-02", "block", 5, 3), ("KR-15", "block", 5, 3), ("KR-22", "let through", 1, 1),
    ]  # fmt: skip


def test_what_stood_in_the_way_before_is_not_blamed() -> None:
    tally = Tally()
    before, after = verdict("hold", 5, "KR-05"), verdict("block", None, "KR-15")
    held = Verdict("block", (*before.reasons, *after.reasons))
    tally.take(Decided("a", "m", "push", 1), before, held, is_alike=True)
    assert [one.rule for one in tally.told(1).rules] == ["KR-15"]


def test_a_body_names_every_pack_by_its_bytes_and_the_settings_by_their_words() -> None:
    told = json.loads(bodies.body(Policy(values={"kr_network": '{"notice_days":7}', "caps": "{}"})))
    assert set(told["packs"]) == set(VERSIONS)
    assert all(len(one["sha256"]) == 64 for one in told["packs"].values())
    assert (told["values"], told["waivers"], told["four_eyes"]) == ({"kr_network": {"notice_days": 7}}, [], False)
    plain = bodies.body(Policy())
    assert differing(plain, json.dumps(told)) == ["values"]
    altered = json.loads(plain)
    altered["packs"]["eu"]["sha256"] = "0" * 64
    assert differing(plain, json.dumps(altered)) == ["eu"]


def test_a_signature_is_of_this_workspace_and_of_these_bytes() -> None:
    key, signature = signing.sign(VAULT, "body")
    assert signing.is_signed(key, signature, "body")
    assert key == signing.public_key(VAULT) != signing.public_key(OTHER)
    assert not signing.is_signed(key, signature, "body ")
    assert not signing.is_signed(signing.public_key(OTHER), signature, "body")
    assert not signing.is_signed(b"", b"", "body")
