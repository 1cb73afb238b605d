"""Customers as they would be without the links of the matching: what is compared, and what stands side by side.

The links of the matching are taken last, so what hangs together by active links of the higher tiers alone is exactly
what would be one customer without them.
"""

from __future__ import annotations

from collections.abc import Sequence

from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.identity.graph import PROBABLE, raw_components
from itda.store.arrays import byteas

_LINKED = """
select distinct i.customer from steered s join identifier i on i.fragment = s.a or i.fragment = s.b
where s.action = 'likely' and s.retracted_at is null
"""
_ACTIVE = "select a, b from edge where a = any(%b) and b = any(%b) and state = 'active' and tier < %s"


def linked_customers(work: Work) -> set[bytes]:
    """The customers of whom some identifiers may hang together by a link of the matching alone."""
    return {bytes(customer) for (customer,) in work.connection.execute(_LINKED).fetchall()}


def parts(work: Work, members: Sequence[Member]) -> list[list[Member]]:
    """The members of whole customers as they would be without the matching, in each the oldest identifier first."""
    fragments = [member.fragment for member in members]
    ends = byteas(fragments)
    links = [(bytes(a), bytes(b)) for a, b in work.connection.execute(_ACTIVE, [ends, ends, PROBABLE]).fetchall()]
    place = {fragment: at for at, group in enumerate(raw_components(fragments, links)) for fragment in group}
    found: dict[int, list[Member]] = {}
    for member in members:
        found.setdefault(place[member.fragment], []).append(member)
    return list(found.values())
