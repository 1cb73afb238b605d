"""An identity policy in words: what tells people apart, what may be one customer, and what is nobody's."""

from __future__ import annotations

from collections.abc import Iterator

from itda.base.instant import DAY, HOUR
from itda.identity.policy import LONGEST_VALUE, WINDOWS, IdentityPolicy, Kind, Limit


def told(policy: IdentityPolicy) -> list[str]:
    """One sentence or two a line: the kinds first, strongest first and numbered, then what holds for all of them."""
    kinds = [f"{kind.rank + 1}. {kind.name}: {_kind(kind)}" for kind in policy.kinds]
    return [*kinds, *_all(policy)]


def _kind(kind: Kind) -> str:
    return ", ".join(_parts(kind)) + "."


def _parts(kind: Kind) -> Iterator[str]:
    bounds = ["one a customer, ever"] if kind.is_unique else []
    yield " and ".join([*bounds, *map(_limit, kind.limits)]) or "any number a customer"
    if kind.is_known:
        yield "makes somebody known"
    if kind.is_personal:
        yield "personal: in no address, masked for most"
    if kind.hash_of:
        yield f"SHA-256 of {kind.hash_of}: whoever carries the one carries the other"
    if kind.normaliser != "text":
        yield f"written as {kind.normaliser}"
    stronger = kind.hub_degree and kind.rank > 0
    yield f"a hub from {kind.hub_degree + 1} of any stronger kind on" if stronger else "a hub by the crowd alone"
    blocked = _blocked(kind.blocked_values, kind.blocked_patterns)
    if blocked:
        yield f"{blocked} of it identify nobody"


def _limit(limit: Limit) -> str:
    if limit.window is None:
        return f"at most {limit.most} a customer"
    name = next((name for name, length in WINDOWS.items() if length == limit.window), f"{limit.window // DAY} days")
    return f"at most {limit.most} that begin within a {name}"


def _all(policy: IdentityPolicy) -> Iterator[str]:
    yield "An event counts on the strongest identifier that it carries, and ties the others to that."
    yield (
        "Where a limit binds, the link of the stronger kinds holds, of equal ones the one seen first; the others are"
        " kept and join nobody. A steward's join or cut comes before all of them."
    )
    wait = f"{policy.confirm_after // HOUR} hours" if policy.confirm_after else "no time"
    yield (
        f"A hub keeps its joins for {wait}, then joins nobody; at once from {policy.certain_at} times its number on,"
        f" and whatever meets more than {policy.crowd_at:,} identifiers."
    )
    blocked = _blocked(policy.blocked_values, policy.blocked_patterns)
    yield (
        f"{blocked or 'No value'} of any kind, texts over {LONGEST_VALUE} signs, CI (연계정보) and resident numbers"
        " identify nobody."
    )
    yield f"A customer has at most {policy.largest_customer:,} identifiers."


def _blocked(values: tuple[str, ...], patterns: tuple[str, ...]) -> str:
    said = [
        f"{len(found)} {one if len(found) == 1 else many}"
        for found, one, many in ((values, "value", "values"), (patterns, "pattern", "patterns"))
        if found
    ]
    return " and ".join(said)
