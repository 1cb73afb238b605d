"""The packs in the box, each layer over the one before. A new law or provider is one file here, one test, one page."""

from __future__ import annotations

from collections.abc import Iterable

from itda.consent.packs import core, gmail, kr_network
from itda.consent.rule import Pack, PackKind, Rule

KINDS: dict[str, PackKind] = {kind.name: kind for kind in (core.PACK, kr_network.PACK, gmail.PACK)}


def rules(packs: Iterable[Pack]) -> tuple[Rule, ...]:
    """All rules of these packs. Their order does not matter to a verdict but for the order of its reasons."""
    return tuple(rule for pack in packs for rule in pack.rules)


def box() -> tuple[Pack, ...]:
    """Every pack with its law's own values."""
    return tuple(kind.pack() for kind in KINDS.values())
