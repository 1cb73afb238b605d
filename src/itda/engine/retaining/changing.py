"""The rows of one lake file without what is due: events become nobody's, fields are taken out and sealed again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from itda.base.instant import LocalDates
from itda.consent.retention import Rule
from itda.engine.keyring import event_label
from itda.engine.retaining.judging import Judge
from itda.events.removing import take_out
from itda.measure.definition import BRAND_ACTS
from itda.store.lake.block import SCHEMA
from itda.store.lake.expiring import nobodys, seen
from itda.store.vault import Cipher, Unsealable

AROUND = "context."
"""Fields that begin so are of an event's surroundings."""
Ciphers = Callable[[Sequence[bytes]], Mapping[bytes, Cipher]]
Permanent = Callable[[str, str], bytes]
_encode = msgspec.json.encode


class Changing:
    """Given to the compactor, portion by portion; afterwards it says whom it concerned, and what went."""

    def __init__(self, judge: Judge, ciphers: Ciphers, permanent: Permanent, dates: LocalDates) -> None:
        self._judge, self._ciphers, self._permanent, self._dates = judge, ciphers, permanent, dates
        self.fragments: set[bytes] = set()
        """Whose profiles are to be folded anew."""
        self.counts: Counter[str] = Counter()
        """Events and values that went, by rule."""

    def __call__(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        """The rows that stay, and what is left of events that are nobody's now."""
        due = self._judge.due(rows)
        chosen, leaves = self._expired(rows.num_rows, due)
        fields = {rule: due[rule.name] & ~chosen for rule in self._judge.rules if rule.of != "events"}
        touched = chosen.copy()
        for mask in fields.values():
            touched |= mask
        if not touched.any():
            return rows, SCHEMA.empty_table()
        expired = rows.filter(pa.array(chosen)).to_pylist()
        self.fragments.update(row["fragment"] for row in expired)
        changed = self._without_fields(rows, touched & ~chosen, fields)
        parts = [rows.filter(pa.array(~touched)), changed, seen(expired, _is_own_doing)]
        return pa.concat_tables(parts).combine_chunks(), nobodys(expired, leaves, self._dates, self._permanent)

    def _expired(self, n: int, due: Mapping[str, Any]) -> tuple[Any, list[tuple[str, ...]]]:
        """Which rows become nobody's, and what each of them keeps: as its first rule says."""
        first = np.full(n, -1, dtype=np.int64)
        rules = [rule for rule in self._judge.rules if rule.of == "events"]
        for number, rule in enumerate(rules):
            first[due[rule.name] & (first < 0)] = number
        for number, rule in enumerate(rules):
            self.counts[rule.name] += int((first == number).sum())
        return first >= 0, [rules[number].leaves for number in first[first >= 0].tolist()]

    def _without_fields(self, rows: pa.Table, mask: Any, fields: Mapping[Rule, Any]) -> pa.Table:
        places = np.flatnonzero(mask)
        found = rows.take(places).to_pylist()
        ciphers = self._ciphers(sorted({row["fragment"] for row in found if row["sealed"] is not None}))
        for row, place in zip(found, places.tolist(), strict=True):
            wanted = [rule for rule, due in fields.items() if due[place]]
            if self._strip(row, wanted, ciphers.get(row["fragment"])):
                self.fragments.add(row["fragment"])
        return pa.Table.from_pylist(found, schema=SCHEMA) if found else SCHEMA.empty_table()

    def _strip(self, row: dict[str, Any], rules: Sequence[Rule], cipher: Cipher | None) -> bool:
        """Take the fields of these rules out of a row, in place; whether any was there."""
        said = {"properties": msgspec.json.decode(row["properties"]), "context": msgspec.json.decode(row["context"])}
        label, shut = event_label(row["position"]), dict[str, Any]()
        if row["sealed"] is not None and cipher is not None:
            try:
                shut = msgspec.json.decode(cipher.open(row["fragment"], label, row["sealed"]))
            except Unsealable:
                cipher = None
        gone = [rule for rule in rules if _take(said, rule.field) | _take(shut, rule.field)]
        self.counts.update(rule.name for rule in gone)
        if not gone:
            return False
        row["properties"], row["context"] = _encode(said["properties"]).decode(), _encode(said["context"]).decode()
        if row["sealed"] is not None and cipher is not None:
            left = {part: told for part, told in shut.items() if told}
            row["sealed"] = cipher.seal(row["fragment"], label, _encode(left)) if left else None
        return True


def _take(said: dict[str, Any], field: str) -> bool:
    part, path = ("context", field.removeprefix(AROUND)) if field.startswith(AROUND) else ("properties", field)
    return part in said and take_out(said[part], path)


def _is_own_doing(row: dict[str, Any]) -> bool:
    return row["name"] not in BRAND_ACTS
