"""Which rows of the lake are due, by the rules of a workspace on one local day. What is asked of a row is plain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from itda.consent.retention import NEVER_DUE, Law, Rule, cuts
from itda.profiles import orders
from itda.store.lake.block import EXPIRED, OWN_MARK
from itda.store.lake.files import LakeFile
from itda.store.lake.sorting import numbers
from itda.store.retention import Mark

LIGHT = ("position", "name", "source", "type", "local_date", "flags", "properties")
"""What is looked at; properties only of orders, for their number."""
_KIND = ("name", "source", "type")
Mask = npt.NDArray[np.bool_]


def digest(rule: Rule, laws: Iterable[Law]) -> str:
    """What tells a rule from how it was: a term that grew shorter, another field, a law that keeps for another time.

    Of laws those that keep something of it longer: by the term of any other nothing is decided.
    """
    longer = sorted(
        [sorted(law.names), law.keep.months, law.keep.days]
        for law in laws
        if rule.is_of_lake and (not rule.names or law.names & set(rule.names)) and rule.keep.is_shorter_than(law.keep)
    )
    said = msgspec.to_builtins(rule)  # alone where no law does: as it was told before laws were asked
    return hashlib.sha256(msgspec.json.encode([said, longer] if longer else said, order="sorted")).hexdigest()


class Judge:
    """The rules about the lake, on one day. `going_on` are numbers of orders that something happened to lately."""

    def __init__(
        self,
        rules: Sequence[Rule],
        laws: Sequence[Law],
        today: int,
        marks: Mapping[str, Mark],
        going_on: frozenset[str],
    ) -> None:
        self.rules = [rule for rule in rules if rule.is_of_lake]
        self.cuts = {rule.name: cuts(rule, laws, today) for rule in self.rules}
        self._today = today
        self._digests = {rule.name: digest(rule, laws) for rule in self.rules}
        self._marks = {name: marks[name] for name, one in self._digests.items() if _stands(one, marks.get(name))}
        self._reached = {
            rule.name: cuts(rule, laws, self._marks[rule.name].day) for rule in self.rules if rule.name in self._marks
        }
        self._going_on = going_on

    def chosen(self, files: Iterable[LakeFile]) -> list[LakeFile]:
        """The files that may hold anything due."""
        return [file for file in files if any(self._may_hold(rule, file) for rule in self.rules)]

    def due(self, rows: pa.Table) -> dict[str, Mask]:
        """Of each rule which of these rows are due by it (columns LIGHT at least)."""
        names, codes = _kinds(rows)
        days, positions = numbers(rows["local_date"]), numbers(rows["position"])
        is_left = np.asarray(rows["flags"].to_numpy()) & EXPIRED == 0
        going_on = self._is_going_on(rows, days)
        found = {}
        for rule in self.rules:
            last = np.array([self._last(rule, *kind) for kind in names], dtype=np.int64)[codes]
            due = is_left & (days <= last)
            if rule.of == "events":
                due &= ~going_on
            elif rule.name in self._marks:
                reached = np.array([self._reached[rule.name].at(name) for name, _, _ in names], dtype=np.int64)[codes]
                due &= (days > reached) | (positions >= self._marks[rule.name].position)
            found[rule.name] = due
        return found

    def reached(self, position: int) -> list[tuple[str, Mark]]:
        """Where the rules stand once everything below this place of the log was looked through."""
        return [
            (rule.name, Mark(self._digests[rule.name], self._today, position))
            for rule in self.rules
            if self.cuts[rule.name].latest > NEVER_DUE
        ]

    @cached_property
    def orders_until(self) -> int:
        """The last local day whose orders some rule wants gone; NEVER_DUE for none."""
        return max((self._of_orders(rule) for rule in self.rules if rule.of == "events"), default=NEVER_DUE)

    def _of_orders(self, rule: Rule) -> int:
        named = orders.NAMES & set(rule.names) if rule.names else orders.NAMES
        return max((self.cuts[rule.name].at(name) for name in named), default=NEVER_DUE)

    def _may_hold(self, rule: Rule, file: LakeFile) -> bool:
        cut, mark = self.cuts[rule.name], self._marks.get(rule.name)
        if file.first_day > cut.latest:
            return False
        waits = rule.of == "events" and file.first_day <= self._of_orders(rule)
        return mark is None or waits or file.max_position >= mark.position or self._is_newly_due(rule, file)

    def _is_newly_due(self, rule: Rule, file: LakeFile) -> bool:
        """Whether a term ended since the rule was carried out; what a law keeps has one of its own by each name."""
        cut, reached = self.cuts[rule.name], self._reached[rule.name]
        names = rule.names or ("", *cut.of)
        return any(file.first_day <= cut.at(name) and file.last_day > reached.at(name) for name in names)

    def _last(self, rule: Rule, name: str, source: str, kind: str) -> int:
        is_ours = source.startswith(OWN_MARK)
        return NEVER_DUE if is_ours or not rule.covers(name, source, kind) else self.cuts[rule.name].at(name)

    def _is_going_on(self, rows: pa.Table, days: npt.NDArray[np.int64]) -> Mask:
        """Orders go as a whole: none of an order's events before the last of them is due."""
        found = np.zeros(rows.num_rows, dtype=bool)
        if not self._going_on:
            return found
        is_order = np.asarray(pc.is_in(rows["name"], pa.array(sorted(orders.NAMES))).to_numpy())
        for place in np.flatnonzero(is_order & (days <= self.orders_until)):
            found[place] = order_of(rows["properties"][int(place)].as_py()) in self._going_on
        return found


def order_of(properties: str) -> str:
    """The number of the order that an event is about; empty where it says none."""
    said: Any = msgspec.json.decode(properties)
    return orders.number(said)


def _stands(digested: str, mark: Mark | None) -> bool:
    """Whether a rule was carried out as it is now, and not only told of."""
    return mark is not None and mark.day > NEVER_DUE and mark.digest == digested


def _kinds(rows: pa.Table) -> tuple[list[tuple[str, str, str]], npt.NDArray[np.int64]]:
    """The distinct (name, source, type) of the rows, and which of them each row is."""
    words, codes = [], []
    for column in _KIND:
        encoded: Any = pc.dictionary_encode(rows[column].combine_chunks())
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        words.append(encoded.dictionary.to_pylist())
        codes.append(np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64))
    sizes = [max(1, len(one)) for one in words]
    total = (codes[0] * sizes[1] + codes[1]) * sizes[2] + codes[2]
    distinct, places = np.unique(total, return_inverse=True)
    named = [
        (words[0][code // (sizes[1] * sizes[2])], words[1][code // sizes[2] % sizes[1]], words[2][code % sizes[2]])
        for code in distinct.tolist()
    ]
    return named, places
