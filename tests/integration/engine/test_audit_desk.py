"""The audit of an open shop: what it does by itself, and what its officer asks of it."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.fixtures_shop import typed
from tests.integration.engine.audited import NOW, filled, forge

import itda
from itda.access.actor import Actor
from itda.base import instant
from itda.base.errors import Conflict, Refused
from itda.base.instant import DAY
from itda.engine import duties, trail
from itda.engine.app import Forbidden
from itda.engine.auditing import reviewing
from itda.engine.auditing.noting import AuditStanding
from itda.engine.auditing.searching import BY, Wanted
from itda.engine.auditing.upkeep import AuditUpkeep
from itda.engine.commands.staff import AddStaff
from itda.engine.obliging.round import CarryOutDuties
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        yield one


def _with(system: str, role: str) -> Actor:
    return Actor(name="it", role=role, system=system, granted=frozenset({"staff.manage"}))


def bought(shop: Shop, **who: str) -> None:
    item = {"type": "track", "event": "Product Viewed", "properties": {"product_id": "p1"}, "context": {"traits": who}}
    shop.intake.append([Record("web", "track", json.dumps(item).encode())], shop.app.clock())
    shop.settle()


def test_a_day_is_anchored_and_verified_once_and_the_month_before_is_to_be_reviewed(opened):
    filled(opened.db, 2)  # in September 2026
    october = instant.parse("2026-10-02T00:00Z")
    upkeep = AuditUpkeep(opened.db, opened.workspace, lambda: october)
    for _ in range(2):
        upkeep.daily(october)
    lines = (opened.workspace.anchors_dir / "anchors.jsonl").read_bytes().splitlines()
    assert len(lines) == 1
    standing = opened.ask(AuditStanding())
    assert (standing.at, standing.is_whole) == (october, True)
    with opened.db.connection() as connection:
        (owed,) = duties.open_ones(connection, reviewing.KIND)
    assert (owed.about, owed.due_at) == ("2026-09", instant.parse("2026-10-11T00:00+09:00"))


def test_what_was_altered_is_told_in_the_log_of_the_process_and_kept(opened, caplog):
    filled(opened.db, 2)
    upkeep = AuditUpkeep(opened.db, opened.workspace, lambda: NOW)
    upkeep.seal()
    forge(opened.db, "update audit_event set actor = 'lee' where seq = 1")
    upkeep.daily(NOW)
    told = "audit_event, row 1: it was altered"
    assert [record.getMessage() for record in caplog.records] == [f"the audit was altered: {told}"]
    standing = opened.ask(AuditStanding())
    assert (standing.is_whole, standing.faults) == (False, [told])


def test_the_looks_at_one_customer_are_found_and_the_search_for_them_is_itself_written_down(opened):
    bought(opened, email="kim@mail.kr", phone="010-2222-3333")
    bought(opened, email="lee@mail.kr")
    opened.customer("email:kim@mail.kr")
    opened.customer("phone:010-2222-3333")
    opened.customer("email:lee@mail.kr")
    found = opened.audit.search(Wanted(subject=("email", "kim@mail.kr")))
    assert [(line.action, line.name, line.decision) for line in found.lines] == [("view", "Profile", "allowed")] * 2
    again = opened.audit.search(Wanted(subject=("email", "kim@mail.kr"), action="search"))
    assert [line.name for line in again.lines] == ["SearchTrail"]
    with pytest.raises(Refused, match="nobody here"):
        opened.audit.search(Wanted(subject=("email", "park@mail.kr")))


def test_pages_of_the_audit_follow_one_another_and_leave_nothing_out(opened):
    filled(opened.db, 6)
    whole = opened.audit.search(Wanted(until=NOW + DAY), limit=100).lines
    assert len(whole) == 12
    pages, before = [], ""
    while before is not None:
        page = opened.audit.search(Wanted(until=NOW + DAY), before=before, limit=5)
        pages += page.lines
        before = page.before
    assert pages == whole
    assert [line.at for line in whole] == sorted((line.at for line in whole), reverse=True)
    some = opened.audit.search(Wanted(actor="kim", since=whole[3].at, until=whole[0].at)).lines
    assert some == whole[1:4]


def test_lines_are_of_staff_customers_machines_or_itda_itself_and_say_what_a_change_was_about(opened, shop):
    opened.act(AddStaff("hana", "privacy_officer"), "ticket 41")
    for system, role in (("console", "customer"), ("api", "machine"), ("engine", "admin")):
        opened.app.act(AddStaff(f"of-{role}", "viewer"), _with(system, role))
    found = {by: opened.audit.search(Wanted(by=by, action="change")).lines for by in BY}
    assert {by: [line.told["login"] for line in lines] for by, lines in found.items()} == {
        "staff": ["hana"], "customers": ["of-customer"], "machines": ["of-machine"], "itself": ["of-admin"],
    }  # fmt: skip
    assert found["staff"][0].told.keys() == {"login", "role", "expires_at"}
    with pytest.raises(Refused, match="nobody is of the sort 'ghosts'"):
        opened.audit.search(Wanted(by="ghosts"))
    said = typed("-w", shop, "audit", "search", "--by", "staff", "--action", "change", "--lang", "ko", cwd=shop).out
    assert "직원을 초대함 (아이디 hana, 역할 개인정보 보호책임자)" in said
    assert "of-admin" not in said


def test_a_round_of_itdas_own_that_finds_nothing_to_do_leaves_no_row(opened):
    engine = Actor(name="duties", role="admin", system="engine")
    for actor in (engine, opened.actor):
        opened.app.act(CarryOutDuties(), actor, "a round")
    assert [line.actor for line in opened.audit.search(Wanted(action="change")).lines] == [opened.actor.name]


def test_an_export_of_the_audit_holds_what_verifies_it_needs_a_reason_and_is_written_down(opened, tmp_path):
    filled(opened.db, 2)
    opened.audit.verify()
    with pytest.raises(Refused, match="reason"):
        opened.audit.export(tmp_path / "none.jsonl", reason=" ")
    opened.audit.export(tmp_path / "audit.jsonl", reason="yearly check")
    rows = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    looks = [row for row in rows if row["stream"] == "access" and row["actor"] == "kim"]
    assert all(row["link"] and row["payload_sha256"] for row in looks)
    contents = {name: looks[0][name] for name in trail.ACCESS_COLUMNS}
    assert trail.row_sha256(list(contents), list(contents.values())).hex() == looks[0]["payload_sha256"]
    done, refused = opened.audit.search(Wanted(action="export")).lines
    assert (done.name, done.reason, done.decision) == ("ExportTrail", "yearly check", "allowed")
    assert refused.decision == "refused"
    assert not (tmp_path / "none.jsonl").exists()


def test_who_may_not_read_the_audit_verifies_and_signs_nothing(opened):
    viewer = Shop(opened.workspace, Actor(name="lee", role="viewer", system="python"))
    with viewer:
        for ask in (viewer.audit.verify, viewer.audit.anchor, lambda: viewer.audit.sign("2026-09", "none"),
                    lambda: viewer.audit.search(Wanted())):  # fmt: skip
            with pytest.raises(Forbidden):
                ask()


def test_a_month_is_reviewed_signed_and_its_duty_settled(opened):
    bought(opened, email="kim@mail.kr")
    (customer,) = opened.search("kim@mail.kr")["id"]
    fragment = opened.audit._shop.app.vault.fragment("email", "kim@mail.kr")
    noon = instant.parse("2026-09-10T12:00+09:00")
    with opened.db.connection() as connection:
        for number in range(25):
            look(connection, "kim", noon + number, (fragment,))
        look(connection, "lee", instant.parse("2026-09-10T23:30+09:00"), (b"x" * 16,))
        look(connection, "lee", noon, tuple(n.to_bytes(16, "big") for n in range(200)), action="export", purpose="")
        look(connection, "han", noon, (b"y" * 16,), action="export", purpose="autumn")
        look(connection, "han", instant.parse("2026-10-01T00:00+09:00"), (b"y" * 16,))
    made = opened.audit.review("2026-09")
    assert [(one.actor, one.looks, one.people, one.exports, one.at_night) for one in made.operators] == [
        ("han", 1, 1, 1, 0), ("kim", 25, 25, 0, 0), ("lee", 2, 201, 1, 1),
    ]  # fmt: skip
    assert {(one.kind, one.actor, one.count, one.customer) for one in made.standouts} == {
        ("volume", "lee", 201, ""), ("night", "lee", 1, ""), ("export", "lee", 1, ""), ("again", "kim", 25, customer),
    }  # fmt: skip
    with opened.db.connection() as connection:
        reviewing.owe(connection, "Asia/Seoul", instant.parse("2026-10-02T00:00+09:00"))
    with pytest.raises(Refused, match="what was found"):
        opened.audit.sign("2026-09", "")
    with pytest.raises(Conflict, match="another by now"):
        opened.act(reviewing.SignReview("2026-09", "nothing", report="0" * 64), "nothing")
    opened.act(reviewing.SignReview("2026-08", "nobody looked", opened.audit.review("2026-08").sha256), "none")
    signed = opened.audit.sign("2026-09", "lee was asked: the autumn audience")
    assert signed.sha256 == made.sha256
    assert [one.findings for one in opened.audit.review("2026-09").signed] == ["lee was asked: the autumn audience"]
    with opened.db.connection() as connection:
        assert duties.open_ones(connection, reviewing.KIND) == []
    with pytest.raises(Refused, match="not over"):
        opened.audit.sign("2126-09", "nothing")


def look(connection, actor: str, at: int, subjects: tuple[bytes, ...], **more: str) -> None:
    one = Actor(name=actor, role="agent", system="console")
    trail.write_access(
        connection,
        trail.Access(at=at, actor=one, question="Q", fingerprint=b"", decision="allowed", subjects=subjects, **more),
    )


def test_the_terminal_says_what_is_broken_and_ends_with_one(shop, opened):
    filled(opened.db, 3)
    whole = typed("-w", shop, "audit", "verify", "--json", cwd=shop)
    assert (whole.code, json.loads(whole.out)["ok"]) == (0, True)
    forge(opened.db, "delete from consent_event where seq = 2")
    found = typed("-w", shop, "audit", "verify", cwd=shop)
    assert found.code == 1
    assert "Ledger of consents, row 2: it was taken out" in found.err
    review = json.loads(typed("-w", shop, "audit", "review", "--month", "2026-09", "--json", cwd=shop).out)
    assert msgspec.convert(review, reviewing.Review).operators[0].actor == "kim"
    korean = typed("-w", shop, "audit", "search", "--actor", "kim", "--lang", "ko", cwd=shop).out
    for said in ("고객 프로필", "두 식별자를 분리함", "콘솔", "허용"):
        assert said in korean
    english = typed("-w", shop, "audit", "search", "--actor", "kim", "--lang", "en", cwd=shop).out
    assert "Parted two identifiers" in english
    kept = typed("-w", shop, "audit", "search", "--actor", "kim", "--lang", "ko", "--json", cwd=shop).json
    assert {line["name"] for line in kept["lines"]} == {"Profile", "Cut"}


def test_what_is_typed_stands_as_the_terminals_by_the_user_of_the_machine(shop, opened):
    me = pwd.getpwuid(os.getuid()).pw_name
    typed("-w", shop, "audit", "verify", cwd=shop)
    opened.audit.verify()
    lines = opened.audit.search(Wanted(action="change")).lines
    told = [(line.name, line.actor, line.system) for line in lines if line.name == "NoteVerdict"]
    assert told == [("NoteVerdict", f"cli:{me}", "python"), ("NoteVerdict", f"cli:{me}", "cli")]
