from __future__ import annotations

import pytest

from itda.base.instant import DAY
from itda.identity.graph import OBSERVED, Edge, Node
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
