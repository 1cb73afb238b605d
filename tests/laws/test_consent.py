"""Consent: neither order nor repetition nor joining makes more of it than was given; a rule more never loosens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.unit.consent.situations import LINK, MAIL, OTHER, PERSON, PHONE, RULES, SUBJECT, at, bought, facts

from itda.base.instant import DAY, HOUR
from itda.consent import labels
from itda.consent.definition import ADS, ADS_AT_NIGHT, FORCES, ConsentEvent, ConsentKey, Finding
from itda.consent.judge import judge
from itda.consent.ledger import copies, fold
from itda.consent.rule import Rule
from itda.consent.standing import STRICTNESS, Consents
from itda.decisions.decide import decide
from itda.decisions.definition import Drop, Hold, Proposed, Send

pytestmark = pytest.mark.timeout(3_600)
START = at("2024-01-01 00:00")
ACTIONS = ("request", "grant", "refuse", "withdraw", "confirm", "expire", "suspend", "restore", "import")
CHANNELS = ("email", "sms", "push", "any")


@st.composite
def acts(draw: st.DrawFn) -> ConsentEvent:
    """An act of one of two fragments, on a coarse clock so that many happen at once."""
    key = ConsentKey(
        "A",
        draw(st.sampled_from((PERSON, OTHER))),
        draw(st.sampled_from((MAIL, PHONE, SUBJECT))),
        draw(st.sampled_from((ADS, ADS_AT_NIGHT))),
        draw(st.sampled_from(CHANNELS)),
    )
    when = START + draw(st.integers(0, 12)) * 90 * DAY
    return ConsentEvent(
        id=draw(st.binary(min_size=2, max_size=2)), key=key, action=draw(st.sampled_from(ACTIONS)), occurred_at=when,
        recorded_at=when + draw(st.integers(0, 40)) * DAY, has_evidence=draw(st.booleans()),
        seq=draw(st.integers(1, 9)),
    )  # fmt: skip


histories = st.lists(acts(), max_size=14, unique_by=lambda event: event.id)


def answer(consents: Consents, purpose: str, channel: str) -> int:
    """How strict an answer is; -1 where there is none."""
    status = consents.standing(purpose, channel).status
    return STRICTNESS.index(status) if status in STRICTNESS else -1


@budget(100, nightly=20_000)
@given(histories, st.randoms(use_true_random=False), st.data())
def test_neither_order_nor_repetition_matters(events: list[ConsentEvent], chance: Any, data: st.DataObject) -> None:
    again = events + data.draw(st.lists(st.sampled_from(events))) if events else []
    chance.shuffle(again)
    assert fold(again) == fold(events)


@budget(100, nightly=20_000)
@given(histories, st.sampled_from((MAIL, PHONE, None)), st.sampled_from((ADS, ADS_AT_NIGHT)), st.sampled_from(CHANNELS))
def test_a_join_is_never_more_permissive_than_anyone_who_answered(
    events: list[ConsentEvent], contact: bytes | None, purpose: str, channel: str
) -> None:
    found = fold(events)
    parts = [
        Consents({key: state for key, state in found.items() if key.fragment == fragment}, contact)
        for fragment in (PERSON, OTHER)
    ]
    joined = answer(Consents(found, contact), purpose, channel)
    assert joined == max(answer(part, purpose, channel) for part in parts)


@budget(100, nightly=20_000)
@given(histories, st.sampled_from((PERSON, OTHER)), st.sampled_from(CHANNELS))
def test_a_withdrawal_copied_to_the_joined_leaves_no_consent_behind(
    events: list[ConsentEvent], who: bytes, channel: str
) -> None:
    last = START + 2_000 * DAY
    key = ConsentKey("A", who, MAIL, ADS, channel)
    gone = ConsentEvent(id=b"gone", key=key, action="withdraw", occurred_at=last, recorded_at=last)
    found = fold([*events, gone, *copies(gone, [PERSON, OTHER])])
    for fragment in (PERSON, OTHER):
        own = Consents({key: state for key, state in found.items() if key.fragment == fragment}, MAIL)
        assert own.standing(ADS, channel).status in ("refused", "withdrawn")


@budget(100, nightly=20_000)
@given(histories)
def test_a_grant_is_behind_every_consent(events: list[ConsentEvent]) -> None:
    granted = {key for key, state in fold(events).items() if state.status == "granted"}
    given_by = {
        event.key for event in events if event.action == "grant" or (event.action == "import" and event.has_evidence)
    }
    assert granted <= given_by


@st.composite
def situations(draw: st.DrawFn) -> Any:
    """Facts of every kind, some of them missing."""
    channel = draw(st.sampled_from(("email", "sms", "push", "kakao")))
    contact = MAIL if channel == "email" else PHONE
    return facts(
        channel,
        stage=draw(st.sampled_from(("choice", "departure", "record"))),
        message_class=draw(st.sampled_from(("advertising", "informational", None))),
        ground=draw(st.sampled_from(("", "contract"))),
        category=draw(st.sampled_from(("", "shoes"))),
        markers=draw(st.sampled_from(((), ("쿠폰",), None))),
        opening=draw(st.sampled_from(("가을", "[광고]가을", "(광고)가을", None))),
        sender=draw(st.sampled_from((facts().sender, None))),
        countries=draw(st.sampled_from((("KR",), ("DE",), ("US", "KR"), None))),
        consents=draw(st.one_of(st.none(), histories.map(lambda events: Consents(fold(events), contact)))),
        transactions=draw(st.sampled_from((None, (), (bought(),), (bought(is_direct=False),)))),
        optout_link=draw(st.sampled_from((LINK, None, "http://a.example/x", "nonsense"))),
        decision=draw(st.sampled_from((b"row", None))),
        consents_read_at=draw(st.sampled_from((None, START, 1 << 62))),
        sent=draw(st.sampled_from((None, ()))),
    )  # fmt: skip


extra = st.builds(
    lambda action, until: Rule(
        id="EXTRA", sentence="s.", source="x", mark="M", about="every", stages=("choice", "departure", "record"),
        check=lambda _facts, now: Finding(action, "EXTRA", until=now + until if action == "hold" else None),
    ),
    st.sampled_from(FORCES),
    st.integers(0, 3 * DAY),
)  # fmt: skip
moments = st.integers(0, 1_400 * 24).map(lambda hours: START + hours * HOUR)


@budget(120, nightly=30_000)
@given(situations(), st.sets(st.sampled_from(range(len(RULES)))), st.sampled_from(range(len(RULES))), extra, moments)
def test_a_rule_more_never_makes_a_verdict_looser(
    given_facts: Any, some: set[int], one: int, other: Rule, now: int
) -> None:
    fewer = [RULES[index] for index in sorted(some)]
    before = judge(given_facts, fewer, now)
    for more in (judge(given_facts, [*fewer, RULES[one]], now), judge(given_facts, [other, *fewer], now)):
        assert FORCES.index(more.action) >= FORCES.index(before.action)
        assert (more.hold_until or 0) >= (before.hold_until or 0)
        assert set(before.reasons) <= set(more.reasons)
        assert set(before.changes) <= set(more.changes)


@budget(120, nightly=30_000)
@given(situations(), moments, st.one_of(st.none(), st.integers(0, 3 * DAY)))
def test_what_goes_has_a_verdict_that_lets_it_go(given_facts: Any, now: int, expires: int | None) -> None:
    verdict = judge(given_facts, RULES, now)
    intent = Proposed(
        id=b"1", message="m", message_class=given_facts.message_class or "advertising", at=now,
        expires_at=None if expires is None else now + expires,
    )  # fmt: skip
    match decide(intent, given_facts, {given_facts.channel: verdict}, now):
        case Send(changes=changes):
            assert verdict.action in ("allow", "warn", "transform")
            assert changes == verdict.changes
        case Hold(until=until):
            assert verdict.action == "hold"
            assert now < until
            assert intent.expires_at is None or until < intent.expires_at
        case Drop(why=why):
            is_over = intent.expires_at is not None and why == "EXPIRED_IN_HOLD"
            assert verdict.action == "block" or is_over


@budget(120, nightly=30_000)
@given(st.text(max_size=20), situations())
def test_labelling_twice_is_labelling_once(text: str, given_facts: Any) -> None:
    verdict = judge(given_facts, RULES, START)
    once = labels.text(verdict.changes, text)
    assert labels.text(verdict.changes, once) == once
