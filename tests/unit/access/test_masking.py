from __future__ import annotations

import pytest

from itda.access.actor import BESIDE, PERMISSIONS, ROLES, STAFF_ROLES, sight
from itda.access.masking import HIDDEN, masked


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "minji@shop.example", f"m{HIDDEN}@shop.example"), ("phone", "+821098765431", f"{HIDDEN}5431"), ("phone", "12345", HIDDEN),
        ("name", "김민지", f"김{HIDDEN}"), ("name", "", ""),
    ],
)  # fmt: skip
def test_a_masked_value_tells_two_apart_and_reaches_nobody(kind: str, value: str, shown: str) -> None:
    assert masked(kind, value) == shown


def test_who_may_read_customers_is_not_thereby_shown_personal_values() -> None:
    seen = {role: sight(role) for role in ROLES}
    assert [role for role, how in seen.items() if how == "whole"] == [
        "admin", "cx_owner", "agent", "steward", "privacy_officer",
    ]  # fmt: skip
    assert [role for role, how in seen.items() if how == "masked"] == ["channel_manager", "analyst", "store_staff"]


def test_a_machine_holds_nothing_by_its_role() -> None:
    assert ROLES["machine"] == frozenset()


def test_who_holds_a_permission_holds_what_its_pages_show_beside_it() -> None:
    lacking = [
        (role, permission, beside - ROLES[role])
        for role in STAFF_ROLES
        for permission, beside in BESIDE.items()
        if permission in ROLES[role] and not beside <= ROLES[role]
    ]
    assert lacking == []


def test_roles_hold_only_what_there_is() -> None:
    assert [role for role, held in ROLES.items() if not held <= set(PERMISSIONS)] == []
