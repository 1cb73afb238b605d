"""Which refused events name somebody who is to be erased."""

from __future__ import annotations

import json

import pytest

from itda.engine.requests.quarantined import Named

KNOWN = Named([("user_id", "u1"), ("membership", "77"), ("email", "Kim@mail.kr"), ("phone", "+821082645937"),
               ("nick", "김이")])  # fmt: skip


def row(**values: str) -> str:
    """A refused row of a file: its values stand as JSON within JSON."""
    return json.dumps({"line": 2, "values": json.dumps(values, ensure_ascii=False)})


@pytest.mark.parametrize(
    "raw",
    [
        '{"userId":"u1"}', '{"userId": "U1", "event": 3}', '{"identifiers":{"membership":77}}', '{"a":{"b":["u1"]}}',
        '{"note":"mail to kim@mail.kr please"}', '{"note":"010-8264-5937"}', row(card="77"), row(login="u1"),
        '{"nick":"김이"}', '{"nick":"\\uae40\\uc774"}', '{"NICK":"\\uAE40\\uC774"}', row(nick="김이"), '{"userId":"u1"',
    ],
)  # fmt: skip
def test_a_value_is_found_whole_where_it_is_short_and_anywhere_where_it_is_long(raw: str) -> None:
    assert KNOWN.is_in(raw)


@pytest.mark.parametrize(
    "raw",
    [
        '{"userId":"u12"}', '{"userId":"xu1"}', '{"note":"u1 was here"}', '{"quantity":77}', '{"membership":770}',
        '{"membership":77.5}', '{"email":"lee@mail.kr"}', '{"nick":"김이박"}', "", row(card="177"),
    ],
)  # fmt: skip
def test_nobody_elses_refused_event_is_emptied_for_a_short_value(raw: str) -> None:
    assert not KNOWN.is_in(raw)


def test_who_has_no_values_is_found_nowhere() -> None:
    assert not Named([]).is_in('{"userId":""}')
    assert not Named([("user_id", ""), ("phone", "")]).is_in('{"userId":""}')
