"""Who lives with whom: found by keyed hashes of what a household shares, held to what was said last of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from itda.base import ids
from itda.engine import households
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.questions.said import said_of, states_of
from itda.engine.questions.views import HouseholdMember, HouseholdView
from itda.engine.work import Work
from itda.events.normalise import NORMALISERS
from itda.profiles.household import MOST, Word, grouped, shared, ties

Shares = dict[Word, str]
COMMON = 2 * MOST
"""What so many identifiers share is no household's."""
_STEPS = 3
"""So far is looked from somebody: who is found is asked for others, and those too."""
_NEAR = f"""
select wanted.hash, near.fragment from unnest(%s::bigint[]) as wanted (hash),
  lateral (select fragment from household_hash h where h.hash = wanted.hash limit {COMMON}) near
"""


def shares(work: Work, said: Mapping[str, Any]) -> Shares:
    """What a household shares, of somebody of whom this was said."""
    return shared(said, lambda number: NORMALISERS["phone"].apply(number, work.workspace.country))


def view_of(work: Work, customer: bytes, fragments: Collection[bytes], said: Mapping[str, Any]) -> HouseholdView | None:
    """The household of a customer; None where they have none."""
    told = {customer: shares(work, said)}
    group = among(work, told, fragments).get(customer)
    if group is None:
        return None
    others = [
        HouseholdMember(ids.customer_text(one), list(ties(told[customer], told[one])))
        for one in group
        if one != customer
    ]
    return HouseholdView(len(group), others)


def among(work: Work, told: dict[bytes, Shares], fragments: Collection[bytes]) -> dict[bytes, list[bytes]]:
    """Customer → their household, for these and for all who are found near them; those are put into `told`.

    `fragments` are the identifiers of these.
    """
    known, looked = set(fragments), set[int]()
    near: Iterable[bytes] = list(told)
    for _ in range(_STEPS):
        wanted = {one for customer in near for one in households.hashes(work.vault, told[customer])} - looked
        found = _found(work, wanted) - known if wanted else set()
        if not found:
            break
        looked |= wanted
        members = _customers(work, found)
        known.update(found, (member.fragment for own in members.values() for member in own))
        told.update({customer: shares_of(work, own) for customer, own in members.items()})
        near = members
    return grouped(told)


def _found(work: Work, hashes: Collection[int]) -> set[bytes]:
    """Identifiers of which one of these was said, but for what is too common."""
    holders: dict[int, list[bytes]] = {}
    for number, fragment in work.connection.execute(_NEAR, [sorted(hashes)], binary=True).fetchall():
        holders.setdefault(number, []).append(bytes(fragment))
    return {fragment for near in holders.values() if len(near) < COMMON for fragment in near}


def _customers(work: Work, fragments: Collection[bytes]) -> dict[bytes, list[Member]]:
    """The customers of these identifiers, each with all of theirs; hubs and blocked values are none."""
    found: dict[bytes, list[Member]] = {}
    for member in person.load(work, sorted(fragments)):
        if member.hub != "confirmed" and not member.is_blocked:
            found.setdefault(member.customer, []).append(member)
    return found


def shares_of(work: Work, members: list[Member]) -> Shares:
    """The same of a customer, by all of its identifiers."""
    said = said_of(work, members, states_of(work, members))
    return shares(work, {answer.name: answer.value for answer in said.answers})
