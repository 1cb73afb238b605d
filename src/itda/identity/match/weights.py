"""What was learnt: how often pairs of one person, of one household and of strangers agree at each level."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The weights of one column. Shares 0 to 1; the rows of each table: the column it rests on differs, is the same."""

    label: str
    kind: str
    rests_on: str | None = None
    """The label of a column whose sameness makes this one less telling: the city under the postcode."""
    person: tuple[tuple[float, ...], tuple[float, ...]]
    """Share of each level among pairs of one person (Fellegi and Sunter's m)."""
    household: tuple[tuple[float, ...], tuple[float, ...]]
    strangers: tuple[tuple[float, ...], tuple[float, ...]]
    """Among strangers (their u)."""
    frequent: Mapping[str, float] = {}
    """Of common values, the share of other people who have it; any other value: `rare`."""
    rare: float = 1e-6


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """All that a score needs."""

    records: int
    """Of how many records it was learnt."""
    person: float
    """The share of pairs that are one person, of all pairs of records."""
    household: float
    swapped: float
    """The share of pairs of one person whose given and family names were swapped."""
    threshold: float
    """Bits from which on two records are taken for one person."""
    evidence: tuple[Evidence, ...]
