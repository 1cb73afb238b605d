"""What anybody may send again and again adds nothing to the ledger, and takes nothing away from what acts come to."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.laws.identity_world import budget
from tests.laws.test_consent import acts, histories
from tests.unit.consent.situations import OTHER, PERSON, act, at

from itda.base.instant import DAY, HOUR, MINUTE
from itda.consent.definition import ConsentEvent
from itda.consent.ledger import copies, fold
from itda.consent.repeats import MOST_A_DAY, adds_nothing

NOW = at("2026-11-22 12:00")
WITHDRAWN = act("withdraw", "2026-11-22 12:00")


def taken(*times: int) -> list[ConsentEvent]:
    """Withdrawals of these times, all told now."""
    return [
        msgspec.structs.replace(WITHDRAWN, id=number.to_bytes(2), occurred_at=one, recorded_at=NOW)
        for number, one in enumerate(times)
    ]


def test_a_second_request_adds_nothing_until_something_else_was_done() -> None:
    first, again = act("request", "2026-01-01 10:00"), act("request", "2026-01-02 10:00")
    assert not adds_nothing(first, [])
    assert adds_nothing(again, [first])
    assert not adds_nothing(again, [first, act("withdraw", "2026-01-01 12:00")])
    assert adds_nothing(again, [act("grant", "2026-03-01 10:00"), first])


def test_a_withdrawal_adds_nothing_where_one_as_late_stands_and_a_later_one_is_written() -> None:
    (stands,) = taken(NOW)
    assert adds_nothing(taken(NOW - DAY)[0], [stands])
    assert adds_nothing(act("refuse", "2026-11-22 12:00"), [stands])
    assert not adds_nothing(taken(NOW + 1)[0], [stands])
    assert not adds_nothing(act("grant", "2026-11-22 11:00"), [stands])


def test_a_copy_of_another_is_no_withdrawal_of_ones_own() -> None:
    (copy,) = copies(msgspec.structs.replace(WITHDRAWN, key=WITHDRAWN.key._replace(fragment=OTHER)), [PERSON])
    assert copy.key == WITHDRAWN.key
    assert not adds_nothing(WITHDRAWN, [copy])
    assert not adds_nothing(copy, [WITHDRAWN])
    assert adds_nothing(copy, [copy])


def test_a_flood_of_withdrawals_each_later_than_the_last_ends_and_those_that_matter_are_written() -> None:
    years = taken(*(NOW - 4_000 * DAY + number * DAY for number in range(3_000)))
    ledger: list[ConsentEvent] = []
    for one in years:
        if not adds_nothing(one, ledger):
            ledger.append(one)
    assert len(ledger) == MOST_A_DAY
    hers = taken(NOW - MINUTE)[0]
    assert not adds_nothing(hers, ledger), "of today"
    assert adds_nothing(taken(NOW)[0], [*ledger, hers]), "the same hour"
    assert not adds_nothing(taken(NOW)[0], [*ledger, taken(NOW - HOUR)[0]])
    consent = act("grant", "2026-06-01 10:00")
    assert not adds_nothing(taken(consent.occurred_at + 1)[0], [*ledger, consent]), "it ends a consent"


@budget(200)
@given(histories, acts(), st.integers(0, 14))
def test_what_is_not_written_would_never_have_mattered(events: list[ConsentEvent], one: ConsentEvent, n: int) -> None:
    if events:  # of all keys that there are, one that something was said of
        one = msgspec.structs.replace(one, key=events[0].key)
    past, later = [event for event in events[:n] if event.key == one.key], events[n:]
    if adds_nothing(one, past):
        kept, all_of_it = (fold([*events[:n], *more, *later]) for more in ((), (one,)))
        assert {key: state.status for key, state in kept.items()} == {
            key: state.status for key, state in all_of_it.items()
        }
