"""What each segment rests on: which events and consents can change its answer, and which version of it that makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from itda.consent.definition import ANY_CHANNEL
from itda.events.places import LOCATION, tells
from itda.profiles.fold import Fold
from itda.profiles.places import of_place, trait_of_place
from itda.segments.definition import Segment, meaning, tests
from itda.segments.operator import EventKind
from itda.segments.operators import Tested, operator_of
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest

PLACE = (LOCATION, ANY_CHANNEL)
"""The consent whose refusal pauses the use of where somebody is."""
_MOST = 4096
"""Distinct kinds of events remembered; names come from outside and have no end."""


def asks_place(test: Tested, fold: Fold) -> bool:
    """Whether a test asks where somebody was, itself: by an event, a channel or a field that tells it."""
    if isinstance(test, EventsTest):
        return of_place(test.events)
    if not isinstance(test, TraitTest):
        return False
    trait = fold.computed(test.trait)
    return tells(test.trait) if trait is None else trait_of_place(trait.definition)


class Resting:
    """The segments of a workspace, by what they rest on."""

    def __init__(self, segments: Mapping[str, Segment], fold: Fold) -> None:
        self._fold = fold
        self._segments = segments
        self._tests: dict[str, list[Tested]] = {name: self._all_tests(name, set()) for name in segments}
        self._touched: dict[EventKind, frozenset[str]] = {}
        self.by_consent = frozenset(
            name for name, tested in self._tests.items() if any(isinstance(test, ConsentTest) for test in tested)
        )
        """The segments that a change of a consent may change."""
        self.by_place = frozenset(
            name
            for name, tested in self._tests.items()
            if segments[name].purpose == LOCATION or any(asks_place(test, fold) for test in tested)
        )
        """The segments that ask where people were: nobody who paused the use of that is in one."""
        self.by_consent |= self.by_place
        self.consents = frozenset(
            (test.purpose, test.channel)
            for tested in self._tests.values()
            for test in tested
            if isinstance(test, ConsentTest)
        ) | (frozenset({PLACE}) if self.by_place else frozenset())
        """The (purpose, channel) pairs that are asked for."""
        self.versions = {name: self._version(name) for name in segments}
        """A hash of what each means, with all the traits and segments it names."""

    def touched(self, kind: EventKind) -> frozenset[str]:
        """The segments whose answer such an event may change, with those that name them."""
        found = self._touched.get(kind)
        if found is None:
            if len(self._touched) >= _MOST:
                self._touched.clear()
            found = self._touched[kind] = frozenset(
                name
                for name, tested in self._tests.items()
                if any(operator_of(test).listens(test, self._fold, kind) for test in tested)
            )
        return found

    def _all_tests(self, name: str, met: set[str]) -> list[Tested]:
        """The tests of a segment and of all that it names."""
        met.add(name)
        own = list(tests(self._segments[name].where))
        others = sorted({test.segment for test in own if isinstance(test, InSegment)} - met)
        return own + [test for other in others for test in self._all_tests(other, met)]

    def _version(self, name: str) -> str:
        segment = self._segments[name]
        traits = {test.trait for test in tests(segment.where) if isinstance(test, TraitTest)}
        computed = ((trait, self._fold.computed(trait)) for trait in sorted(traits))
        parts = [meaning(segment.where)]
        parts += [f"{trait}={found.definition.kind}:{found.key}".encode() for trait, found in computed if found]
        parts += [b"by place"] if name in self.by_place else []
        parts += [f"{other}={self._version(other)}".encode() for other in sorted(segment.refers_to)]
        return hashlib.blake2s(b"\n".join(parts), digest_size=6).hexdigest()
