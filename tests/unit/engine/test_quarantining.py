"""What is kept of refused events: all of an ordinary one, little of what is large or too many, and how much it was."""

from __future__ import annotations

import random

import pytest
import zstandard

from itda.base.instant import DAY, HOUR
from itda.engine.quarantining import LARGEST_KEPT, LONGEST_DETAIL, Quarantining, opened, refused_label
from itda.events.event import Refusal
from itda.store.memory import MemoryKeys, MemoryPipelineStore
from itda.store.ports import ChunkWrites
from itda.store.vault import NO_FRAGMENT, Cipher

NOON = 20_000 * DAY + 12 * HOUR


def refusal(position: int, raw: bytes, **fields) -> Refusal:
    given = {"reason": "contract", "detail": "d", "source": "web", "channel": "web", "received_at": NOON, "name": "N"}
    return Refusal(position=position, raw=raw, **(given | fields))


def noise(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)


def made(store: MemoryPipelineStore, keys: MemoryKeys, **given) -> Quarantining:
    return Quarantining(store, keys, lambda at: at // DAY, **given)


def kept(keys: MemoryKeys, row) -> bytes:
    return opened(keys.key(row.key_month), row.position, row.sealed)


def test_an_ordinary_event_is_kept_whole() -> None:
    keys = MemoryKeys()
    raw = b'{"type":"track","event":"Seat Taken"}'
    (row,) = made(MemoryPipelineStore(), keys).rows([refusal(9, raw)])
    assert kept(keys, row) == raw
    assert row.cut_from is None


def test_repetition_takes_no_room_and_says_how_large_it_was() -> None:
    keys = MemoryKeys()
    raw = b'{"properties":{"text":"' + b"a" * (4 << 20) + b'"}}'
    (row,) = made(MemoryPipelineStore(), keys).rows([refusal(9, raw, reason="size", detail="d" * (1 << 20))])
    assert len(row.sealed) < 1_000
    assert kept(keys, row) == raw[:LARGEST_KEPT]
    assert row.cut_from == len(raw)
    assert len(row.detail) == LONGEST_DETAIL


@pytest.mark.parametrize("told", [{"reason": "broken"}, {"is_permanent": True}], ids=["our own fault", "of a file"])
def test_what_can_be_had_from_nowhere_else_is_kept_whole_whatever_its_size(told: dict[str, object]) -> None:
    keys = MemoryKeys()
    raw = noise(1 << 20)
    (row,) = made(MemoryPipelineStore(), keys, most_an_hour=1).rows([refusal(9, raw, **told)])
    assert kept(keys, row) == raw
    assert row.cut_from is None


def test_over_the_hours_bound_the_reason_alone_is_kept_and_other_sources_are_not_concerned() -> None:
    keys = MemoryKeys()
    given = [refusal(n, noise(3_000, n)) for n in range(4)] + [refusal(4, b"{}", source="app")]
    given.append(refusal(5, noise(3_000), received_at=NOON + HOUR))
    rows = made(MemoryPipelineStore(), keys, most_an_hour=7_000).rows(given)
    assert [row.cut_from for row in rows] == [None, None, 3_000, 3_000, None, None]
    assert [kept(keys, row) for row in rows[2:4]] == [b"", b""]
    assert {row.reason for row in rows} == {"contract"}


def test_another_writer_goes_on_within_the_same_bound() -> None:
    keys, store = MemoryKeys(), MemoryPipelineStore()
    given = [refusal(n, noise(3_000, n)) for n in range(6)]
    whole = [row.cut_from for row in made(MemoryPipelineStore(), keys, most_an_hour=10_000).rows(given)]
    cut = []
    for n, one in enumerate(given):
        epoch, position, _ = store.acquire()
        rows = made(store, keys, most_an_hour=10_000).rows([one])
        store.commit(
            ChunkWrites(position_before=position, position_after=n + 1, epoch=epoch, log_time=NOON, quarantine=rows)
        )
        cut += [row.cut_from for row in rows]
    assert cut == whole == [None, None, None, 3_000, 3_000, 3_000]


def test_what_was_sealed_before_it_was_packed_still_opens() -> None:
    cipher = Cipher(b"k" * 32)
    assert opened(cipher, 9, cipher.seal(NO_FRAGMENT, refused_label(9), b'{"a":1}')) == b'{"a":1}'
    packed = cipher.seal(NO_FRAGMENT, refused_label(9), zstandard.compress(b'{"a":1}'))
    assert opened(cipher, 9, packed) == b'{"a":1}'
