"""Journeys rebuilt: recorded moves are applied again, nothing is decided anew; segments answered by rebuilt folds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from itda.engine.comparison import Comparison, Difference
from itda.engine.deciding import people
from itda.engine.deciding.applying import SEGMENT, in_force
from itda.engine.deciding.people import Clusters
from itda.engine.moving import Told, path_row, position_row
from itda.journeys.position import apply, decode
from itda.store.consents import states_of
from itda.store.database import Connection, Database
from itda.store.engagement import EngagementStore
from itda.store.engagement_sql import EngagementWrites, statements
from itda.store.requests import stopped
from itda.workspace.definition import Workspace

_AT_ONCE = 1_000
_UNREAD = (
    "select distinct position_id from journey_path where told > (select position from cursor where name = 'pipeline')"
)
_STANDS = (
    "select (select position from cursor where name = 'decider') = (select position from cursor"
    " where name = 'pipeline'),"
    " (select log_time from cursor where name = 'decider')"
)
_UNSETTLED = "select name from applied where kind = %s and settled_at is null and retired_at is null"


class Retrace:
    """Applies moves in log order, in a schema of its own."""

    def __init__(self, scratch: Database) -> None:
        self._scratch = scratch

    def take(self, moves: Sequence[tuple[int, Told]]) -> None:
        """Apply moves, each with the frame that told of it."""
        if not moves:
            return
        with self._scratch.connection() as connection:
            wanted = sorted({told.move.position_id for _, told in moves})
            rows = connection.execute(
                "select state from journey_position where id = any(%s)", [wanted], binary=True
            ).fetchall()
            positions = {position.id: position for position in (decode(state) for (state,) in rows)}
            for _, told in moves:
                key = told.move.position_id
                if key in positions or told.move.entered is not None:
                    positions[key] = apply(positions.get(key), told.move)
            writes = EngagementWrites(
                position_before=0, position_after=0, epoch=0, log_time=0, resolved=0,
                path=[path_row(told.move, frame) for frame, told in moves],
                positions=[position_row(position) for position in positions.values()],
            )  # fmt: skip
            for statement, columns in statements(writes):
                connection.execute(statement.encode(), columns)


def without_unread(live: Connection, scratch: Database) -> None:
    """Take out of the scratch schema whose latest moves the pipeline has not read yet: the lake cannot tell of them."""
    unread = [one for (one,) in live.execute(_UNREAD, binary=True).fetchall()]
    with scratch.connection() as connection:
        connection.execute("delete from journey_position where id = any(%s)", [unread])


def compare_segments(live: Connection, scratch: Database, workspace: Workspace) -> tuple[Comparison, list[Difference]]:
    """Who is in which segment by rebuilt customers and folds, held against what is stored.

    Nothing is compared while the decider is behind the pipeline, nor of segments that are being answered anew.
    """
    stands = live.execute(_STANDS).fetchone()
    hashes = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
    found: list[Difference] = []
    rows = 0
    if stands is not None and stands[0]:
        rebuilt = EngagementStore(scratch)
        try:
            for customer, stored, answered in _both(live, rebuilt, workspace, int(stands[1])):
                rows += len(stored)
                hashes[0].update(msgspec.msgpack.encode((customer, sorted(stored))))
                hashes[1].update(msgspec.msgpack.encode((customer, sorted(answered))))
                for name in sorted(stored ^ answered)[:1] if not found else ():
                    told = ("there", "") if name in stored else ("", "there")
                    found.append(Difference("segment_member", f"{name}/{customer.hex()}", "row", *told))
        finally:
            rebuilt.close()
    return Comparison("segment_member", rows, hashes[0].hexdigest(), hashes[1].hexdigest()), found


def _both(
    live: Connection, rebuilt: EngagementStore, workspace: Workspace, log_time: int
) -> Iterable[tuple[bytes, set[str], set[str]]]:
    """Each customer with the segments stored and those answered now."""
    unsettled = {str(name) for (name,) in live.execute(_UNSETTLED, [SEGMENT]).fetchall()}
    held = in_force([], workspace.segments, (), workspace.fold(), log_time)
    definitions = held.definitions
    names = [name for name in definitions.shown if name not in unsettled]
    strangers = live.execute("select customer, segment from segment_member", binary=True).fetchall()
    stored: dict[bytes, set[str]] = {}
    for customer, segment in strangers:
        if segment in names:
            stored.setdefault(customer, set()).add(segment)
    after = b""
    while customers := rebuilt.customers_after(after, _AT_ONCE):
        after = customers[-1]
        of = Clusters(rebuilt.clusters(customers))
        of.stop(stopped(live, of.of))
        customers = [one for one in customers if one not in of.nobody]
        for one in people.loaded(
            rebuilt, definitions, of.members, customers, lambda fragments: states_of(live, fragments)
        ):
            now = max(log_time, one.state.log_time)
            answers = definitions.segments.answers(people.seen(one, definitions.consents), now, names)
            yield one.id, stored.pop(one.id, set()), {name for name, told in answers.items() if told.is_member}
    for customer, segments in sorted(stored.items()):
        yield customer, segments, set()
