"""The first half of a chunk: frames become events, refusals and steward's decisions; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Protocol

import msgspec

from itda.base.instant import HOUR
from itda.engine.dedupe import Dedupe, key
from itda.events.event import ORDINALS, Event, Refusal
from itda.store.ports import Frame, PipelineStore, Record

_is_permanent = attrgetter("is_permanent")

STEWARD_CALL = "steward"


class Decoder(Protocol):
    """What turns a frame into events and refusals, each with its log position. Pure."""

    def frame(self, frame: Frame) -> list[Event | Refusal]:
        """Every item of the frame in order."""
        ...


class Steered(msgspec.Struct, frozen=True):
    """A steward's decision as it stands in the log."""

    position: int
    received_at: int
    record: Record


class Reading(msgspec.Struct):
    """Some whole frames, read."""

    position: int
    """Of the last frame."""
    log_time: int
    hour: int
    events: list[Event] = []
    """In log order; after `without_known` only those seen for the first time."""
    refusals: list[Refusal] = []
    steered: list[Steered] = []
    duplicates: list[Event] = []
    dedupe_keys: list[bytes] = []
    permanent_ids: list[bytes] = []


def read(decoder: Decoder, frames: Iterable[Frame], most_events: int) -> tuple[Reading, int]:
    """As many of the frames as make up a chunk, at least one, all received in one hour; and how many that were."""
    events: list[Event] = []
    refusals: list[Refusal] = []
    steered: list[Steered] = []
    taken = 0
    last = None
    for frame in frames:
        if last is not None and (len(events) >= most_events or frame.received_at // HOUR != last.received_at // HOUR):
            break
        for item in _items(decoder, _without_steered(frame, steered)):
            if type(item) is Event:
                events.append(item)
            else:
                refusals.append(item)  # type: ignore[arg-type]
        last = frame
        taken += 1
    if last is None:
        raise ValueError("no frame to read")
    reading = Reading(last.position, last.received_at, last.received_at // HOUR, events, refusals, steered)
    return reading, taken


def _without_steered(frame: Frame, steered: list[Steered]) -> Frame:
    """The frame without steward's decisions, which take their ordinals from the end."""
    found = [record for record in frame.records if record.call == STEWARD_CALL]
    if not found:
        return frame
    first = frame.position * ORDINALS + ORDINALS - len(found)
    steered.extend(Steered(first + index, frame.received_at, record) for index, record in enumerate(found))
    rest = [record for record in frame.records if record.call != STEWARD_CALL]
    return Frame(position=frame.position, received_at=frame.received_at, records=rest)


def _items(decoder: Decoder, frame: Frame) -> list[Event | Refusal]:
    if not frame.records:
        return []
    try:
        return decoder.frame(frame)
    except Exception:  # noqa: BLE001 - whatever one record does to the decoder, the others are read
        return _one_by_one(decoder, frame)


def _one_by_one(decoder: Decoder, frame: Frame) -> list[Event | Refusal]:
    """Read each record alone; one the decoder breaks on is refused whole and takes one ordinal."""
    items: list[Event | Refusal] = []
    start = frame.position * ORDINALS
    for record in frame.records:
        alone = Frame(position=frame.position, received_at=frame.received_at, records=[record])
        try:
            found = decoder.frame(alone)
        except Exception as error:  # noqa: BLE001 - it becomes a refusal that names it
            found = [
                broken(
                    error,
                    record.body,
                    source=record.source,
                    channel="",
                    position=start,
                    received_at=frame.received_at,
                )
            ]
        offset = len(items)
        for item in found:
            item.position += offset
        items += found
    return items


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


def without_known(reading: Reading, dedupe: Dedupe, store: PipelineStore, seed: int) -> None:
    """Move events that were accepted before, or that stand earlier in the reading, to `duplicates`."""
    keys = [key(event.source, event.event_id, seed) if event.has_own_id else b"" for event in reading.events]
    if all(keys) and not any(map(_is_permanent, reading.events)):
        _without_seen(reading, keys, dedupe.known(reading.hour, keys))
        return
    window = [one for one, event in zip(keys, reading.events, strict=True) if one and not event.is_permanent]
    forever = [one for one, event in zip(keys, reading.events, strict=True) if one and event.is_permanent]
    known_window = iter(dedupe.known(reading.hour, window)) if window else iter(())
    seen = set(store.permanent_known(forever)) if forever else set()
    fresh: list[Event] = []
    for one, event in zip(keys, reading.events, strict=True):
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


def _without_seen(reading: Reading, keys: list[bytes], known: list[bool]) -> None:
    """The same where every event has an id of its own for the window, as events of the doors have."""
    if True in known:
        pairs = list(zip(reading.events, known, strict=True))
        reading.duplicates += [event for event, is_known in pairs if is_known]
        reading.events = [event for event, is_known in pairs if not is_known]
        keys = [one for one, is_known in zip(keys, known, strict=True) if not is_known]
    reading.dedupe_keys += keys
