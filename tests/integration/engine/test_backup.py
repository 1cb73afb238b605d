"""Backups of an open shop, and putting them back: the same answers, no keys beside the data, nobody erased comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import zstandard
from tests.fixtures_shop import place, typed
from tests.integration.engine.audited import filled
from tests.schemas import Schemas

import itda
from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import DAY
from itda.engine import setting_up
from itda.engine.auditing.anchors import AnchorFile
from itda.engine.backup import contents, gate
from itda.engine.backup.contents import Data, Keys
from itda.engine.backup.making import Backup
from itda.engine.backup.reopening import reopen
from itda.engine.backup.restoring import Given, restore
from itda.engine.compactor import Cadence, Compactor
from itda.engine.shop import Shop
from itda.store import migrate
from itda.store.database import Database
from itda.store.ports import Record
from itda.workspace.load import load

pytestmark = pytest.mark.server
PEOPLE = {
    "minji@shop.example": "010-1234-5678",
    "junho@shop.example": "010-2222-3333",
    "seoyeon@mail.kr": "010-9999-0000",
}


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with itda.open(shop) as one:
        lived(one)
        yield one


@pytest.fixture(scope="module")
def gone(schemas: Schemas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that was backed up, and its database lost: for tests that harm a copy of what was backed up."""
    folder = tmp_path_factory.mktemp("gone") / "shop"
    setting_up.make(folder, name="Corner Shop")
    db = schemas.take()
    place(folder, db.url, db.schema)
    with itda.open(folder) as one:
        lived(one)
        backed_up(one, folder.parent)
        lost(one)
        yield one
    schemas.give_back(db)


def copied(gone: Shop, tmp_path: Path) -> tuple[Path, Path]:
    """A copy of its backup: of the data, and of the keys."""
    parts = [shutil.copytree(gone.workspace.path.parent / name, tmp_path / name) for name in ("data", "keys")]
    (data,), (keys,) = (list(part.iterdir()) for part in parts)
    return data, keys


def lived(shop: Shop) -> None:
    """Three people, in a file of the lake and no tail, and one of them again, in the tail."""
    for number, (email, phone) in enumerate(PEOPLE.items()):
        told(shop, f"first-{number}", email=email, phone=phone)
    shop.settle()
    Compactor(shop.db, shop.workspace.lake_dir, Cadence(rows=1)).step()
    seen(shop, "in the tail", email="minji@shop.example")


def told(shop: Shop, message: str, **who: str) -> None:
    item = {
        "type": "track", "event": "Product Viewed", "messageId": message, "properties": {"product_id": message},
        "context": {"traits": who},
    }  # fmt: skip
    shop.intake.append([Record("web", "track", json.dumps(item).encode())], shop.app.clock())


def seen(shop: Shop, message: str, **who: str) -> None:
    told(shop, message, **who)
    shop.settle()


def answers(shop: Shop) -> dict[str, Any]:
    """What this shop says of everybody, as far as it does not tell when it was asked."""
    told: dict[str, Any] = {}
    for email in PEOPLE:
        view = shop.customer(f"email:{email}")
        told[email] = (msgspec.to_builtins(view), shop.timeline(f"email:{email}").to_dicts())
    status = msgspec.to_builtins(shop.status())
    return told | {"events": {name: status[name] for name in status if name in {"customers", "events", "position"}}}


def backed_up(shop: Shop, tmp_path: Path, **more: Any):
    return shop.backup.make(tmp_path / "data", tmp_path / "keys", **more)


def given(shop: Shop, tmp_path: Path, **more: Any) -> Given:
    key = shop.workspace.data_dir / "workspace.key"
    return Given(data=tmp_path / "data", keys=tmp_path / "keys", into=tmp_path / "new", workspace_key=key, **more)


def lost(shop: Shop) -> None:
    """The database is gone; what was in the workspace's folder is still there."""
    shop.close()
    with Database(shop.db.url, shop.db.schema) as db:
        migrate.drop(db)


def reopened(folder: Path, journal: Path | None, reason: str = "") -> gate.Restored:
    with Shop(load(folder), Actor(name="kim", role="admin", system="cli"), is_restored=True) as one:
        return reopen(one, journal, reason)


def test_what_is_put_back_answers_as_it_did_at_that_position(opened, tmp_path):
    asked = answers(opened)
    made = backed_up(opened, tmp_path)
    seen(opened, "after", email="junho@shop.example", phone="010-7777-7777")
    seen(opened, "another", email="who@came.later")
    assert answers(opened) != asked
    lost(opened)
    done = restore(given(opened, tmp_path), opened.app.clock(), lambda _done, _all: None)
    assert (done.position, done.is_open) == (made.position, False)
    with pytest.raises(Refused, match="erased since is not"):
        itda.open(tmp_path / "new")
    assert reopened(tmp_path / "new", None, "the journal is lost too").is_open
    with itda.open(tmp_path / "new") as back:
        assert answers(back) == asked
        assert back.audit.verify().faults == []
        seen(back, "goes on", email="junho@shop.example")
        seen(back, "first-1", email="junho@shop.example")  # seen before the backup, and known to be
        assert len(back.timeline("email:junho@shop.example")) == 2
        assert back.replay(verify=True).ok


def test_no_backup_of_the_data_holds_a_key_or_a_value_and_no_backup_holds_the_workspace_key(opened, tmp_path):
    made = backed_up(opened, tmp_path)
    with opened.db.connection() as connection:
        wrapped = [bytes(key) for (key,) in connection.execute("select wrapped_key from keyring").fetchall()]
    assert len(wrapped) >= 5
    data, kept = plain(Path(made.data)), plain(Path(made.keys))
    secret = (opened.workspace.data_dir / "workspace.key").read_text().split()
    assert all(key in kept for key in wrapped)
    assert not any(key in data for key in wrapped)
    for value in (*PEOPLE, *(phone.removeprefix("0").replace("-", "") for phone in PEOPLE.values())):
        assert value.encode() not in data + kept, value
    for word in secret:
        if len(word) >= 32:
            assert word.encode() not in data + kept
            assert bytes.fromhex(word) not in data + kept


def plain(folder: Path) -> bytes:
    """Every file of a folder, unpacked."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            packed = path.suffix == ".zst"
            parts.append(
                zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes())
                if packed
                else path.read_bytes()
            )
    return b"\0".join(parts)


def test_who_was_erased_after_the_backup_is_erased_again_before_anybody_may_look(opened, tmp_path):
    backed_up(opened, tmp_path)
    request = opened.requests.open("erase", "email:minji@shop.example", via="cli", reason="she wrote")
    opened.requests.resume(request.id)
    with pytest.raises(Refused, match="no customer"):
        opened.customer("email:minji@shop.example")
    journal = opened.workspace.data_dir / "erasures.log"
    lost(opened)
    restore(given(opened, tmp_path), opened.app.clock(), lambda _done, _all: None)
    with pytest.raises(Refused, match="nobody says"):
        reopened(tmp_path / "new", None)
    assert reopened(tmp_path / "new", journal).erased == 1
    with itda.open(tmp_path / "new") as back:
        with pytest.raises(Refused, match="no customer"):
            back.customer("email:minji@shop.example")
        assert back.customer("email:junho@shop.example")


def test_old_copies_of_the_erased_stay_refused_where_their_keys_are_in_no_backup_any_more(opened, tmp_path):
    def told(shop: Shop, email: str, message: str) -> None:
        item = {
            "type": "track", "event": "Product Viewed", "messageId": message, "context": {"traits": {"email": email}},
            "timestamp": "2026-01-01T00:00:00Z", "properties": {"product_id": "p1"},
        }  # fmt: skip
        shop.intake.append([Record("web", "track", json.dumps(item).encode())], shop.app.clock())

    gone = ("minji@shop.example", "only@in.the.log")
    told(opened, gone[1], "it waits in the log")
    early = Path(backed_up(opened, tmp_path).keys)
    opened.settle()
    for email in gone:
        assert opened.requests.resume(opened.requests.open("erase", f"email:{email}").id).state == "done"
    shutil.rmtree(early)  # keys are kept for days, the data for longer
    now = opened.app.clock() + DAY
    Backup(opened.db, opened.written, opened.vault, lambda: now).make(
        tmp_path / "later", tmp_path / "keys", progress=lambda _done, _all: None
    )
    journal = opened.workspace.data_dir / "erasures.log"
    lost(opened)
    restore(given(opened, tmp_path), now, lambda _done, _all: None)
    reopened(tmp_path / "new", journal)
    with itda.open(tmp_path / "new") as back:
        told(back, gone[0], "an old copy")
        back.settle()
        for email in gone:
            with pytest.raises(Refused, match="no customer"):
                back.customer(f"email:{email}")
        seen(back, "returned", email=gone[0])
        assert back.customer(f"email:{gone[0]}").events == 1
        assert back.replay(verify=True).ok


def test_a_journal_that_is_not_the_one_opens_nothing_and_is_not_taken_over(opened, tmp_path):
    for who in ("minji", "junho"):
        opened.requests.resume(opened.requests.open("erase", f"email:{who}@shop.example").id)
    journal = opened.workspace.data_dir / "erasures.log"
    older, other, empty = tmp_path / "older.log", tmp_path / "other.log", tmp_path / "empty.log"
    older.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
    other.write_bytes(b"AAAA\n")
    empty.write_bytes(b"")
    backed_up(opened, tmp_path)
    lost(opened)
    restore(given(opened, tmp_path), opened.app.clock(), lambda _done, _all: None)
    for wrong, why in ((older, "older than the backup"), (other, "line 1 cannot be read"), (empty, "names nobody")):
        with pytest.raises(Refused, match=why):
            reopened(tmp_path / "new", wrong)
        with pytest.raises(Refused, match="erased since is not"):
            itda.open(tmp_path / "new")
    own = tmp_path / "new" / ".itda" / "erasures.log"
    assert own.read_bytes() == journal.read_bytes()
    own.write_bytes(own.read_bytes() * 2)  # as an attempt leaves it that was interrupted
    assert reopened(tmp_path / "new", journal).is_open


def test_consents_that_are_missing_are_told_and_what_waited_to_be_sent_is_sent_by_nobody(opened, tmp_path):
    opened.audit.anchor()
    with opened.db.connection() as connection:
        connection.execute(
            "insert into outbox (id, journey, step, message, message_version, channel, class, purpose, variant, language,"
            " fragment, contact, status, not_before, created_at, expires_at) values ('\\x01', 'j', 's', 'm', '1', 'email',"
            " 'advertising', 'ad_receive', '', 'ko', '\\x02', '\\x03', 'queued', 0, 0, 0)"
        )
    backed_up(opened, tmp_path)
    filled(opened.db, 3)  # three acts of consent
    opened.audit.anchor()
    anchors = tmp_path / "later.jsonl"
    shutil.copyfile(opened.workspace.anchors_dir / "anchors.jsonl", anchors)
    lost(opened)
    done = restore(given(opened, tmp_path, anchors=anchors), opened.app.clock(), lambda _done, _all: None)
    assert (done.lost_consents, done.dropped) == (3, 1)
    reopened(tmp_path / "new", None, "none")
    with itda.open(tmp_path / "new") as back, back.db.connection() as connection:
        assert connection.execute("select status, reasons from outbox").fetchall() == [("dropped", "restored")]
        assert AnchorFile(back.workspace.anchors_dir).read().anchors[-1].is_restored


@pytest.mark.parametrize("harm", ["table", "lake", "settings", "schema", "keys", "list"])
def test_a_backup_that_is_not_as_it_was_written_is_refused_and_leaves_nothing_behind(gone, tmp_path, harm):
    data, keys = copied(gone, tmp_path)
    paths = {
        "table": data / "database/identifier.copy.zst", "lake": next((data / "lake").rglob("*.parquet")),
        "settings": data / "settings/itda.yaml", "schema": data / "schema.sql",
        "keys": keys / "keyring.copy.zst", "list": data / "backup.json",
    }  # fmt: skip
    body = bytearray(paths[harm].read_bytes())
    body[len(body) // 2] ^= 1
    paths[harm].write_bytes(body if harm != "list" else body[:99])
    with pytest.raises(Refused):
        restore(given(gone, tmp_path), gone.app.clock(), lambda _done, _all: None)
    assert not (tmp_path / "new").exists()
    with psycopg.connect(gone.db.url) as connection:
        there = "select exists (select from pg_namespace where nspname = %s)"
        assert connection.execute(there, [gone.db.schema]).fetchone() == (False,)


def test_a_backup_that_names_a_file_outside_of_itself_is_refused(gone, tmp_path):
    place = copied(gone, tmp_path)[0] / "backup.json"
    place.write_text(place.read_text().replace('"itda.yaml"', '"../itda.yaml"'))
    shutil.copyfile(place.parent / "settings/itda.yaml", place.parent / "itda.yaml")
    with pytest.raises(Refused, match="outside"):
        restore(given(gone, tmp_path), gone.app.clock(), lambda _done, _all: None)
    assert not (tmp_path / "itda.yaml").exists()


def test_nothing_that_is_there_is_overwritten(opened, tmp_path):
    backed_up(opened, tmp_path)
    with pytest.raises(Refused, match="is not empty"):  # the schema that the settings name is still in use
        restore(given(opened, tmp_path), opened.app.clock(), lambda _done, _all: None)
    assert opened.customer("email:minji@shop.example")
    (tmp_path / "new").mkdir()
    (tmp_path / "new/mine.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        restore(given(opened, tmp_path), opened.app.clock(), lambda _done, _all: None)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine.txt"]


def test_a_wrong_workspace_key_is_noticed_before_anything_is_written(gone, tmp_path):
    copied(gone, tmp_path)
    wrong = tmp_path / "wrong.key"
    wrong.write_text("ab" * 32 + "\n")
    wrong.chmod(0o600)
    with pytest.raises(Refused, match="not the one this backup"):
        restore(msgspec.structs.replace(given(gone, tmp_path), workspace_key=wrong), 0, lambda _done, _all: None)
    assert not (tmp_path / "new").exists()


def test_keys_are_kept_for_days_only_and_never_beside_the_data(opened, tmp_path):
    now = [opened.app.clock()]
    backup = Backup(opened.db, opened.written, opened.vault, lambda: now[0])
    names = []
    for _ in range(3):
        made = backup.make(tmp_path / "data", tmp_path / "keys", kept_days=7, progress=lambda _done, _all: None)
        names.append(Path(made.keys).name)
        now[0] += 5 * DAY
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == names[1:]
    assert made.dropped_keys == names[:1]
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == names
    assert (made.lake_files, made.copied_lake_files) == (1, 0)  # a link to that of the backup before
    for keys in (tmp_path / "data", tmp_path / "data/keys", tmp_path):
        with pytest.raises(Refused, match="one folder"):
            backup.make(tmp_path / "data", keys, progress=lambda _done, _all: None)
    first = contents.read(tmp_path / "data" / names[0], contents.DATA, Data)
    assert contents.read(tmp_path / "keys" / names[1], contents.KEYS, Keys).made_at > first.made_at


def test_an_older_backup_takes_the_first_keys_that_were_kept_after_it_and_none_that_were_kept_before(opened, tmp_path):
    early = Path(backed_up(opened, tmp_path).keys)
    shutil.move(early, tmp_path / "kept")
    seen(opened, "later", email="who@came.later")
    now = opened.app.clock() + 2 * DAY
    Backup(opened.db, opened.written, opened.vault, lambda: now).make(
        tmp_path / "later", tmp_path / "keys", progress=lambda _done, _all: None
    )
    lost(opened)
    shutil.copytree(tmp_path / "kept", tmp_path / "only-early")
    done = restore(given(opened, tmp_path), now, lambda _done, _all: None)
    assert done.lost_frames == 0
    reopened(tmp_path / "new", None, "none")
    with itda.open(tmp_path / "new") as back:
        assert back.customer("email:minji@shop.example")
        migrate.drop(back.db)
    shutil.rmtree(tmp_path / "new")
    before = msgspec.structs.replace(given(opened, tmp_path), data=tmp_path / "later", keys=tmp_path / "only-early")
    with pytest.raises(Refused, match="no keys of this backup"):
        restore(before, now, lambda _done, _all: None)


def test_the_terminal_backs_up_restores_and_opens_into_a_database_of_its_own(opened, tmp_path, shop):
    settings = shop / "itda.yaml"
    settings.write_text(settings.read_text().split("\ndatabase:")[0] + "\n")  # the copy is to have an embedded one
    opened.renew()
    made = backed_up(opened, tmp_path)
    seen(opened, "after", email="junho@shop.example")
    key, new = opened.workspace.data_dir / "workspace.key", tmp_path / "new"
    refused = typed("restore", tmp_path / "data", new, "--keys", tmp_path / "keys", cwd=tmp_path)
    assert (refused.code, "--yes" in refused.err) == (1, True)
    done = typed(
        "restore", tmp_path / "data", new, "--keys", tmp_path / "keys", "--workspace-key", key, "--yes", cwd=tmp_path
    )
    assert done.code == 0, done.err
    assert f"position {made.position}" in done.out
    served = typed("-w", new, "serve", cwd=tmp_path)
    assert (served.code, "put back from a backup" in served.err) == (1, True)
    opened_again = typed("-w", new, "reopen", "--reason", "nobody asked", "--json", cwd=tmp_path)
    assert opened_again.json["is_open"] is True
    with itda.open(new) as back:
        assert len(back.timeline("email:junho@shop.example")) == 1
