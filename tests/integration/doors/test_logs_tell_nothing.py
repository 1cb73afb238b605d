"""Whatever fails, at the doors, in the pipeline, in a terminal: no key, password, token or person stands in a log."""

import logging

import psycopg
import pytest
from starlette.testclient import TestClient
from tests.fixtures_shop import as_before, place, typed
from tests.readable import in_folder, needles, told

import itda
from itda.base.errors import Refused, Unavailable
from itda.cli import logs
from itda.cli.doors import application
from itda.engine import setting_up
from itda.engine.questions.profile import CustomerSearch
from itda.store import workspace_key
from itda.store.database import Database
from itda.store.ports import Record

pytestmark = pytest.mark.server
NAME, PHONE, EMAIL = "황보가람", "010-7731-9042", "garam.hwangbo@mail.example"
PASSWORD, DSN_PASSWORD = "a-console-password-4417", "dsnpass5521"
PERSON = {"type": "identify", "userId": "u-1", "traits": {"name": NAME, "phone": PHONE, "email": EMAIL}}


def failing_doors(shop, client) -> None:
    """Calls that are refused, and calls that our own code fails with."""
    key = shop.keys()["web"]
    client.post("/v1/identify", json=PERSON, auth=(key, ""))
    client.post("/v1/identify", json=PERSON, auth=(key + "x", ""))
    client.post("/v1/track", content=f'{{"event": "{NAME}", "userId": "{EMAIL}"', auth=(key, ""))
    client.post("/v1/track", json={"event": 5, "userId": EMAIL, "properties": {"phone": PHONE}}, auth=(key, ""))
    client.get("/v1/profiles/" + EMAIL, headers={"Authorization": f"Bearer {key}"})
    client.post(
        "/v1/profiles/lookup", json={"kind": "email", "value": EMAIL}, headers={"Authorization": f"Bearer {key}"}
    )
    client.post("/login", data={"login": EMAIL, "password": PASSWORD})
    client.get(f"/customers?q={NAME}")


def failing_engine(shop) -> None:
    """What fails inside, as processes of a served shop write it down."""

    def taken_twice():
        with shop.db.connection() as connection:
            for _ in range(2):
                connection.execute("insert into name_hash_gone values (1, %s)", [EMAIL.encode()])

    def of_a_person():
        raise KeyError(f"{NAME} {PHONE} {EMAIL}")

    log = logging.getLogger("itda.test")
    for fails, expected in (
        (taken_twice, psycopg.Error),
        (of_a_person, KeyError),
        (Database(f"postgresql://itda:{DSN_PASSWORD}@127.0.0.1:9/itda").connect, Unavailable),
        (Database(f"postgresql://itda:{DSN_PASSWORD}@[bad").connect, Refused),
        (lambda: shop.ask(CustomerSearch(NAME, 10)), psycopg.Error),
    ):
        try:
            fails()
        except expected:
            log.exception("ended")
    with shop.db.connection() as connection:
        connection.execute("alter table name_hash_gone rename to name_hash")
    logging.getLogger("somebody.else").warning("sent to %s with %s", EMAIL, shop.keys()["web"])
    shop.intake.append([Record("web", "track", b'{"event":"Order Completed","userId":"' + EMAIL.encode() + b'"')], 1)
    shop.intake.append([Record("nobody", "track", b'{"event":"A","userId":"%s"}' % EMAIL.encode())], 2)
    shop.drain()


def secrets_of(shop) -> list[str]:
    material = workspace_key.opened(workspace_key.found(shop.workspace.data_dir))
    keys = [key.hex() for key in (material.root, *material.wrapping.values())]
    return [*keys, *shop.keys().values(), PASSWORD, DSN_PASSWORD]


def test_nothing_that_fails_tells_a_secret_or_a_person(shop):
    with itda.open(shop) as opened, as_before():
        logs.start(opened.log_dir, "doors")
        opened.staff.hire("admin", PASSWORD, "admin", opened.actor)
        with TestClient(application(opened), raise_server_exceptions=False) as client:
            failing_doors(opened, client)
            client.post("/login", data={"login": "admin", "password": PASSWORD})
            with opened.db.connection() as connection:
                connection.execute("alter table name_hash rename to name_hash_gone")
            client.get(f"/customers?q={NAME}")
            tokens = [value for value in client.cookies.values() if len(value) > 15]
            assert tokens
        failing_engine(opened)
        logging.shutdown()
        written = "".join(path.read_text() for path in opened.log_dir.glob("*.jsonl"))
        assert written.count('"error"') >= 5
        secret = secrets_of(opened)
        found = in_folder(opened.log_dir, needles([*secret, *tokens, NAME, PHONE, PHONE.replace("-", ""), EMAIL]))
        assert not found, told(found)


def test_a_terminal_that_fails_tells_no_secret(tmp_path):
    shop = setting_up.make(tmp_path / "shop", name="Corner Shop").path
    away = f"postgresql://itda:{DSN_PASSWORD}@127.0.0.1:9/itda"
    place(shop, away, "x")
    said = [
        typed(*command, cwd=shop) for command in (("status",), ("doctor",), ("key", "wrap", "aws:x"), ("check", "x"))
    ]
    place(shop, away, "x")
    said += [typed("check", cwd=shop), typed("status", cwd=shop)]
    material = workspace_key.opened(workspace_key.found(shop / ".itda"))
    secret = [material.root.hex(), *(key.hex() for key in material.wrapping.values()), DSN_PASSWORD]
    assert all(one.code for one in said)
    for one in said:
        assert not [value for value in secret if value in one.out + one.err]
