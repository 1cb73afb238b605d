"""People who share no identifier: found, asked about, joined, taken back; on PostgreSQL, through log and pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.fixtures_shop import Said

from itda.access.actor import Actor
from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.engine import matched_daily
from itda.engine.alone import alone
from itda.engine.questions.matching_people import MatchPeople, People
from itda.engine.questions.review import ReviewQueue, ReviewTask
from itda.engine.questions.why import Why
from itda.engine.shop import Shop
from itda.engine.shop import open as open_shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

AT = "2026-03-01T10:00:00Z"
_BLOCKED = "select count(*) from pg_locks where not granted and %s = any(pg_blocking_pids(pid))"
GIVEN = [
    "민준",
    "서연",
    "도윤",
    "지우",
    "하준",
    "서현",
    "은우",
    "지민",
    "시우",
    "수아",
    "예준",
    "하은",
    "지호",
    "다은",
    "주원",
    "채원",
    "현우",
    "유진",
    "준서",
    "소율",
]
FAMILY = [
    "김",
    "이",
    "박",
    "최",
    "정",
    "강",
    "조",
    "윤",
    "장",
    "임",
    "한",
    "오",
    "서",
    "신",
    "권",
    "황",
    "안",
    "송",
    "류",
    "홍",
]
ROADS = ["세종대로", "테헤란로", "강남대로", "올림픽로", "월드컵로", "한강대로", "백제고분로", "도산대로"]


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with open_shop(shop) as one:
        yield one


def people(count: int) -> list[dict[str, Any]]:
    """Members with name, birth date and address."""
    chance = Random(3)
    return [
        {
            "membership": f"m{number}",
            "name": chance.choice(FAMILY) + chance.choice(GIVEN),
            "birth_date": f"{chance.randint(1950, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "address": f"서울시 {chance.choice(ROADS)} {chance.randint(1, 400)}",
        }
        for number in range(count)
    ]


def identify(shop: Shop, *traits: dict[str, Any], at: str = AT) -> None:
    """Each says something of itself; a membership or an address is what it is known by."""
    records = [
        Record("web", "identify", json.dumps({"type": "identify", "timestamp": at, "traits": one}).encode())
        for one in traits
    ]
    shop.intake.append(records, shop.app.clock())
    shop.settle()


def shopping(shop: Shop, membership: str, times: int) -> None:
    """Somebody looks at things, so many times."""
    body = {"type": "track", "event": "Product Viewed", "timestamp": AT, "properties": {"product_id": "p1"}}
    told = json.dumps({**body, "context": {"traits": {"membership": membership}}}).encode()
    shop.intake.append([Record("web", "track", told)] * times, shop.app.clock())
    shop.settle()


def without_membership(person: dict[str, Any], email: str) -> dict[str, Any]:
    """The same person signs up for the newsletter."""
    return {**{name: value for name, value in person.items() if name != "membership"}, "email": email}


def state(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    """Who is whom."""
    with shop.db.connection() as connection:
        return {
            "nodes": connection.execute("select * from identifier order by fragment").fetchall(),
            "edges": connection.execute("select * from edge where state <> 'retracted' order by a, b").fetchall(),
        }


def by_fragment(people: People) -> dict[bytes, tuple[Any, ...]]:
    """Records, whatever their order."""
    values = [people.values[name] for name in sorted(people.values)]
    columns = zip(people.customers, people.events, *values, *people.bounded.values(), strict=True)
    return dict(zip(people.fragments, columns, strict=True))


def configure(shop: Shop, text: str) -> None:
    (shop.path / "identity.yaml").write_text(f"matching: {text}\n", encoding="utf-8")
    shop.renew()
    shop.apply(shop.diff(), reason="try it")


def test_a_pair_is_found_asked_about_joined_and_taken_back_as_if_nothing_had_been(opened: Shop) -> None:
    all_of_them = people(200)
    identify(opened, *all_of_them)
    identify(opened, *(without_membership(one, f"mail{at}@web.kr") for at, one in enumerate(all_of_them[:12])))
    shopping(opened, "m3", 40)
    run = opened.review.refresh()
    assert (run.people, run.linked, run.is_calibrated) == (212, 0, False)
    assert 10 < run.duplicates < 14
    queue = opened.review.queue()
    assert queue.run == run
    assert queue.waiting == {"pair": len(queue.tasks)}
    assert 12 <= len(queue.tasks) < 16
    assert [task.worth for task in queue.tasks] == sorted((task.worth for task in queue.tasks), reverse=True)
    task = next(one for one in queue.tasks if "membership:M3" in (one.a.identifier, one.b.identifier))
    view = opened.review.show(task.id)
    assert sum(field.bits or 0 for field in view.fields) == pytest.approx(task.bits)
    names = {"name: given", "name: family"}
    assert {field.label for field in view.fields if field.said} == {"birth_date", "address", *names}
    birth = next(field for field in view.fields if field.label == "birth_date")
    assert birth.a == birth.b == all_of_them[3]["birth_date"]
    before = state(opened)

    later = opened.review.later(task.id, days=2)
    assert (later.answer, len(opened.review.queue().tasks)) == ("later", len(queue.tasks) - 1)
    assert [one.id for one in opened.review.queue(put_off=True).tasks] == [task.id]
    opened.review.undo()
    said = opened.review.same(task.id, reason="she says so")
    assert opened.why("membership:M3", "email:mail3@web.kr").is_joined
    assert task.id not in {one.id for one in opened.review.queue().tasks}
    assert [one.decided for one in opened.review.queue(decided=True).tasks] == ["same"]
    with pytest.raises(Refused, match="was decided already"):
        opened.review.different(task.id, reason="no")
    assert opened.review.undo(reason="mistyped").decision == said.decision
    assert state(opened) == before
    taken_back = next(one for one in opened.history("membership:M3").entries if one.what == "retracted")
    assert (taken_back.by, taken_back.reason) == (opened.actor.name, "mistyped")
    assert opened.review.show(task.id).task.decided == ""
    opened.review.different(task.id, reason="another one of this name")
    opened.review.refresh()
    assert task.id not in {one.id for one in opened.review.queue().tasks}
    assert opened.replay(verify=True).differences == []

    viewer = Actor(name="lee", role="reader", system="console")
    with pytest.raises(Refused):
        opened.app.ask(ReviewQueue(), viewer)


def test_links_are_made_within_every_limit_and_cut_and_taken_back_when_nothing_speaks_for_them(opened: Shop) -> None:
    all_of_them = people(200)
    identify(opened, *all_of_them)
    identify(opened, *(without_membership(one, f"mail{at}@web.kr") for at, one in enumerate(all_of_them[:20])))
    again = {**all_of_them[30], "membership": "second30"}  # the same person enrolled twice: a limit says they are two
    identify(opened, again)
    opened.join("email:mail1@web.kr", "membership:m150", reason="is hers")
    before = state(opened)
    configure(opened, "{join: at 0.95}")
    run = opened.review.refresh()
    assert (run.precision or 0) >= 0.95
    assert 15 <= run.linked <= 20
    assert opened.why("membership:m2", "email:mail2@web.kr").path[0].tier == "probable"
    assert not opened.why("membership:m30", "membership:second30").is_joined
    assert not opened.why("membership:m1", "email:mail1@web.kr").is_joined
    assert {task.kind for task in opened.review.queue("check").tasks} == {"check"}
    assert opened.review.refresh().linked == run.linked
    paged, whole = opened.ask(MatchPeople(at_once=7)), opened.ask(MatchPeople())
    assert by_fragment(paged) == by_fragment(whole)
    assert opened.replay(verify=True).differences == []

    opened.cut("membership:m2", "email:mail2@web.kr", reason="his father")
    assert not opened.why("membership:m2", "email:mail2@web.kr").is_joined
    other = {"email": "mail4@web.kr", "name": "남궁슬기", "birth_date": "1931-01-01", "address": "부산시 중앙대로 9"}
    identify(opened, other, at="2026-03-02T10:00:00Z")
    opened.review.refresh()
    assert not opened.why("membership:m4", "email:mail4@web.kr").is_joined
    opened.take_back("membership:m2", "email:mail2@web.kr", reason="no, himself")
    configure(opened, "{join: never}")
    assert opened.review.refresh().linked == 0
    left = state(opened)
    assert left["edges"] == before["edges"]
    assert [row[:5] for row in left["nodes"]] == [row[:5] for row in before["nodes"]]


def test_void_tasks_are_gone_and_nothing_readable_is_left_of_the_erased(opened: Shop) -> None:
    all_of_them = people(100)
    identify(opened, *all_of_them)
    identify(opened, *(without_membership(one, f"mail{at}@web.kr") for at, one in enumerate(all_of_them[:10])))
    opened.review.refresh()
    tasks = opened.review.queue().tasks
    with opened.db.connection() as connection:
        rows = connection.execute("select evidence, weights from review_task, match_run").fetchall()
    assert not any(person["name"] in text for person in all_of_them for row in rows for text in row)
    key = Actor(
        name="key:crm", role="machine", system="api", granted=frozenset({"identity.steward"})
    )  # may not see values whole
    masked = opened.app.ask(ReviewTask(tasks[0].id), key)
    assert masked is not None
    told = [field.a for field in masked.fields if field.label in {"birth_date", "address"}]
    assert len(told) == 2
    assert all(value.endswith("•••") for value in told)
    assert masked.task.a.name.endswith("•••")

    ends = opened.review.show(tasks[0].id)
    opened.join(*(f"{side[0].kind}:{side[0].value}" for side in (ends.a_identifiers, ends.b_identifiers)), reason="x")
    assert opened.ask(ReviewTask(tasks[0].id)) is None
    erased = bytes.fromhex(opened.review.show(tasks[1].id).b_identifiers[0].fragment)
    opened.review.same(tasks[2].id, reason="hers")
    opened.review.later(tasks[1].id)
    with opened.db.connection() as connection:
        connection.execute("delete from keyring where fragment = %s", [erased])
    assert opened.ask(ReviewTask(tasks[1].id)) is None
    assert len(opened.review.queue().tasks) == len(tasks) - 3
    with pytest.raises(Refused, match="was erased"):
        opened.review.undo(tasks[1].id)
    assert opened.review.undo().id == tasks[2].id, "what was erased stands in nobody's way"

    assert not matched_daily.is_due(opened)
    assert matched_daily.main(str(opened.path)) == 0
    with opened.db.connection() as connection:
        (told,) = connection.execute(
            "select actor from audit_event where command = 'KeepMatching' order by seq desc limit 1"
        )
    assert told == ("matching",)
    assert len(opened.review.runs()) == 2


def test_each_value_of_a_task_goes_with_its_own_key_and_an_overruled_answer_teaches_nothing(opened: Shop) -> None:
    all_of_them = people(60)
    identify(opened, *all_of_them)
    named = {name: all_of_them[0][name] for name in ("name", "address", "birth_date")}
    identify(opened, {**named, "email": "kim@web.kr"})
    identify(opened, {"email": "kim@web.kr", "phone": "+82 2-555-0199"}, at="2026-03-02T10:00:00Z")
    opened.review.refresh()
    task = next(one for one in opened.review.queue().tasks if "email:kim@web.kr" in str(one))

    def told(name: str) -> set[str]:
        field = next(field for field in opened.review.show(task.id).fields if field.label.startswith(name))
        return {field.a, field.b} - {""}

    assert told("phone") == {"+8225550199"}
    assert told("birth_date") == {named["birth_date"]}
    with opened.db.connection() as connection:
        connection.execute("delete from keyring where kind = 'phone'")
    assert "phone" not in {field.label for field in opened.review.show(task.id).fields}
    opened.review.same(task.id, reason="hers")
    assert told("birth_date") == set()
    assert [one.is_same for one in opened.ask(MatchPeople()).decided] == [True]
    opened.cut("membership:m0", "email:kim@web.kr", reason="a mistake")
    assert opened.ask(MatchPeople()).decided == []
    masking = Actor(name="key:crm", role="machine", system="api", granted=frozenset({"identity.read"}))
    with pytest.raises(Refused, match="nothing has come with email:") as refused:
        opened.app.ask(Why(("membership", "m0"), ("email", "nobody@web.kr")), masking)
    assert "nobody@web.kr" not in str(refused.value)


def test_taking_back_what_was_put_off_leaves_the_answer_that_another_gives_meanwhile(opened: Shop) -> None:
    all_of_them = people(60)
    identify(opened, *all_of_them, without_membership(all_of_them[0], "mail@web.kr"))
    opened.review.refresh()
    task = opened.review.queue().tasks[0].id
    opened.review.later(task)
    with ThreadPoolExecutor(1) as beside, opened.db.connection() as watching:
        with opened.db.connection() as another, another.transaction():
            another.execute(
                "update review_task set answer = 'same', later_until = 0 where id = %s", [bytes.fromhex(task)]
            )
            undone = beside.submit(opened.review.undo, task)
            while watching.execute(_BLOCKED, [another.info.backend_pid]).fetchone() == (0,):
                assert not undone.done()
        with pytest.raises(Refused, match="answered anew meanwhile"):
            undone.result(20)
    assert [one.decided for one in opened.review.queue(decided=True).tasks] == ["same"]


def test_what_outsiders_and_sources_without_trust_say_is_not_compared_and_one_run_is_at_work_at_a_time(
    opened: Shop,
) -> None:
    assert matched_daily.is_due(opened)
    assert not matched_daily.is_due(opened, tried_at=opened.app.clock())
    parts = {"membership": "m2", "firstName": "민준", "lastName": "김", "name ": "이지우"}
    identify(opened, {"membership": "m1", "name": "이서연"}, parts)
    found = opened.ask(MatchPeople())
    assert set(found.values) == {"name"}
    assert sorted(filter(None, found.values["name"])) == ["김민준", "이서연"]
    with (
        alone(opened.db, "matching", otherwise=Fault(what="is held")),
        pytest.raises(Refused, match="being compared already"),
    ):
        opened.review.refresh()
    configure(opened, "{join: never, review: never}\nsources: {web: observe_only}")
    assert opened.ask(MatchPeople()).fragments == []
    assert not matched_daily.is_due(opened)


def test_the_terminal_lists_shows_answers_and_takes_back(shop: Path, itda: Callable[..., Said]) -> None:
    assert "itda review refresh" in itda("review").out
    all_of_them = people(60)
    with open_shop(shop) as opened:
        identify(opened, *all_of_them)
        identify(opened, *(without_membership(one, f"mail{at}@web.kr") for at, one in enumerate(all_of_them[:6])))
    run = itda("review", "refresh", "--json").json
    assert (run["people"], run["decided"]) == (66, 0)
    listed = itda("review", "--json").json
    task = listed["tasks"][0]
    assert task["id"] in itda("review", "list", "--kind", "pair").out
    assert "birth_date" in itda("review", "show", task["id"]).out
    assert itda("review", "show", task["id"], "--json").json["task"]["worth"] == task["worth"]
    same = itda("review", "same", task["id"], "--reason", "her", "--json").json
    assert (same["answer"], same["is_undone"]) == ("same", False)
    assert "was decided already" in itda("review", "different", task["id"], "--reason", "no").err
    assert "Taken back: same" in itda("review", "undo").out
    assert itda("review", "--json").json["tasks"] == listed["tasks"]
    assert "duplicates" in itda("review", "runs").out


def test_links_that_limits_hold_back_and_suspected_hubs_are_asked_about_too(opened: Shop) -> None:
    now = opened.app.clock()  # long ago the hub would be confirmed already

    def seen(times: int, ago: int = 0, **identifiers: str) -> list[Record]:
        at = instant.text(now - ago)
        body = {"type": "track", "event": "Product Viewed", "timestamp": at, "properties": {"product_id": "p1"}}
        told = json.dumps({**body, "context": {"traits": identifiers}}).encode()
        return [Record("web", "track", told)] * times

    together = [
        seen(3, instant.HOUR, membership="m1", email="kim@web.kr"),
        seen(5, membership="m2", email="kim@web.kr"),
    ]
    desk = [seen(1, membership=f"n{number}", phone="+82 2-555-0199") for number in range(7)]
    opened.intake.append([record for records in (*together, *desk) for record in records], opened.app.clock())
    opened.settle()
    opened.review.refresh()
    queue = opened.review.queue()
    assert (queue.waiting["limit"], queue.waiting["hub"]) == (7, 1)
    limit = next(
        task for task in queue.tasks if "email:kim@web.kr" in (task.a.identifier, (task.b or task.a).identifier)
    )
    assert (limit.kind, limit.reason) == ("limit", "unique:membership")
    view = opened.review.show(limit.id)
    assert [(link.state, link.count) for link in view.links] == [("suppressed", 5)]
    opened.review.same(limit.id, reason="the second card is hers")
    assert opened.why("membership:m2", "email:kim@web.kr").is_joined
    assert not opened.why("membership:m1", "email:kim@web.kr").is_joined
    assert opened.ask(ReviewTask(limit.id)) is None or opened.review.show(limit.id).task.decided == "same"

    hub = opened.review.queue("hub").tasks[0]
    assert (hub.neighbours, hub.b) == (7, None)
    assert len(opened.review.show(hub.id).b_identifiers) == 7
    opened.review.different(hub.id, reason="the desk's own number")
    assert [one.hub for one in opened.hub_list()] == ["confirmed"]
    opened.review.undo()
    assert [one.hub for one in opened.hub_list()] == ["suspected"]
    assert opened.review.queue("hub").tasks[0].id == hub.id
