"""Counts of what was refused, against the quarantine itself: both say how many, by day, source, channel and reason."""

from __future__ import annotations

import hashlib
from collections import Counter

import msgspec

from itda.base.instant import LocalDates
from itda.engine.comparison import Comparison, Difference
from itda.store.database import Connection

_ROWS = "select received_at, source, channel, reason from quarantine"
_COUNTS = """
    select local_date, source, channel, substring(measure from 13), n from quality where measure like 'quarantined:%'
"""


def refused(live: Connection, dates: LocalDates) -> tuple[Comparison, list[Difference]]:
    """Both counts in the transaction of `live`; the difference where they part first."""
    told = {tuple(row[:4]): row[4] for row in live.execute(_COUNTS.encode()).fetchall()}
    there: Counter[tuple[int, str, str, str]] = Counter()
    with live.cursor(name="itda_refused", binary=True) as cursor:
        cursor.itersize = 5_000
        for received_at, source, channel, reason in cursor.execute(_ROWS):
            there[dates.of(received_at), source, channel, reason] += 1
    keys = sorted({*told, *there})
    parted = [key for key in keys if told.get(key, 0) != there.get(key, 0)]
    differences = [
        Difference("quarantine", "/".join(map(str, key)), "n", str(told.get(key, 0)), str(there.get(key, 0)))
        for key in parted[:1]
    ]
    hashes = [
        hashlib.blake2b(msgspec.msgpack.encode([(key, counts.get(key, 0)) for key in keys]), digest_size=16).hexdigest()
        for counts in (told, there)
    ]
    return Comparison("quarantine", sum(there.values()), *hashes), differences
