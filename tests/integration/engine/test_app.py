from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import msgspec
import psycopg
import pytest

from itda.access.actor import Actor
from itda.base.errors import Broken, Conflict, Refused, Unavailable
from itda.engine import trail
from itda.engine.app import Answer, App, Done, Forbidden
from itda.engine.keyring import VALUE_LABEL
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.ports import Record

pytestmark = pytest.mark.server

NOW = 1_790_000_000_000_000
KIM = Actor(name="kim", role="admin", session="s1", address="203.0.113.9", system="console")
LEE = Actor(name="lee", role="viewer", system="console")
A, B = b"a" * 16, b"b" * 16


class Marks(msgspec.Struct, frozen=True):
    """How many marks of a name there are."""

    permission: ClassVar[str] = "customer.read"
    action: ClassVar[str] = "search"
    purpose: ClassVar[str] = "service"
    name: str

    def answer(self, work) -> Answer[int]:
        if self.name == "nobody":
            raise Refused("no such customer")
        rows = work.connection.execute("select value from meta where key = %s", [self.name]).fetchall()
        return Answer(len(rows), subjects=(B, A, B), count=len(rows))


class Mark(msgspec.Struct, frozen=True):
    """Set a mark, and say so in the log."""

    permission: ClassVar[str] = "identity.steward"
    name: str
    then: str = ""

    def carry_out(self, work) -> Done[str]:
        work.connection.execute("insert into meta values (%s, %s)", [self.name, work.reason])
        appended = work.append([Record(source="@steward", call="steward", body=self.name.encode())])
        for word, error in (("refuse", Refused("no")), ("race", Conflict("late")), ("bug", Broken("bug"))):
            if self.then == word:
                raise error
        audit = {"share": 0.5} if self.then == "float" else {"marked": "yes"}
        return Done("done", position=appended.position, audit=audit)


@pytest.fixture
def app(database, vault) -> App:
    return App(database, None, vault, None, lambda: NOW)


def rows(app: App, table: str) -> list[dict]:
    with app.db.connection() as connection:
        cursor = connection.cursor(row_factory=psycopg.rows.dict_row)
        return cursor.execute(f"select * from {table} order by seq").fetchall()


def altered(connection) -> list[tuple[str, int]]:
    return [(one.table, one.altered) for one in trail.look_through(connection) if one.altered is not None]


def test_a_look_leaves_one_row_that_tells_who_what_and_whose(app):
    assert app.ask(Marks("kim@example.com"), KIM, "a call") == 0
    (row,) = rows(app, "access_log")
    told = ("kim", "admin", "s1", "203.0.113.9", "console", "search", "Marks", "service", "a call", "allowed", NOW)
    names = (
        "actor",
        "role",
        "session",
        "address",
        "system",
        "action",
        "question",
        "purpose",
        "reason",
        "decision",
        "at",
    )
    assert tuple(row[name] for name in names) == told
    assert (row["subjects"], row["subject_count"], row["result_count"]) == ([A, B], 2, 0)
    assert b"kim@example.com" not in repr(row).encode()
    assert rows(app, "audit_event") == []


def test_a_reason_of_any_signs_is_taken(app):
    app.ask(Marks("x"), KIM, "because\0 \ud800 이유")
    assert [row["reason"] for row in rows(app, "access_log")] == ["because\ufffd ? 이유"]
    with app.db.connection() as connection:
        assert altered(connection) == []


def test_the_same_question_leaves_the_same_print_and_another_one_another(app):
    for name in ("x", "x", "y"):
        app.ask(Marks(name), KIM)
    prints = [row["fingerprint"] for row in rows(app, "access_log")]
    assert prints[0] == prints[1] != prints[2]


def test_who_may_not_is_told_and_written_down(app):
    with pytest.raises(Forbidden) as refused:
        app.ask(Marks("x"), LEE, "curious")
    assert refused.value.permission == "customer.read"
    with pytest.raises(Forbidden):
        app.act(Mark("x"), LEE)
    assert [(row["actor"], row["decision"], row["reason"]) for row in rows(app, "access_log")] == [
        ("lee", "forbidden", "curious")
    ]
    assert [(row["actor"], row["command"], row["decision"]) for row in rows(app, "audit_event")] == [
        ("lee", "Mark", "forbidden")
    ]
    assert app.ask(Marks("x"), KIM) == 0


def test_a_look_that_finds_nothing_to_show_is_written_down(app):
    with pytest.raises(Refused):
        app.ask(Marks("nobody"), KIM)
    assert [row["decision"] for row in rows(app, "access_log")] == ["refused"]


def test_where_the_look_cannot_be_written_nothing_is_told(app):
    with app.db.connection() as connection:
        connection.execute("alter table access_log add check (actor <> 'kim')")
    with pytest.raises(psycopg.errors.CheckViolation):
        app.ask(Marks("x"), KIM)


def test_an_act_its_frame_and_its_row_are_one(app, vault):
    done = app.act(Mark("x"), KIM, "asked for")
    assert (done.value, done.position) == ("done", 1)
    assert app.ask(Marks("x"), KIM) == 1
    intake = PostgresIntake(app.db, vault)
    assert [frame.records[0].body for frame in intake.read(0, 1 << 20)] == [b"x"]
    intake.close()
    (row,) = rows(app, "audit_event")
    assert (row["command"], row["reason"], row["decision"], row["position"]) == ("Mark", "asked for", "allowed", 1)
    payload = msgspec.json.decode(row["payload"])
    assert payload["marked"] == "yes"
    assert set(payload) == {"marked", "fingerprint"}


@pytest.mark.parametrize(
    ("then", "error", "written"),
    [
        ("refuse", Refused, ["refused"]),
        ("race", Conflict, ["refused"]),
        ("bug", Broken, []),
        ("float", ValueError, []),
    ],
)
def test_an_act_that_fails_changes_nothing(app, vault, then, error, written):
    with pytest.raises(error):
        app.act(Mark("x", then), KIM)
    assert app.ask(Marks("x"), KIM) == 0
    assert [row["decision"] for row in rows(app, "audit_event")] == written
    intake = PostgresIntake(app.db, vault)
    assert intake.read(0, 1) == []
    assert app.act(Mark("x"), KIM).position == 1
    intake.close()


def test_questions_and_commands_take_one_connection_each_however_few_there_are(database, vault):
    with Database(database.url, database.schema, size=1) as narrow:
        app = App(narrow, None, vault, None, lambda: NOW)
        assert app.act(Mark("x"), KIM).position == 1
        assert app.ask(Marks("x"), KIM) == 1


def test_as_many_slow_commands_as_there_are_connections_do_not_wait_for_each_other(database, vault):
    meet = threading.Barrier(2)

    class Slow(msgspec.Struct, frozen=True):
        permission: ClassVar[str] = "identity.steward"

        def carry_out(self, work) -> Done[None]:
            meet.wait(timeout=5)
            return Done(None, position=work.append([Record(source="@steward", call="steward", body=b"x")]).position)

    with Database(database.url, database.schema, size=2) as narrow:
        app = App(narrow, None, vault, None, lambda: NOW)
        with ThreadPoolExecutor(2) as both:
            done = [both.submit(app.act, Slow(), KIM) for _ in range(2)]
        assert sorted(one.result().position for one in done) == [1, 2]


def test_where_the_audit_cannot_be_written_nothing_changes(app):
    with app.db.connection() as connection:
        connection.execute("alter table audit_event add check (actor <> 'kim')")
    with pytest.raises(psycopg.errors.CheckViolation):
        app.act(Mark("x"), KIM)
    assert app.ask(Marks("x"), KIM) == 0


def test_a_question_cannot_append_to_the_log(app):
    class Sly(msgspec.Struct, frozen=True):
        permission: ClassVar[str] = "customer.read"

        def answer(self, work) -> Answer[int]:
            return Answer(work.append([]).position)

    with pytest.raises(Broken, match="only a command"):
        app.ask(Sly(), KIM)


def test_all_a_question_reads_is_of_one_moment(app):
    class Twice(msgspec.Struct, frozen=True):
        permission: ClassVar[str] = "customer.read"

        def answer(self, work) -> Answer[list]:
            first = work.connection.execute("select count(*) from meta").fetchall()
            with app.db.connection() as other:
                other.execute("insert into meta values ('between', '')")
            return Answer([first, work.connection.execute("select count(*) from meta").fetchall()])

    first, second = app.ask(Twice(), KIM)
    assert first == second


@pytest.mark.parametrize("table", ["access_log", "audit_event"])
def test_an_altered_row_is_named(app, table):
    for name in "xyz":
        app.act(Mark(name), KIM, "재고")
        app.ask(Marks(name), KIM)
    with app.db.connection() as connection:
        assert altered(connection) == []
        columns = [
            name for (name,) in connection.execute(
                "select column_name from information_schema.columns where table_name = %s and table_schema = %s"
                " and column_name not in ('seq', 'chain', 'payload_sha256')", [table, app.db.schema]
            )
        ]  # fmt: skip
        change = {
            "subjects": "'{}'",
            "payload": "payload || 'x'",
            "fingerprint": "fingerprint || 'x'",
            "position": "99",
        }
        for column in columns:
            new = change.get(column, "7" if column in {"at", "subject_count", "result_count"} else "'other'")
            connection.execute("set local session_replication_role = replica")  # as who owns the database may
            connection.execute(f"update {table} set {column} = {new} where seq = 2")
            assert altered(connection) == [(table, 2)], column
            connection.rollback()


def test_a_thousand_subjects_stand_in_the_row_and_more_as_one_hash(app):
    class Many(msgspec.Struct, frozen=True):
        permission: ClassVar[str] = "customer.read"
        n: int

        def answer(self, work) -> Answer[None]:
            return Answer(None, subjects=tuple(number.to_bytes(16, "big") for number in range(self.n)))

    app.ask(Many(1000), KIM)
    app.ask(Many(1001), KIM)
    few, many = rows(app, "access_log")
    assert (len(few["subjects"]), few["subject_count"]) == (1000, 1000)
    assert ([len(one) for one in many["subjects"]], many["subject_count"]) == ([32], 1001)


def test_work_opens_what_the_key_store_holds(app, vault):
    key, fragment = vault.new_key(), vault.fragment("email", "kim@example.com", 1)
    sealed = vault.cipher(key).seal(fragment, VALUE_LABEL, b"kim@example.com")
    with app.db.connection() as connection:
        for generation, wrapped in ((0, b"old"), (1, vault.wrap(fragment, key))):
            connection.execute(
                "insert into keyring values (%s, %s, 'standard', %s, 'email', %s, %s)",
                [vault.blind("email", "kim@example.com"), generation, fragment if generation else A, wrapped, sealed],
            )

    class Peek(msgspec.Struct, frozen=True):
        permission: ClassVar[str] = "customer.read"

        def answer(self, work) -> Answer[tuple]:
            row = work.key("email", "kim@example.com")
            return Answer((row.generation, work.value(row), list(work.ciphers([fragment, B])), work.key("email", "x")))

    assert app.ask(Peek(), KIM) == (1, "kim@example.com", [fragment], None)


def test_a_database_that_is_away_is_said_to_be_so(vault, tmp_path):
    app = App(Database(f"postgresql:///x?host={tmp_path}", "itda"), None, vault, None, lambda: NOW)
    with pytest.raises(Unavailable):
        app.ask(Marks("x"), KIM)
