"""Refused events on their way to quarantine: compressed, sealed, and bounded in what of them is kept.

A door takes bodies that inflate a thousandfold, so what is refused must not be stored as large as it unpacks. Whatever
the bounds, an event is counted and listed with its reason; one that is kept in part says so, with its whole size. They
do not hold for files, which somebody chose to import and nobody imports twice to have them replayed. Of what was
received in a month whose key is destroyed already, as a backlog may be, the reason alone is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import attrgetter

import zstandard

from itda.base.instant import HOUR
from itda.events.event import Refusal
from itda.store.ports import PipelineStore, QuarantineRow
from itda.store.time_keys import MonthKeys, month_of
from itda.store.vault import NO_FRAGMENT, Cipher

LARGEST_KEPT = 64 << 10
"""Bytes kept of one refused event: twice what an event may have, so only what is too large for any is ever cut."""
MOST_AN_HOUR = 64 << 20
"""Sealed bytes kept of one source in an hour of log time; of what is refused beyond them, the reason alone is kept."""
LONGEST_DETAIL = 1_000
OWN_FAULT = "broken"
"""The reason of what our own code broke on: kept whole, since it was acknowledged and will be taken once we mended."""
_ZSTD = b"\x28\xb5\x2f\xfd"
"""How a zstd frame begins (RFC 8878, section 3.1.1), as no text in UTF-8 does: rows sealed before were not packed."""


def refused_label(position: int) -> str:
    """What a refused event is bound to in quarantine: its log position."""
    return f"refused:{position}"


def opened(cipher: Cipher, position: int, sealed: bytes) -> bytes:
    """What is kept of a refused event."""
    raw = cipher.open(NO_FRAGMENT, refused_label(position), sealed)
    return zstandard.decompress(raw) if raw.startswith(_ZSTD) else raw


class Quarantining:
    """Makes the rows of what was refused, chunk by chunk in log order. What it keeps may be forgotten at any time."""

    def __init__(
        self,
        store: PipelineStore,
        months: MonthKeys,
        local_date: Callable[[int], int],
        *,
        most_an_hour: int = MOST_AN_HOUR,
    ) -> None:
        self._store = store
        self._months = months
        self._local_date = local_date
        self._most_an_hour = most_an_hour
        self._packer = zstandard.ZstdCompressor()
        self._hour = -1
        self._kept: Counter[str] = Counter()

    def rows(self, refusals: list[Refusal]) -> list[QuarantineRow]:
        """Their rows, to be written before those of later refusals are asked for."""
        return [self._row(refusal) for refusal in sorted(refusals, key=attrgetter("position"))]

    def _row(self, refusal: Refusal) -> QuarantineRow:
        self._turn_to(refusal.received_at // HOUR)
        raw = refusal.raw
        month = month_of(self._local_date(refusal.received_at))
        kept, sealed = self._sealed(refusal, self._months.key(month))
        self._kept[refusal.source] += len(sealed)
        return QuarantineRow(
            position=refusal.position,
            source=refusal.source,
            channel=refusal.channel,
            received_at=refusal.received_at,
            reason=refusal.reason,
            detail=refusal.detail[:LONGEST_DETAIL],
            name=refusal.name,
            sealed=sealed,
            key_month=month,
            cut_from=None if len(kept) == len(raw) and raw else len(raw),
        )

    def _sealed(self, refusal: Refusal, cipher: Cipher | None) -> tuple[bytes, bytes]:
        """What is kept of a refused event, and the same sealed; nothing where the month's key is destroyed."""
        if cipher is None:
            return b"", b""
        raw, label = refusal.raw, refused_label(refusal.position)
        is_bounded = refusal.reason != OWN_FAULT and not refusal.is_permanent
        kept = raw[:LARGEST_KEPT] if is_bounded else raw
        sealed = cipher.seal(NO_FRAGMENT, label, self._packer.compress(kept))
        if is_bounded and self._kept[refusal.source] + len(sealed) > self._most_an_hour:
            kept = b""
            sealed = cipher.seal(NO_FRAGMENT, label, kept)
        return kept, sealed

    def _turn_to(self, hour: int) -> None:
        """Know how much of each source is kept in this hour of log time already, whoever wrote it."""
        if hour != self._hour:
            self._kept = Counter(self._store.quarantine_kept(hour * HOUR, (hour + 1) * HOUR))
            self._hour = hour
