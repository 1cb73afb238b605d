"""What people say back by a text or a call of the free number is in the ledger before its gateway is answered.

Ledger and log are written in one transaction, under the key by which the log's reader knows the act: it is written
once, whoever comes first. Of people who are not known yet, and of events without an id of their own, the log alone is
told; nothing can be under way to whom nobody knows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import msgspec

from itda.access.actor import Actor
from itda.consent.heard import OPTOUT_CALLED, TEXT_RECEIVED
from itda.engine.app import App
from itda.engine.commands.replies import Reply, TakeReplies
from itda.engine.prepared import Prepared
from itda.engine.reading import decoded
from itda.store.ports import Frame, Record

if TYPE_CHECKING:
    from itda.engine.prepared import Preparing
    from itda.sources.tracking import Decoder
    from itda.store.lake.block import FirstRow

_NAMES = (TEXT_RECEIVED, OPTOUT_CALLED)
_IN_BYTES = tuple(name.encode() for name in _NAMES)
_WHY = "what somebody said back"
_OPEN_TEXT = 9
"""The place of the plain properties in a row of the lake's first half."""
_json = msgspec.json.Decoder()


class Replies:
    """Takes such records of a workspace's doors. Thread-safe: what it reads by is made with the first of them."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._made: tuple[Decoder, Preparing] | None = None
        self._lock = threading.Lock()

    @staticmethod
    def may_be(body: bytes) -> bool:
        """Whether something in it may be such an event: a look at its bytes, which the log's reader goes by beside."""
        return any(name in body for name in _IN_BYTES)

    def take(self, record: Record) -> int | None:
        """The position of its frame, ledger and log being written; None where the log alone is to be told.

        `Unavailable` means, as of the log: not known, send again.
        """
        replies = self._read(record)
        if not replies:
            return None
        actor = Actor(name=f"source:{record.source}", role="customer", address=record.address, system="api")
        return self._app.act(TakeReplies(record=record, replies=tuple(replies)), actor, _WHY).position

    def _read(self, record: Record) -> list[Reply]:
        """The events that the log's reader will find in it, as far as they are such and have an id of their own."""
        with self._lock:  # what reads remembers what it read: one at a time
            return list(self._found(record))

    def _found(self, record: Record) -> Iterator[Reply]:
        decoder, preparing = self._reading()
        rows: list[FirstRow] = []
        for event in decoded(decoder, Frame(position=0, received_at=self._app.clock(), records=[record])):
            if event.name not in _NAMES or not event.has_own_id:
                continue
            made = preparing.event(event, rows)
            if isinstance(made, Prepared):
                plain = cast("bytes", rows[made.row][_OPEN_TEXT])
                yield Reply(
                    name=made.name, event_id=made.event_id, source=made.source, occurred_at=made.occurred_at,
                    identifiers=tuple(made.identifiers), properties=_json.decode(plain),
                )  # fmt: skip

    def _reading(self) -> tuple[Decoder, Preparing]:
        from itda.engine.processing import reading  # noqa: PLC0415 - with the first of them: a door reads no log

        if self._made is None:
            self._made = reading(self._app.workspace, self._app.vault)
        return self._made
