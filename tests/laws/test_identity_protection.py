"""What people share must not join them: a tablet, a shop's phone, a junk address, a passed-on number, a home.

A made-up town with the rules of the box. No two people's own ids may end up in one customer, and at least 99 % of what
is truly somebody's must be found with them.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import count

import pytest
from tests.laws.identity_world import fragment

from itda.base.instant import DAY, HOUR, MINUTE
from itda.engine.resolver import Resolver
from itda.engine.sightings import Sighting
from itda.identity.policy import IdentityPolicy
from itda.store.memory import MemoryPipelineStore
from itda.store.ports import ChunkWrites

PEOPLE = 400
LAST_SHARING = 320
BOX = IdentityPolicy.box()
OWN = ("user_id", "membership")

Identifiers = list[tuple[str, str]]


class Person:
    def __init__(self, chance: random.Random, number: int) -> None:
        self.number = number
        self.user = ("user_id", f"u{number}") if chance.random() < 0.7 else None
        # Who shares things here has a card: one with only a login and one with only a card who share a phone look
        # exactly like one person who has both, and nothing in their data says otherwise.
        has_card = number < LAST_SHARING or chance.random() < 0.6 or not self.user
        self.card = ("membership", f"{number + 1}") if has_card else None
        self.emails = [("email", f"p{number}.{n}@mail.kr") for n in range(chance.choice([1, 1, 2]))]
        self.phone = ("phone", f"+8210{20_000_000 + number * 7919 % 70_000_000}")
        self.devices = [("device", f"d{number}-{n}") for n in range(chance.choice([0, 1, 2]))]
        self.cookies = count()

    def events(self, chance: random.Random) -> list[tuple[int, Identifiers]]:
        """A year of somebody's life with the brand: (occurred_at, identifiers)."""
        found: list[tuple[int, Identifiers]] = []

        def at() -> int:
            return chance.randrange(365 * DAY // MINUTE) * MINUTE

        if self.card:
            found += [(at(), [self.card, email, self.phone]) for email in self.emails]
            found += [(at(), [self.card]) for _ in range(3)]
        for email in self.emails:
            if self.user:
                found.append((at(), [self.user, email]))
        for device in self.devices:
            found += [(at(), [self.user or self.emails[0], device])] * 2
        for _ in range(chance.randrange(1, 5)):
            cookie = ("anonymous_id", f"a{self.number}-{next(self.cookies)}")
            day = at()
            found.append((day, [cookie]))
            found.append((day + HOUR, [self.user or self.emails[0], cookie]))
        return found


class Town:
    """Everybody's events, those with shared things among them, and who truly owns what."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.people = [Person(chance, number) for number in range(PEOPLE)]
        self.events = [event for person in self.people for event in person.events(chance)]
        self.shared: set[tuple[str, str]] = set()
        homes = list(zip(self.people[0:40:2], self.people[1:40:2], strict=True))
        for number, (one, other) in enumerate(homes):
            self.share(chance, ("device", f"home-tablet-{number}"), [one, other])
            self.share(chance, ("phone", f"+822{number:07d}"), [one, other])
            self.share(chance, ("email", f"family{number}@mail.kr"), [one, other])
        self.share(chance, ("anonymous_id", "till-tablet"), self.people[50:120])
        self.share(chance, ("phone", "+82215881588"), self.people[100:180])
        self.share(chance, ("email", "test@test.com"), self.people[150:300])
        self.share(chance, ("email", "asdf@asdf.kr"), self.people[200:240])
        for old, new in zip(self.people[300:306], self.people[310:316], strict=True):
            self.pass_on(old, new)
        chance.shuffle(self.events)

    def share(self, chance: random.Random, thing: tuple[str, str], people: list[Person]) -> None:
        self.shared.add(thing)
        for person in people:
            own = person.card or person.user
            assert own is not None
            self.events += [(chance.randrange(365) * DAY, [own, thing])] * 2

    def pass_on(self, old: Person, new: Person) -> None:
        """The telephone company gives an old number to somebody else."""
        self.shared.add(old.phone)
        for person in (old, new):
            own = person.card or person.user
            assert own is not None
            self.events.append(((50 if person is old else 330) * DAY, [own, old.phone]))


def resolved(town: Town, policy: IdentityPolicy, chunk: int) -> dict[bytes, bytes]:
    store = MemoryPipelineStore()
    resolver = Resolver(store, policy)
    epoch = store.acquire()[0]
    chunks = [town.events[start : start + chunk] for start in range(0, len(town.events), chunk)] + [[]]
    for number, part in enumerate(chunks):
        sightings = []
        for position, (at, identifiers) in enumerate(part):
            usable = policy.ranked(identifiers)
            if usable:
                fragments = tuple(fragment(*one) for one in usable)
                kinds = tuple(kind for kind, _ in usable)
                sightings.append(Sighting(fragments, kinds, "till", at // DAY, at, position))
        changed = resolver.resolve(sightings, (), number, 400 * DAY)
        store.commit(
            ChunkWrites(
                position_before=number,
                position_after=number + 1,
                epoch=epoch,
                log_time=400 * DAY,
                nodes=changed.nodes,
                edges=changed.edges,
                evidence=changed.evidence,
            )
        )
    return {one: row.customer for one, row in store.tables.nodes.items()}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("chunk", [7, 500])
def test_nobody_is_joined_with_another_and_nearly_everything_is_found(seed, chunk):
    town = Town(seed)
    customers = resolved(town, BOX, chunk)
    owners: dict[bytes, set[int]] = {}
    for person in town.people:
        for own in (person.user, person.card):
            if own and fragment(*own) in customers:
                owners.setdefault(customers[fragment(*own)], set()).add(person.number)
    assert [who for who in owners.values() if len(who) > 1] == []

    kept: Counter[bool] = Counter()
    for person in town.people:
        home = customers[fragment(*(person.card or person.user))]
        things = {one for _, identifiers in person_events(town, person) for one in identifiers}
        for thing in sorted(things - town.shared):
            if BOX.usable(*thing):
                kept[customers[fragment(*thing)] == home] += 1
    assert kept[True] / kept.total() >= 0.99
    assert kept.total() > PEOPLE * 4


def person_events(town: Town, person: Person) -> list[tuple[int, Identifiers]]:
    own = {person.user, person.card, person.phone, *person.emails, *person.devices}
    return [event for event in town.events if own.intersection(event[1])]


def test_a_thing_that_two_share_stays_with_the_one_it_was_seen_with_first():
    town = Town(0)
    customers = resolved(town, BOX, 500)
    one, other = town.people[0], town.people[1]
    tablet = customers[fragment("device", "home-tablet-0")]
    first = min((at, ids[0]) for at, ids in town.events if ("device", "home-tablet-0") in ids)
    assert tablet == customers[fragment(*first[1])]
    assert customers[fragment(*(one.card or one.user))] != customers[fragment(*(other.card or other.user))]


@pytest.mark.parametrize(
    "thing", [("anonymous_id", "till-tablet"), ("phone", "+82215881588"), ("email", "asdf@asdf.kr")]
)
def test_a_thing_that_many_share_is_nobodys(thing):
    customers = resolved(Town(1), BOX, 500)
    assert [one for one, customer in customers.items() if customer == customers[fragment(*thing)]] == [fragment(*thing)]
