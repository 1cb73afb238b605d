"""Which traits the folds hold from the first event on, and which only since they were defined.

Whoever is about to fold notes the keys of its traits here first. A key that is new while there are customers already
misses their past until a replay: what rests on it is not answered, rather than answered wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence

from itda.store.arrays import texts
from itda.store.database import Connection

_NOTE = """
with given as (select unnest(%(keys)b) as key),
past as (
  select exists (select from identifier) as is_there, not exists (select from applied where kind = 'trait') as is_first
),
gone as (
  update applied set retired_at = 0
  where kind = 'trait' and retired_at is null and name not in (select key from given)
)
insert into applied (kind, name, version, body, at, reached, settled_at)
select 'trait', key, '', '', 0, '', case when not is_there or (is_first and key = any(%(shown)b)) then 0 end
from given, past
on conflict (kind, name, version) do update set settled_at = excluded.settled_at, retired_at = null
where applied.retired_at is not null
"""
_MISSING = "select name from applied where kind = 'trait' and settled_at is null and retired_at is null"
_REBUILT = """
update applied set settled_at = case when kind = 'trait' then 0 end, reached = ''
where kind in ('trait', 'segment') and retired_at is null
"""

_IN_USE = """
select body from applied
where kind = 'journey' and (retired_at is null
  or (name, version) in (select journey, version from journey_position where exited_at is null))
order by name, version
"""


def note(connection: Connection, keys: Sequence[str], shown: Sequence[str]) -> None:
    """Note the traits of a fold before anything is folded by them. `shown` are those that people defined.

    In a shop that has customers and never noted any, those were folded all along.
    """
    connection.execute(_NOTE, {"keys": texts(keys), "shown": texts(shown)})


def missing(connection: Connection) -> set[str]:
    """Keys of traits whose past is not folded."""
    return {str(key) for (key,) in connection.execute(_MISSING).fetchall()}


def in_use(connection: Connection) -> list[str]:
    """The journeys in force, and their former versions that somebody is still on."""
    return [str(body) for (body,) in connection.execute(_IN_USE).fetchall()]


def rebuilt(connection: Connection) -> None:
    """Everything was folded anew: nothing misses its past, and every segment is answered anew."""
    connection.execute(_REBUILT)
