from __future__ import annotations

import re
import time

import msgspec
import pytest
from tests.integration.engine.audited import forge

from itda.access.actor import Actor
from itda.console import examined, language
from itda.engine import doctor, trail
from itda.engine.doctor import examine_store
from itda.engine.keyring import VALUE_LABEL
from itda.store import workspace_key
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.ports import Record
from itda.store.time_keys import QuarantineKeys
from itda.store.vault import Vault

pytestmark = pytest.mark.server

HANGUL = re.compile(r"[\uac00-\ud7a3]")
KO = language.load("ko").gettext


class Shop(msgspec.Struct):
    db: Database
    vault: Vault


@pytest.fixture
def shop(database, vault) -> Shop:
    workspace_key.bind(database, vault)
    intake = PostgresIntake(database, vault)
    intake.append([Record(source="web", call="track", body=b"{}")], time.time_ns() // 1000)
    intake.close()
    return Shop(database, vault)


def wrong(shop: Shop) -> list[str]:
    return [check.name for check in looked(shop) if not check.ok]


def looked(shop: Shop) -> list[doctor.Check]:
    """What it finds; whatever that is, it has Korean words."""
    checks = list(examine_store(shop))
    told = [(examined.found(check.what, KO), examined.cure(check.cure, KO)) for check in checks]
    assert [what for what, _ in told if not HANGUL.search(what)] == []
    assert [cure for _, cure in told if cure and not HANGUL.search(cure)] == []
    return checks


def run(shop: Shop, statement: str, *values) -> None:
    with shop.db.connection() as connection:
        connection.execute(statement, values or None)


def test_a_healthy_store_has_nothing_wrong_and_every_look_has_its_words(shop):
    checks = looked(shop)
    assert [check.name for check in checks if not check.ok] == []
    assert len({check.name for check in checks}) == len(doctor.LOOKS)
    assert all(check.what for check in checks)


def test_every_fault_comes_with_a_cure(shop):
    run(shop, "update meta set value = '1 2 3' where key = 'schema_steps'")
    run(shop, "update cursor set position = 99")
    faults = [check for check in looked(shop) if not check.ok]
    assert [fault.name for fault in faults] == ["schema", "log"]
    assert all(fault.cure for fault in faults)


def test_the_wrong_workspace_key_is_noticed(shop):
    assert wrong(Shop(shop.db, Vault(b"x" * 32))) == ["keys"]


def test_a_key_row_that_does_not_open_is_noticed(shop):
    vault, fragment = shop.vault, b"f" * 16
    key = vault.new_key()
    sealed = vault.cipher(key).seal(fragment, VALUE_LABEL, b"kim")
    insert = "insert into keyring values (%s, 0, 'standard', %s, 'email', %s, %s)"
    run(shop, insert, b"1" * 16, fragment, vault.wrap(fragment, key), sealed)
    assert wrong(shop) == []
    run(shop, insert, b"2" * 16, b"g" * 16, vault.wrap(fragment, key), sealed)
    assert wrong(shop) == ["keys"]


def test_a_log_from_the_future_is_noticed(shop):
    run(shop, "update intake_head set received_at = received_at + 3600 * 1000000::bigint")
    assert wrong(shop) == ["log"]


def test_frames_left_too_long_are_noticed(shop):
    intake = PostgresIntake(shop.db, shop.vault)
    old = time.time_ns() // 1000 - 9 * 86_400_000_000
    intake.append([Record(source="web", call="track", body=b"{}")], old)
    intake.close()
    assert wrong(shop) == ["intake"]


def test_an_altered_trail_is_noticed(shop):
    run(
        shop,
        "insert into audit_event (at, actor, role, session, address, system, command, reason, decision, payload,"
        " payload_sha256) values (1, 'kim', 'admin', '', '', 'cli', 'Cut', '', 'allowed', '{}', 'forged')",
    )
    assert wrong(shop) == ["trails"]


def looks(shop: Shop, count: int) -> None:
    kim = Actor(name="kim", role="admin", system="cli")
    with shop.db.connection() as connection:
        for number in range(count):
            look = trail.Access(at=number, actor=kim, question="Q", fingerprint=b"", decision="allowed")
            trail.write_access(connection, look)


def test_the_whole_trail_is_looked_through_and_the_line_says_so(shop):
    looks(shop, 2_500)
    told = {check.name: check.what for check in examine_store(shop)}["trails"]
    assert told == "as they were written: the audit (0 rows, all of it) and the access log (2,500 rows, all of it)"
    forge(shop.db, "update access_log set reason = 'none' where seq = 1")
    (check,) = [check for check in examine_store(shop) if not check.ok]
    assert (check.name, check.what) == ("trails", "access_log was altered at row 1")


def test_a_look_cut_short_says_how_far_it_came(shop):
    looks(shop, 4_500)
    forge(shop.db, "update access_log set reason = 'none' where seq = 1")
    with shop.db.connection() as connection:
        audit, access = trail.look_through(connection, lambda: True)
    assert (audit.rows, audit.since) == (0, None)
    assert (access.rows, access.since, access.altered) == (2_000, 2_500, None)
    assert doctor._told(access, "the access log").endswith(
        "(its 2,000 newest rows only, back to 1970-01-01; all of it: itda doctor --thorough)"
    )


def test_a_quarantine_key_past_its_time_is_noticed(shop):
    QuarantineKeys(shop.db, shop.vault).key(2020 * 12)
    assert wrong(shop) == ["quarantine"]


def test_a_store_that_may_lose_events_is_noticed(shop):
    class Patient(doctor.Patient, frozen=True):
        def one(self, query, values=None):
            return "off" if values == ["fsync"] else super().one(query, values)

    with shop.db.connection() as connection:
        check = doctor.durability(Patient(connection=connection, vault=shop.vault, now=0))
    assert not check.ok
    assert "fsync" in check.what
    assert "alter system set fsync = on" in check.cure


def test_a_transaction_left_open_is_noticed(shop):
    with shop.db.connection() as other:
        other.execute("select 1")
        with shop.db.connection() as connection:
            connection.execute("create temporary view pg_stat_activity as select pid, application_name, datname,"
                               " backend_type, xact_start - interval '1 hour' as xact_start from pg_catalog.pg_stat_activity")  # fmt: skip
            connection.execute("set local search_path = pg_temp, pg_catalog")
            check = doctor.transactions(doctor.Patient(connection=connection, vault=shop.vault, now=0))
    assert not check.ok
    assert str(other.info.backend_pid) in check.cure
