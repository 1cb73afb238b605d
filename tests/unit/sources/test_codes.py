"""Codes: known as ours without a list of them, and never mistyped into another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from itda.sources import codes
from itda.store.vault import Vault

VAULT, OTHER = Vault(bytes(range(32))), Vault(bytes(32))
RANDOM = st.binary(min_size=codes.RANDOM, max_size=codes.RANDOM)


@given(RANDOM)
def test_a_code_is_read_back_however_it_is_typed(random: bytes) -> None:
    code = codes.make(VAULT, "receipts", random)
    assert len(code) == codes.LENGTH
    typed = f"{code[:5]}-{code[5:10]} {code[10:].lower()}".replace("0", "o").replace("1", "l")
    assert codes.read(VAULT, "receipts", typed) == code


@given(RANDOM, st.integers(0, codes.LENGTH - 1), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_letter_makes_it_none(random: bytes, place: int, sign: str) -> None:
    code = codes.make(VAULT, "receipts", random)
    wrong = code[:place] + sign + code[place + 1 :]
    assert codes.read(VAULT, "receipts", wrong) == (code if wrong == code else None)


@given(RANDOM)
def test_a_code_of_another_source_or_workspace_is_none(random: bytes) -> None:
    code = codes.make(VAULT, "receipts", random)
    assert codes.read(VAULT, "coupons", code) is None
    assert codes.read(OTHER, "receipts", code) is None


@given(st.text(max_size=60))
def test_anything_else_is_none(text: str) -> None:
    assert codes.read(VAULT, "receipts", text) is None
