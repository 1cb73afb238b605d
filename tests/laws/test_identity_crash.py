"""P9: a commit that dies between any two of its statements, then a retry, is one application (real PostgreSQL)."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import msgspec
import psycopg
import pytest
from tests.laws.identity_world import KIND_OF, KINDS, SOURCES, WORLD, Shop, check, count, decision, first

from itda.base.errors import Broken, Conflict, Unavailable
from itda.base.instant import DAY, HOUR
from itda.engine.resolver import Resolver
from itda.engine.sightings import Sighting
from itda.engine.unsettled import Correction
from itda.store.pipeline_store import PostgresPipelineStore
from itda.store.ports import ChunkWrites

pytestmark = pytest.mark.server

TABLES = ("identifier", "edge", "edge_evidence", "steered", "resolution_log", "cursor")


class DurableShop(Shop):
    """The same shop with PostgreSQL under it; `tables` of the memory twin are filled from there for the oracle."""

    def __init__(self, database) -> None:
        super().__init__()
        self.database = database
        self.durable = PostgresPipelineStore(database)
        self.resolver = Resolver(self.durable, self.policy)
        self.epoch, self.position, _ = self.durable.acquire()

    def commit(self, resolved) -> None:
        self.durable.commit(
            ChunkWrites(
                position_before=self.position,
                position_after=self.position + 1,
                epoch=self.epoch,
                log_time=self.log_time,
                nodes=resolved.nodes,
                edges=resolved.edges,
                evidence=resolved.evidence,
                corrected=resolved.corrected,
                steered=resolved.steered,
                resolutions=resolved.resolutions,
            )
        )
        self.position += 1
        self.emitted.update(resolved.customers.values())

    def close(self) -> None:
        self.durable.close()

    def look(self) -> None:
        """Fill the twin with what is durable."""
        with self.database.connection() as connection:
            every = [one for (one,) in connection.execute("select distinct component from identifier").fetchall()]
        stored = self.durable.components(every, with_evidence=True)
        self.tables.nodes = {row.fragment: row for row in stored.nodes}
        self.tables.edges = {(row.a, row.b): row for row in stored.edges}
        self.tables.evidence = {(row.a, row.b, row.source, row.local_date): row for row in stored.evidence}


@pytest.fixture
def shop(database) -> Iterator[DurableShop]:
    shop = DurableShop(database)
    yield shop
    shop.close()


def sighting(chance: random.Random) -> Sighting:
    seen = sorted(chance.sample(WORLD, chance.choice([1, 2, 2, 3])), key=lambda one: KINDS.index(one[0]))
    at = chance.randint(0, 40) * 6 * HOUR
    fragments, kinds = tuple(one for _, one in seen), tuple(kind for kind, _ in seen)
    return Sighting(fragments, kinds, chance.choice(SOURCES), at // DAY, at, chance.randint(1, 1000))


def break_at(database, table: str) -> None:
    """From now on any write to the table kills its transaction."""
    with database.connection() as connection:
        connection.execute(
            "create or replace function die() returns trigger language plpgsql as "
            "$$ begin raise exception 'the power went out'; end $$"
        )
        connection.execute(
            f"create trigger die after insert or update or delete on {table} for each row execute function die()"
        )


def mend(database, table: str) -> None:
    with database.connection() as connection:
        connection.execute(f"drop trigger die on {table}")


@pytest.mark.parametrize("table", TABLES)
def test_a_commit_that_dies_at_any_table_and_is_retried_counts_once(shop, database, table):
    chance = random.Random(table)
    deaths = 0
    for number in range(12):
        chunk = [sighting(chance) for _ in range(6)]
        steered = [decision(number, chance.choice(["must", "cannot"]), *chance.sample(sorted(KIND_OF), 2), number)]
        break_at(database, table)
        try:
            shop.commit(shop.resolver.resolve(chunk, steered, 0, shop.log_time, kinds=KIND_OF))
        except (psycopg.Error, Unavailable, Broken, Conflict):
            is_dead = True
        else:
            is_dead = False
        mend(database, table)
        if not is_dead:  # this chunk did not touch the table: it is in
            shop.seen.extend(chunk)
            shop.steered.update((row.id, row) for row in steered)
        else:
            deaths += 1
            shop.resolver.forget()
            shop.take(chunk, steered)
        shop.log_time += 7 * HOUR
        shop.take()
        shop.look()
        check(shop)
    assert deaths > 0


def test_an_erasure_that_dies_and_is_retried_leaves_nothing_behind(shop, database):
    chance = random.Random(7)
    shop.take([sighting(chance) for _ in range(30)])
    for _ in range(10):
        gone = shop.seen.pop(chance.randrange(len(shop.seen)))
        left = count(shop.seen)
        rows = [left.get(key) or msgspec.structs.replace(row, count=0) for key, row in count([gone]).items()]
        correction = Correction(rows, {one: first(shop.seen).get(one) for one in gone.fragments})
        break_at(database, "identifier")
        with contextlib.suppress(psycopg.Error, Unavailable, Broken, Conflict):
            shop.commit(shop.resolver.correct(correction, 0, shop.log_time))  # in whole where no identifier changed
        mend(database, "identifier")
        shop.resolver.forget()
        shop.epoch, shop.position, _ = shop.durable.acquire()
        shop.commit(shop.resolver.correct(correction, 0, shop.log_time))
        shop.look()
        check(shop)


def test_a_writer_that_was_replaced_changes_nothing_more(shop, database):
    old, new = shop, DurableShop(database)
    chance = random.Random(3)
    late = [sighting(chance) for _ in range(5)]
    with pytest.raises(Conflict):
        old.take(late)
    new.take([sighting(chance) for _ in range(5)])
    new.look()
    check(new)
    new.close()
