from __future__ import annotations

import pytest

from itda.base.instant import DAY
from itda.identity.graph import OBSERVED, Decision, Edge, Node, standing
from itda.identity.policy import IdentityPolicy, Kind, Limit
from itda.identity.resolve import is_within, resolve

A, B, C = (bytes([letter]) * 16 for letter in b"abc")
POLICY = IdentityPolicy(
    kinds=(Kind(name="user", rank=0), Kind(name="cookie", rank=1, limits=(Limit(1, 7 * DAY),))),
)


@pytest.mark.parametrize(("apart", "allowed"), [(7 * DAY - 1, False), (7 * DAY, True), (7 * DAY + 1, True)])
def test_a_window_does_not_hold_the_moment_it_ends(apart: int, allowed: bool) -> None:
    assert is_within(Limit(1, 7 * DAY), [5, 5 + apart]) is allowed
    nodes = [Node(A, "user", 0), Node(B, "cookie", 5), Node(C, "cookie", 5 + apart)]
    edges = {(A, B): Edge(A, B, OBSERVED, 5), (A, C): Edge(A, C, OBSERVED, 5 + apart)}
    found = resolve(POLICY, nodes, edges, {})
    assert (found.customers[C] == A) is allowed
    assert (found.verdicts[A, C].reason == "") is allowed


def test_a_window_is_looked_at_wherever_it_begins() -> None:
    assert is_within(Limit(2, DAY), [0, 1, DAY, DAY + 1])
    assert not is_within(Limit(2, DAY), [0, 1, DAY - 1, DAY + 1])
    assert not is_within(Limit(2, DAY), [0, 2 * DAY, 2 * DAY + 1, 2 * DAY + 2])


def test_for_ever_has_no_window() -> None:
    assert is_within(Limit(2), [0, 900 * DAY])
    assert not is_within(Limit(2), [0, 900 * DAY, 1800 * DAY])


def test_a_link_of_the_matching_gives_way_to_what_was_observed_later_and_by_weaker_kinds() -> None:
    nodes = [Node(A, "user", 0), Node(B, "cookie", 5), Node(C, "cookie", 6)]
    observed = {(A, C): Edge(A, C, OBSERVED, 900)}
    likely = {(A, B): Decision(b"1", "likely", A, B, 1)}
    found = resolve(POLICY, nodes, observed, likely)
    assert (found.customers[C], found.customers[B]) == (A, B)
    assert found.verdicts[A, B].reason == "limit:cookie"
    assert resolve(POLICY, nodes[:2], {}, likely).customers[B] == A


@pytest.mark.parametrize("action", ["must", "cannot"])
def test_what_a_steward_says_counts_before_a_later_link_of_the_matching(action: str) -> None:
    said, found = Decision(b"1", action, A, B, 5), Decision(b"2", "likely", A, B, 99)
    assert standing([said, found]) == standing([found, said]) == {(A, B): said}
