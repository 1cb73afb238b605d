"""What was said of people as columns, of which there are few however many names outsiders make up."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping

MOST, SHARE, LEAST = 40, 0.001, 2
"""So many names are compared at most, those said of most people, each of at least this share of people and so many."""
_HELD, _LEFT = 2_000, 1_000
"""Above so many names those said of fewest are forgotten, down to so many; one that comes again begins anew."""


def is_plain(name: str) -> bool:
    """Whether a name stands as it is compared: one with spaces or a byte order mark around it would be another's."""
    return bool(name) and name == name.strip().lstrip("\ufeff") and not name.startswith("\0")


class Columns:
    """Values by name and person; what is held grows with what was said, not with names times people."""

    def __init__(self, always: Iterable[str] = ()) -> None:
        """`always`: names that are kept however few people have them, and that nothing displaces."""
        self._always = frozenset(always)
        self._held: dict[str, tuple[array[int], list[str]]] = {}

    def add(self, at: int, said: Mapping[str, str]) -> None:
        """What was said of the person at this place; places come in ascending order."""
        for name, value in said.items():
            places, values = self._held.setdefault(name, (array("q"), []))
            places.append(at)
            values.append(value)
        if len(self._held) > _HELD:
            self._held = self._best(_LEFT, 0)

    def whole(self, count: int) -> dict[str, list[str | None]]:
        """Every column that is compared, of this many people."""
        found: dict[str, list[str | None]] = {}
        for name, (places, values) in self._best(MOST, max(LEAST, SHARE * count)).items():
            column: list[str | None] = [None] * count
            for at, value in zip(places, values, strict=True):
                column[at] = value
            found[name] = column
        return found

    def _best(self, most: int, least: float) -> dict[str, tuple[array[int], list[str]]]:
        """In the order in which they came."""
        known = {name: len(values) for name, (_, values) in self._held.items()}
        ranked = sorted(known, key=lambda name: (name not in self._always, -known[name], name))[:most]
        kept = {name for name in ranked if name in self._always or known[name] >= least}
        return {name: held for name, held in self._held.items() if name in kept}
