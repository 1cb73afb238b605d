"""How customers of one household are found: by keyed hashes of what a household shares, written with what was said."""

from __future__ import annotations

from collections.abc import Mapping

from itda.profiles.household import Word
from itda.store.ports import HouseholdRow
from itda.store.vault import Vault


def rows(vault: Vault, shares: Mapping[Word, str], fragment: bytes) -> set[HouseholdRow]:
    """What is written of an identifier of which this was said."""
    return {HouseholdRow(found, fragment) for found in hashes(vault, shares)}


def hashes(vault: Vault, shares: Mapping[Word, str]) -> list[int]:
    """The hashes by which others who share something are found."""
    return [vault.household_hash(word, value) for word, value in shares.items() if word != "family_name"]
