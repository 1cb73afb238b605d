"""What a source brings into the log in one transaction: small events share a record, a refused row has its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from itda.sources import rows
from itda.sources.mapping import Mapped
from itda.sources.rows import RefusedRow
from itda.store.ports import Record

LARGEST = 1 << 20
"""Bytes of bodies of one transaction."""
MOST = 5_000
"""Events and refused rows of one transaction."""
BATCH_BYTES = 30_000
"""Bodies of one record: small ones are decoded in one go."""
_ID = re.compile(rb'"messageId":"[^"]*"')


class Bundle:
    """What goes into the log in one transaction."""

    def __init__(self) -> None:
        self.events = self.refused = self.rows = self.bytes = 0
        self._bodies: list[bytes] = []
        self._batch_bytes = 0
        self._records: list[tuple[str, list[bytes]]] = []
        self._former: list[tuple[bytes, list[bytes], int]] = []
        """Ids that events had before, each with the list and the place of its body."""

    def add(self, item: Mapped | RefusedRow) -> None:
        """Take an event, or a row that gave none."""
        if isinstance(item, RefusedRow):
            body = msgspec.json.encode(item)
            self._records.append((rows.CALL, [body]))
            self.refused += 1
            self.rows += item.rows
            self.bytes += len(body)
            return
        if self._batch_bytes + len(item.body) > BATCH_BYTES:
            self._close()
        if item.former:
            self._former.append((item.former, self._bodies, len(self._bodies)))
        self._bodies.append(item.body)
        self._batch_bytes += len(item.body) + 1
        self.events += 1
        self.rows += item.rows
        self.bytes += len(item.body)

    def records(self, source: str, address: str = "") -> list[Record]:
        """What the log takes. `address` is the sender's network address, truncated, where there is one."""
        self._close()
        joined = ((call, bodies[0] if call == rows.CALL else _batch(bodies)) for call, bodies in self._records)
        return [Record(source, call, body, address, is_permanent=True) for call, body in joined]

    def rename(self, known: Callable[[Sequence[bytes]], set[bytes]]) -> None:
        """Give those events their former ids again that are known by them: they came in before ids were keyed."""
        found = known([former for former, _, _ in self._former]) if self._former else set()
        for former, bodies, place in self._former if found else ():
            if former in found:
                bodies[place] = _ID.sub(b'"messageId":"%b"' % former, bodies[place], count=1)

    @property
    def is_full(self) -> bool:
        """Whether it is as much as one transaction takes."""
        return self.bytes >= LARGEST or self.events + self.refused >= MOST

    def _close(self) -> None:
        if self._bodies:
            self._records.append(("batch", self._bodies))
            self._bodies = []
            self._batch_bytes = 0


def _batch(bodies: list[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(bodies) + b"]}"
