"""What of a customer belongs to who proved an address, where several people became one."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from itda.identity.belonging import belonging
from itda.identity.policy import IdentityPolicy

POLICY = IdentityPolicy.box()


def own(links: str, *proven: str) -> set[str]:
    """Whose identifiers are shown; `e` are e-mail addresses, `u` user ids, `m` memberships, `p` phones, `d` devices."""
    words = {"e": "email", "u": "user_id", "m": "membership", "p": "phone", "d": "device"}
    pairs = [(a.encode(), b.encode()) for a, b in (link.split("-") for link in links.split())]
    kinds = {end: words[end[:1].decode()] for pair in pairs for end in pair}
    shown = belonging(POLICY, "email", kinds, pairs, [name.encode() for name in proven])
    return {name.decode() for name in shown}


def test_one_persons_account_phone_and_device_are_theirs() -> None:
    assert own("u1-e1 u1-p1 u1-d1 m1-e1", "e1") == {"u1", "e1", "p1", "d1", "m1"}


def test_a_shared_device_is_nobodys_and_what_lies_behind_it_is_the_others() -> None:
    links = "u1-e1 m2-e2 u1-d1 m2-d1"
    assert own(links, "e1") == {"u1", "e1"}
    assert own(links, "e2") == {"m2", "e2"}
    assert own(links, "e1", "e2") == {"u1", "e1", "m2", "e2", "d1"}


def test_somebody_without_an_address_behind_a_shared_phone_or_device_stays_hidden() -> None:
    assert own("u1-e1 u1-p1 m2-p1", "e1") == {"u1", "e1", "p1"}
    assert own("u1-e1 u1-d1 m2-d1", "e1") == {"u1", "e1", "d1"}


def test_an_account_that_was_seen_with_two_addresses_needs_both_to_be_proven() -> None:
    assert own("u1-e1 u1-e2", "e1") == {"e1"}
    assert own("u1-e1 u1-e2", "e1", "e2") == {"u1", "e1", "e2"}


@given(
    st.lists(
        st.sampled_from(list(combinations(["e1", "e2", "e3", "u1", "m1", "m2", "p1", "d1", "d2"], 2))),
        min_size=1, unique=True,
    )
)  # fmt: skip
def test_proving_more_never_hides_and_no_address_that_is_not_proven_is_shown(pairs: list[tuple[str, str]]) -> None:
    links = " ".join(f"{a}-{b}" for a, b in pairs)
    known = {end for pair in pairs for end in pair}
    one, both = own(links, "e1"), own(links, "e1", "e2")
    assert one <= both <= known
    assert {name for name in one if name.startswith("e")} <= {"e1"}
    assert own(links, "e1", "e2", "e3") >= both
