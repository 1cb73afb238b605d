"""What was refused: a page of it, one body on request, and putting it into the log again after the cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.instant import LocalDates
from itda.engine.app import Answer, Done
from itda.engine.quarantining import opened
from itda.engine.questions.views import QuarantineLine, QuarantineView
from itda.engine.work import Work
from itda.events.event import Event
from itda.sources import hook
from itda.sources.definition import SourceDef
from itda.sources.mapping import USE, Mapped, Mapper
from itda.sources.origins import WebhookOrigin
from itda.sources.rows import RefusedRow
from itda.sources.tracking import Decoder
from itda.sources.wire import replay_body
from itda.store.arrays import bigints
from itda.store.ports import Frame, Record
from itda.store.time_keys import month_cipher
from itda.store.vault import Cipher

MOST_LINES = 1_000
MOST_REPLAYED = 20_000
"""Refused events put into the log by one command; ask again for the rest."""
_IN_A_FRAME = 500

_LINES = "select position, source, channel, received_at, reason, detail, name, replayed_at, cut_from from quarantine"
_WAITING = (
    "select position, source, received_at, sealed, key_month from quarantine"
    " where replayed_at is null and cut_from is null"
)


class QuarantineList(msgspec.Struct, frozen=True):
    """A page of refused events, newest first; `before` is the `next` of the page before."""

    permission: ClassVar[str] = "quarantine.read"
    source: str | None = None
    reason: str | None = None
    limit: int = 50
    before: int | None = None

    def answer(self, work: Work) -> Answer[QuarantineView]:
        """The page, and how many of each reason wait to be replayed."""
        limit = max(1, min(self.limit, MOST_LINES))
        chosen, values = _where(self.source, self.reason, before=self.before)
        rows = work.connection.execute(
            f"{_LINES} where true{chosen} order by position desc limit %s", [*values, limit + 1]
        ).fetchall()
        lines = [_line(row) for row in rows[:limit]]
        chosen, values = _where(self.source, self.reason)
        counts = work.connection.execute(
            "select reason, count(*), count(cut_from) from quarantine"
            f" where replayed_at is null{chosen} group by reason",
            values,
        ).fetchall()
        following = lines[-1].position if len(rows) > limit else None
        by_reason = {reason: n for reason, n, _ in counts}
        return Answer(QuarantineView(lines, by_reason, following, sum(cut for _, _, cut in counts)), count=len(lines))


class QuarantineBody(msgspec.Struct, frozen=True):
    """One refused event with its body as it came."""

    permission: ClassVar[str] = "quarantine.replay"
    position: int

    def answer(self, work: Work) -> Answer[QuarantineLine]:
        """The event; its body is None once the month's key is destroyed."""
        row = work.connection.execute(
            f"{_LINES.replace(' from', ', sealed, key_month from')} where position = %s", [self.position]
        ).fetchone()
        if row is None:
            raise Refused(Fault(what=f"no refused event at {self.position}", cure="see `itda quarantine list`"))
        raw = _opened(month_cipher(work.connection, work.vault, row[10]), row[0], row[9])
        body = None if raw is None else raw.decode(errors="replace")
        return Answer(_line(row, body), count=1)


class ReplayQuarantine(msgspec.Struct, frozen=True):
    """Put what waits, or what is named, into the log again, as far as today's contracts take it. Its value: how many.

    What is still refused stays and waits on. A second time does nothing: an event is replayed once.
    """

    permission: ClassVar[str] = "quarantine.replay"
    positions: tuple[int, ...] = ()
    source: str | None = None
    reason: str | None = None

    def carry_out(self, work: Work) -> Done[int]:
        """Decode first, then write: the log is held for as short as can be."""
        rows = self._waiting(work)
        passing = list(_passing(work, rows))
        position: int | None = None
        for start in range(0, len(passing), _IN_A_FRAME):
            position = work.append([record for _, record in passing[start : start + _IN_A_FRAME]]).position
        work.connection.execute(
            "update quarantine set replayed_at = %s where position = any(%b)",
            [work.now, bigints([one for one, _ in passing])],
        )
        audit = {"asked": len(rows), "replayed": len(passing), "source": self.source, "reason": self.reason}
        return Done(len(passing), position=position, audit=audit)

    def _waiting(self, work: Work) -> list[tuple[Any, ...]]:
        chosen, values = _where(self.source, self.reason)
        if self.positions:
            chosen += " and position = any(%b)"
            values.append(bigints(self.positions))
        return work.connection.execute(
            f"{_WAITING}{chosen} order by position limit {MOST_REPLAYED} for update", values
        ).fetchall()


def _line(row: tuple[Any, ...], body: str | None = None) -> QuarantineLine:
    return msgspec.structs.replace(QuarantineLine(*row[:8]), body=body, cut_from=row[8])


def _where(source: str | None, reason: str | None, before: int | None = None) -> tuple[str, list[Any]]:
    """The rest of a where clause with its values."""
    asked = (("source = %s", source), ("reason = %s", reason), ("position < %s", before))
    chosen = [(test, value) for test, value in asked if value is not None]
    return "".join(f" and {test}" for test, _ in chosen), [value for _, value in chosen]


def _opened(cipher: Cipher | None, position: int, sealed: bytes) -> bytes | None:
    return None if cipher is None else opened(cipher, position, sealed)


def _passing(work: Work, rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Record]]:
    """The records that today's definitions take, by the position they were refused at."""
    workspace = work.workspace
    dates = LocalDates(workspace.zone)
    decoder = Decoder(workspace.every_source, workspace.contracts, workspace.policy.kinds, dates, workspace.country)
    ciphers = {month: month_cipher(work.connection, work.vault, month) for month in {row[4] for row in rows}}
    for position, source, received_at, sealed, month in rows:
        raw = _opened(ciphers[month], position, sealed)
        definition = workspace.every_source.get(source)
        if raw is None or definition is None or not _is_json(raw):
            continue
        body = _mapped_anew(raw, definition, workspace.zone, received_at, work.vault.seed(USE))
        record = Record(source, "replay", replay_body(body, received_at), is_permanent=definition.mapping is not None)
        found = decoder.frame(Frame(position=0, received_at=work.now, records=[record]))
        if all(type(item) is Event and workspace.policy.ranked(item.identifiers) for item in found):
            yield position, record


def _mapped_anew(raw: bytes, definition: SourceDef, zone: str, received_at: int, key: bytes) -> bytes:
    """What is to be replayed: of a call's item that gave no event the event of today's mapping, else what is kept."""
    if not isinstance(definition.origin, WebhookOrigin) or definition.mapping is None:
        return raw
    try:
        row = msgspec.json.decode(raw, type=RefusedRow)
    except msgspec.DecodeError:
        return raw
    found = hook.again(Mapper(definition, zone, b"", received_at, key=key), row)
    return found.body if isinstance(found, Mapped) else raw


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
