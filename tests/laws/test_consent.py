"""Consent: neither order nor repetition nor joining makes more of it than was given; a rule more never loosens."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack
from msgspec.structs import replace
from tests.laws.identity_world import budget
from tests.unit.consent.situations import LINK, MAIL, OTHER, PERSON, PHONE, RULES, SUBJECT, at, bought, facts

from itda.base.instant import DAY, HOUR
from itda.consent import labels
from itda.consent.definition import ADS, ADS_AT_NIGHT, FORCES, ConsentEvent, ConsentKey, Finding
from itda.consent.facts import Batch, Carrier, Destination, Record, Template
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


OTHERS: Any = {
    "carrier": st.sampled_from((None, Carrier(), Carrier(spam_rate=0.002, is_authenticated=False))),
    "template": st.sampled_from((None, Template(message_class="informational", has_promotional_link=True))),
    "batch": st.sampled_from((None, Batch(10, 0), Batch(90_000, 1.5))),
    "zones": st.sampled_from((None, (), ("America/New_York", "Pacific/Honolulu"), ("Nowhere/None",))),
    "age_band": st.sampled_from((None, "0-13", "30-39")),
    "destination": st.sampled_from(
        (None, Destination(name="google", country="US", takes_signals=True, is_behavioural=True, is_listed=True))
    ),
    "record": st.sampled_from((None, Record("contract", START), Record("unknown", START))),
    "columns": st.sampled_from((frozenset(), frozenset({"trait.ci"}))),
    "is_stopped": st.booleans(),
    "is_leaving": st.booleans(),
    "is_recycled": st.booleans(),
    "has_permission": st.booleans(),
    "fails_over": st.sampled_from(("", "kakao")),
    "reason": st.sampled_from(("", "autumn")),
}  # fmt: skip
"""What most situations do not have."""


@st.composite
def situations(draw: st.DrawFn) -> Any:
    """Facts of every kind, some of them missing."""
    channel = draw(st.sampled_from(("email", "sms", "push", "kakao", "alimtalk", "voice", "ads")))
    contact = MAIL if channel == "email" else PHONE
    return facts(
        channel,
        stage=draw(st.sampled_from(("choice", "departure", "record", "publish", "export", "erase"))),
        message_class=draw(st.sampled_from(("advertising", "informational", None))),
        ground=draw(st.sampled_from(("", "contract"))),
        category=draw(st.sampled_from(("", "shoes", "주류", "담배"))),
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
        **draw(st.fixed_dictionaries({}, optional=OTHERS)),
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


THIRD = bytes([8]) * 16
PEOPLE = (PERSON, OTHER, THIRD)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
        st.tuples(st.just("cut"), st.sampled_from(PEOPLE), st.just(b"")),
        st.tuples(st.just("act"), st.sampled_from(PEOPLE), acts()),
    ),
    max_size=24,
)


class Live:
    """A ledger that is written act by act, as customers join and part, with the states it came to on its way."""

    def __init__(self) -> None:
        self.ledger: list[ConsentEvent] = []
        self.states: dict[ConsentKey, Any] = {}
        self.groups = {one: frozenset({one}) for one in PEOPLE}

    def step(self, what: str, who: bytes, other: Any) -> list[ConsentEvent]:
        if what == "join":
            whole = self.groups[who] | self.groups[other]
            self.groups |= dict.fromkeys(whole, whole)
            return []
        if what == "cut":
            left = self.groups[who] - {who}
            self.groups |= dict.fromkeys(left, left) | {who: frozenset({who})}
            return []
        number = len(self.ledger)
        told = replace(other, id=b"%d" % number, key=other.key._replace(fragment=who), seq=number + 1)
        written = [told, *copies(told, sorted(self.groups[who]))]
        written = [replace(one, seq=number + 1 + place) for place, one in enumerate(written)]
        self.ledger += written
        for key in {one.key for one in written}:
            self.states |= fold(one for one in self.ledger if one.key == key)
        return written


@budget(60, nightly=10_000)
@given(steps, st.randoms(use_true_random=False))
def test_the_state_made_anew_from_the_ledger_is_the_live_one_byte_for_byte_under_merge_and_cut(
    history: list[Any], chance: Any
) -> None:
    live = Live()
    for what, who, other in history:
        live.step(what, who, other)
    ledger = list(live.ledger)
    chance.shuffle(ledger)
    encoded = [msgpack.encode(sorted(states.items())) for states in (fold(ledger), live.states)]
    assert encoded[0] == encoded[1]


@budget(60, nightly=10_000)
@given(steps, st.sampled_from(PEOPLE), st.sampled_from(CHANNELS))
def test_who_withdrew_while_joined_stays_so_in_every_part_after_a_cut(
    history: list[Any], who: bytes, channel: str
) -> None:
    live = Live()
    for step in history:
        live.step(*step)
    joined = live.groups[who]
    last = START + 2_000 * DAY
    key = ConsentKey("A", who, MAIL, ADS, channel)
    live.step("act", who, ConsentEvent(id=b"", key=key, action="withdraw", occurred_at=last, recorded_at=last))
    before = {one: {key: state for key, state in live.states.items() if key.fragment == one} for one in PEOPLE}
    for one in joined:
        live.step("cut", one, b"")
        assert Consents(before[one], MAIL).standing(ADS, channel).status in ("refused", "withdrawn")
    given_anew = replace(live.ledger[-1], id=b"anew", action="grant", occurred_at=last + DAY, recorded_at=last + DAY)
    live.step("act", who, replace(given_anew, key=key, ground="consent"))
    for one in joined - {who}:  # parted now: what the other says later is the other's alone
        own = {key: state for key, state in live.states.items() if key.fragment == one}
        assert own == before[one]
