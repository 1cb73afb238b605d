"""What a run of the matching found is kept: links as facts in the log, questions in the queue, the run in its numbers.

A link that is not found again is taken back; one that is, stays as it was first made. In the log stand links, takings
back and the numbers of the run; the queue is no fact and is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from itda.engine import steering
from itda.engine.app import Done
from itda.engine.matching.linking import Found, Pair, Sets
from itda.engine.questions import person
from itda.engine.questions.matching_people import Ends, People
from itda.engine.questions.review_rows import task_id
from itda.engine.questions.review_views import Run
from itda.engine.work import Work
from itda.identity.worth import worth
from itda.measure.interval import wilson
from itda.profiles import orders
from itda.store.ports import Record

MATCHING = "matching"
LIMITS = 1_000
"""So many links that a limit holds back are put up at most: those between whom most happened."""
_AT_ONCE = 1_000
_HELD = """
select e.a, e.b, e.reason from edge e
left join fragment fa on fa.fragment = e.a left join fragment fb on fb.fragment = e.b
where e.state = 'suppressed' and (e.reason like 'unique:%%' or e.reason like 'limit:%%' or e.reason = 'size')
order by coalesce(fa.events, 0) + coalesce(fb.events, 0) desc, e.a, e.b limit %s
"""
_HUBS = """
select fragment, (select count(*) from edge where (a = fragment or b = fragment) and tier = 1 and state <> 'retracted')
from identifier where hub = 'suspected'
"""
_PUT = """
insert into review_task (id, kind, a, b, bits, probability, reason, neighbours, worth, evidence, found_at)
values (%(id)s, %(kind)s, %(a)s, %(b)s, %(bits)s, %(probability)s, %(reason)s, %(neighbours)s, %(worth)s, %(evidence)s,
        %(found_at)s)
on conflict (id) do update set kind = excluded.kind, bits = excluded.bits,
  probability = excluded.probability, reason = excluded.reason,
  neighbours = excluded.neighbours, worth = excluded.worth, evidence = excluded.evidence
where review_task.answer = ''
"""
_REOPENED = """
update review_task t set answer = '', answered_at = 0, answered_by = '', decision = null
from steered s where s.id = t.decision and s.retracted_at is not null and t.answer <> ''
"""
_GONE = "delete from review_task where answer = '' and id <> all(%s)"
_RUN = """
insert into match_run (at, version, people, pairs, duplicates, linked, waiting, threshold, precision_estimated, decided,
  decided_same, checked, checked_right, is_calibrated, weights)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_LATEST = "select coalesce(max(at), 0) from match_run"


_Told = tuple[bytes, steering.Action, tuple[bytes, bytes], str]


@dataclass(frozen=True)
class KeepMatching:
    """Keep what a run found of these people."""

    permission: ClassVar[str] = "identity.steward"
    people: People
    found: Found

    @property
    def asked(self) -> str:
        """What tells this from other runs, without the people."""
        return self.found.version

    def carry_out(self, work: Work) -> Done[Run]:
        """Write links, questions and the run. All is made ready first: from the first append on, others wait."""
        found, people = self.found, self.people
        gone, fresh = _changed(found, people)
        told = list(_records(work, found, people, gone, fresh))
        tasks = [*_pairs(work, found, people), *_limits(work), *_hubs(work)]
        position = None
        for records in _in_frames(told):
            position = work.append(records).position
        linked = sum(one.action == "likely" for one in people.steered) - len(gone) + len(fresh)
        run = _run(work, found, people, linked)
        appended = work.append([steering.record(steering.Applied(MATCHING, found.version, _numbers(run)))])
        work.connection.execute(_REOPENED)
        work.connection.execute(_GONE, [[task["id"] for task in tasks]])
        if tasks:
            work.connection.cursor().executemany(_PUT, tasks)
        work.connection.execute(
            _RUN,
            [run.at, run.version, run.people, run.pairs, run.duplicates, run.linked, run.waiting, run.threshold,
             run.precision, run.decided, run.decided_same, run.checked, run.checked_right, run.is_calibrated,
             found.weights],
        )  # fmt: skip
        audit = {"version": found.version, "people": run.people, "linked": len(fresh), "taken_back": len(gone),
                 "asked": len(tasks)}  # fmt: skip
        return Done(run, position=appended.position if position is None else max(position, appended.position),
                    audit=audit)  # fmt: skip


def _changed(found: Found, people: People) -> tuple[list[Ends], list[Pair]]:
    """Links to take back, and new ones; those that are found again hold together what they held."""
    joined = Sets(len(people.fragments))
    gone = []
    for one in people.steered:
        if one.action == "likely":
            if _is_found(found, one):
                joined.join(one.one, one.other)
            else:
                gone.append(one)
    return gone, [pair for pair in found.links if joined.join(pair.one, pair.other)]


def _is_found(found: Found, one: Ends) -> bool:
    is_known = bool(found.labels) and one.one >= 0 and one.other >= 0
    return is_known and found.labels[one.one] == found.labels[one.other]


def _records(work: Work, found: Found, people: People, gone: Sequence[Ends], fresh: Sequence[Pair]) -> Iterator[Record]:
    """The log records of links taken back and made; one of whose ends was erased is left out."""
    told: list[_Told] = [(one.id, "retract", (one.a, one.b), "not found any more") for one in gone]
    for pair in fresh:
        a, b = sorted((people.fragments[pair.one], people.fragments[pair.other]))
        made = work.vault.fingerprint(f"likely|{a.hex()}|{b.hex()}|{work.now}".encode())
        told.append((made, "likely", (a, b), f"{pair.bits:.1f} bits"))
    steward = f"{MATCHING} {found.version}"
    for start in range(0, len(told), _AT_ONCE):
        some = told[start : start + _AT_ONCE]
        keys = work.keys({end for _, _, ends, _ in some for end in ends})
        for id_, action, ends, reason in some:
            if all(end in keys for end in ends):
                a_said, b_said = ((keys[end].kind, work.value(keys[end])) for end in ends)
                decision = steering.Decision(id_.hex(), action, a_said, b_said, steward, reason, work.now)
                yield steering.record(decision)


def _in_frames(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    for start in range(0, len(records), _AT_ONCE):
        yield records[start : start + _AT_ONCE]


def _run(work: Work, found: Found, people: People, linked: int) -> Run:
    row = work.connection.execute(_LATEST).fetchone()
    at = max(work.now, int(row[0]) + 1 if row else 0)
    low, high = wilson(found.checked_right, found.checked)
    return Run(
        version=found.version, at=at, people=found.people, pairs=found.pairs, duplicates=found.duplicates,
        linked=linked, waiting=found.above, threshold=found.threshold, precision=found.precision,
        decided=len(people.decided), decided_same=sum(one.is_same for one in people.decided), checked=found.checked,
        checked_right=found.checked_right, low=low, high=high, is_calibrated=found.is_calibrated,
    )  # fmt: skip


def _numbers(run: Run) -> str:
    return msgspec.json.encode(run).decode()


# ── questions ──


def _task(work: Work, kind: str, a: bytes, b: bytes, value: float, **told: Any) -> dict[str, Any]:
    return {
        "id": task_id(work, kind, a, b), "kind": kind, "a": a, "b": b, "bits": None, "probability": None, "reason": "",
        "neighbours": 0, "worth": value, "evidence": "[]", "found_at": work.now,
        **told,
    }  # fmt: skip


def _pairs(work: Work, found: Found, people: People) -> Iterator[dict[str, Any]]:
    ends = [(people.fragments[one.pair.one], people.fragments[one.pair.other]) for one in found.asked]
    living = work.keys({end for two in ends for end in two})
    for asked, (one, other) in zip(found.asked, ends, strict=True):
        if one in living and other in living:
            a, b = sorted((one, other))
            yield _task(
                work, asked.kind, a, b, asked.worth, bits=asked.pair.bits, probability=asked.pair.probability,
                evidence=msgspec.json.encode(asked.evidence).decode(),
            )  # fmt: skip


def _limits(work: Work) -> Iterator[dict[str, Any]]:
    rows = [(bytes(a), bytes(b), str(why)) for a, b, why in work.connection.execute(_HELD, [LIMITS]).fetchall()]
    for start in range(0, len(rows), _AT_ONCE // 2):
        some = rows[start : start + _AT_ONCE // 2]
        size = _sizes(work, [end for a, b, _ in some for end in (a, b)])
        for a, b, why in some:
            events, placed = (min(one) for one in zip(size[a], size[b], strict=True))
            yield _task(work, "limit", a, b, worth("limit", None, events, placed), reason=why)


def _sizes(work: Work, fragments: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
    """Events and orders of the whole customer of each of these identifiers."""
    fold = work.workspace.reading_fold
    whole: dict[bytes, tuple[int, int]] = {}
    customer: dict[bytes, bytes] = {}
    for member in person.load(work, fragments):
        customer[member.fragment] = member.customer
        events, placed = whole.get(member.customer, (0, 0))
        if member.state is not None:
            placed += sum(order.at != orders.NEVER for order in fold.decode(member.state).orders.values())
        whole[member.customer] = events + member.events, placed
    return {one: whole.get(customer.get(one, b""), (0, 0)) for one in fragments}


def _hubs(work: Work) -> Iterator[dict[str, Any]]:
    for fragment, neighbours in work.connection.execute(_HUBS).fetchall():
        one = bytes(fragment)
        yield _task(work, "hub", one, one, worth("hub", None, neighbours, 0), neighbours=neighbours)
