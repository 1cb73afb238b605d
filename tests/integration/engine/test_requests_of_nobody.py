"""Somebody of whom nothing is held asks: they are answered so, no customer is made, and old copies stay outside."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from psycopg.pq import TransactionStatus
from tests.fixtures_shop import typed
from tests.integration.engine.test_requests import MINJI, OTHER, erased, kept, known, restore, told, traces

import itda
from itda.base.errors import Refused
from itda.base.instant import SECOND, parse, text, to_datetime
from itda.engine import duties
from itda.engine.requests.again import replay_erasures
from itda.engine.requests.carrying import Proceed
from itda.engine.requests.opening import OpenRequest
from itda.engine.shop import Shop
from itda.store import holds, receipts
from itda.store.ports import Record

pytestmark = pytest.mark.server

WHO = "email:" + MINJI["email"]
MAILED = "email: {host: 127.0.0.1, port: 1, tls: none, from: a@shop.example, public_url: 'https://m.shop.example'}\n"


def test_who_is_not_known_is_answered_that_nothing_is_held_and_no_customer_comes_of_it(
    shop: Path, tmp_path: Path
) -> None:
    with itda.open(shop) as opened:
        access = opened.requests.open("access", WHO, reason="a letter of Kim Minji")
        assert (access.state, access.law, access.counts) == ("open", "KR-49", {"nothing held": 1})
        assert opened.requests.open("access", WHO).id == access.id
        assert opened.requests.resume(access.id).lacking == "somebody hands over what is known"
        said = json.loads(opened.requests.write(access.id, tmp_path / "answer.json").read_text())
        assert not any(said[part] for part in ("identifiers", "traits", "events", "messages", "consents", "held"))
        answered = opened.requests.show(access.id)
        assert (answered.state, answered.counts["nothing held"]) == ("done", 1)
        again = opened.requests.open("port", WHO)
        page = opened.requests.copy(again.id, "ko").html
        assert "보관하고 있는 회원님의 개인정보가 없습니다" in page
        assert "<table" not in page
        for kind, changes in (("stop", None), ("correct", {"name": "김민정"})):
            done = opened.requests.resume(opened.requests.open(kind, WHO, changes=changes).id)  # type: ignore[arg-type]
            assert (done.state, done.counts) == ("done", {"nothing held": 1})
            assert done.certificate is not None
            assert (done.certificate["done"], len(done.certificate["subject"]["sha256"])) == ({"nothing held": 1}, 64)
        with pytest.raises(Refused):
            opened.customer(WHO)
        with opened.db.connection() as connection:
            left = connection.execute(
                "select (select count(*) from keyring), (select count(*) from stopped)"
            ).fetchone()
        assert left == (0, 0)
        assert {name for name in traces(opened, MINJI | {"name": "Kim Minji"}) if "tmp" not in name} == set()
        told(opened, *known(MINJI))
        assert opened.customer(WHO).events == 1, "a stop of before holds back nobody who comes later"


def test_who_came_after_they_asked_gets_what_is_held_when_it_is_handed_over(shop: Path) -> None:
    with itda.open(shop) as opened:
        access = opened.requests.open("access", WHO)
        told(opened, *known(MINJI))
        assert MINJI["name"] in opened.requests.copy(access.id, "ko").html
        assert opened.requests.show(access.id).counts["nothing held"] == 0


def test_an_erasure_of_nobody_keeps_old_copies_outside_as_often_as_it_is_asked_for(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, {"type": "track", "event": "Product Viewed", "userId": MINJI["user_id"], "messageId": "m2",
                      "identifiers": {"email": MINJI["email"]}, "timestamp": "not a time"})  # fmt: skip
        empty = kept(opened)
        first = erased(opened, WHO)
        assert (first.state, first.counts["nothing held"], first.counts.get("keys", 0)) == ("done", 1, 0)
        assert opened.requests.open("erase", WHO).id != first.id
        assert erased(opened, WHO).state == "done"
        told(opened, *known(MINJI))
        with pytest.raises(Refused):
            opened.customer(WHO)
        assert "erased" in {line.reason for line in opened.quarantine().lines}
        assert traces(opened, MINJI) == set()
        # an older backup is put back: what was asked for holds still
        restore(opened, empty)
        assert replay_erasures(opened, opened.app.clock()) == 0
        told(opened, *known(MINJI, at="2026-02-01T10:00:00Z"))
        with pytest.raises(Refused):
            opened.customer(WHO)
        told(opened, *known(MINJI, at=text(opened.app.clock())))
        assert opened.customer(WHO).events == 1, "who comes by themselves is somebody new"
        report = opened.replay(verify=True)
        assert report.ok, [str(one) for one in report.differences]
        assert erased(opened, WHO).counts["keys"] == 3


def test_who_was_erased_and_asks_hears_what_a_law_keeps_of_them_and_until_when(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        assert erased(opened, WHO).state == "done"
        copy = opened.requests.copy(opened.requests.open("access", WHO).id, "ko")
        (held,) = json.loads(copy.data)["held"]
        assert (held["what"], held["records"], held["law"][:5]) == ("orders", 1, "KR-45")
        for words in ("전자상거래법 시행령 제6조 제1항", "거래 기록", "개인정보가 없습니다"):
            assert words in copy.html
        assert "E-Commerce" not in copy.html
        assert MINJI["name"] not in copy.html
        once_more = erased(opened, WHO)
        assert once_more.certificate is not None
        assert [one["what"] for one in once_more.certificate["held"]] == ["orders"]


def test_the_mail_to_who_was_erased_says_what_a_law_keeps_and_names_days_as_they_know_them(shop: Path) -> None:
    (shop / "channels.yaml").write_text(MAILED)
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        first = erased(opened, WHO)
        assert first.certificate is not None
        until = parse(first.certificate["held"][0]["until"])
        asked = opened.requests.open("access", WHO)
        with opened.db.connection() as connection:
            (to_send,) = receipts.of(connection, bytes.fromhex(asked.id))
            body = receipts.opened(connection, opened.vault, to_send)
    letter = json.loads(body or b"")
    day, last = (f"{to_datetime(at).astimezone(ZoneInfo('Asia/Seoul')):%Y-%m-%d}" for at in (asked.opened_at, until))
    for words in (f"접수 {day},", "법이 보관하도록 정한 기록 말고는", f"{last}까지만"):
        assert words in letter["text"]
    assert letter["subject"] == "법이 정한 기록만 보관하고 있습니다"


def test_what_laws_keep_of_everybody_is_never_in_memory_at_once(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"), *known(OTHER, order="2025-2"))
        for one in (MINJI, OTHER):
            assert erased(opened, "email:" + one["email"]).counts["held orders"] == 1
        with opened.db.connection() as connection:
            kept_records = holds.whole(connection, opened.vault)
            next(kept_records)
            assert connection.info.transaction_status is TransactionStatus.ACTIVE, "the others are yet to be read"
            assert len(list(kept_records)) == 1


@pytest.mark.parametrize("is_held", [True, False])
def test_what_is_asked_for_twice_at_once_is_one_request(shop: Path, *, is_held: bool) -> None:
    with itda.open(shop) as opened:
        if is_held:
            told(opened, *known(MINJI))
        asked = OpenRequest(kind="access", who=("email", MINJI["email"]), via="cli")
        with ThreadPoolExecutor(6) as several:
            made = list(several.map(lambda _: opened.app.act(asked, opened.actor, "twice").value.id, range(6)))
        assert len(set(made)) == 1
        with opened.db.connection() as connection:
            assert len(duties.open_ones(connection, "request", limit=10)) == 1


def test_what_many_share_or_is_written_wrong_names_nobody_who_could_be_answered(shop: Path) -> None:
    with itda.open(shop) as opened:
        for who in ("email:minji", "phone:12", "email:test@test.com", "cfzcoqhj42zahit2hpcv3wui5ae"):
            with pytest.raises(Refused):
                opened.requests.open("access", who)
        assert opened.requests.all() == []


def test_the_terminal_says_that_nothing_is_held(shop: Path) -> None:
    asked = typed("request", "erase", WHO, cwd=shop)
    assert (asked.code, f"Nothing is held under {WHO}." in asked.err) == (1, True), asked
    for kind in ("erase", "stop"):
        done = typed("request", kind, WHO, "--yes", cwd=shop)
        assert (done.code, "Nothing is held of them" in done.out) == (0, True), done
    assert "somebody hands over what is known" in typed("request", "access", WHO, cwd=shop).out
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, at=text(opened.app.clock())))
    who = "user_id:" + MINJI["user_id"]
    corrected = typed("request", "correct", who, "name=김민정", "--reason", "a typing error", "--json", cwd=shop)
    shown = typed("request", "show", corrected.json["id"], cwd=shop).out
    assert "name = 김민정" in shown
    assert "they said: a typing error" in shown
    for words in (("erase", "user_id:\udcff", "--yes"), ("access", WHO, "--reason", "\udcff")):
        unread = typed("request", *words, cwd=shop)
        assert (unread.code, "was typed in bytes that are no UTF-8" in unread.err) == (2, True), unread


def test_who_came_with_what_the_log_held_when_they_asked_is_not_told_that_nothing_is_held(shop: Path) -> None:
    with itda.open(shop) as opened:
        opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": known(MINJI)}))], opened.app.clock())
        stop = opened.app.act(
            OpenRequest(kind="stop", who=("email", MINJI["email"]), via="cli"), opened.actor, "she called"
        ).value
        assert stop.step == "nothing held"
        waits = opened.app.act(Proceed(stop.id), opened.actor, "go on").value
        assert (waits.step, waits.lacking) == ("nothing held", "the pipeline reads the log up to it")
        opened.settle()
        done = opened.requests.resume(stop.id)
        assert (done.state, done.counts["nothing held"]) == ("done", 0)
        assert len(opened.export.frame(reason="who is left")) == 0
        with opened.db.connection() as connection:
            assert connection.execute("select count(*) from stopped").fetchone() == (3,)


def test_what_is_right_waits_until_the_log_is_read_and_is_told_of_whom_came_with_it(shop: Path) -> None:
    with itda.open(shop) as opened:
        opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": known(MINJI)}))], opened.app.clock())
        asked = [
            opened.app.act(
                OpenRequest(kind="correct", who=("email", email), via="cli", changes={"name": name}),
                opened.actor,
                "typo",
            ).value
            for email, name in ((MINJI["email"], "김민정"), ("bora.park@example.com", "박보라"))
        ]
        for one in asked:
            waits = opened.app.act(Proceed(one.id), opened.actor, "go on").value
            assert (waits.state, waits.step) == ("open", "nothing held")
            assert waits.lacking == "the pipeline reads the log up to it"
        with opened.db.connection() as connection:
            kept = connection.execute("select said_sealed from request").fetchall()
        assert not any("김민정".encode() in bytes(said) or "박보라".encode() in bytes(said) for (said,) in kept)
        opened.settle()
        held, nobody = (opened.requests.resume(one.id) for one in asked)
        opened.settle()
        assert (held.state, held.counts["nothing held"]) == ("done", 0)
        assert (nobody.state, nobody.counts) == ("done", {"nothing held": 1})
        assert {one.name: one.value for one in opened.customer(WHO).traits}["name"] == "김민정"
        with opened.db.connection() as connection:
            left = connection.execute(
                "select (select count(*) from keyring where retention = 'receipt'),"
                " (select count(*) from request where said_sealed is not null)"
            ).fetchone()
        assert left == (0, 1), "the words of whom nothing is held are gone; the others' are under their own key"
        assert opened.requests.said(held.id).changes == {"name": "김민정"}


def test_who_came_after_all_is_told_what_was_done_and_not_that_nothing_is_held(shop: Path) -> None:
    (shop / "channels.yaml").write_text(MAILED)
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        assert erased(opened, WHO).counts["held orders"] == 1
        asked = OpenRequest(kind="stop", who=("email", MINJI["email"]), via="cli")
        request = opened.app.act(asked, opened.actor, "she called").value
        assert [one["subject"] for one in letters(opened, request.id)] == ["법이 정한 기록만 보관하고 있습니다"]
        now = text(opened.app.clock() + SECOND)
        told(opened, *known(MINJI, at=now, order="2025-2"))
        done = opened.requests.resume(request.id)
        assert (done.state, done.counts["nothing held"]) == ("done", 0)
        assert [one["subject"] for one in letters(opened, request.id)] == ["개인정보 이용을 멈췄습니다"]
        assert done.certificate is not None
        assert [one["records"] for one in done.certificate["held"]] == [1]


def letters(shop: Shop, request: str) -> list[dict[str, str]]:
    with shop.db.connection() as connection:
        bodies = [
            receipts.opened(connection, shop.vault, one) for one in receipts.of(connection, bytes.fromhex(request))
        ]
    return [json.loads(body) for body in bodies if body is not None]
