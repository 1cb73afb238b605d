"""The log of resolutions read as a story: where each identifier went, one move after the other, up to today.

The log is no function of the lake: it says what was thought when, and that depends on when it was looked at. But it
must hang together: every move of an identifier begins where the one before it ended, and the last ends where it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec
from psycopg import sql

from itda.engine.comparison import Comparison, Difference
from itda.engine.held import partitions
from itda.store.database import Connection, Database
from itda.store.ports import NodeRow, ResolutionRow

TABLE = "resolution_log"
_MAKE = """
create unlogged table told (fragment bytea not null, seq bigint not null, was bytea, became bytea not null);
create unlogged table last_told (fragment bytea primary key, customer bytea not null)
"""
_GATHER = """
insert into last_told select distinct on (fragment) fragment, became from told order by fragment, seq desc;
analyze last_told
"""
_BROKEN = """
select fragment, seq, was, before from (
  select fragment, seq, was, lag(became) over (partition by fragment order by seq) as before from told
) as moves where before is not null and was is distinct from before order by seq, fragment limit 1
"""
_MOVED = """
with moved as (
  select coalesce(t.customer, o.customer) as was, i.customer as became
  from {scratch}.identifier i left join identifier o using (fragment) left join {scratch}.last_told t using (fragment)
  where coalesce(t.customer, o.customer) <> i.customer
), touched as (select was as customer from moved union select became from moved)
select i.fragment, i.kind, i.first_at, coalesce(t.customer, o.customer), i.customer
from {scratch}.identifier i left join identifier o using (fragment) left join {scratch}.last_told t using (fragment)
where i.customer in (select customer from touched)
   or coalesce(t.customer, o.customer) in (select customer from touched)
"""
_INSERT = (
    "insert into resolution_log (position, at, cause, before, after, policy_version, members)"
    " values (%s, %s, 'replay', %s, %s, %s, %s)"
)


def load(live: Connection, scratch: Database) -> None:
    """Bring the moves into the scratch schema, and where each identifier was left."""
    with scratch.connection() as connection:
        connection.execute(_MAKE)
        with connection.cursor() as cursor, cursor.copy("copy told from stdin (format binary)") as copy:
            copy.set_types(["bytea", "int8", "bytea", "bytea"])
            for move in _moves(live):
                copy.write_row(move)
        connection.execute(_GATHER)


def compare(live: Connection, scratch: Database) -> tuple[Comparison, list[Difference]]:
    """Whether the log hangs together and ends where the identifiers of the transaction of `live` are."""
    load(live, scratch)
    found: list[Difference] = []
    hashes = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
    with scratch.connection() as connection:
        broken = connection.execute(_BROKEN).fetchone()
        if broken is not None:
            fragment, seq, was, before = broken
            key = f"{seq}/{bytes(fragment).hex()}"
            found.append(Difference(TABLE, key, "before", "" if was is None else bytes(was).hex(), bytes(before).hex()))
        living = _ordered(live, "select fragment, customer from identifier order by fragment")
        here = next(living, None)
        for fragment, left in _ordered(connection, "select fragment, customer from last_told order by fragment"):
            while here is not None and here[0] < fragment:
                here = next(living, None)
            now = here[1] if here is not None and here[0] == fragment else b""
            hashes[0].update(fragment + left)
            hashes[1].update(fragment + now)
            if left != now and not found:
                found.append(Difference(TABLE, fragment.hex(), "after", left.hex(), now.hex()))
    rows = live.execute("select count(*) from resolution_log").fetchone()
    return Comparison(TABLE, int(rows[0]) if rows else 0, hashes[0].hexdigest(), hashes[1].hexdigest()), found


def write_moves(connection: Connection, scratch: str, position: int, at: int, version: str) -> None:
    """Tell how the rebuilt identifiers differ from where the log left them, before they take their place."""
    rows = connection.execute(sql.SQL(_MOVED).format(scratch=sql.Identifier(scratch)), binary=True).fetchall()
    before, after = {}, {}
    for fragment, kind, first_at, was, became in rows:
        after[fragment] = NodeRow(fragment, kind, first_at, fragment, became)
        if was is not None:
            before[fragment] = NodeRow(fragment, kind, first_at, fragment, was)
    encode = msgspec.msgpack.encode
    for then, now in partitions(before, after):
        told = ResolutionRow(position, at, "replay", then, now, version)
        connection.execute(_INSERT, [position, at, encode(then), encode(now), version, told.members])


def _moves(live: Connection) -> Iterator[tuple[bytes, int, bytes | None, bytes]]:
    """Every identifier of every row: where it was (None when it was new), and where it came to; none of the erased."""
    gone = {bytes(fragment) for (fragment,) in live.execute("select fragment from erased").fetchall()}
    with live.cursor(name="itda_story", binary=True) as cursor:
        cursor.itersize = 2_000
        cursor.execute("select seq, before, after from resolution_log order by seq")
        for seq, before, after in cursor:
            was, became = (_customers(side) for side in (before, after))
            yield from ((fragment, seq, was.get(fragment), customer) for fragment, customer in became.items()
                        if fragment not in gone)  # fmt: skip


def _customers(side: bytes) -> dict[bytes, bytes]:
    clusters = msgspec.msgpack.decode(side, type=list[list[bytes]])
    return {fragment: members[0] for members in clusters for fragment in members}


def _ordered(connection: Connection, query: str) -> Iterator[tuple[bytes, bytes]]:
    with connection.cursor(name=f"itda_{abs(hash(query)):x}", binary=True) as cursor:
        cursor.itersize = 5_000
        cursor.execute(query.encode())
        for fragment, customer in cursor:
            yield bytes(fragment), bytes(customer)
