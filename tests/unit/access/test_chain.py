from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from itda.access import chain

# The test tree of Certificate Transparency (RFC 9162's hash), of one to eight leaves.
LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def test_roots_are_those_of_the_published_trees():
    assert [chain.root(LEAVES[:count]).hex() for count in range(9)] == list(ROOTS)


def test_a_link_is_the_hash_of_the_link_before_the_number_the_time_and_the_row():
    before, row = b"b" * 32, b"r" * 32
    told = before + (7).to_bytes(8, "big") + (1_790_000_000_000_000).to_bytes(8, "big") + row
    assert chain.link(before, 7, 1_790_000_000_000_000, row) == hashlib.sha256(told).digest()


digests = st.binary(min_size=32, max_size=32)
numbers = st.integers(-(1 << 62), 1 << 62)


@given(digests, numbers, numbers, digests, digests, numbers)
def test_whatever_changes_in_a_row_changes_its_link(before, seq, at, row, other, number):
    own = chain.link(before, seq, at, row)
    for changed in (
        (other, seq, at, row),
        (before, number, at, row),
        (before, seq, number, row),
        (before, seq, at, other),
    ):
        assert (chain.link(*changed) == own) == (changed == (before, seq, at, row))


@given(st.sampled_from(["access", "audit", "consent"]), st.integers(0, 99_999), digests, digests)
def test_a_day_begins_with_its_stream_its_number_and_the_day_before(stream, day, before, other):
    own = chain.beginning(stream, day, before)
    assert own != chain.beginning(stream, day + 1, before)
    assert own != chain.beginning(stream + "2", day, before)
    assert (own == chain.beginning(stream, day, other)) == (before == other)
