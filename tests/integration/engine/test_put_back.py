"""An older database that was put back past Itda, by a dump or a snapshot: it is shut until who was erased is again."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import DAY
from itda.engine.backup import gate
from itda.engine.erasing import journal
from itda.engine.erasing.journal import Entry
from itda.engine.requests.carrying import Proceed
from itda.engine.shop import Shop
from itda.store import copying, keys
from itda.store.copying import Copied
from itda.store.ports import Record
from itda.store.vault import Vault
from itda.workspace.load import load

pytestmark = pytest.mark.server
ENGINE = Actor(name="engine", role="admin", system="engine")
MINJI, JUNHO, NOBODY = "email:minji@shop.example", "email:junho@shop.example", "email:who@never.came"


def seen(shop: Shop, *who: str) -> None:
    for one in who:
        item = {"type": "track", "event": "Product Viewed", "messageId": f"m-{one}", "properties": {"product_id": "p"},
                "context": {"traits": {"email": one.removeprefix("email:")}}}  # fmt: skip
        shop.intake.append([Record("web", "track", json.dumps(item).encode())], shop.app.clock())
    shop.settle()


def erased(shop: Shop, who: str) -> None:
    assert shop.requests.resume(shop.requests.open("erase", who, reason="she wrote").id).state == "done"


def dumped(shop: Shop, folder: Path) -> list[Copied]:
    """Every row there is, keys too, as a dump of the database has them."""
    folder.mkdir()
    with shop.db.connection() as connection:
        names = [*copying.tables(connection), *keys.TABLES]
        return [copying.copy_out(connection, name, folder, lambda _size: None) for name in names]


def put_back(shop: Shop, tables: list[Copied], folder: Path) -> None:
    """Rows as they were, in place of those there are: nobody of ours is asked."""
    with shop.db.connection() as connection:
        connection.execute("set local session_replication_role = replica")
        for table in tables:
            copying.copy_in(connection, table, folder, lambda _size: None)
    shop.close()


def opens(shop: Path) -> bool:
    """Whether it opens; where it does not, because the journal knows more."""
    try:
        itda.open(shop).close()
    except Refused as refused:
        if "older than this file" in str(refused):
            return False
        raise
    return True


def test_one_that_was_put_back_under_a_shop_that_went_on_erasing_opens_to_nobody_either(
    shop: Path, tmp_path: Path
) -> None:
    with itda.open(shop) as opened:
        seen(opened, MINJI, JUNHO)
        tables = dumped(opened, tmp_path / "dump")
        erased(opened, JUNHO)
        put_back(opened, tables, tmp_path / "dump")
        erased(opened, MINJI)
    assert not opens(shop)
    assert typed("reopen", cwd=shop).code == 0
    with itda.open(shop) as opened:
        for who in (MINJI, JUNHO):
            with pytest.raises(Refused):
                opened.customer(who)


def test_a_database_of_before_an_erasure_opens_to_nobody_until_it_is_erased_again(shop: Path, tmp_path: Path) -> None:
    with itda.open(shop) as opened:
        seen(opened, MINJI, JUNHO)
        erased(opened, JUNHO)
        with opened.db.connection() as connection:
            connection.execute("set local session_replication_role = replica")
            connection.execute("insert into session values ('\\x01', 'kim', 0, 0, 9e15, '')")
            connection.execute(
                "insert into outbox (id, journey, step, message, message_version, channel, class, purpose, variant,"
                " language, fragment, contact, status, not_before, created_at, expires_at) values ('\\x01', 'j', 's',"
                " 'm', '1', 'email', 'advertising', 'ad_receive', '', 'ko', '\\x02', '\\x03', 'queued', 0, 0, 0)"
            )
        before = dumped(opened, tmp_path / "dump")
        erased(opened, MINJI)
        erased(opened, NOBODY)
        opened.audit.anchor()
        put_back(opened, before, tmp_path / "dump")
    for words in (("status",), ("serve",), ("customer", MINJI)):
        said = typed("-w", shop, *words, cwd=tmp_path)
        assert (said.code, "itda -w DIR reopen" in said.err, "minji" in said.err) == (1, True, False), said
    assert not opens(shop)
    done = typed("-w", shop, "reopen", "--json", cwd=tmp_path).json
    assert (done["is_open"], done["erased"], done["dropped"], done["made_at"]) == (True, 1, 1, None)
    with itda.open(shop) as opened:
        with pytest.raises(Refused, match="no customer"):
            opened.customer(MINJI)
        with opened.db.connection() as connection:
            assert connection.execute("select from session").fetchall() == [], "nobody stays signed in"
        assert opened.audit.verify().faults == []
        assert opened.replay(verify=True).ok
        later = dumped(opened, tmp_path / "later")
        seen(opened, "email:new@shop.example")
        erased(opened, "email:new@shop.example")
    assert opens(shop)
    with itda.open(shop) as opened:
        put_back(opened, later, tmp_path / "later")
    assert not opens(shop), "once opened, it is shut again by what was erased since"


def test_a_reopening_that_was_interrupted_leaves_it_shut(shop: Path, tmp_path: Path) -> None:
    with itda.open(shop) as opened:
        seen(opened, MINJI)
        before = dumped(opened, tmp_path / "dump")
        erased(opened, MINJI)
        put_back(opened, before, tmp_path / "dump")
    own = shop / ".itda" / journal.NAME
    whole = own.read_bytes()
    own.write_bytes(b"AAAA\n" + whole)  # reopen cannot read it to its end
    said = typed("-w", shop, "reopen", cwd=tmp_path)
    assert (said.code, "line 1 cannot be read" in said.err) == (1, True), said
    own.write_bytes(b"")
    with pytest.raises(Refused, match="older database was put back"):
        itda.open(shop)
    own.write_bytes(whole)
    assert typed("-w", shop, "reopen", "--json", cwd=tmp_path).json["erased"] == 1
    assert opens(shop)


def test_nothing_shuts_a_database_that_is_not_older_than_its_journal(shop: Path, tmp_path: Path) -> None:
    own = shop / ".itda" / journal.NAME
    assert (opens(shop), own.exists()) == (True, False)
    assert "was not put back" in typed("-w", shop, "reopen", "--reason", "why", cwd=tmp_path).err
    with itda.open(shop) as opened:
        seen(opened, MINJI, JUNHO)
        erased(opened, MINJI)
        request = opened.requests.open("erase", JUNHO, reason="he wrote").id
        assert opened.app.act(Proceed(request), ENGINE, "a step").value.step == "held"
        entry = Entry(request, opened.app.clock(), ())
        vault, now = opened.vault, opened.app.clock()
    journal.note(shop / ".itda", vault, [entry, entry])  # and then the power went, before the step was committed
    assert opens(shop)
    written = own.read_bytes()
    journal.note(shop / ".itda", vault, [Entry("ff" * 16, now, ())])
    whole = own.read_bytes()
    assert not opens(shop), "another's erasure before the line that was not committed"
    journal.note(shop / ".itda", vault, [entry])
    assert not opens(shop), "another's erasure is found past the line that was not committed"
    own.write_bytes(whole[:-9])
    assert opens(shop), "a line that was cut short was told to nobody"
    own.write_bytes(b"")
    journal.note(shop / ".itda", Vault(b"\1" * 32), [Entry("ff" * 16, now, ())])
    assert opens(shop), "the journal of another workspace names nobody here"
    own.write_bytes(written)
    with itda.open(shop) as opened:
        assert opened.requests.resume(request).state == "done"


def test_the_journal_is_read_from_its_end_and_no_further_than_asked(tmp_path: Path) -> None:
    vault = Vault(b"\1" * 32)
    entries = [Entry(f"{number:032x}", number, tuple("ab" * 16 for _ in range(number % 40))) for number in range(200)]
    journal.note(tmp_path, vault, entries)
    path = tmp_path / journal.NAME
    assert path.stat().st_size > 3 * (1 << 14)
    assert list(journal.latest(path, vault)) == entries[::-1]
    body = bytearray(path.read_bytes())
    body[: len(body) // 2] = b"x" * (len(body) // 2)
    path.write_bytes(body)
    assert next(journal.latest(path, vault)) == entries[-1]
    assert list(journal.latest(tmp_path / "none", vault)) == []
    with pytest.raises(Refused, match="cannot be read"):  # as another user's cannot
        next(journal.latest(tmp_path, vault))


def test_what_a_reopening_looked_at_is_not_looked_for_again(shop: Path) -> None:
    """Erasures of nobody have no row in what was put back: they were looked at when it was opened."""
    with Shop(load(shop), ENGINE) as opened, opened.db.connection() as connection:
        now, folder = opened.app.clock(), shop / ".itda"
        journal.note(folder, opened.vault, [Entry("ee" * 16, now, ())])
        found = gate.Restored(made_at=0, restored_at=0, position=0, is_open=True, opened_at=now - DAY)
        assert gate.missing(connection, found, folder, opened.vault) is not None
        for more in ({"opened_at": now + 1}, {"journal_until": now}):
            looked = msgspec.structs.replace(found, **more)
            assert gate.missing(connection, looked, folder, opened.vault) is None
