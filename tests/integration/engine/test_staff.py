from __future__ import annotations

import argon2
import pytest

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import HOUR, MINUTE
from itda.engine.staff import IDLE, LOCKED, LONGEST, MOST_WAITING, Staff

pytestmark = pytest.mark.server

ADMIN = Actor(name="cli:root", role="admin", system="cli")
PASSWORD = "correct horse battery"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def staff(database, vault, clock) -> Staff:
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    staff = Staff(database, vault, clock, hasher=quick)
    staff.hire("kim", PASSWORD, "admin", ADMIN, language="ko")
    return staff


def told(staff: Staff) -> list[tuple]:
    with staff._db.connection() as connection:
        return connection.execute("select command, actor, decision from audit_event order by seq").fetchall()


def test_who_knows_the_password_gets_a_session(staff):
    token = staff.enter("kim", PASSWORD, "203.0.113.9")
    session = staff.who(token, "203.0.113.9")
    assert (session.actor.name, session.actor.role, session.actor.system) == ("kim", "admin", "console")
    assert (session.actor.address, session.language, session.token) == ("203.0.113.9", "ko", token)
    assert told(staff) == [("Hire", "cli:root", "allowed"), ("Login", "kim", "allowed")]


def test_neither_password_nor_token_is_stored(staff):
    token = staff.enter("kim", PASSWORD)
    with staff._db.connection() as connection:
        stored = repr(connection.execute("select s.*, t.* from staff s, session t").fetchall())
    assert PASSWORD not in stored
    assert token not in stored
    assert "argon2id" in stored


def test_all_wrong_ways_in_are_refused_with_the_same_words(staff):
    words = set()
    for login, password in (("kim", "wrong"), ("lee", PASSWORD), ("", ""), ("kim", ""), ("kim\0", "x")):
        with pytest.raises(Refused) as refused:
            staff.enter(login, password)
        words.add(str(refused.value))
    assert len(words) == 1
    assert [decision for _, _, decision in told(staff)[1:]] == ["refused"] * 5


def test_an_unknown_login_is_checked_at_the_cost_of_a_known_one(database, vault, clock):
    staff = Staff(database, vault, clock)
    assert not staff._hasher.check_needs_rehash(staff._nobodys)
    with pytest.raises(argon2.exceptions.VerifyMismatchError):  # what is no hash would be refused unchecked
        staff._hasher.verify(staff._nobodys, PASSWORD)


def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(staff, clock):
    for _ in range(5):
        with pytest.raises(Refused):
            staff.enter("kim", "wrong")
    with pytest.raises(Refused):
        staff.enter("kim", PASSWORD)
    clock.now += LOCKED - 1
    with pytest.raises(Refused):
        staff.enter("kim", PASSWORD)
    clock.now += 1
    assert staff.who(staff.enter("kim", PASSWORD)) is not None


def test_a_right_password_starts_the_count_anew(staff):
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Refused):
                staff.enter("kim", "wrong")
        staff.enter("kim", PASSWORD)


def test_a_session_ends_when_nobody_uses_it(staff, clock):
    token = staff.enter("kim", PASSWORD)
    for _ in range(3):
        clock.now += IDLE - MINUTE
        assert staff.who(token) is not None
    clock.now += IDLE
    assert staff.who(token) is None


def test_a_session_ends_after_half_a_day_whatever_happens(staff, clock):
    token = staff.enter("kim", PASSWORD)
    for _ in range(LONGEST // (HOUR // 2) - 1):
        clock.now += HOUR // 2
        assert staff.who(token) is not None
    clock.now += HOUR // 2
    assert staff.who(token) is None


def test_who_leaves_is_gone(staff):
    token, other = staff.enter("kim", PASSWORD), staff.enter("kim", PASSWORD)
    staff.leave(token)
    staff.leave("never was")
    assert staff.who(token) is None
    assert staff.who(other) is not None
    assert staff.who("") is None


def test_a_new_password_ends_every_session(staff):
    token = staff.enter("kim", PASSWORD)
    staff.hire("kim", "another long one", "viewer", ADMIN)
    assert staff.who(token) is None
    with pytest.raises(Refused):
        staff.enter("kim", PASSWORD)
    assert staff.who(staff.enter("kim", "another long one")).actor.role == "viewer"


def test_each_session_has_a_form_token_of_its_own(staff):
    one, two = (staff.who(staff.enter("kim", PASSWORD)) for _ in range(2))
    assert one.csrf != two.csrf
    assert staff.who(one.token).csrf == one.csrf
    assert len(one.csrf) >= 20


def test_all_that_is_wrong_with_a_hiring_is_told_at_once(staff):
    with pytest.raises(Refused) as refused:
        staff.hire("Kim Minji", "short", "queen", ADMIN)
    assert len(refused.value.faults) == 3


def test_an_old_hash_is_renewed_at_login(database, vault, clock, staff):
    Staff(database, vault, clock).enter("kim", PASSWORD)
    with database.connection() as connection:
        (hashed,) = connection.execute("select password_hash from staff").fetchone()
    assert argon2.extract_parameters(hashed).memory_cost == 65536


def test_an_empty_house_is_known(database, vault, clock, staff):
    assert not staff.is_empty()
    with database.connection() as connection:
        connection.execute("delete from staff")
    assert staff.is_empty()


def test_a_flood_of_logins_is_refused_at_once_and_ends_with_the_flood(staff):
    for _ in range(MOST_WAITING):
        assert staff._places.acquire(blocking=False)
    with pytest.raises(Refused):
        staff.enter("kim", PASSWORD)
    assert told(staff) == [("Hire", "cli:root", "allowed")]
    staff._places.release()
    assert staff.enter("kim", PASSWORD)
