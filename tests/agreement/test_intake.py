from __future__ import annotations

from itda.base.instant import DAY
from itda.store.ports import Record

NOW = 1_790_000_000_000_000


def record(body: bytes = b"{}", **fields) -> Record:
    return Record(source="web", call="track", body=body, **fields)


def test_positions_count_from_one_without_gaps(stores):
    assert [stores.intake.append([record()], NOW).position for _ in range(3)] == [1, 2, 3]


def test_received_at_never_decreases_along_positions(stores):
    times = [stores.intake.append([record()], NOW + step).received_at for step in (0, -5, 3, -DAY)]
    assert times == [NOW, NOW, NOW + 3, NOW + 3]


def test_a_frame_is_read_as_it_was_written(stores):
    records = [record(b"\x00\xff" * 50, address="203.0.113.0", is_permanent=True), record(b"")]
    done = stores.intake.append(records, NOW)
    (frame,) = stores.intake.read(0, 1 << 20)
    assert (frame.position, frame.received_at) == (done.position, done.received_at)
    assert frame.records == records


def test_frames_are_read_in_order_after_a_position(stores):
    for number in range(700):
        stores.intake.append([record(str(number).encode())], NOW + number)
    read: list[int] = []
    while frames := stores.intake.read(read[-1] if read else 0, 20_000):
        read += [frame.position for frame in frames]
    assert read == list(range(1, 701))


def test_a_read_gives_at_least_one_frame_whatever_its_size(stores):
    for _ in range(3):
        stores.intake.append([record(bytes(range(256)) * 100)], NOW)
    assert [frame.position for frame in stores.intake.read(0, 1)] == [1]
    assert [frame.position for frame in stores.intake.read(1, 1)] == [2]
    assert stores.intake.read(3, 1) == []


def test_a_tick_moves_log_time_and_no_position(stores):
    stores.intake.append([record()], NOW)
    head = stores.intake.tick(NOW + 1_000_000)
    assert (head.position, head.received_at) == (1, NOW + 1_000_000)
    assert stores.intake.append([record()], NOW).received_at == NOW + 1_000_000


def test_frames_of_several_days_are_read_across_midnight(stores):
    for day in range(4):
        stores.intake.append([record(str(day).encode())], NOW + day * DAY)
    assert [frame.records[0].body for frame in stores.intake.read(0, 1 << 20)] == [b"0", b"1", b"2", b"3"]
