"""Who is asked about: from an identifier, or any id ever shown, to today's customer and its fragments."""

from __future__ import annotations

from itda.base import ids
from itda.engine.work import Work
from itda.events.normalise import reader

_CUSTOMER = "select customer from identifier where fragment = %s"
_FRAGMENTS = "select fragment from identifier where customer = %s order by first_at, fragment"

Who = tuple[str, str] | str
"""(kind, value) of an identifier, or a customer's id."""


def customer_of(work: Work, who: Who) -> bytes | None:
    """Today's customer; None when nobody is meant. An id shown before a merge or cut is that of an identifier."""
    if isinstance(who, str):
        try:
            fragment = ids.customer_bytes(who)
        except ValueError:
            return None
    else:
        row = work.key(who[0], normal(work, *who))
        if row is None:
            return None
        fragment = row.fragment
    found = work.connection.execute(_CUSTOMER, [fragment]).fetchone()
    return None if found is None else bytes(found[0])


def fragments_of(work: Work, customer: bytes) -> list[bytes]:
    """The customer's identifiers, oldest first."""
    return [bytes(fragment) for (fragment,) in work.connection.execute(_FRAGMENTS, [customer]).fetchall()]


def normal(work: Work, kind: str, value: str) -> str:
    """A value in the normal form of its kind; as it stands where it has none."""
    known = work.workspace.policy.by_name.get(kind)
    if known is None:
        return value
    return reader(known.normaliser, work.workspace.country)(value) or value
