"""Customers go on in their journeys, some hundreds at once: what is stored of them is loaded, and the gate is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from itda.engine.deciding.aside import Aside
from itda.engine.deciding.beginning import Beginning
from itda.engine.deciding.choosing import Chooser
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.membership import Change
from itda.engine.deciding.people import Customer
from itda.engine.deciding.travel import Happened, Joined, Told, Traveller, in_order, unsent
from itda.journeys.happening import Occurred
from itda.journeys.position import Position, decode
from itda.store.database import Connection
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import PositionRow
from itda.store.engagement_sql import EngagementWrites

Lateness = Callable[[Customer, str], bool]
"""Whether somebody came into a segment by what is past, or by what is meant by it now."""


class Journeying(msgspec.Struct):
    """What travellers of one step go by. `since` is the event time of the first event that journeys listen to."""

    store: EngagementStore
    definitions: Definitions
    chooser: Chooser
    seed: bytes
    log_time: int
    since: int
    happened: Mapping[bytes, list[Happened]]
    """By fragment."""
    aside: Aside
    told: Told
    """What came of it."""

    def go_on(
        self,
        connection: Connection,
        moving: Sequence[Customer],
        changes: Mapping[bytes, Change],
        is_late: Lateness,
        writes: EngagementWrites,
    ) -> None:
        """Put to these customers all that happened to them, and what they are to be told to the gate."""
        beginning = Beginning(self.definitions, self.seed)
        stored = self._stored(moving, changes, beginning)
        owners: dict[bytes, Customer] = {}
        travellers: dict[bytes, Traveller] = {}
        for one in moving:
            with self.aside.alone(one, "journeys"):
                traveller = self._travelled(one, stored, changes.get(one.id, Change()), is_late, beginning)
                for fragment in one.fragments:
                    owners[fragment], travellers[fragment] = one, traveller
        intents, self.told.intents = self.told.intents, []
        if not intents:
            return
        for intent, why in self.chooser.chosen(self.store, connection, intents, owners, self.log_time, writes):
            with self.aside.alone(owners[intent.fragment], "journeys"):
                travellers[intent.fragment].put(intent.position_id, unsent(intent, why))

    def _travelled(
        self,
        one: Customer,
        stored: Mapping[bytes, list[PositionRow]],
        change: Change,
        is_late: Lateness,
        beginning: Beginning,
    ) -> Traveller:
        """One customer after all that happened; told only if all of it went well."""
        told = Told()
        own = [self._position(row) for fragment in one.fragments for row in stored.get(fragment, ())]
        traveller = Traveller(self.definitions, one, own, self.seed, told, beginning)
        happened = [each for fragment in one.fragments for each in self.happened.get(fragment, ())]
        for each in in_order(happened, change, one.id, self.log_time, lambda name: is_late(one, name)):
            traveller.meets(each)
        self.told.add(told)
        traveller.tells(self.told)
        return traveller

    def _position(self, row: PositionRow) -> Position:
        return self.told.positions.get(row.id) or decode(row.state)

    def _stored(
        self, moving: Sequence[Customer], changes: Mapping[bytes, Change], beginning: Beginning
    ) -> dict[bytes, list[PositionRow]]:
        """What may still change for these customers, and of their past what has a say in whether they enter now."""
        fragments = sorted({fragment for one in moving for fragment in one.fragments})
        rows: dict[bytes, PositionRow] = {row.id: row for row in self.store.watched(fragments, self.since)}
        for one in moving:
            change = changes.get(one.id)
            for name in change.entered if change is not None else ():
                beginning.joins(one, name, self.log_time)
            for each in (each for fragment in one.fragments for each in self.happened.get(fragment, ())):
                if isinstance(each.what, Occurred):
                    beginning.meets(one, each.what)
                elif isinstance(each.what, Joined):
                    own = set(one.fragments)
                    beginning.parts(one, (row for row in rows.values() if row.fragment in own))
        about = {each.about for one in fragments for each in self.happened.get(one, ()) if each.about}
        rows |= {row.id: row for row in self.store.positions_by_id(sorted({*beginning.keys, *about}))}
        rows |= {row.id: row for row in self.store.alike(beginning.alike)}
        found: dict[bytes, list[PositionRow]] = {}
        for _, row in sorted(rows.items()):
            found.setdefault(row.fragment, []).append(row)
        return found
