"""Which address a journey writes to: one that is surely of who is meant, or none."""

from __future__ import annotations

import pytest

from itda.consent.definition import SUBJECT_WIDE
from itda.engine.deciding.choosing import contact_of
from itda.engine.deciding.people import Customer
from itda.identity.policy import IdentityPolicy, Kind
from itda.store.engagement_rows import IdentifierRow

ACCOUNTS = IdentityPolicy(
    kinds=(
        Kind(name="user_id", rank=0, is_unique=True, is_known=True),
        Kind(name="email", rank=1, is_known=True),
        Kind(name="device", rank=2),
    )
).accounts


def customer(*identifiers: str, **last_at: int) -> Customer:
    """Of identifiers such as `email:a`, whose fragments are their letters."""
    rows = [
        IdentifierRow(letter.encode() * 16, kind, b"c" * 16) for kind, letter in (one.split(":") for one in identifiers)
    ]
    return Customer(b"c" * 16, rows, {letter.encode() * 16: at for letter, at in last_at.items()})


@pytest.mark.parametrize(
    ("owner", "entry", "chosen"),
    [
        (customer("email:a"), "d", "a"),
        (customer("device:d"), "d", ""),
        (customer("email:a", "email:b", "device:d", a=1, b=2), "d", ""),
        (customer("email:a", "email:b", "device:d", a=1, b=2), "a", "a"),
        (customer("user_id:u", "email:a", "email:b", a=1, b=2), "u", "b"),
        (customer("user_id:u", "email:a", "email:b", a=1, b=2), "a", "a"),
        (customer("user_id:u", "user_id:v", "email:a", "email:b", a=1, b=2), "u", ""),
    ],
)
def test_two_addresses_on_one_device_are_written_to_only_where_it_is_told_whose(
    owner: Customer, entry: str, chosen: str
) -> None:
    expected = chosen.encode() * 16 or SUBJECT_WIDE
    assert contact_of(owner, "email", entry.encode() * 16, ACCOUNTS) == expected
