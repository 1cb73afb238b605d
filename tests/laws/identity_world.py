"""A small world for the laws of identity, and an oracle that says who is who by another way.

The oracle knows no components, no increments and no union-find: it takes everything that survives, cuts hubs by
counting, and joins sets of identifiers one edge at a time over the whole world, trying every window of every limit.
"""

from __future__ import annotations

import os

import hypothesis
import hypothesis.strategies as st
import msgspec

from itda.base.ids import keyed
from itda.base.instant import DAY, HOUR
from itda.engine.resolver import Resolver
from itda.engine.sightings import Sighting
from itda.engine.unsettled import Correction, Resolved
from itda.identity.graph import NEVER
from itda.identity.policy import IdentityPolicy, Kind, Limit
from itda.store.memory import MemoryPipelineStore
from itda.store.ports import ChunkWrites, EvidenceRow, SteeredRow

NIGHTLY = os.environ.get("ITDA_HYPOTHESIS") == "nightly"


def budget(examples: int, steps: int = 25, nightly: int | None = None) -> hypothesis.settings:
    """A small share with a fixed seed in the suite; by ITDA_HYPOTHESIS=nightly a hundred times as much, unseeded.

    `nightly` is another number of examples for the night.
    """
    return hypothesis.settings(
        max_examples=(nightly or examples * 100) if NIGHTLY else examples,
        stateful_step_count=steps,
        derandomize=not NIGHTLY,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


POLICY = IdentityPolicy(
    kinds=(
        Kind(name="user", rank=0, is_unique=True, is_known=True),
        Kind(name="card", rank=1, is_unique=True, is_known=True, hub_degree=2),
        Kind(name="email", rank=2, is_known=True, limits=(Limit(2),), hub_degree=1),
        Kind(name="phone", rank=3, limits=(Limit(1, 7 * DAY), Limit(2, 20 * DAY)), hub_degree=2),
        Kind(name="cookie", rank=4, limits=(Limit(2, 7 * DAY),), hub_degree=2),
    ),
    confirm_after=24 * HOUR,
    certain_at=2,
    crowd_at=5,
    largest_customer=7,
    sources=(("feed", "untrusted"), ("kiosk", "observe_only")),
)
LOOSE = IdentityPolicy(
    kinds=(
        Kind(name="user", rank=0),
        Kind(name="phone", rank=1, limits=(Limit(3),)),
        Kind(name="card", rank=2, is_unique=True, hub_degree=3),
        Kind(name="email", rank=3),
        Kind(name="cookie", rank=4, limits=(Limit(4, DAY),), hub_degree=3),
    ),
)
KINDS = tuple(kind.name for kind in POLICY.kinds)
SOURCES = ("web", "till", "feed", "kiosk")
"""The first two are trusted. Under POLICY what only the kiosk told ties no two of KNOWN."""
KNOWN = ("user", "card", "email")


def fragment(kind: str, value: object) -> bytes:
    return keyed(b"a secret of these tests", kind, str(value))


WORLD = [(kind, fragment(kind, value)) for kind in KINDS for value in range(4)]
WIDE = [(kind, fragment(kind, value)) for kind in KINDS for value in range(30)]
KIND_OF = {one: kind for kind, one in WIDE}


@st.composite
def sightings(draw: st.DrawFn, world: tuple[tuple[str, bytes], ...] = tuple(WORLD)) -> Sighting:
    seen = draw(st.lists(st.sampled_from(world), min_size=1, max_size=3, unique=True))
    seen.sort(key=lambda one: KINDS.index(one[0]))
    at = draw(st.integers(0, 40)) * 6 * HOUR
    return Sighting(
        tuple(one for _, one in seen),
        tuple(kind for kind, _ in seen),
        draw(st.sampled_from(SOURCES)),
        at // DAY,
        at,
        draw(st.integers(1, 1000)),
    )


def decision(number: int, action: str, one: bytes, other: bytes, at: int) -> SteeredRow:
    return SteeredRow(keyed(b"decision", str(number)), action, min(one, other), max(one, other), "kim", at, b"asked")


class Shop:
    """A resolver with a store under it, and what a clean book-keeper remembers of what was put in."""

    def __init__(self, policy: IdentityPolicy = POLICY, remembered: int = 1000) -> None:
        self.policy = policy
        self.store = MemoryPipelineStore()
        self.tables = self.store.tables
        self.resolver = Resolver(self.store, policy, remembered=remembered)
        self.epoch = self.store.acquire()[0]
        self.log_time = 0
        self.seen: list[Sighting] = []
        self.steered: dict[bytes, SteeredRow] = {}
        self.emitted: set[bytes] = set()
        self.blocked: set[bytes] = set()
        """Identifiers whose values the rules block."""

    def restart(self, remembered: int) -> None:
        self.resolver = Resolver(self.store, self.policy, remembered=remembered)
        self.epoch = self.store.acquire()[0]

    def commit(self, resolved: Resolved) -> None:
        writes = ChunkWrites(
            position_before=self.tables.position,
            position_after=self.tables.position + 1,
            epoch=self.epoch,
            log_time=self.log_time,
            nodes=resolved.nodes,
            edges=resolved.edges,
            evidence=resolved.evidence,
            corrected=resolved.corrected,
            steered=resolved.steered,
            resolutions=resolved.resolutions,
        )
        self.store.commit(writes)
        self.emitted.update(resolved.customers.values())

    def take(self, seen: list[Sighting] | None = None, steered: list[SteeredRow] | None = None) -> Resolved:
        """One chunk, made durable. What is blocked is taken out at the door."""
        seen = [open_one for one in seen or [] if (open_one := self.usable(one)) is not None]
        resolved = self.resolver.resolve(
            seen or [], steered or [], self.tables.position + 1, self.log_time, kinds=KIND_OF
        )
        self.commit(resolved)
        self.seen.extend(seen or [])
        for row in steered or []:
            if row.action != "retract":
                self.steered.setdefault(row.id, row)
            elif row.id in self.steered:
                self.steered[row.id] = msgspec.structs.replace(self.steered[row.id], retracted_at=row.at)
        return resolved

    def usable(self, one: Sighting) -> Sighting | None:
        """What is left of a sighting; None where nothing is."""
        left = [pair for pair in zip(one.fragments, one.kinds, strict=True) if pair[0] not in self.blocked]
        if not left:
            return None
        fragments, kinds = zip(*left, strict=True)
        return msgspec.structs.replace(one, fragments=fragments, kinds=kinds)

    def reconsider(self, fragments: list[bytes]) -> None:
        """Settle these by the rules as they are now."""
        blocked = {one: one in self.blocked for one in fragments}
        self.commit(self.resolver.reconsider(fragments, self.tables.position + 1, self.log_time, blocked))

    def tick(self, hours: int) -> None:
        self.log_time += hours * HOUR
        self.take()

    def erase(self, place: int) -> None:
        """Take one event back, as an erasure does."""
        gone = self.seen.pop(place)
        left = count(self.seen)
        rows = []
        for key in count([gone]):
            a, b, source, day = key
            rows.append(left.get(key, EvidenceRow(a, b, source, day, 0, 0, 0, 0)))
        first_at = {one: first(self.seen).get(one) for one in gone.fragments}
        self.commit(self.resolver.correct(Correction(rows, first_at), self.tables.position + 1, self.log_time))

    def rows(self) -> dict:
        """Everything that must not depend on how it came about."""
        return {
            "nodes": {one: msgspec.structs.astuple(row) for one, row in self.tables.nodes.items()},
            "edges": {
                one: msgspec.structs.astuple(row) for one, row in self.tables.edges.items() if row.state != "retracted"
            },
            "evidence": {one: msgspec.structs.astuple(row) for one, row in self.tables.evidence.items()},
            "steered": {one: (row.action, row.a, row.b) for one, row in self.tables.steered.items()},
        }


def ends(sighting: Sighting) -> list[tuple[bytes, bytes]]:
    own, *others = sighting.fragments
    return [(min(own, other), max(own, other)) for other in others]


def count(seen: list[Sighting]) -> dict[tuple[bytes, bytes, str, int], EvidenceRow]:
    rows: dict[tuple[bytes, bytes, str, int], EvidenceRow] = {}
    for key in {(*two, one.source, one.local_date) for one in seen for two in ends(one)}:
        here = [one for one in seen if key[:2] in ends(one) and (one.source, one.local_date) == key[2:]]
        times = [one.occurred_at for one in here]
        rows[key] = EvidenceRow(*key, len(here), min(times), max(times), min(one.position for one in here))
    return rows


def first(seen: list[Sighting]) -> dict[bytes, int]:
    return {
        one: min(each.occurred_at for each in seen if one in each.fragments)
        for one in {one for each in seen for one in each.fragments}
    }


class Oracle:
    """Who is who among what survives, from scratch."""

    def __init__(self, shop: Shop, policy: IdentityPolicy | None = None) -> None:
        self.policy = policy or shop.policy
        self.rank = {kind.name: kind.rank for kind in self.policy.kinds}
        self.first = first(shop.seen)
        living = sorted(
            (row for row in shop.steered.values() if row.retracted_at is None),
            key=lambda row: (row.action != "likely", row.at, row.id),
        )
        self.decided = {(row.a, row.b): row for row in living}
        for row in shop.steered.values():
            for one in (row.a, row.b):
                self.first.setdefault(one, NEVER)
        self.edges: dict[tuple[bytes, bytes], int] = {}
        self.days: dict[tuple[bytes, bytes], set[int]] = {}
        self.told_by: dict[tuple[bytes, bytes], set[str]] = {}
        for one in shop.seen:
            for two in ends(one):
                self.edges[two] = min(one.occurred_at, self.edges.get(two, NEVER))
                self.days.setdefault(two, set()).add(one.local_date)
                self.told_by.setdefault(two, set()).add(one.source)
        self.believed = {two: at for two, at in self.edges.items() if self.is_believed(two)}
        self.tied = {
            two: at
            for two, at in self.edges.items()
            if two in self.believed or (two in self.decided and self.decided[two].action != "cannot")
        }
        self.hubs = {one: self.hub(one, shop.log_time) for one in self.first}
        self.blocked = shop.blocked & set(self.first)
        self.cut = {one for one, status in self.hubs.items() if status == "confirmed"} | self.blocked
        self.sets = self.join()

    def is_believed(self, two: tuple[bytes, bytes]) -> bool:
        """Whether anybody but those who may only be listened to says so, or it ties no two known kinds."""
        quiet = {source for source, word in self.policy.sources if word == "observe_only"}
        return not self.told_by[two] <= quiet or not all(self.policy.by_name[KIND_OF[end]].is_known for end in two)

    def doubt(self, two: tuple[bytes, bytes]) -> int:
        """The least doubt about any of those who said so."""
        words = dict(self.policy.sources)
        doubts = {"untrusted": 1, "observe_only": 2}
        return min(doubts.get(words.get(source, ""), 0) for source in self.told_by[two])

    def hub(self, one: bytes, log_time: int) -> str:
        told = self.decided.get((one, one))
        if told is not None:
            return "confirmed" if told.action == "cannot" else ""
        kind = self.policy.by_name[KIND_OF[one]]
        worst = "confirmed" if sum(one in two for two in self.believed) > self.policy.crowd_at else ""
        for other in self.policy.kinds[: kind.rank]:
            around = [
                at for two, at in self.believed.items() if one in two and KIND_OF[two[two[0] == one]] == other.name
            ]
            if kind.hub_degree and len(around) > kind.hub_degree:
                settled = [at for at in around if at + self.policy.confirm_after <= log_time]
                is_sure = len(settled) > kind.hub_degree or len(around) >= kind.hub_degree * self.policy.certain_at
                worst = "confirmed" if is_sure or worst == "confirmed" else "suspected"
        return worst

    def allows(self, together: set[bytes]) -> bool:
        if len(together) > self.policy.largest_customer:
            return False
        for (a, b), row in self.decided.items():
            if row.action == "cannot" and a != b and {a, b} <= together:
                return False
        for kind in self.policy.kinds:
            times = [self.first[one] for one in together if KIND_OF[one] == kind.name]
            if kind.is_unique and len(times) > 1:
                return False
            for limit in kind.limits:
                spans = [(at, NEVER + 1) for at in times[:1]] if limit.window is None else []
                spans += [(at, at + limit.window) for at in times if limit.window is not None]
                for since, until in spans:
                    within = [at for at in times if limit.window is None or since <= at < until]
                    if len(within) > limit.most:
                        return False
        return True

    def join(self) -> list[set[bytes]]:
        links = []
        for two, at in self.tied.items():
            links.append((1, self.doubt(two), len(self.days[two]) == 1, at, two))
        for two, row in self.decided.items():
            if row.action == "must" and two[0] != two[1]:
                links.append((0, 0, True, self.edges.get(two, row.at), two))
            elif row.action == "likely" and two not in self.edges:
                links.append((2, 0, True, row.at, two))
        links.sort(
            key=lambda link: (
                *link[:2],
                max(self.rank[KIND_OF[one]] for one in link[4]),
                min(self.rank[KIND_OF[one]] for one in link[4]),
                *link[2:],
            )
        )
        sets = [{one} for one in self.first]
        for *_, (a, b) in links:
            if a in self.cut or b in self.cut:
                continue
            one = next(each for each in sets if a in each)
            other = next(each for each in sets if b in each)
            if one is not other and self.allows(one | other):
                sets = [each for each in sets if each is not one and each is not other] + [one | other]
        return sets

    def customers(self) -> dict[bytes, bytes]:
        answer = {}
        for together in self.sets:
            oldest = min(together, key=lambda one: (self.first[one], self.rank[KIND_OF[one]], one))
            answer.update(dict.fromkeys(together, oldest))
        return answer

    def components(self) -> dict[bytes, bytes]:
        links = [*self.tied, *(two for two, row in self.decided.items() if row.action != "cannot")]
        label = {one: (at, one) for one, at in self.first.items()}
        while True:
            before = dict(label)
            for a, b in links:
                if a not in self.cut and b not in self.cut:
                    label[a] = label[b] = min(label[a], label[b])
            if label == before:
                return {one: (one if one in self.cut else name[1]) for one, name in label.items()}


def check(shop: Shop, policy: IdentityPolicy | None = None) -> Oracle:
    """The stored rows say what the oracle says; what only ever was in erased events stands alone."""
    oracle = Oracle(shop, policy)
    customers, components = oracle.customers(), oracle.components()
    nodes = shop.tables.nodes
    assert set(oracle.first) <= set(nodes)
    for one, row in nodes.items():
        assert row.kind == KIND_OF[one]
        assert row.first_at == oracle.first.get(one, NEVER)
        assert row.hub == oracle.hubs.get(one, "")
        assert row.is_blocked == (one in shop.blocked)
        assert row.customer == customers.get(one, one)
        assert row.component == components.get(one, one)
    assert shop.tables.evidence == count(shop.seen)
    musts = {two for two, row in oracle.decided.items() if row.action != "cannot" and two[0] != two[1]}
    living = {key: row for key, row in shop.tables.edges.items() if row.state != "retracted"}
    assert set(living) == set(oracle.edges) | musts
    for two, row in living.items():
        is_one = two[0] not in oracle.cut and two[1] not in oracle.cut and customers[two[0]] == customers[two[1]]
        assert row.state == ("active" if is_one else "suppressed")
        assert row.tier == (1 if two in oracle.edges else 0 if oracle.decided[two].action == "must" else 2)
        assert (row.reason == "") == is_one
        assert row.first_at == oracle.edges.get(two, oracle.decided[two].at if two in musts else None)
        days = oracle.days.get(two, ())
        assert row.only_day == (min(days) if len(days) == 1 else None)
        assert row.sources == " ".join(sorted(oracle.told_by.get(two, ())))
    return oracle
