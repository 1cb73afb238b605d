"""The first half of a chunk: frames become events, refusals and steward's decisions; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import msgspec

from itda.base.errors import Broken
from itda.base.instant import HOUR
from itda.engine.dedupe import Dedupe
from itda.engine.prepared import Prepared, Preparing, wire
from itda.events.event import ORDINALS, Event, Refusal
from itda.store.lake.block import PERMANENT, FirstRow, first_half, only
from itda.store.ports import Frame, PipelineStore, Record

STEWARD_CALL = "steward"
MOVES_CALL = "moves"
ERASE_CALL = "erase"
RETAIN_CALL = "retain"
_OWN_CALLS = (STEWARD_CALL, MOVES_CALL, ERASE_CALL, RETAIN_CALL)
_ALONE = (ERASE_CALL, RETAIN_CALL)
"""Records whose frames hold nothing else, and are chunks of their own: what came before them is processed first."""
_MOST_ALONE = {ERASE_CALL: 50, RETAIN_CALL: 1}
"""So many of them, and a chunk is full."""
_MANY = 1 << 62


class Decoder(Protocol):
    """What turns a frame into events and refusals, each with its log position. Pure."""

    def frame(self, frame: Frame) -> list[Event | Refusal]:
        """Every item of the frame in order."""
        ...


class ReaderEnded(Broken):
    """A record ended the process that read it, or kept it from ever answering."""


class Steered(msgspec.Struct, frozen=True):
    """A steward's decision, a move of a journey or an erasure, as it stands in the log."""

    position: int
    received_at: int
    record: Record


class Reading(msgspec.Struct, array_like=True):
    """Some whole frames, read."""

    first: int
    """The position of the first frame."""
    position: int
    """Of the last frame."""
    log_time: int
    hour: int
    events: list[Prepared] = []
    """In log order; after `without_known` only those seen for the first time."""
    lake: bytes = b""
    """The first half of the lake's rows, one for every event that was read."""
    refusals: list[Refusal] = []
    steered: list[Steered] = []
    duplicates: list[Prepared] = []
    dedupe_keys: list[bytes] = []
    permanent_ids: list[bytes] = []

    def keep(self, events: list[Prepared]) -> None:
        """Go on with these of its events alone: of the others nothing is left in what the lake is given."""
        self.events = events
        if self.lake:
            self.lake = only(self.lake, [event.row for event in events])
            for number, event in enumerate(events):
                event.row = number

    @property
    def is_erasing(self) -> bool:
        """Whether it holds erasures, and nothing else: what came before them is processed first."""
        return bool(self.steered) and self.steered[0].record.call == ERASE_CALL

    @property
    def is_retaining(self) -> bool:
        """Whether it says whose profiles are to be folded anew, and nothing else."""
        return bool(self.steered) and self.steered[0].record.call == RETAIN_CALL


def read(
    decoder: Decoder,
    preparing: Preparing,
    frames: Sequence[Frame],
    most_events: int,
    most_bytes: int,
    unread: Collection[int] = (),
) -> tuple[Reading, int]:
    """As many of the frames as make up a chunk, at least one, all received in one hour; and how many that were.

    The frame that reaches `most_events`, or `most_bytes` of bodies, is the last; frames of records that
    stand alone make up chunks of their own. The records with the numbers `unread` are refused without being read.
    """
    events: list[Prepared] = []
    rows: list[FirstRow] = []
    refusals: list[Refusal] = []
    steered: list[Steered] = []
    hour = frames[0].received_at // HOUR
    taken = size = 0
    alone = _alone(frames[0])
    for frame in frames:
        is_full = len(events) >= most_events or size >= most_bytes or len(steered) >= _MOST_ALONE.get(alone, _MANY)
        if taken and (is_full or frame.received_at // HOUR != hour or _alone(frame) != alone):
            break
        for item in _items(decoder, _without_steered(frame, steered), unread):
            made = item if isinstance(item, Refusal) else _prepared(preparing, item, rows)
            if type(made) is Prepared:
                events.append(made)
            else:
                refusals.append(made)  # type: ignore[arg-type]  # one of the two
        taken += 1
        size += sum([len(record.body) for record in frame.records])
    last = frames[taken - 1]
    reading = Reading(frames[0].position, last.position, last.received_at, hour, events, b"", refusals, steered)
    if rows:
        _put(reading, rows, decoder, frames[:taken])
    return reading, taken


def _alone(frame: Frame) -> str:
    """The call of a frame whose records stand alone: whoever writes one puts nothing else into it. Else empty."""
    call = frame.records[0].call if frame.records else ""
    return call if call in _ALONE and all(record.call == call for record in frame.records) else ""


def _put(reading: Reading, rows: list[FirstRow], decoder: Decoder, frames: Sequence[Frame]) -> None:
    """Put the rows into the lake's first half; events whose row the lake cannot hold are refused."""
    try:
        reading.lake = first_half(rows)
    except Exception:
        faults = {row[0]: fault for row in rows if (fault := _fault(row)) is not None}
        if not faults:
            raise
    else:
        return
    written = {event.position: event for frame in frames for event in decoded(decoder, frame)}
    reading.refusals += [broken_event(fault, written[position]) for position, fault in faults.items()]
    reading.events = [event for event in reading.events if event.position not in faults]
    number = 0
    for event in reading.events:
        for row in (event, event.elsewhere) if event.elsewhere is not None else (event,):
            row.row, number = number, number + 1
    left = [row for row in rows if row[0] not in faults]
    reading.lake = first_half(left) if left else b""


def _fault(row: FirstRow) -> Exception | None:
    try:
        first_half([row])
    except Exception as error:  # noqa: BLE001 - that is the question
        return error
    return None


def _prepared(preparing: Preparing, event: Event, rows: list[FirstRow]) -> Prepared | Refusal:
    before = len(rows)
    try:
        return preparing.event(event, rows)
    except Exception as error:  # noqa: BLE001 - one event must never stop the log
        del rows[before:]
        return broken_event(error, event)


def decoded(decoder: Decoder, frame: Frame) -> list[Event]:
    """The events of one frame."""
    return [item for item in _items(decoder, _without_steered(frame, []), ()) if type(item) is Event]


def _without_steered(frame: Frame, steered: list[Steered]) -> Frame:
    """The frame without what is no event (decisions, moves), which takes its ordinals from the end."""
    found = [record for record in frame.records if record.call in _OWN_CALLS]
    if not found:
        return frame
    first = frame.position * ORDINALS + ORDINALS - len(found)
    steered.extend(Steered(first + index, frame.received_at, record) for index, record in enumerate(found))
    rest = [record for record in frame.records if record.call not in _OWN_CALLS]
    return Frame(position=frame.position, received_at=frame.received_at, records=rest)


def _items(decoder: Decoder, frame: Frame, unread: Collection[int]) -> list[Event | Refusal]:
    if not frame.records:
        return []
    if unread:
        return _one_by_one(decoder, frame, unread)
    try:
        return decoder.frame(frame)
    except Exception:  # noqa: BLE001 - whatever one record does to the decoder, the others are read
        return _one_by_one(decoder, frame, unread)


def _one_by_one(decoder: Decoder, frame: Frame, unread: Collection[int]) -> list[Event | Refusal]:
    """Read each record alone; one the decoder breaks on is refused whole and takes one ordinal, as an unread one."""
    items: list[Event | Refusal] = []
    for number, record in enumerate(frame.records):
        alone = Frame(position=frame.position, received_at=frame.received_at, records=[record])
        try:
            found = decoder.frame(alone) if number not in unread else [_whole(ReaderEnded(), alone)]
        except Exception as error:  # noqa: BLE001 - it becomes a refusal that names it
            found = [_whole(error, alone)]
        offset = len(items)
        for item in found:
            item.position += offset
        items += found
    return items


def _whole(error: Exception, alone: Frame) -> Refusal:
    """The refusal of a frame's one record, whatever is in it."""
    record, position = alone.records[0], alone.position * ORDINALS
    received_at = alone.received_at
    return broken(error, record.body, source=record.source, channel="", position=position, received_at=received_at)


def broken_event(error: BaseException, event: Event) -> Refusal:
    """The refusal of an event that our own code broke on."""
    return broken(
        error,
        wire(event),
        source=event.source,
        channel=event.channel,
        position=event.position,
        received_at=event.received_at,
        name=event.name,
    )


def broken_record(error: BaseException, item: Steered) -> Refusal:
    """The refusal of a record of our own that our own code broke on."""
    source, body = item.record.source, item.record.body
    return broken(error, body, source=source, channel="", position=item.position, received_at=item.received_at)


def broken(
    error: BaseException, raw: bytes, *, source: str, channel: str, position: int, received_at: int, name: str = ""
) -> Refusal:
    """The refusal of what our own code broke on: nothing is lost, and it can be replayed once mended."""
    return Refusal(
        reason="broken",
        detail=f"{type(error).__name__} in our own code: report it, then replay",
        source=source,
        channel=channel,
        received_at=received_at,
        position=position,
        name=name,
        raw=raw,
    )


def without_known(reading: Reading, dedupe: Dedupe, store: PipelineStore) -> None:
    """Move events that were accepted before, or that stand earlier in the reading, to `duplicates`."""
    keys = [event.key for event in reading.events]
    if all(keys) and not has_permanent(reading):
        _without_seen(reading, keys, dedupe.known(reading.hour, keys))
        return
    window = [event.key for event in reading.events if event.key and not event.is_permanent]
    forever = [event.key for event in reading.events if event.key and event.is_permanent]
    known_window = iter(dedupe.known(reading.hour, window)) if window else iter(())
    seen = set(store.permanent_known(forever)) if forever else set()
    fresh: list[Prepared] = []
    for event in reading.events:
        one = event.key
        if not one:
            fresh.append(event)
        elif event.is_permanent:
            if one in seen:
                reading.duplicates.append(event)
            else:
                seen.add(one)
                reading.permanent_ids.append(one)
                fresh.append(event)
        elif next(known_window):
            reading.duplicates.append(event)
        else:
            reading.dedupe_keys.append(one)
            fresh.append(event)
    reading.events = fresh


def has_permanent(reading: Reading) -> bool:
    """Whether some of its events have keys that are never forgotten: the store knows those, memory does not."""
    return any(event.flags & PERMANENT for event in reading.events)


def _without_seen(reading: Reading, keys: list[bytes], known: list[bool]) -> None:
    """The same where every event has an id of its own for the window, as events of the doors have."""
    if True in known:
        pairs = list(zip(reading.events, known, strict=True))
        reading.duplicates += [event for event, is_known in pairs if is_known]
        reading.events = [event for event, is_known in pairs if not is_known]
        keys = [one for one, is_known in zip(keys, known, strict=True) if not is_known]
    reading.dedupe_keys += keys
