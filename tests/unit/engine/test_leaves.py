"""A new identifier on a known one: when the component need not be settled anew, and when it must be."""

from __future__ import annotations

import msgspec

from itda.engine.held import Held
from itda.engine.leaves import attach
from itda.engine.sightings import Seen
from itda.identity.graph import OBSERVED, Node
from itda.identity.policy import IdentityPolicy, Kind, Limit
from itda.store.ports import EdgeRow, NodeRow

POLICY = IdentityPolicy(
    kinds=(Kind(name="user", rank=0, is_unique=True), Kind(name="mail", rank=1), Kind(name="web", rank=2, limits=(Limit(1),))),
    crowd_at=3,
)  # fmt: skip
U, V, M, W, X = (bytes([number]) * 16 for number in range(5))
# Two users at one address: the second is held back, so the component is no whole customer.
HELD = Held(
    (NodeRow(U, "user", 10, U, U), NodeRow(M, "mail", 20, U, U), NodeRow(V, "user", 30, U, V)),
    (
        EdgeRow(U, M, OBSERVED, 20, only_day=1, sources="web"),
        EdgeRow(V, M, OBSERVED, 30, "suppressed", "unique:user", 1, "web"),
    ),
    (),
)
USER, OTHER, MAIL = HELD.nodes[0], HELD.nodes[2], HELD.nodes[1]


def seen(at: int, day: int | None = 1, source: str = "web") -> Seen:
    return Seen(at, day, source)


def test_a_leaf_whose_link_is_the_last_hangs_on_a_component_where_something_is_held_back():
    made = attach(POLICY, HELD, OTHER, Node(W, "web", 40), seen(40))
    assert made is not None
    node, edge, grown = made
    assert (node.component, node.customer) == (U, V)
    assert (edge.state, edge.reason, grown.is_whole) == ("active", "", False)
    second = attach(POLICY, grown, OTHER, Node(X, "web", 50), seen(50))
    assert second is not None
    assert (second[0].customer, second[1].state, second[1].reason) == (X, "suppressed", "limit:web")


def test_a_leaf_whose_link_comes_before_another_is_left_to_be_settled():
    made = attach(POLICY, HELD, USER, Node(W, "web", 40), seen(40))
    assert made is not None
    assert attach(POLICY, made[2], OTHER, Node(X, "web", 39), seen(39)) is None
    assert attach(POLICY, HELD, USER, Node(X, "mail", 25), seen(25)) is None
    assert attach(POLICY, made[2], OTHER, Node(X, "web", 50), seen(50)) is not None
    assert attach(POLICY, made[2], OTHER, Node(X, "web", 50), seen(50, None)) is None


def test_a_leaf_that_only_a_source_told_that_is_not_believed_so_far_hangs_nowhere():
    policy = msgspec.structs.replace(
        POLICY,
        kinds=tuple(msgspec.structs.replace(kind, is_known=kind.name != "web") for kind in POLICY.kinds),
        sources=(("feed", "untrusted"), ("kiosk", "observe_only")),
    )
    for source, kind, hangs in (("kiosk", "mail", False), ("feed", "mail", True), ("kiosk", "web", True)):
        made = attach(policy, HELD, USER, Node(X, kind, 60), seen(60, 1, source))
        assert (made is not None) is hangs


def test_the_oldest_leaf_and_one_too_many_on_a_stem_are_left_to_be_settled():
    assert attach(POLICY, HELD, USER, Node(W, "web", 5), seen(40)) is None
    crowded = Held(HELD.nodes, (*HELD.edges, EdgeRow(M, W, OBSERVED, 40), EdgeRow(M, X, OBSERVED, 41)), ())
    assert attach(POLICY, crowded, MAIL, Node(b"n" * 16, "web", 60), seen(60)) is None
    assert attach(POLICY, crowded, USER, Node(b"n" * 16, "web", 60), seen(60)) is not None
