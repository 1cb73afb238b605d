"""What a profile answers: values with where they come from, before anything sealed is opened."""

from __future__ import annotations

from typing import Any

import msgspec


class TraitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One trait's answer at a time. `value` is JSON, or sealed bytes where `is_sealed`."""

    name: str
    kind: str
    value: Any
    is_sealed: bool = False
    is_spilled: bool = False
    """The state was too large to keep: ask the lake."""
    source: str = ""
    at: int | None = None
    unit: str = ""
    """`minor` for money in minor units of `currency`, days, hours, or empty."""
    currency: str = ""


class Answers(msgspec.Struct, frozen=True):
    """All of a profile's traits: what was said of the person, and what was computed."""

    declared: list[TraitAnswer]
    computed: list[TraitAnswer]
