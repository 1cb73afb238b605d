"""A read of a person without a row of the access log is impossible: every question that names one is asked and found."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.integration.engine.audited import filled, forge
from tests.looks import NAMING, WHERE_THERE_IS_SOMEBODY

import itda
import itda.engine
from itda.base.errors import Refused
from itda.engine.auditing.sealer import Sealer
from itda.engine.auditing.searching import SearchTrail, Wanted
from itda.engine.exporting.question import Export
from itda.engine.exporting.question import Wanted as Taken
from itda.engine.questions.consent import ConsentOf, WouldSend
from itda.engine.questions.history import History
from itda.engine.questions.messages import MessageList
from itda.engine.questions.past import PastProfile
from itda.engine.questions.profile import CustomerSearch, Profile
from itda.engine.questions.receipts import ConsentReceipt
from itda.engine.questions.segment_told import SegmentsOf
from itda.engine.questions.taking import Taking
from itda.engine.questions.timeline import Timeline
from itda.engine.questions.why import Why
from itda.engine.requests.known import KnownOf
from itda.engine.requests.opening import WhatWasSaid, WhoIsMeant
from itda.engine.requests.questions import RequestShown, RequestsOf
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server
MAIL = ("email", "minji@shop.example")

ASKED: dict[str, Callable[[Shop, bytes], tuple[Any, str]]] = {
    "Profile": lambda _shop, _one: (Profile(MAIL), ""),
    "PastProfile": lambda shop, _one: (PastProfile(MAIL, at=shop.app.clock(), is_as_known=False), ""),
    "CustomerSearch": lambda _shop, _one: (CustomerSearch("minji@shop.example"), ""),
    "Timeline": lambda _shop, _one: (Timeline(MAIL), ""),
    "History": lambda _shop, _one: (History(MAIL), ""),
    "Why": lambda _shop, _one: (Why(MAIL, ("phone", "010-8765-4321")), ""),
    "SegmentsOf": lambda _shop, _one: (SegmentsOf(MAIL), ""),
    "Taking": lambda _shop, _one: (Taking(MAIL), ""),
    "ConsentOf": lambda _shop, _one: (ConsentOf(MAIL), ""),
    "ConsentReceipt": lambda _shop, _one: (ConsentReceipt(MAIL), ""),
    "WouldSend": lambda _shop, _one: (WouldSend(who=MAIL, channel="email", message_class="advertising"), ""),
    "MessageList": lambda _shop, _one: (MessageList(who=MAIL), ""),
    "Export": lambda _shop, _one: (Export(Taken(), lambda *_: None), "ticket 41"),
    "SearchTrail": lambda _shop, _one: (SearchTrail(wanted=Wanted(subject=MAIL)), ""),
    "RequestsOf": lambda _shop, one: (RequestsOf(one.hex()), ""),
    "RequestShown": lambda shop, _one: (RequestShown(request(shop)), ""),
    "WhoIsMeant": lambda _shop, _one: (WhoIsMeant(MAIL), ""),
    "WhatWasSaid": lambda shop, _one: (WhatWasSaid(request(shop)), ""),
    "KnownOf": lambda shop, _one: (KnownOf(request(shop)), "request"),
}
"""How each question that names one person is asked about her."""

NOBODY = {
    "Approvals", "AuditStanding", "CountKeys", "Definitions", "Diff", "ExportTrail", "Glass", "JourneyFlow", "JourneySteps",
    "Journeys", "Keys", "MatchRuns", "Measure", "MetricList", "OneSource", "Overview", "PackDiff", "Packs", "Policy",
    "Quality", "Retention", "SegmentList", "SegmentToldOf", "Sources", "StaffList", "Status", "WrittenIdentity",
}  # fmt: skip
"""Questions that name no customer: numbers, definitions, staff, fragments without names."""


def questions() -> Iterator[type]:
    """Every question there is."""
    for module in pkgutil.walk_packages(itda.engine.__path__, "itda.engine."):
        for one in vars(importlib.import_module(module.name)).values():
            is_own = inspect.isclass(one) and one.__module__ == module.name
            if is_own and hasattr(one, "permission") and inspect.isfunction(vars(one).get("answer")):
                yield one


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        traits = {"email": MAIL[1], "phone": "010-8765-4321"}
        item = {
            "type": "track",
            "event": "Product Viewed",
            "properties": {"product_id": "1"},
            "context": {"traits": traits},
        }
        one.intake.append([Record("web", "track", json.dumps(item).encode())], one.app.clock())
        one.settle()
        yield one


def request(shop: Shop) -> str:
    return shop.requests.open("access", "email:minji@shop.example", via="cli", reason="she asked").id


def rows(shop: Shop) -> list[tuple[str, str, list[bytes]]]:
    with shop.db.connection() as connection:
        found = connection.execute("select question, decision, subjects from access_log order by seq").fetchall()
    return [(name, decision, [bytes(one) for one in subjects]) for name, decision, subjects in found]


def test_every_question_is_known_to_name_a_person_or_nobody():
    named = {one.__name__ for one in questions()}
    known = ASKED.keys() | NAMING | WHERE_THERE_IS_SOMEBODY | NOBODY
    assert named - known == set(), "new questions: say whom they name"
    assert known - named == set(), "questions that are gone"


WORKERS = {
    "engine/app.py": "every question and every command, with its row",
    "engine/exporting/question.py": "the same work again, without the keys opened so far",
    "engine/questions/matching_people.py": "the same",
    "engine/sending/departure.py": "what a message says, on its way: the decision about it is its row",
    "engine/sending/seen.py": "the same",
    "engine/sending/sender.py": "the same",
}
"""Where something comes to hold a connection and the keys of people together."""


def test_nothing_but_the_app_and_the_sender_comes_to_hold_the_keys_of_people():
    root = Path(itda.__file__).parent
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Work"
    }
    assert found == WORKERS.keys()


def test_whoever_looks_at_her_leaves_a_row_that_names_her(opened):
    fragments = {opened.vault.fragment(*MAIL), opened.vault.fragment("phone", "+821087654321")}
    unnamed = []
    for name, make in ASKED.items():
        question, reason = make(opened, opened.vault.fragment(*MAIL))
        before = len(rows(opened))
        opened.ask(question, reason)
        (row,) = rows(opened)[before:]
        assert row[:2] == (name, "allowed")
        if not fragments & set(row[2]):
            unnamed.append(name)
    assert unnamed == []


def test_where_the_log_cannot_be_written_nothing_is_told(opened):
    made = [(name, *make(opened, opened.vault.fragment(*MAIL))) for name, make in ASKED.items()]
    with opened.db.connection() as connection:
        connection.execute("alter table access_log add constraint full_disk check (false) not valid")
    for name, question, reason in made:
        with pytest.raises(psycopg.errors.CheckViolation):
            pytest.fail(f"{name} told {opened.ask(question, reason)}")


def test_t30_who_owns_the_database_is_found_out_and_without_the_log_nobody_reads(opened, tmp_path):
    filled(opened.db, 3)
    opened.audit.anchor()
    forge(
        opened.db,
        "update consent_event set action = 'withdraw' where seq = 2",
        "update access_log set actor = 'nobody' where seq = (select min(seq) from access_log)",
    )
    first = {one.table: one.broken.seq for one in opened.audit.verify().streams if one.broken}
    assert first == {"access_log": 1, "consent_event": 2}
    forge(opened.db, "delete from chain_link", "delete from chain_block", "update chain_head set until_seq = 0, seq = 0,"
          " day = 0, hash = '', links = 0, unblocked = 0")  # fmt: skip
    mend(opened)
    Sealer(opened.db, opened.app.clock).catch_up()
    found = opened.audit.verify()
    assert [one.broken for one in found.streams] == [None, None, None]  # made anew from the first row on
    assert {one.table for one in found.misfits} >= {"access_log", "consent_event"}
    with pytest.raises(Refused, match="needs a reason"):
        opened.export.profiles(tmp_path / "all.csv")
    forge(opened.db, "alter table access_log rename to away")
    try:
        with pytest.raises(psycopg.errors.UndefinedTable):
            opened.customer("email:minji@shop.example")
    finally:
        forge(opened.db, "alter table away rename to access_log")


def mend(shop: Shop) -> None:
    """Who alters a row makes the hash over it anew as well."""
    from itda.engine import trail

    with shop.db.connection() as connection:
        row = connection.execute(
            f"select {', '.join(trail.ACCESS_COLUMNS)} from access_log order by seq limit 1"
        ).fetchone()
    digest = trail.row_sha256(trail.ACCESS_COLUMNS, row).hex()
    forge(
        shop.db, f"update access_log set payload_sha256 = '\\x{digest}' where seq = (select min(seq) from access_log)"
    )
