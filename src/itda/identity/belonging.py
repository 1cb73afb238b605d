"""Which identifiers of a customer belong to who proved an address, where several people may have become one.

A family shares a mailbox, a shop's tablet or a number; the graph then holds them as one customer, or a steward did. Who
proves one address shows that it is theirs and nothing about the others. So an identifier is theirs when it hangs on a
proven address closer than on any other, by links that were seen (never by likeness), and when the way leads only over
what is one person's own: an account or a membership. A device or a number in between proves nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from itda.identity.graph import Pair
from itda.identity.policy import IdentityPolicy


def belonging(
    policy: IdentityPolicy, address: str, kinds: Mapping[bytes, str], links: Iterable[Pair], proven: Collection[bytes]
) -> frozenset[bytes]:
    """The identifiers that may be shown whole to who proved these addresses, themselves among them.

    `address` is the kind that can be proven, such as email; `kinds` says of each identifier of the customer its kind,
    `links` which of them were seen together. An identifier as close to an address that is not proven is left out.
    """
    around: dict[bytes, set[bytes]] = {}
    for one, other in links:
        around.setdefault(one, set()).add(other)
        around.setdefault(other, set()).add(one)
    owners = {fragment: {fragment} for fragment, kind in kinds.items() if kind == address}
    reached = list(owners)
    while reached:
        found: dict[bytes, set[bytes]] = {}
        for here in reached:
            if kinds[here] != address and not _is_ones_own(policy, kinds[here]):
                continue
            for there in around.get(here, ()):
                if there in kinds and there not in owners:
                    found.setdefault(there, set()).update(owners[here])
        owners |= found
        reached = list(found)
    shown = set(proven)
    return frozenset(fragment for fragment, whose in owners.items() if whose <= shown)


def _is_ones_own(policy: IdentityPolicy, kind: str) -> bool:
    """Whether a kind of identifier is given to one person by the brand, and to nobody else."""
    known = policy.by_name.get(kind)
    return known is not None and known.is_unique
