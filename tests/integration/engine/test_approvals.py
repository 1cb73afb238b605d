from __future__ import annotations

import contextlib
import hashlib
import os

import argon2
import pytest

from itda.access.actor import Actor
from itda.base.errors import Conflict, Refused
from itda.engine import approvals
from itda.engine.shop import clock
from itda.engine.staff import Staff

pytestmark = pytest.mark.server

NOW = 1_790_000_000_000_000
KIM = Actor(name="kim", role="admin", system="console")
LEE = Actor(name="lee", role="privacy_officer", system="console")
WHAT = "pack activate kr-network"
DIGEST = hashlib.sha256(b"the text").digest()


@pytest.fixture
def connection(database):
    with database.connection() as connection:
        yield connection


def test_what_another_person_approved_may_be_done_and_nothing_else(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "holidays", NOW)
    assert approvals.approved(connection, WHAT, DIGEST) is None
    approvals.approve(connection, LEE, made, NOW + 1, "read it")
    found = approvals.approved(connection, WHAT, DIGEST, at=NOW + 2)
    assert (found.id, found.proposed_by, found.decided_by, found.reason) == (made, "kim", "lee", "read it")
    assert approvals.approved(connection, WHAT, hashlib.sha256(b"the text.").digest()) is None
    assert approvals.approved(connection, "pack activate eu", DIGEST) is None


def test_the_beginning_of_an_id_names_it_where_no_other_begins_so(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    for text in (made.hex(), made.hex()[:8]):
        assert approvals.named(connection, text) == made
    for text in (made.hex()[:6], made.hex()[:7], "00" * 4, "", "none"):
        with pytest.raises(Refused, match="is no approval"):
            approvals.named(connection, text)


def test_nobody_approves_their_own(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    with pytest.raises(Refused, match="another person"):
        approvals.approve(connection, Actor(name="kim", role="privacy_officer", system="cli"), made, NOW)
    assert approvals.approved(connection, WHAT, DIGEST) is None


def test_the_table_itself_takes_no_approval_by_its_author(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    with pytest.raises(Exception, match="approval_check"):
        connection.execute("update approval set decision = 'approved', decided_by = 'kim' where id = %s", [made])


def test_what_is_answered_is_answered_once(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    approvals.refuse(connection, LEE, made, NOW)
    for answer in (approvals.approve, approvals.refuse):
        with pytest.raises(Refused, match="answered already"):
            answer(connection, LEE, made, NOW)
    assert approvals.approved(connection, WHAT, DIGEST) is None


def test_a_proposal_waits_a_week_and_can_be_made_again_after_it(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    late = NOW + approvals.OPEN
    assert approvals.propose(connection, LEE, WHAT, DIGEST, "", late - 1) == made
    with pytest.raises(Refused, match="run out"):
        approvals.approve(connection, LEE, made, late)
    again = approvals.propose(connection, KIM, WHAT, DIGEST, "", late)
    assert again != made
    assert [one.id for one in approvals.listed(connection, late, is_open=True)] == [again]
    assert approvals.waiting(connection, late) == 1


def test_an_approval_is_acted_on_within_a_week_and_once_where_it_is_spent(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    approvals.approve(connection, LEE, made, NOW)
    assert approvals.approved(connection, WHAT, DIGEST, at=NOW + approvals.HOLDS) is None
    approvals.spend(connection, made, NOW)
    assert approvals.approved(connection, WHAT, DIGEST, at=NOW) is None
    with pytest.raises(Conflict):
        approvals.spend(connection, made, NOW)


def test_who_proposed_may_take_it_back(connection):
    made = approvals.propose(connection, KIM, WHAT, DIGEST, "", NOW)
    assert approvals.refuse(connection, KIM, made, NOW).decision == "refused"


@contextlib.contextmanager
def knowing(password: str):
    os.environ["ITDA_PASSWORD"] = password
    try:
        yield
    finally:
        del os.environ["ITDA_PASSWORD"]


def test_a_login_answers_from_the_terminal_with_its_password(shop, itda):
    import itda as product

    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with product.open(shop) as opened:
        staff = Staff(opened.db, opened.vault, lambda: NOW, hasher=quick)
        staff.hire("lee", "correct horse battery", "privacy_officer", opened.actor)
        staff.hire("vera", "correct horse battery", "viewer", opened.actor)
        with opened.db.connection() as connection:
            made = approvals.propose(connection, opened.actor, WHAT, DIGEST, "holidays", clock())
    assert made.hex() in itda("approvals").out
    with knowing("wrong wrong wrong"):
        assert itda("approvals", "approve", made.hex(), "--as", "lee").code == 1
    with knowing("correct horse battery"):
        refused = itda("approvals", "approve", made.hex(), "--as", "vera")
        assert (refused.code, "may not approval.decide" in refused.err) == (1, True)
        done = itda("approvals", "approve", made.hex(), "--as", "lee", "--reason", "read it", "--json").json
    assert (done["decision"], done["decided_by"]) == ("approved", "lee")
    with product.open(shop) as opened, opened.db.connection() as connection:
        rows = connection.execute("select command, actor, decision from audit_event order by seq").fetchall()
    assert [row for row in rows if row[0] in {"Propose", "Approve"}] == [
        ("Propose", opened.actor.name, "allowed"), ("Approve", "vera", "forbidden"), ("Approve", "lee", "allowed"),
    ]  # fmt: skip
