"""The packs in the box, each layer over the one before. A new law or provider is one file here, one test, one page.

A version that is no longer the latest stays beside it, so that what was decided under it can be judged again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, get_args

import msgspec

from itda.base.errors import Broken
from itda.consent.packs import always, apple, eu, gmail, kakao, kr_ecommerce, kr_network, kr_pipa, us, us_ca
from itda.consent.rule import Layer, Pack, PackKind, Rule

_BOX: tuple[PackKind, ...] = (
    always.PACK, kr_network.PACK, kr_pipa.PACK, kr_ecommerce.PACK, eu.FIRST, eu.PACK, us.FIRST, us.PACK, us_ca.FIRST,
    us_ca.PACK, kakao.PACK, gmail.FIRST, gmail.PACK, apple.NONE_YET, apple.PACK,
)  # fmt: skip
"""Every version of every pack."""


def _versions() -> dict[str, tuple[PackKind, ...]]:
    order = get_args(Layer)
    sorted_box = sorted(_BOX, key=lambda kind: (order.index(kind.layer), kind.name, kind.since))
    return {name: tuple(kinds) for name, kinds in groupby(sorted_box, key=lambda kind: kind.name)}


VERSIONS: dict[str, tuple[PackKind, ...]] = _versions()
"""Pack → its versions, the earliest first; packs in the order of their layers."""
KINDS: dict[str, PackKind] = {name: kinds[-1] for name, kinds in VERSIONS.items()}
"""Pack → its latest version, which says how its values are written."""


def rules(packs: Iterable[Pack]) -> tuple[Rule, ...]:
    """All rules of these packs. Their order does not matter to a verdict but for the order of its reasons."""
    return tuple(rule for pack in packs for rule in pack.rules)


def box(values: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Pack, ...]:
    """Every version of every pack, with these values (pack → name → value) where any are given, else its law's own."""
    found = tuple(kind.pack(_own(kind, (values or {}).get(name))) for name, kinds in VERSIONS.items() for kind in kinds)
    return sound(found)


def named(group: str) -> tuple[str, ...]:
    """The packs of a name, or of all whose names begin with it: `kr` are kr_network, kr_pipa and so on."""
    told = group.strip().lower().replace("-", "_")
    return tuple(name for name in KINDS if name == told or name.startswith(f"{told}_"))


def _own(kind: PackKind, values: Mapping[str, Any] | None) -> msgspec.Struct | None:
    """The values as this version takes them; those that it does not know are none of its."""
    known = {field.encode_name for field in msgspec.structs.fields(kind.parameters)}
    return msgspec.convert({k: v for k, v in values.items() if k in known}, kind.parameters) if values else None


def sound(packs: tuple[Pack, ...]) -> tuple[Pack, ...]:
    """The packs, where each rule has its own id and none is without an example; else they do not load."""
    whose: dict[str, str] = {}
    for pack in packs:
        for rule in pack.rules:
            if whose.setdefault(rule.id, pack.name) != pack.name:
                raise Broken(f"{rule.id} is a rule of {whose[rule.id]} and of {pack.name}")
            if not rule.examples:
                raise Broken(f"{rule.id} of {pack.name} ships with no example")
    return packs
