"""A made-up town in which people share things, and who truly owns what: for the protection of people from being joined.

Every scenario has people of its own, so that a wrong join or a lost link can be laid at its door. Everybody has a
login, a card, or both; who shares things has a card, since one with only a login and one with only a card who share a
phone look exactly like one person who has both, and nothing in their data says otherwise.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from itda.base.instant import DAY, HOUR, MINUTE
from itda.engine.resolver import Resolver
from itda.engine.sightings import Sighting
from itda.identity.policy import IdentityPolicy
from itda.store.memory import MemoryPipelineStore
from itda.store.ports import ChunkWrites

PEOPLE = 560
END = 400
"""Days of log time at the end: whatever is suspected by then has been settled."""

Identifier = tuple[str, str]
Event = tuple[int, list[Identifier]]
"""When it happened (microseconds), and its identifiers."""


class Scenario(NamedTuple):
    """What is shared by whom. `groups` of so many `sharers` each; people from `first` on."""

    name: str
    kind: str
    value: str
    first: int
    sharers: int
    groups: int = 1


SHARED = (
    Scenario("tablet at home", "device", "home-tablet-{}", 0, 2, 20),
    Scenario("phone at home", "phone", "+82317234{:04d}", 0, 2, 20),
    Scenario("family e-mail", "email", "family{}@mail.kr", 0, 2, 20),
    Scenario("family on one phone", "phone", "+82102857{:04d}", 40, 4, 10),
    Scenario("role e-mail, few", "email", "office{}@firm.kr", 80, 3, 10),
    Scenario("shop's tablet", "anonymous_id", "till-tablet", 110, 70),
    Scenario("store phone", "phone", "+82215881588", 160, 80),
    Scenario("junk e-mail, listed", "email", "test@test.com", 200, 100),
    Scenario("junk e-mail, not listed", "email", "lobby@desk.kr", 260, 40),
    Scenario("role e-mail, many", "email", "info@brand.kr", 300, 30),
)
RECYCLED = range(340, 360)
MISTYPED = range(360, 400)
"""Half of them type somebody else's card number once, after that somebody and they themselves used their own; the
other half a number that nobody has."""
TYPED_FIRST = range(400, 420)
"""They type somebody else's number before anybody ever used the right one, which is used on two days later."""
TYPED_ONCE = range(420, 440)
"""They do so too, and the right one is used with that e-mail on a single day."""
LAST_SHARING = 440


class Person:
    """One of the town, with everything that is theirs."""

    def __init__(self, chance: random.Random, number: int) -> None:
        self.number = number
        self.user = ("user_id", f"u{number}") if chance.random() < 0.7 else None
        has_card = number < LAST_SHARING or chance.random() < 0.6 or not self.user
        self.card = ("membership", f"{number + 1}") if has_card else None
        self.emails = [("email", f"p{number}.{n}@mail.kr") for n in range(chance.choice([1, 1, 2]))]
        self.phone = ("phone", f"+8210{20_000_000 + number * 7919 % 70_000_000}")
        self.devices = [("device", f"d{number}-{n}") for n in range(chance.choice([0, 1, 2]))]
        self.cookies = count()

    @property
    def own(self) -> Identifier:
        """The strongest name for them: card, else login."""
        found = self.card or self.user
        assert found is not None
        return found

    def events(self, chance: random.Random) -> Iterator[Event]:
        """A year of somebody's life with the brand."""

        def at() -> int:
            return chance.randrange(365 * DAY // MINUTE) * MINUTE

        if self.card:
            yield from ((at(), [self.card, email, self.phone]) for email in self.emails)
            yield from ((at(), [self.card]) for _ in range(3))
        for email in self.emails:
            if self.user:
                yield at(), [self.user, email]
        for device in self.devices:
            yield from [(at(), [self.user or self.emails[0], device])] * 2
        for _ in range(chance.randrange(1, 5)):
            cookie, day = ("anonymous_id", f"a{self.number}-{next(self.cookies)}"), at()
            yield day, [cookie]
            yield day + HOUR, [self.user or self.emails[0], cookie]


class Town:
    """Everybody's events, those with shared things among them; `scenarios` says who is in which."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.people = [Person(chance, number) for number in range(PEOPLE)]
        self.own_events = [list(person.events(chance)) for person in self.people]
        self.events = [event for events in self.own_events for event in events]
        self.shared: set[Identifier] = set()
        self.scenarios: dict[str, list[int]] = {}
        for scenario in SHARED:
            self._share(chance, scenario)
        self._pass_on()
        self._mistype(chance)
        taken = {number for numbers in self.scenarios.values() for number in numbers}
        self.scenarios["nothing shared"] = [number for number in range(PEOPLE) if number not in taken]
        chance.shuffle(self.events)

    def _share(self, chance: random.Random, scenario: Scenario) -> None:
        numbers = range(scenario.first, scenario.first + scenario.sharers * scenario.groups)
        self.scenarios[scenario.name] = list(numbers)
        for group, sharers in enumerate(batched_numbers(numbers, scenario.sharers)):
            thing = (scenario.kind, scenario.value.format(group))
            self.shared.add(thing)
            for number in sharers:
                self.events += [(chance.randrange(365) * DAY, [self.people[number].own, thing])] * 2

    def _pass_on(self) -> None:
        """The telephone company gives a number to somebody else months later."""
        half = len(RECYCLED) // 2
        self.scenarios["recycled phone"] = list(RECYCLED)
        for old, new in zip(RECYCLED[:half], RECYCLED[half:], strict=True):
            thing = self.people[old].phone
            self.shared.add(thing)
            self.events.append((50 * DAY, [self.people[old].own, thing]))
            self.events.append((330 * DAY, [self.people[new].own, thing]))

    def _mistype(self, chance: random.Random) -> None:
        """A card number typed wrong once, beside one's own e-mail."""
        self.scenarios["mistyped membership"] = list(MISTYPED)
        for place, number in enumerate(MISTYPED):
            nobodys = ("membership", f"9{number}")
            wrong = self.people[chance.choice(MISTYPED)].own if place % 2 else nobodys
            self.shared.add(nobodys)
            person = self.people[number]
            if wrong != person.own:
                self.events.append((370 * DAY, [wrong, person.emails[0]]))
        self.scenarios["mistyped before all else"] = list(TYPED_FIRST)
        self.scenarios["mistyped first, right once"] = list(TYPED_ONCE)
        for number in (*TYPED_FIRST[::2], *TYPED_ONCE[::2]):
            self.events.append((-30 * DAY, [self.people[number + 1].own, self.people[number].emails[0]]))
        for number in TYPED_FIRST:
            own, email = self.people[number].own, self.people[number].emails[0]
            self.events.append((380 * DAY, [own, email]))

    def things(self, number: int) -> set[Identifier]:
        """What is somebody's and nobody else's."""
        own = self.people[number]
        seen = {one for _, identifiers in self.own_events[number] for one in identifiers}
        return {one for one in seen if one != own.own} - self.shared


def batched_numbers(numbers: range, size: int) -> Iterator[range]:
    """Groups of so many neighbours."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def fragment(kind: str, value: str) -> bytes:
    """An id for an identifier of the town."""
    return hashlib.blake2b(f"{kind}:{value}".encode(), digest_size=16).digest()


def resolved(events: Sequence[Event], policy: IdentityPolicy, chunk: int) -> dict[bytes, bytes]:
    """The customer of every identifier after these events, taken so many at a time by the online resolver."""
    store = MemoryPipelineStore()
    resolver = Resolver(store, policy)
    epoch = store.acquire()[0]
    parts = [list(events[start : start + chunk]) for start in range(0, len(events), chunk)]
    for number, part in enumerate([*parts, []]):
        seen = []
        for position, (at, identifiers) in enumerate(part):
            usable = policy.ranked(identifiers)
            if usable:
                fragments = tuple(fragment(*one) for one in usable)
                kinds = tuple(kind for kind, _ in usable)
                seen.append(Sighting(fragments, kinds, "till", at // DAY, at, position))
        changed = resolver.resolve(seen, (), number, END * DAY)
        moved = {"position_before": number, "position_after": number + 1, "epoch": epoch, "log_time": END * DAY}
        store.commit(ChunkWrites(**moved, nodes=changed.nodes, edges=changed.edges, evidence=changed.evidence))
    return {one: row.customer for one, row in store.tables.nodes.items()}


class Told(NamedTuple):
    """One scenario: customers that hold the own ids of two people, and true links kept of those there are."""

    joined: int
    kept: int
    links: int


def told(town: Town, customers: dict[bytes, bytes], policy: IdentityPolicy) -> dict[str, Told]:
    """How each scenario went. A link is true between somebody and each thing that is theirs alone."""
    owners: dict[bytes, set[int]] = {}
    for person in town.people:
        for own in (person.user, person.card):
            if own and fragment(*own) in customers:
                owners.setdefault(customers[fragment(*own)], set()).add(person.number)
    wrong = [numbers for numbers in owners.values() if len(numbers) > 1]
    found = {}
    for name, numbers in town.scenarios.items():
        kept = links = 0
        for number in numbers:
            home = customers[fragment(*town.people[number].own)]
            usable = [fragment(*thing) for thing in town.things(number) if policy.usable(*thing)]
            links += len(usable)
            kept += sum(customers[one] == home for one in usable)
        found[name] = Told(sum(bool(each & set(numbers)) for each in wrong), kept, links)
    return found
