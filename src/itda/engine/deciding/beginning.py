"""Which of a customer's past positions have a say in what they may begin now: those are loaded, and no others."""

from __future__ import annotations

from collections.abc import Iterable

from itda.base.instant import NEVER
from itda.engine.deciding.definitions import Definitions
from itda.engine.deciding.people import Customer
from itda.journeys.definition import Journey
from itda.journeys.enter import Declined, Entry, entry
from itda.journeys.happening import Occurred, SegmentEntered
from itda.store.engagement import Alike
from itda.store.engagement_rows import PositionRow


class Beginning:
    """What is to be looked for: positions by id, and positions about the same."""

    def __init__(self, definitions: Definitions, seed: bytes) -> None:
        self._definitions = definitions
        self._seed = seed
        self._entries: dict[tuple[str, int], Entry | Declined | None] = {}
        self._keys: dict[bytes, None] = {}
        self._alike: dict[Alike, None] = {}

    @property
    def keys(self) -> list[bytes]:
        """Positions that may be there already."""
        return list(self._keys)

    @property
    def alike(self) -> list[Alike]:
        """What positions that may forbid an entry are about."""
        return list(self._alike)

    def meets(self, customer: Customer, event: Occurred) -> None:
        """An event may begin journeys."""
        for journey in self._definitions.listeners(event.kind).entering:
            self._enters(customer, journey, event, event.occurred_at)

    def joins(self, customer: Customer, segment: str, at: int) -> None:
        """Coming to belong to a segment may begin journeys."""
        for journey in self._definitions.by_segment.get(segment, ()):
            self._enters(customer, journey, SegmentEntered(segment=segment, at=at, fragment=customer.id), at)

    def parts(self, customer: Customer, positions: Iterable[PositionRow]) -> None:
        """They were several customers: of two positions that may not be together one has to go."""
        journeys = {journey.name: journey for journey in self._definitions.entering}
        for row in positions:
            journey = journeys.get(row.journey)
            if journey is not None:
                self._looks_back(customer, journey, row.correlation, row.entered_at)

    def entry(self, journey: Journey, what: Occurred | SegmentEntered) -> Entry | Declined | None:
        """See `journeys.enter.entry`; of an event it is found once."""
        if not isinstance(what, Occurred):
            return entry(journey, what, self._seed)
        place = (journey.name, what.position)
        if place not in self._entries:
            self._entries[place] = entry(journey, what, self._seed)
        return self._entries[place]

    def _enters(self, customer: Customer, journey: Journey, what: Occurred | SegmentEntered, at: int) -> None:
        found = self.entry(journey, what)
        if isinstance(found, Entry):
            self._keys[found.key] = None
            self._looks_back(customer, journey, found.correlation, at)

    def _looks_back(self, customer: Customer, journey: Journey, correlation: str, at: int) -> None:
        if journey.again.looks_back:
            after = journey.again.after if journey.again.is_allowed else NEVER
            for fragment in customer.fragments:
                self._alike[Alike(fragment, journey.name, correlation, at - after, at + after)] = None
