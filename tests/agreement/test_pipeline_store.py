from __future__ import annotations

import pytest

from itda.base.errors import Conflict
from itda.store.erasure_rows import ErasureRow, RetoldRow, Suppressed
from itda.store.ports import (
    ChunkWrites,
    DedupeBlock,
    DedupeFile,
    DedupeSwap,
    EdgeRow,
    EvidenceRow,
    FragmentRow,
    HouseholdRow,
    KeyRow,
    LakeBlock,
    NameRow,
    NodeRow,
    PolicyRow,
    QualityRow,
    QuarantineRow,
    RecentRow,
    ResolutionRow,
    SteeredRow,
)

A, B, C, D = (bytes([letter]) * 16 for letter in b"abcd")


class Chunks:
    """Commits one chunk after the other, as the pipeline does."""

    def __init__(self, store) -> None:
        self.store = store
        self.epoch, self.position, _ = store.acquire()

    def commit(self, **writes) -> None:
        chunk = ChunkWrites(
            position_before=self.position, position_after=self.position + 1, epoch=self.epoch, log_time=7, **writes
        )
        self.store.commit(chunk)
        self.position += 1


@pytest.fixture
def chunks(stores) -> Chunks:
    return Chunks(stores.store())


def node(fragment: bytes, component: bytes = A, **fields) -> NodeRow:
    return NodeRow(fragment=fragment, kind="email", first_at=5, component=component, customer=component, **fields)


def edge(a: bytes, b: bytes, **fields) -> EdgeRow:
    return EdgeRow(a=a, b=b, tier=1, first_at=5, **fields)


def seen(a: bytes, b: bytes, *, count: int = 1, at: int = 5, day: int = 1) -> EvidenceRow:
    return EvidenceRow(a=a, b=b, source="web", local_date=day, count=count, first_at=at, last_at=at, sample=at)


def key(blind: bytes, generation: int = 0, **fields) -> KeyRow:
    return KeyRow(
        blind=blind, fragment=blind[::-1], generation=generation, kind="email", wrapped_key=b"w", value_sealed=b"v",
        **fields,
    )  # fmt: skip


def fold(fragment: bytes, state: bytes = b"s", **fields) -> FragmentRow:
    return FragmentRow(fragment=fragment, state=state, events=3, first_at=-5, last_at=6, **fields)


def test_the_cursor_moves_with_what_is_written(stores, chunks):
    chunks.commit(fragments=[fold(A)])
    assert stores.store().acquire()[1:] == (1, 7)
    assert chunks.store.fragments([A, B]) == [fold(A)]


def test_each_writer_has_a_higher_epoch(stores):
    epochs = [stores.store().acquire()[0] for _ in range(3)]
    assert epochs == sorted(set(epochs))


def test_a_former_writer_changes_nothing(stores, chunks):
    successor = Chunks(stores.store())
    with pytest.raises(Conflict):
        chunks.commit(fragments=[fold(A)], quality=[QualityRow(1, "web", "web", "accepted", 1)])
    assert successor.store.fragments([A]) == []
    successor.commit(fragments=[fold(A, b"theirs")])
    assert successor.store.fragments([A])[0].state == b"theirs"


def test_a_former_writer_that_connects_again_changes_nothing(stores, chunks):
    chunks.store.close()
    successor = Chunks(stores.store())
    with pytest.raises(Conflict):
        chunks.commit(fragments=[fold(A)])
    assert successor.store.fragments([A]) == []


def test_a_chunk_from_another_position_changes_nothing(stores, chunks):
    chunks.commit()
    with pytest.raises(Conflict):
        chunks.store.commit(
            ChunkWrites(position_before=0, position_after=5, epoch=chunks.epoch, log_time=9, fragments=[fold(A)])
        )
    assert chunks.store.fragments([A]) == []
    chunks.commit(fragments=[fold(A)])
    assert chunks.store.fragments([A]) == [fold(A)]


def test_of_generations_only_the_newest_key_is_given(chunks):
    rows = [key(A, 0), key(A, 1), key(A, 1, retention="legal"), key(B, 0)]
    chunks.commit(keys=rows)
    found = chunks.store.keys([A, B, C])
    assert sorted(found, key=str) == sorted(rows[1:], key=str)


def test_a_key_is_never_written_over(chunks):
    chunks.commit(keys=[key(A)])
    with pytest.raises(Conflict):
        chunks.commit(keys=[key(B), key(A)], fragments=[fold(A)])
    assert chunks.store.fragments([A]) == []
    assert chunks.store.keys([A, B]) == [key(A)]


def test_new_identifiers_and_known_ones_are_written_in_one_chunk(chunks):
    chunks.commit(keys=[key(A), key(B)], nodes=[node(B), node(A)], edges=[edge(A, B)], fragments=[fold(A)])
    chunks.commit(
        keys=[key(D), key(C)],
        nodes=[node(D, component=D), node(B, hub="suspected"), node(C, component=C)],
        edges=[edge(C, D), edge(A, B, state="suppressed"), edge(B, C)],
        evidence=[seen(C, D), seen(A, B), seen(B, C), seen(C, D, count=2)],
        fragments=[fold(D), fold(A, b"more"), fold(C)],
    )
    store = chunks.store
    assert {row.fragment: row.hub for row in store.nodes([A, B, C, D])} == {A: "", B: "suspected", C: "", D: ""}
    edges = {(row.a, row.b): row.state for row in store.edges_known([(A, B), (B, C), (C, D)])}
    assert edges == {(A, B): "suppressed", (B, C): "active", (C, D): "active"}
    evidence = store.components([A, C, D], with_evidence=True).evidence
    assert sorted((row.a, row.b, row.count) for row in evidence) == [(A, B, 1), (B, C, 1), (C, D, 3)]
    assert sorted(row.state for row in store.fragments([A, B, C, D])) == [b"more", b"s", b"s"]


def test_a_component_is_found_with_its_oldest_identifier_and_without_those_that_left(chunks):
    chunks.commit(nodes=[node(A), node(B), node(C)])
    chunks.commit(nodes=[node(A, component=B), node(B, component=B), node(C, component=C)])
    found = {one: sorted(row.fragment for row in chunks.store.components([one]).nodes) for one in (A, B, C)}
    assert found == {A: [], B: [A, B], C: [C]}


def test_nodes_and_edges_are_replaced(chunks):
    chunks.commit(nodes=[node(A), node(B)], edges=[edge(A, B)])
    chunks.commit(
        nodes=[node(B, component=B, hub="suspected", is_blocked=True)],
        edges=[edge(A, B, state="suppressed", reason="limit")],
    )
    assert chunks.store.nodes([B, A, C]) in (
        [node(B, component=B, hub="suspected", is_blocked=True), node(A)],
        [node(A), node(B, component=B, hub="suspected", is_blocked=True)],
    )
    assert chunks.store.edges_known([(A, B), (A, C)]) == [edge(A, B, state="suppressed", reason="limit")]
    assert chunks.store.suspected_hubs() == [B]


def test_evidence_of_a_known_day_adds_up(chunks):
    chunks.commit(edges=[edge(A, B)], nodes=[node(A)], evidence=[seen(A, B, at=5), seen(A, B, at=3), seen(A, B, day=2)])
    chunks.commit(evidence=[seen(A, B, count=4, at=9)])
    rows = sorted(chunks.store.components([A], with_evidence=True).evidence, key=lambda row: row.local_date)
    day_one = EvidenceRow(a=A, b=B, source="web", local_date=1, count=6, first_at=3, last_at=9, sample=3)
    assert rows == [day_one, seen(A, B, day=2)]


def test_corrected_evidence_replaces_or_goes(chunks):
    chunks.commit(edges=[edge(A, B)], nodes=[node(A)], evidence=[seen(A, B, count=4), seen(A, B, day=2)])
    chunks.commit(corrected=[seen(A, B, count=2, at=8), seen(A, B, count=0, day=2), seen(A, C, count=0)])
    assert chunks.store.components([A], with_evidence=True).evidence == [seen(A, B, count=2, at=8)]


def test_a_component_brings_all_that_touches_it(chunks):
    decision = SteeredRow(id=D, action="cannot", a=B, b=D, steward="kim", at=5, reason_sealed=b"two people")
    chunks.commit(
        nodes=[node(A), node(B), node(C, component=C), node(D, component=D)],
        edges=[edge(A, B), edge(B, C), edge(C, D)],
        evidence=[seen(A, B), seen(B, C), seen(C, D)],
        steered=[decision],
    )
    found = chunks.store.components([A], with_evidence=True)
    assert sorted(found.nodes, key=lambda row: row.fragment) == [node(A), node(B)]
    assert sorted(found.edges, key=lambda row: row.a) == [edge(A, B), edge(B, C)]
    assert sorted(found.evidence, key=lambda row: row.a) == [seen(A, B), seen(B, C)]
    assert found.steered == [decision]
    assert chunks.store.components([A]).evidence == []
    assert chunks.store.components([B]).nodes == []


def test_a_retracted_decision_stays_with_its_time(chunks):
    made = SteeredRow(id=D, action="must", a=A, b=B, steward="kim", at=5, reason_sealed=b"one person")
    chunks.commit(nodes=[node(A)], steered=[made])
    retracted = SteeredRow(
        id=D, action="must", a=A, b=B, steward="kim", at=5, reason_sealed=b"one person", retracted_at=9
    )
    chunks.commit(steered=[retracted])
    assert chunks.store.components([A]).steered == [retracted]


def test_permanent_ids_are_remembered(chunks):
    chunks.commit(permanent_ids=[A, B, A])
    chunks.commit(permanent_ids=[B, C])
    assert chunks.store.permanent_known([A, C, D]) == {A, C}


def test_dedupe_blocks_become_files(chunks):
    for position in (3, 2, 9):
        chunks.commit(dedupe=DedupeBlock(position=position, hour=7, keys=A * position))
    assert [block.position for block in chunks.store.dedupe_blocks()] == [2, 3, 9]
    old, new = (DedupeFile(path=name, hour=hour, rows=5, max_position=3) for name, hour in (("old", 6), ("new", 7)))
    chunks.commit(dedupe_swap=DedupeSwap(added=[new, old], removed=[], folded_to=3))
    assert list(chunks.store.dedupe_blocks()) == [DedupeBlock(position=9, hour=7, keys=A * 9)]
    assert chunks.store.dedupe_files() == [old, new]
    chunks.commit(dedupe_swap=DedupeSwap(added=[], removed=["old"], folded_to=0))
    assert chunks.store.dedupe_files() == [new]


def test_everything_a_chunk_may_hold_is_taken_at_once_and_twice(chunks):
    writes = {
        "nodes": [node(A)], "edges": [edge(A, B)], "evidence": [seen(A, B)], "fragments": [fold(A, is_spilled=True)],
        "recents": [RecentRow(fragment=A, page=0, refs=b"r")], "names": [NameRow(hash=5, fragment=A)] * 2,
        "households": [HouseholdRow(hash=-5, fragment=A)] * 2,
        "quality": [QualityRow(1, "web", "web", "accepted", 2)] * 2,
        "resolutions": [ResolutionRow(1, 2, "edge", [[A], [B]], [[A, B]], "v1")],
        "quarantine": [QuarantineRow(8, "web", "web", 5, "name", "no\0name", "", b"sealed", 24_323)],
    }  # fmt: skip
    chunks.commit(lake=LakeBlock(1, 1, b"block"), **writes)
    chunks.commit(lake=LakeBlock(2, 1, b"block"), **writes)
    with pytest.raises(Conflict):
        chunks.commit(lake=LakeBlock(2, 1, b"other"))
    assert chunks.store.fragments([A]) == [fold(A, is_spilled=True)]


def test_identifiers_are_walked_through_in_the_order_of_their_ids(chunks):
    chunks.commit(nodes=[node(C, C), node(A), node(D, C), node(B)])
    assert [row.fragment for row in chunks.store.nodes_after(b"", 2)] == [A, B]
    assert [row.fragment for row in chunks.store.nodes_after(B, 5)] == [C, D]
    assert chunks.store.nodes_after(D, 5) == []


def test_the_policy_of_the_highest_position_is_in_force(chunks):
    assert chunks.store.policy("identity") is None
    first = PolicyRow("identity", 3, "v1", "{}", 9)
    chunks.commit(policy=first)
    assert chunks.store.policy("identity") == first
    chunks.commit(policy=PolicyRow("identity", 7, "v2", "{}", 9))
    reached = PolicyRow("identity", 7, "v2", "{}", 9, B, 11)
    chunks.commit(policy=reached)
    assert chunks.store.policy("identity") == reached
    assert chunks.store.policy("other") is None


def test_keys_are_found_by_fragment(chunks):
    row = KeyRow(A, B, 0, "email", b"wrapped", b"value")
    chunks.commit(keys=[row])
    assert chunks.store.keys_of([B, C]) == [row]
    assert chunks.store.keys_of([A]) == []


def test_values_read_are_copies(chunks):
    chunks.commit(fragments=[fold(A)])
    chunks.store.fragments([A])[0].state = b"changed"
    assert chunks.store.fragments([A]) == [fold(A)]


def test_nothing_is_asked_for_nothing(chunks):
    store = chunks.store
    assert store.keys([]) == store.nodes([]) == store.edges_known([]) == store.fragments([]) == []
    assert store.permanent_known([]) == set()
    assert store.components([]).nodes == []


def test_what_is_kept_of_refusals_is_told_by_source_and_hour(chunks):
    def refused(position: int, source: str, at: int, sealed: bytes) -> QuarantineRow:
        return QuarantineRow(position, source, "web", at, "name", "no name", "", sealed, 24_323)

    chunks.commit(quarantine=[refused(1, "web", 10, b"1234"), refused(2, "web", 19, b"123")])
    chunks.commit(quarantine=[refused(3, "app", 15, b"12"), refused(4, "web", 20, b"123456")])
    assert chunks.store.quarantine_kept(10, 20) == {"web": 7, "app": 2}
    assert chunks.store.quarantine_kept(30, 40) == {}


def test_an_erasure_leaves_nothing_but_what_refuses_its_values(chunks):
    first, other = key(A, 0), key(B, 2)
    gone, left = first.fragment, other.fragment
    a, b = sorted((gone, left))
    chunks.commit(
        keys=[first, other], nodes=[node(gone, component=gone), node(left, component=left)], edges=[edge(a, b)],
        evidence=[seen(a, b, at=3)], fragments=[fold(gone), fold(left)], recents=[RecentRow(gone, 0, b"r")],
        names=[NameRow(1, gone), NameRow(1, left)], households=[HouseholdRow(1, gone)],
        steered=[SteeredRow(b"1" * 16, "must", a, b, "kim", 5, b"why")],
        resolutions=[ResolutionRow(1, 5, "observed", [[gone], [left]], [[a, b]], "v")],
    )  # fmt: skip
    store = chunks.store
    assert store.first_seen([gone, left], []) == {gone: -5, left: -5}
    assert store.first_seen([left], [gone]) == {left: -5}
    ((seq, row),) = store.resolutions_of([gone])
    assert row.members == [a, b]
    erasure = ErasureRow(b"r" * 16, 2, 9, "erasure", [gone], 99)
    chunks.commit(retold=[RetoldRow(seq, [[left]], [[left]], [left])], erasures=[erasure])
    assert (store.keys([A, B]), store.keys_of([gone])) == ([other], [])
    assert store.suppressed([A, B]) == {A: Suppressed(0, 9)}
    assert (store.gone([left, gone]), store.gone([left]), store.gone([])) == ({gone}, set(), set())
    assert [one.fragment for one in store.nodes([gone, left])] == [left]
    assert store.edges_known([(a, b)]) == []
    assert store.components([left], with_evidence=True).steered == []
    assert [one.fragment for one in store.fragments([gone, left])] == [left]
    assert store.resolutions_of([gone]) == []
    again = key(A, 1)
    chunks.commit(keys=[again])
    assert store.keys([A]) == [again]
