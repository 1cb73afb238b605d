"""Erasure in PostgreSQL: every table, and what becomes of its rows of an erased person. See docs/concepts/erasure.md.

What it deletes it finds by fragment. The consent ledger, the audit and the access log are only ever added to: they name
fragments that nothing ties to anybody any more, and what was sealed in them opens for nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from itda.consent.definition import ConsentEvent
from itda.store import keys
from itda.store.arrays import byteas
from itda.store.database import Connection
from itda.store.erasure_rows import ErasureRow, RetoldRow, Suppressed
from itda.store.ports import ResolutionRow

FIRST_SEEN = """
select fragment, min(at) from (
  select fragment, first_at as at from fragment where fragment = any(%b)
  union all
  select a, first_at from edge_evidence where a = any(%b) and b <> all(%b)
  union all
  select x.b, e.first_at from edge x join edge_evidence e using (a, b) where x.b = any(%b) and x.a <> all(%b)
) as seen group by fragment
"""
RESOLUTIONS = (
    "select seq, position, at, cause, before, after, policy_version, decision from resolution_log"
    " where members && %b order by seq"
)
ERASED = "select fragment from erased where fragment = any(%b)"
SUPPRESSED = "select hash, generation, since from suppression where hash = any(%b)"

_SUPPRESS = """
insert into suppression (hash, kind, generation, since, until)
select blind, min(kind), max(generation), %(at)s, %(until)s from keyring
where fragment = any(%(own)b) and retention = 'standard' group by blind
on conflict (hash) do update set generation = greatest(suppression.generation, excluded.generation),
  since = greatest(suppression.since, excluded.since), until = excluded.until
"""
_VALUES = (
    "select blind, min(kind), max(generation) from keyring where fragment = any(%b) and retention = 'standard'"
    " group by blind order by blind"
)
_SUPPRESS_AGAIN = """
insert into suppression (hash, kind, generation, since, until) values (%s, %s, %s, %s, %s)
on conflict (hash) do update set generation = greatest(suppression.generation, excluded.generation),
  since = greatest(suppression.since, excluded.since), until = greatest(suppression.until, excluded.until)
"""
_MINE = "fragment = any(%(own)b)"
_EITHER = "a = any(%(own)b) or b = any(%(own)b)"
_LOCK = (
    "select count(*) from (select id from outbox where fragment = any(%(own)b) or contact = any(%(own)b)"
    " order by id for update) as locked"
)
"""Everybody locks rows of the outbox in the order of their ids."""
_MESSAGES = "select id from outbox where fragment = any(%(own)b) or contact = any(%(own)b)"

IDENTITY: Mapping[str, str] = {
    "evidence": "delete from edge_evidence e using edge x where (x.a = any(%(own)b) or x.b = any(%(own)b))"
    " and e.a = x.a and e.b = x.b",
    "links": f"delete from edge where {_EITHER}",
    "decisions": f"delete from steered where {_EITHER}",
    "review tasks": f"delete from review_task where {_EITHER}",
    "identifiers": f"delete from identifier where {_MINE}",
    "profiles": f"delete from fragment where {_MINE}",
    "event references": f"delete from fragment_recent where {_MINE}",
    "names": f"delete from name_hash where {_MINE}",
    "households": f"delete from household_hash where {_MINE}",
}
"""What only the pipeline writes: store → what deletes it there."""
ENGAGEMENT: Mapping[str, str] = {
    "attempts": f"delete from attempt where outbox in ({_MESSAGES})",
    "send decisions": f"delete from send_decision where outbox in ({_MESSAGES})",
    "messages": "delete from outbox where fragment = any(%(own)b) or contact = any(%(own)b)",
    "journey moves": f"delete from journey_path where position_id in (select id from journey_position where {_MINE})",
    "journeys": f"delete from journey_position where {_MINE}",
    "segments": "delete from segment_member where customer = any(%(own)b)",
    "wake-ups": "delete from wake where customer = any(%(own)b)",
    "put aside": "delete from put_aside where fragment = any(%(own)b) or customer = any(%(own)b)",
    "consents": "delete from consent_state where subject_ref = any(%(own)b) or contact_ref = any(%(own)b)",
    "duties": "delete from duty where subject_ref = any(%(own)b) or contact_ref = any(%(own)b)",
    "visits": "delete from centre_session where fragments && %(own)b",
    "sign-ins": f"delete from centre_proof where {_MINE}",
    "stopped": f"delete from stopped where {_MINE}",
}
"""What others write, too: the decider deletes it once more when it comes by the erasure in the log."""
_GONE = "insert into erased (fragment, at, cause) select unnest(%(own)b), %(at)s, %(cause)s on conflict do nothing"
_DONE = """
update request set step = 'destroyed', counts = (counts::jsonb || %(counts)s::jsonb)::text, subject = '{}',
  said_sealed = null, lacking = ''
where id = %(request)s and state = 'open'
"""
_OTHERS = (
    "update request set subject = '{}', said_sealed = null"
    " where id <> %(request)s and state = 'done' and subject && %(own)b and subject <@ %(own)b"
)
"""What else they asked for is answered, and names them no more."""
_RETELL = "update resolution_log set before = %b, after = %b, members = %b where seq = %s"


def erase(connection: Connection, row: ErasureRow) -> dict[str, int]:
    """Destroy the keys, delete the rows, and remember what is needed to refuse old values; how many of each."""
    own = byteas(row.fragments)
    connection.execute(_LOCK, {"own": own})
    given = {"own": own, "at": row.at, "until": row.suppressed_until, "cause": row.cause, "request": row.request}
    connection.execute(_SUPPRESS, given, prepare=True)
    counts = {"keys": keys.destroy(connection, row.fragments)}
    with connection.pipeline():  # they are counted once it ends
        gone = {
            store: connection.execute(statement.encode(), given, prepare=True)
            for store, statement in (*IDENTITY.items(), *ENGAGEMENT.items())
        }
        connection.execute(_OTHERS, given, prepare=True)
    counts |= {store: one.rowcount for store, one in gone.items()}
    connection.execute(_GONE, given, prepare=True)
    told = msgspec.json.encode({store: n for store, n in counts.items() if n}).decode()
    connection.execute(_DONE, {**given, "counts": told}, prepare=True)
    return counts


def forget(connection: Connection, fragments: Sequence[bytes]) -> None:
    """Delete again what others than the pipeline may have written of these since."""
    connection.execute(_LOCK, {"own": byteas(list(fragments))})
    for statement in ENGAGEMENT.values():
        connection.execute(statement.encode(), {"own": byteas(list(fragments))}, prepare=True)


def retell(connection: Connection, rows: Sequence[RetoldRow]) -> None:
    """Write rows of the log of resolutions as they are told without the erased."""
    gone = [row.seq for row in rows if not row.members]
    if gone:
        connection.execute("delete from resolution_log where seq = any(%s)", [gone])
    encode = msgspec.msgpack.encode
    for row in rows:
        if row.members:
            connection.execute(_RETELL, [encode(row.before), encode(row.after), byteas(row.members), row.seq])


def resolution(
    seq: int, position: int, at: int, cause: str, before: bytes, after: bytes, version: str, decision: bytes | None
) -> tuple[int, ResolutionRow]:
    """A row of RESOLUTIONS."""
    then, now = (msgspec.msgpack.decode(side, type=list[list[bytes]]) for side in (before, after))
    return seq, ResolutionRow(position, at, cause, then, now, version, decision)


def suppressed(blind: bytes, generation: int, since: int) -> tuple[bytes, Suppressed]:
    """A row of SUPPRESSED."""
    return blind, Suppressed(generation, since)


def values(connection: Connection, fragments: Sequence[bytes]) -> list[tuple[bytes, str, int]]:
    """The values of these fragments whose keys are there: blind index, kind and generation."""
    found = connection.execute(_VALUES, [byteas(list(fragments))]).fetchall()
    return [(bytes(blind), kind, generation) for blind, kind, generation in found]


def suppress(connection: Connection, values: Sequence[tuple[bytes, str, int]], since: int, until: int) -> None:
    """Refuse these values in what is dated up to `since`, until `until`, as their erasure did."""
    for blind, kind, generation in values:
        connection.execute(_SUPPRESS_AGAIN, [blind, kind, generation, since, until], prepare=True)


def gone(connection: Connection, fragments: Sequence[bytes]) -> set[bytes]:
    """Those of these fragments that are erased."""
    found: list[tuple[Any, ...]] = connection.execute(ERASED, [byteas(list(fragments))]).fetchall()
    return {bytes(fragment) for (fragment,) in found}


def without_erased(connection: Connection, events: Sequence[ConsentEvent]) -> list[ConsentEvent]:
    """The acts of those who were not erased, about addresses of those: of the others the ledger alone is kept."""
    ends = {one for event in events for one in (event.key.fragment, event.key.contact)}
    found = gone(connection, sorted(ends)) if ends else set()
    return [event for event in events if event.key.fragment not in found and event.key.contact not in found]
