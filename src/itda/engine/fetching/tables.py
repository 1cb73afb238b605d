"""Reads a table or a query in the order of its cursor column, from the last value on, that value too.

Rows that share a value may be committed at different times, and rows of a lower value may come late; so every reading
begins at the last value, or an overlap earlier, and facts it meets again are known by their digests. These, the mark
and the events are of one transaction: killed anywhere, nothing is lost and nothing is there twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice

from itda.base.errors import Fault, Refused
from itda.engine.bundle import Bundle
from itda.engine.fetching import databases
from itda.engine.fetching.databases import AT_ONCE
from itda.engine.fetching.given import Given
from itda.sources import fetched, marks
from itda.sources.fetched import Fact
from itda.sources.mapping import Mapper
from itda.sources.marks import Mark, MarkType
from itda.sources.origins import DatabaseOrigin, DltOrigin
from itda.store import fetches
from itda.store.database import Connection, reported
from itda.store.fetches import Seen
from itda.workspace.shape import nearest


def read(given: Given, origin: DatabaseOrigin) -> bool:
    """Bring in what is new; False where it was told to stop before it was through."""
    with databases.opened(origin, given.secret(origin.password_from), given.file) as table:
        mapper = given.mapper
        _require(table.columns(), [*mapper.columns, origin.cursor], given.file)
        begin = begins_at(given, origin, table.like)
        unordered = table.unordered()
        if unordered:
            with given.db.connection() as connection:
                fetches.note_unordered(connection, given.source.name, given.began_at, unordered)
        with contextlib.closing(table.rows(mapper.columns, mapper.mapping.group_by, begin)) as found:
            try:
                return _take(given, origin, mapper, fetched.facts(mapper, found, given.key))
            except ValueError as error:
                raise at_cursor(given, origin, error) from None


def _require(columns: tuple[str, ...], wanted: list[str], file: str) -> None:
    """`Refused` with every column that the source names and the table has not."""
    missing = [name for name in dict.fromkeys(wanted) if name not in columns]
    faults = [Fault(what=f"there is no column {name!r}", cure=nearest(name, columns), file=file) for name in missing]
    if faults:
        raise Refused(*faults)


def begins_at(given: Given, origin: DatabaseOrigin | DltOrigin, like: Callable[[], MarkType | None]) -> Mark | None:
    """Where this reading begins; None: at the first row. `like` tells of what type the cursor's values are."""
    with given.db.connection() as connection:
        state = fetches.state(connection, given.source.name)
    try:
        if state.mark is None:
            return marks.read(origin.since, like()) if origin.since else None
        if state.cursor_column != origin.cursor:
            what = f"was read by {state.cursor_column!r} so far, and the source says cursor: {origin.cursor}"
            cure = f"say from where on: itda source backfill {given.source.name} --since VALUE"
            raise Refused(Fault(what=what, cure=cure, file=given.file))
        return marks.begin(state.mark, origin.overlap)
    except ValueError as error:
        raise at_cursor(given, origin, error) from None


def _take(given: Given, origin: DatabaseOrigin, mapper: Mapper, found: Iterator[Fact]) -> bool:
    done = 0
    with contextlib.closing(given.db.connect(name="itda source")) as connection:
        while facts := list(islice(found, AT_ONCE)):
            left = facts
            while left:
                left = _write(connection, given, origin, mapper, left)
            done += sum(len(fact.rows) for fact in facts)
            given.progress(done, None)
            if given.stopped():
                return False
    return True


@reported()
def _write(
    connection: Connection, given: Given, origin: DatabaseOrigin, mapper: Mapper, facts: list[Fact]
) -> list[Fact]:
    """Take as many facts as one transaction holds; those that are left."""
    source, portion = given.source.name, Portion(connection, given, mapper, facts)
    last = portion.taken[-1].mark
    begins = marks.order(marks.begin(last, origin.overlap))
    fetches.remember(connection, source, [seen for seen in portion.new if _may_come_again(seen, last, begins)])
    fetches.let_go(connection, source, last.text, begins)
    fetches.set_mark(connection, source, origin.cursor, last)
    portion.append()
    connection.commit()
    return facts[len(portion.taken) :]


class Portion:
    """The facts that one transaction takes: the first ones, as many as a bundle holds, without those taken before."""

    def __init__(self, connection: Connection, given: Given, mapper: Mapper, facts: list[Fact]) -> None:
        self._connection, self._given, self._bundle = connection, given, Bundle()
        self.taken: list[Fact] = []
        self.new: list[Seen] = []
        """What may be kept of those that were not taken before."""
        known = fetches.known(connection, given.source.name, [fact.digest for fact in facts])
        for fact in facts:
            self.taken.append(fact)
            if fact.digest in known:
                continue
            self.new.append(Seen(fact.digest, fact.mark.text, marks.order(fact.mark)))
            self._bundle.add(fetched.mapped(mapper, fact))
            if self._bundle.is_full:
                break

    def append(self) -> None:
        """Write them into the log and count them; the last thing before the commit."""
        met, rows = len(self.taken) - len(self.new), sum(len(fact.rows) for fact in self.taken)
        self._given.append(self._connection, self._bundle, met, rows)


def _may_come_again(seen: Seen, last: Mark, begins: Decimal | None) -> bool:
    if begins is None:
        return seen.value == last.text
    return seen.place is None or seen.place >= begins


def at_cursor(given: Given, origin: DatabaseOrigin | DltOrigin, error: ValueError) -> Refused:
    """What is wrong with the cursor or its overlap."""
    cure = "see cursor: and overlap: in the source's file"
    return Refused(Fault(what=f"{origin.cursor}: {error}", cure=cure, file=given.file))
