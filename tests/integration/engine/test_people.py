from __future__ import annotations

import argon2
import msgspec
import pyotp
import pytest

from itda.access.actor import Actor, may
from itda.access.staffing import StaffRules
from itda.base.errors import Refused
from itda.base.instant import DAY, HOUR, MINUTE
from itda.engine import approvals, duties
from itda.engine.app import App
from itda.engine.commands.approvals import Approve
from itda.engine.commands.glass import BreakGlass, EndGlass, ReviewGlass
from itda.engine.commands.keys import AddKey, RevokeKey
from itda.engine.commands.staff import AddStaff, ChangeRole, DisableStaff, EndSessions, ForgetCodes, ResetStaff
from itda.engine.people import invitations, keys
from itda.engine.questions.approvals import Approvals
from itda.engine.questions.glass import Glass
from itda.engine.questions.keys import Keys
from itda.engine.questions.staff import StaffList
from itda.engine.staff import LOCKED, Staff

pytestmark = pytest.mark.server

ADMIN = Actor(name="cli:root", role="admin", system="cli")
PASSWORD = "correct horse battery"
NEW = "staple of another kind"


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rules() -> list[StaffRules]:
    return [StaffRules()]


@pytest.fixture
def staff(database, vault, clock, rules) -> Staff:
    quick = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    staff = Staff(database, vault, clock, hasher=quick, rules=lambda: rules[0])
    staff.hire("kim", PASSWORD, "admin", ADMIN)
    return staff


@pytest.fixture
def app(database, vault, clock) -> App:
    return App(database, None, vault, None, clock)


def phone(staff: Staff, session) -> pyotp.TOTP:
    return pyotp.TOTP(staff.begin_codes(session, "Corner Shop", is_new=True).secret)


def code(phone: pyotp.TOTP, clock: Clock) -> str:
    return phone.at(clock.now // 1_000_000)


def set_up(staff: Staff, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    session = staff.who(staff.enter("kim", PASSWORD))
    made = phone(staff, session)
    return made, staff.enrol(session, code(made, clock))


def test_a_session_opens_nothing_before_the_code_of_the_phone(staff, clock):
    made, _ = set_up(staff, clock)
    clock.now += MINUTE
    session = staff.who(staff.enter("kim", PASSWORD))
    assert session.lacks == "code"
    with pytest.raises(Refused):
        staff.complete(session, "000000")
    staff.complete(session, code(made, clock))
    assert staff.who(session.token).lacks == ""


def test_a_code_counts_once_and_for_half_a_minute_around(staff, clock):
    made, _ = set_up(staff, clock)
    seen = code(made, clock)
    session = staff.who(staff.enter("kim", PASSWORD))
    with pytest.raises(Refused):
        staff.complete(session, seen)
    clock.now += MINUTE
    late = code(made, clock)
    clock.now += 2 * MINUTE
    with pytest.raises(Refused):
        staff.complete(session, late)
    clock.now -= 90_000_000
    staff.complete(session, late)


def test_wrong_codes_lock_the_login_and_end_what_is_half_open(staff, clock):
    made, _ = set_up(staff, clock)
    clock.now += MINUTE
    session = staff.who(staff.enter("kim", PASSWORD))
    for _ in range(5):
        with pytest.raises(Refused):
            staff.complete(session, "000000")
    assert staff.who(session.token) is None
    with pytest.raises(Refused):
        staff.enter("kim", PASSWORD)
    clock.now += LOCKED
    again = staff.who(staff.enter("kim", PASSWORD))
    staff.complete(again, code(made, clock))


def test_the_password_given_anew_does_not_forgive_wrong_codes(staff, clock):
    set_up(staff, clock)
    for _ in range(4):
        with pytest.raises(Refused):
            staff.complete(staff.who(staff.enter("kim", PASSWORD)), "000000")
    session = staff.who(staff.enter("kim", PASSWORD))
    with pytest.raises(Refused):
        staff.complete(session, "000000")
    with pytest.raises(Refused):
        staff.enter("kim", PASSWORD)


def test_a_recovery_code_opens_once(staff, clock):
    _, recovery = set_up(staff, clock)
    assert len(set(recovery)) == 10
    staff.complete(staff.who(staff.enter("kim", PASSWORD)), recovery[0].upper())
    other = staff.who(staff.enter("kim", PASSWORD))
    with pytest.raises(Refused):
        staff.complete(other, recovery[0])
    staff.complete(other, recovery[1].replace("-", " "))
    assert staff.account(other).recovery_left == 8


def test_neither_secret_nor_recovery_code_is_stored_readable(staff, clock, database):
    made, recovery = set_up(staff, clock)
    with database.connection() as connection:
        stored = repr(connection.execute("select s.*, r.* from staff s, staff_recovery r").fetchall())
    assert made.secret not in stored
    assert not [one for one in recovery if one in stored]


def test_a_role_that_needs_codes_sets_them_up_before_anything_else(staff, clock, rules):
    rules[0] = StaffRules(totp=frozenset({"admin"}))
    session = staff.who(staff.enter("kim", PASSWORD))
    assert session.lacks == "enrol"
    with pytest.raises(Refused):
        staff.complete(session, "000000")
    staff.enrol(session, code(phone(staff, session), clock))
    whole = staff.who(session.token)
    assert whole.lacks == ""
    with pytest.raises(Refused, match="needs one-time codes"):
        staff.drop_codes(whole)


def test_the_terminal_asks_for_the_code_too(staff, clock):
    made, _ = set_up(staff, clock)
    clock.now += MINUTE
    with pytest.raises(Refused, match="one-time code"):
        staff.prove("kim", PASSWORD)
    assert staff.prove("kim", PASSWORD, code(made, clock)).name == "kim"


def test_who_it_is_is_proved_again_by_what_the_login_has(staff, clock):
    token = staff.enter("kim", PASSWORD)
    clock.now += HOUR - MINUTE
    session = staff.who(token)
    assert not staff.is_fresh(session)
    with pytest.raises(Refused):
        staff.confirm(session, "wrong")
    staff.confirm(session, PASSWORD)
    assert staff.is_fresh(staff.who(token))


def test_who_is_invited_chooses_a_password_once(staff, app, clock):
    invited = app.act(AddStaff("minji", "agent"), ADMIN, "new").value
    token = invited.path.removeprefix(invitations.PATH)
    for wrong in ("", PASSWORD):
        with pytest.raises(Refused):
            staff.enter("minji", wrong)
    with pytest.raises(Refused, match="shorter"):
        staff.accept(token, "short")
    assert staff.accept(token, NEW) == "minji"
    with pytest.raises(Refused, match="used already"):
        staff.accept(token, PASSWORD)
    assert staff.who(staff.enter("minji", NEW)).actor.role == "agent"


def test_an_invitation_ends_and_a_later_one_ends_it(staff, app, clock, database):
    first = app.act(AddStaff("minji", "agent"), ADMIN).value.path.removeprefix(invitations.PATH)
    second = app.act(ResetStaff("minji"), ADMIN).value.path.removeprefix(invitations.PATH)
    assert (staff.invited(first), staff.invited(second)) == (None, "minji")
    with database.connection() as connection:
        assert second not in repr(connection.execute("select * from invitation").fetchall())
    clock.now += invitations.VALID
    assert staff.invited(second) is None


def test_another_role_a_disabling_and_a_reset_end_the_sessions(staff, app):
    staff.hire("minji", PASSWORD, "agent", ADMIN)
    for command in (ChangeRole("minji", "analyst"), DisableStaff("minji"), EndSessions("minji")):
        app.act(DisableStaff("minji", is_back=True), ADMIN)
        token = staff.enter("minji", PASSWORD)
        app.act(command, ADMIN)
        assert staff.who(token) is None, command
    app.act(DisableStaff("minji"), ADMIN)
    with pytest.raises(Refused):
        staff.enter("minji", PASSWORD)


def test_nobody_changes_their_own_role_and_somebody_can_always_administer(staff, app):
    kim = Actor(name="kim", role="admin", system="console")
    with pytest.raises(Refused, match="own login"):
        app.act(ChangeRole("kim", "viewer"), kim)
    for command in (ChangeRole("kim", "viewer"), DisableStaff("kim")):
        with pytest.raises(Refused, match="administer"):
            app.act(command, ADMIN)
    staff.hire("lee", PASSWORD, "admin", ADMIN)
    app.act(ChangeRole("kim", "viewer"), ADMIN)


def test_a_lost_phone_is_taken_away_and_the_password_stays(staff, app, clock):
    set_up(staff, clock)
    app.act(ForgetCodes("kim"), ADMIN)
    assert staff.who(staff.enter("kim", PASSWORD)).lacks == ""


def test_the_list_tells_who_there_is_and_who_is_in(staff, app):
    staff.enter("kim", PASSWORD, "203.0.113.9")
    app.act(AddStaff("minji", "agent"), ADMIN)
    view = app.ask(StaffList(), ADMIN)
    assert [(one.login, one.role, one.has_password, one.sessions) for one in view.people] == [
        ("kim", "admin", True, 1), ("minji", "agent", False, 0),
    ]  # fmt: skip
    assert [(one.login, one.address) for one in view.sessions] == [("kim", "203.0.113.9")]


def test_a_password_is_long_varied_and_not_the_login(staff):
    for weak in ("short", "aaaaaaaaaaaa", "kim kim-kim 1", "x" * 300):
        with pytest.raises(Refused):
            staff.hire("kim", weak, "admin", ADMIN)


def test_a_changed_password_needs_the_former_one_and_ends_other_sessions(staff):
    token, other = staff.enter("kim", PASSWORD), staff.enter("kim", PASSWORD)
    with pytest.raises(Refused):
        staff.change_password(staff.who(token), "wrong", NEW)
    staff.change_password(staff.who(token), PASSWORD, NEW)
    assert staff.who(token) is not None
    assert staff.who(other) is None
    staff.enter("kim", NEW)


def test_the_former_password_is_guessed_five_times_and_no_more(staff, clock):
    token = staff.enter("kim", PASSWORD)
    for _ in range(5):
        with pytest.raises(Refused):
            staff.change_password(staff.who(token), "wrong", NEW)
    with pytest.raises(Refused):
        staff.change_password(staff.who(token), PASSWORD, NEW)
    clock.now += LOCKED
    staff.change_password(staff.who(token), PASSWORD, NEW)


def found(database, key: str, at: int):
    with database.connection() as connection:
        return keys.find(connection, key, at)


def test_a_key_opens_what_its_scopes_say_until_its_end(app, database, clock):
    made = app.act(AddKey("crm", ("traits", "consent"), 90 * DAY), ADMIN).value
    assert found(database, made.key, clock.now).scopes == {"traits", "consent"}
    assert found(database, made.key + "x", clock.now) is None
    assert found(database, made.key, clock.now + 90 * DAY) is None
    (view,) = app.ask(Keys(), ADMIN)
    assert (view.name, view.used_at) == ("crm", clock.now - clock.now % HOUR)
    with database.connection() as connection:
        stored = repr(connection.execute("select * from api_key").fetchall())
        stored += repr(connection.execute("select convert_from(payload, 'UTF8') from audit_event").fetchall())
    assert made.key.rpartition("_")[2] not in stored


def test_two_keys_of_one_name_let_a_revoked_one_go_without_a_gap(app, database, clock):
    old, new = (app.act(AddKey("crm", ("read",), 90 * DAY), ADMIN).value for _ in range(2))
    assert found(database, old.key, clock.now)
    app.act(RevokeKey(old.view.id), ADMIN)
    assert found(database, old.key, clock.now) is None
    assert found(database, new.key, clock.now)
    assert "steward" not in found(database, new.key, clock.now).scopes
    with pytest.raises(Refused):
        app.act(RevokeKey(old.view.id), ADMIN)


def test_a_key_that_ends_soon_is_warned_of(app, database, clock):
    app.act(AddKey("crm", ("read",), 10 * DAY), ADMIN)
    app.act(AddKey("erp", ("read",), 90 * DAY), ADMIN)
    with database.connection() as connection:
        assert [one.name for one in keys.ending(connection, clock.now)] == ["crm"]
        assert [one.name for one in keys.ending(connection, clock.now + 11 * DAY)] == []


def test_all_that_is_wrong_with_a_key_is_told_at_once(app):
    with pytest.raises(Refused) as refused:
        app.act(AddKey("No Name", ("everything",), 1000 * DAY), ADMIN)
    assert len(refused.value.faults) == 3


def test_only_who_may_manages_people_and_keys(app):
    officer = Actor(name="sora", role="privacy_officer", system="console")
    assert may(officer, "staff.read")
    for command in (AddStaff("minji", "admin"), AddKey("crm", ("read",), DAY)):
        with pytest.raises(Refused, match="may not"):
            app.act(command, officer)
    assert msgspec.to_builtins(app.ask(Keys(), officer)) == []


def test_broken_glass_shows_values_for_some_minutes_is_told_and_is_reviewed_by_another(staff, database, vault, clock):
    shown = msgspec.defstruct("Rules", [("staff", StaffRules)])(StaffRules(glass_minutes=20))
    app = App(database, shown, vault, None, clock)
    staff.hire("dohyun", PASSWORD, "store_staff", ADMIN)
    token = staff.enter("dohyun", PASSWORD)
    before = staff.who(token)
    assert not may(before.actor, "customer.personal")
    with pytest.raises(Refused, match="say why"):
        app.act(BreakGlass(), before.actor, "because")
    app.act(BreakGlass(), before.actor, "recall of a faulty heater")
    during = staff.who(token)
    assert may(during.actor, "customer.personal")
    assert not may(during.actor, "customer.export")
    with database.connection() as connection:
        (duty,) = duties.open_ones(connection, "glass")
    (view,) = app.ask(Glass(), ADMIN)
    with pytest.raises(Refused, match="may not"):
        app.act(ReviewGlass(view.id, "fine"), before.actor)
    with pytest.raises(Refused, match="that was you"):
        app.act(ReviewGlass(view.id, "fine"), Actor(name="dohyun", role="admin", system="console"))
    app.act(ReviewGlass(view.id, "in order, two customers"), ADMIN)
    with database.connection() as connection:
        assert duties.open_ones(connection, "glass") == []
    clock.now += 20 * MINUTE
    assert not may(staff.who(token).actor, "customer.personal")
    assert duty.due_at > clock.now


def test_glass_is_put_back_before_its_time(staff, database, vault, clock):
    staff.hire("dohyun", PASSWORD, "store_staff", ADMIN)
    shown = msgspec.defstruct("Rules", [("staff", StaffRules)])(StaffRules())
    app = App(database, shown, vault, None, clock)
    token = staff.enter("dohyun", PASSWORD)
    actor = staff.who(token).actor
    app.act(BreakGlass(), actor, "recall of a faulty heater")
    clock.now += MINUTE
    app.act(EndGlass(), actor, "enough")
    assert not may(staff.who(token).actor, "customer.personal")


def test_people_and_keys_are_looked_after_from_the_terminal(shop, itda):
    invited = itda("staff", "add", "minji", "--role", "agent", "--json").json
    assert invited["path"].startswith("/invitation/")
    assert itda("staff", "add", "minji", "--role", "agent").code == 1
    assert itda("staff", "role", "minji", "analyst", "--json").json["former"] == "agent"
    assert itda("staff", "add", "sora", "--role", "admin").code == 0
    for words in (("disable", "minji"), ("enable", "minji"), ("totp", "minji", "--yes"), ("end", "minji")):
        assert itda("staff", *words).code == 0, words
    assert "/invitation/" in itda("staff", "reset", "minji", "--yes").out
    listed = itda("staff", "--json").json
    assert [(one["login"], one["role"]) for one in listed["people"]] == [("minji", "analyst"), ("sora", "admin")]
    made = itda("keys", "add", "crm", "--scope", "traits", "--expires", "90d", "--json").json
    assert made["key"].startswith("ik_")
    assert made["key"] not in itda("keys", "list").out
    assert itda("keys", "add", "crm", "--scope", "traits", "--expires", "soon").code == 2
    assert itda("keys", "revoke", made["view"]["id"]).code == 0
    assert itda("keys", "list", "--json").json == []
    assert "web" in itda("keys", "--json").json


def test_who_made_reset_or_changed_a_login_does_not_approve_with_it(staff, database, vault, clock):
    shown = msgspec.defstruct("Rules", [("staff", StaffRules)])(StaffRules(hand_days=30))
    app = App(database, shown, vault, None, clock)
    kim, sora, jun = (Actor(name=name, role="admin", system="console") for name in ("kim", "sora", "jun"))
    app.act(AddStaff("sora", "privacy_officer"), kim)
    app.act(AddStaff("jun", "privacy_officer"), kim)
    clock.now += 30 * DAY

    def refused(proposer: Actor, approver: Actor) -> str:
        with database.connection() as connection:
            clock.now += 1
            digest = str(clock.now).encode()
            made = approvals.propose(connection, proposer, "packs", digest, "", clock.now)
        told = {one.id: one.tied_by for one in app.ask(Approvals(), approver).open}
        try:
            app.act(Approve(made.hex()), approver)
        except Refused as error:
            assert told[made.hex()]
            return str(error)
        assert not told[made.hex()]
        return ""

    assert refused(kim, sora) == ""
    assert refused(sora, jun) == ""
    app.act(DisableStaff("jun"), kim)
    assert refused(kim, jun) == "", "letting in no more is no hand on it"
    for command in (ResetStaff("sora"), ChangeRole("sora", "privacy_officer"), ForgetCodes("sora"),
                    DisableStaff("sora", is_back=True)):  # fmt: skip
        app.act(command, kim)
        assert "kim made or changed a login of theirs" in refused(kim, sora), command
        assert refused(sora, kim), command
        assert refused(jun, sora) == "", command
        clock.now += 30 * DAY
        assert refused(kim, sora) == "", command
    staff.hire("mina", PASSWORD, "privacy_officer", kim)
    app.act(DisableStaff("jun", is_back=True), kim)
    said = refused(jun, sora) + refused(jun, Actor(name="mina", role="privacy_officer", system="console"))
    assert said.startswith("jun, who proposed it, and mina do not count as two people yet")
