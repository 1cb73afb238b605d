"""Requests of people, whole: what stops, what goes, what a law keeps, and what a restored backup may not bring back."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.base.instant import DAY, SECOND, parse, text
from itda.engine.chunk import SUPPRESSED_FOR
from itda.engine.commands.mine import AskOfOwn
from itda.engine.questions.mine import WhatIsKnown
from itda.engine.requests.again import replay_erasures
from itda.engine.requests.opening import OpenRequest
from itda.engine.requests.upkeep import keep_up
from itda.engine.shop import Shop
from itda.store import holds, keys
from itda.store.ports import Record
from itda.store.requests import Kind

pytestmark = pytest.mark.server

MINJI = {
    "email": "minji.kim@shop.example", "phone": "+821055512345", "user_id": "minji-0417",
    "name": "김민지", "street": "서울시 마포구 양화로 45",
}  # fmt: skip
CUSTOMER = Actor(
    name="visitor", role="customer", system="centre",
    granted=frozenset({"centre.read", "centre.change", "customer.personal"}),
)  # fmt: skip
OTHER = {"email": "doyun.lee@shop.example", "phone": "+821077788899", "user_id": "doyun-1123", "name": "이도윤"}


def told(shop: Shop, *items: dict[str, Any], at: int | None = None) -> None:
    body = msgspec.json.encode({"batch": items})
    shop.intake.append([Record("web", "batch", body)], at or shop.app.clock())
    shop.settle()


def known(person: dict[str, str], at: str = "2026-03-01T10:00:00Z", order: str = "") -> list[dict[str, Any]]:
    """What a site tells of somebody: who they are, and an order where they placed one."""
    who = {"userId": person["user_id"], "identifiers": {"email": person["email"], "phone": person["phone"]}}
    traits = {"name": person["name"], "email": person["email"], "phone": person["phone"]}
    if "street" in person:
        traits["address"] = person["street"]
    items: list[dict[str, Any]] = [
        {"type": "identify", "timestamp": at, "messageId": f"i-{len(person)}-{at}", **who, "traits": traits}
    ]
    if order:
        said = {"order_id": order, "revenue": 30000, "currency": "KRW", "recipient": person["name"]}
        items.append({"type": "track", "event": "Order Completed", "timestamp": at, "messageId": f"o-{order}-{at}", **who,
                      "properties": said})  # fmt: skip
    return items


def spellings(person: dict[str, str]) -> list[bytes]:
    """A person's values as somebody may find them."""
    values = [*person.values(), person["phone"].removeprefix("+82"), "0" + person["phone"].removeprefix("+82")]
    return [value.encode() for value in values] + [json.dumps(value).strip('"').encode() for value in values]


def everything(shop: Shop) -> dict[str, bytes]:
    """Every table, every frame and block that still opens, and every file below the workspace."""
    found: dict[str, bytes] = {}
    with shop.db.connection() as connection:
        tables = [name for (name,) in connection.execute(
            "select relname::text from pg_class where relnamespace = %s::regnamespace and relkind = 'r'",
            [shop.db.schema],
        )]  # fmt: skip
        for name in tables:
            rows = connection.execute(f"select t::text from {name} t").fetchall()
            found[name] = "\n".join(row for (row,) in rows).encode()
            binary = connection.execute(
                "select attname::text from pg_attribute where attrelid = %s::regclass and atttypid = 'bytea'::regtype"
                " and attnum > 0 and not attisdropped",
                [f"{shop.db.schema}.{name}"],
            ).fetchall()
            for (column,) in binary:
                values = connection.execute(f"select {column} from {name}").fetchall()
                found[f"{name}.{column}"] = b"\n".join(bytes(value) for (value,) in values if value is not None)
    with shop.lake.snapshot() as snapshot:
        rows = snapshot.table().to_pylist()
    found["lake"] = repr(rows).encode() + "".join(str(row.get("properties")) for row in rows).encode()
    for path in sorted(shop.path.rglob("*")):
        if path.is_file():
            found[str(path)] = path.read_bytes()
    return found


def traces(shop: Shop, person: dict[str, str]) -> set[str]:
    """Where something of a person can be read."""
    words = spellings(person)
    return {name for name, held in everything(shop).items() if any(word in held for word in words)}


def readable(shop: Shop, person: dict[str, str]) -> int:
    """How many rows of the lake open for somebody who holds the workspace key and every key there is."""
    from itda.engine.keyring import event_label

    with shop.db.connection() as connection, shop.lake.snapshot() as snapshot:
        wrapped = {bytes(f): bytes(w) for f, w in connection.execute("select fragment, wrapped_key from keyring")}
        rows = snapshot.table().to_pylist()
    opened = 0
    for row in rows:
        if row["sealed"] is not None and row["fragment"] in wrapped:
            cipher = shop.vault.unwrap(row["fragment"], wrapped[row["fragment"]])
            said = cipher.open(row["fragment"], event_label(row["position"]), row["sealed"])
            opened += any(word in said for word in spellings(person))
    return opened


def erased(shop: Shop, who: str) -> Any:
    request = shop.requests.open("erase", who, via="cli", reason="she wrote to us")
    return shop.requests.resume(request.id)


def test_t29_use_stops_orders_are_held_backups_and_old_files_bring_nothing_back(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"), *known(OTHER, order="2025-2"))
        counted = opened.metric("revenue", since="2026-03-01", until="2026-03-01").row(0, named=True)["value"]
        assert (counted, readable(opened, MINJI) > 0) == (60000, True)
        backup = kept(opened)

        request = opened.requests.open("erase", "email:" + MINJI["email"], via="cli", reason="she wrote to us")
        assert (request.state, request.step, request.law) == ("open", "stopped", "KR-49")
        assert (request.due_at - request.opened_at) // DAY in (10, 11)
        done = opened.requests.resume(request.id)

        # carried out, proven, and nobody is left to be found
        assert (done.state, done.counts["held orders"]) == ("done", 1), done
        assert done.certificate is not None
        assert done.certificate["held"][0]["law"].startswith("KR-45")
        assert len(done.certificate["keys"]) == 3
        with pytest.raises(Refused):
            opened.customer("email:" + MINJI["email"])
        assert traces(opened, MINJI) == set()
        assert readable(opened, MINJI) == 0
        assert readable(opened, OTHER) > 0
        assert opened.customer("email:" + OTHER["email"]).events == 2
        assert opened.metric("revenue", since="2026-03-01", until="2026-03-01").row(0, named=True)["value"] == counted
        report = opened.replay(verify=True)
        assert report.ok, [str(one) for one in report.differences]

        # what the law keeps is readable for whoever answers to it, and for five years
        (held,) = holds_of(opened)
        assert held.until > opened.app.clock() + 4 * 365 * DAY
        with opened.db.connection() as connection:
            said = holds.opened(connection, opened.vault, held.id)
        assert said is not None
        assert MINJI["name"] in said.decode()

        # an old file brings nothing back, whichever door it comes by; who comes back is somebody new
        told(opened, *known(MINJI, at="2026-02-28T10:00:00Z", order="2025-9"))
        with pytest.raises(Refused):
            opened.customer("email:" + MINJI["email"])
        assert {line.reason for line in opened.quarantine().lines} == {"erased"}
        assert traces(opened, MINJI) == set()
        told(opened, *known(MINJI, at=text(opened.app.clock())))
        assert opened.customer("email:" + MINJI["email"]).events == 1
        again = erased(opened, "user_id:" + MINJI["user_id"])
        assert again.state == "done"

        # a backup of before is put back: the erasure is carried out again
        restore(opened, backup)
        assert opened.customer("email:" + MINJI["email"]).events == 2
        assert replay_erasures(opened, opened.app.clock()) == 1
        with pytest.raises(Refused):
            opened.customer("email:" + MINJI["email"])
        assert readable(opened, MINJI) == 0
        assert [held.records for held in opened.requests.holds()] == [1], "a law keeps them still"
        assert replay_erasures(opened, opened.app.clock()) == 0


def holds_of(shop: Shop) -> list[holds.HoldRow]:
    with shop.db.connection() as connection:
        return holds.every(connection)


TABLES = ("keyring", "identifier", "edge", "edge_evidence", "fragment", "fragment_recent", "name_hash")


def kept(shop: Shop) -> dict[str, list[Any]]:
    """Rows as a backup keeps them."""
    with shop.db.connection() as connection:
        return {table: connection.execute(f"select * from {table}").fetchall() for table in TABLES}


def restore(shop: Shop, backup: dict[str, list[Any]]) -> None:
    """Put rows back that are not there any more, as if nothing had been erased since."""
    with shop.db.connection() as connection:
        for table in ("suppression", "erased", "stopped", "legal_hold", "request"):
            connection.execute(f"delete from {table}")
        for table, rows in backup.items():
            for row in rows:
                marks = ", ".join(["%s"] * len(row))
                connection.execute(f"insert into {table} values ({marks}) on conflict do nothing", row)


def test_whatever_step_an_erasure_was_interrupted_at_it_ends_the_same(shop: Path) -> None:
    from itda.engine.requests.carrying import Proceed

    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        request = opened.requests.open("erase", "email:" + MINJI["email"])
        assert opened.requests.open("erase", "phone:" + MINJI["phone"]).id == request.id
    steps = []
    for _ in range(12):
        with itda.open(shop) as opened:  # each step by another process
            done = opened.app.act(Proceed(request.id), opened.actor, "resume").value
            steps.append(done.step)
            opened.settle()
            if done.state == "done":
                break
    assert [step for step, after in zip(steps, [*steps[1:], ""], strict=True) if step != after] == [
        "held", "journalled", "destroying", "done",
    ]  # fmt: skip
    with itda.open(shop) as opened:
        assert traces(opened, MINJI) == set()
        assert opened.requests.all("open") == []
        assert len(holds_of(opened)) == 1


def test_what_is_joined_only_through_the_erased_comes_out_as_a_rebuild_gives_it(shop: Path) -> None:
    shared = {"identifiers": {"phone": OTHER["phone"]}}
    with itda.open(shop) as opened:
        told(opened, *known(MINJI), *known(OTHER))
        told(opened, {"type": "track", "event": "Product Viewed", "anonymousId": "tablet-1", **shared,
                      "timestamp": "2026-03-02T10:00:00Z", "messageId": "m1", "properties": {"product_id": "p1"}},
             {"type": "track", "event": "Product Viewed", "userId": MINJI["user_id"], "messageId": "m2"})  # fmt: skip
        (refused,) = opened.quarantine().lines
        before = opened.customer("email:" + OTHER["email"])
        assert erased(opened, "email:" + MINJI["email"]).state == "done"
        assert opened.customer("email:" + OTHER["email"]).identifiers == before.identifiers
        (left,) = opened.quarantine().lines
        assert (left.reason, refused.cut_from, left.cut_from is not None) == ("contract", None, True)
        assert erased(opened, "user_id:" + OTHER["user_id"]).state == "done"
        with pytest.raises(Refused):
            opened.customer("anonymous_id:tablet-1")
        assert opened.replay(verify=True).ok


def test_a_correction_is_told_by_the_person(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI))
        who = "email:" + MINJI["email"]
        request = opened.requests.open("correct", who, reason="it is misspelt", changes={"name": "김민정"})
        assert opened.requests.resume(request.id).state == "done"
        opened.settle()
        name = opened.traits(who).filter(name="name").row(0, named=True)
        assert (json.loads(name["value"]), name["source"]) == ("김민정", "customer")
        with pytest.raises(Refused):
            opened.requests.open("correct", who)
        for wrong in ("brith_date", "생년월일"):
            with pytest.raises(Refused, match=f"nothing of theirs is called {wrong}.*held of them: .*name"):
                opened.requests.open("correct", who, changes={"name": "김민정", wrong: "1990-01-01"})
        told(opened, {"type": "identify", "userId": MINJI["user_id"], "traits": {"shoe_size": "240"}})
        for right in ("shoe_size", "birth_date"):
            assert opened.requests.open("correct", who, changes={right: "235"}).state == "open"


def test_who_asked_for_a_part_to_be_erased_keeps_nobody_from_erasing_the_whole(shop: Path) -> None:
    who = "user_id:" + MINJI["user_id"]
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        own = (opened.vault.fragment("email", MINJI["email"]),)
        part = opened.act(
            OpenRequest(kind="erase", who=("user_id", MINJI["user_id"]), via="centre", only=own),
            "she proved one address",
        )
        whole = opened.requests.open("erase", who)
        assert part.id != whole.id
        assert opened.requests.open("erase", "phone:" + MINJI["phone"]).id == whole.id
        assert [opened.requests.resume(one.id).state for one in (part, whole)] == ["done", "done"]
        with pytest.raises(Refused):
            opened.customer(who)
        assert traces(opened, MINJI) == set()
        assert opened.replay(verify=True).ok


def test_of_somebody_whose_words_cannot_be_read_any_more_nothing_else_is_erased(shop: Path) -> None:
    """What said that a request is about a part only is sealed under a key that another erasure may destroy first."""
    with itda.open(shop) as opened:
        told(opened, *known(MINJI))
        own = tuple(opened.vault.fragment(kind, MINJI[kind]) for kind in ("email", "phone"))
        who = ("user_id", MINJI["user_id"])
        request = opened.act(OpenRequest(kind="erase", who=who, via="centre", only=own), "she proved two addresses")
        with opened.db.connection() as connection:
            connection.execute("update request set said_sealed = 'nothing that opens'")
        assert opened.requests.resume(request.id).state == "done"
        assert [one.value for one in opened.customer("user_id:" + MINJI["user_id"]).identifiers] == [MINJI["user_id"]]


def test_what_else_the_erased_asked_for_is_over_and_the_certificate_counts_what_went(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        asked = [opened.requests.open(kind, "email:" + MINJI["email"]) for kind in ("access", "port", "stop")]
        whose = opened.customer("phone:" + MINJI["phone"]).id
        assert {opened.requests.show(one.id).customer for one in asked} == {whose}
        done = erased(opened, "email:" + MINJI["email"])
        assert {store: done.counts[store] for store in ("keys", "identifiers", "links", "profiles")} == {
            "keys": 3, "identifiers": 3, "links": 2, "profiles": 1,
        }  # fmt: skip
        assert min(done.counts.values()) >= 0
        over = [opened.requests.show(one.id) for one in asked]
        assert {(one.state, one.customer) for one in over} == {("done", "")}
        with opened.db.connection() as connection:
            left = connection.execute("select subject, said_sealed from request").fetchall()
            assert left == [([], None)] * 4, "nothing ties the fragments of who was erased to one another"
            assert connection.execute(
                "select count(*) from duty where kind = 'request' and done_at is null"
            ).fetchone() == (0,)


def test_who_ties_an_account_to_their_own_address_by_a_public_key_sees_and_erases_nothing_of_it(shop: Path) -> None:
    theirs, ours = "stranger@mail.example", "user_id:" + MINJI["user_id"]
    with itda.open(shop) as opened:
        told(opened, {"type": "identify", "userId": MINJI["user_id"], "messageId": "m1",
                      "traits": {"name": MINJI["name"], "phone": MINJI["phone"]}},
             {"type": "identify", "userId": MINJI["user_id"], "messageId": "m2", "traits": {"email": theirs}})  # fmt: skip
        proven = (opened.vault.fragment("email", theirs),)
        seen = opened.app.ask(WhatIsKnown(proven), CUSTOMER, "a look")
        assert seen is not None
        assert [one.value for one in seen.identifiers if one.is_own] == [theirs]
        assert MINJI["phone"] not in repr(seen)
        request = opened.app.act(AskOfOwn(proven=proven, kind="erase"), CUSTOMER, "asked").value
        assert request is not None
        assert opened.requests.resume(request.id).state == "done"
        assert len(opened.customer(ours).identifiers) == 2


def test_an_account_that_a_server_tied_to_an_address_belongs_to_who_proves_it(shop: Path) -> None:
    (shop / "sources" / "web.yaml").write_text("kind: tracking\nchannel: web\nkey: secret\n", encoding="utf-8")
    with itda.open(shop) as opened:
        told(opened, *known(MINJI))
        seen = opened.app.ask(WhatIsKnown((opened.vault.fragment("email", MINJI["email"]),)), CUSTOMER, "a look")
        assert seen is not None
        assert {one.value for one in seen.identifiers if one.is_own} == {
            MINJI["email"],
            MINJI["phone"],
            MINJI["user_id"],
        }
        assert "web" in {one.channel for one in seen.sources}
        told(opened, {"type": "track", "event": "Page Viewed", "userId": MINJI["user_id"], "messageId": "p1"})
        seen = opened.app.ask(WhatIsKnown((opened.vault.fragment("email", MINJI["email"]),)), CUSTOMER, "a look")
        assert seen is not None
        assert len([one for one in seen.sources if one.channel == "web"]) == 1


def test_where_one_identifier_alone_was_told_is_among_where_it_came_from(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, {"type": "identify", "messageId": "m1", "traits": {"email": MINJI["email"]}})
        seen = opened.app.ask(WhatIsKnown((opened.vault.fragment("email", MINJI["email"]),)), CUSTOMER, "a look")
        assert seen is not None
        assert [(one.channel, one.told, one.first_at) for one in seen.sources] == [("web", 1, None)]


def test_a_correction_that_no_event_could_carry_is_refused_and_not_called_done(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI))
        with pytest.raises(Refused, match="2,000 letters"):
            opened.requests.open("correct", "email:" + MINJI["email"], changes={"city": "x" * 70_000})
        assert opened.requests.all() == []


def test_an_erasure_destroys_keys_of_every_class(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI))
        erased(opened, "email:" + MINJI["email"])
        with opened.db.connection() as connection:
            left = connection.execute("select retention, count(*) from keyring group by 1").fetchall()
            assert left == []
            assert keys.destroy(connection, [bytes(16)]) == 0
    assert parse("2026-03-01T10:00:00Z") % SECOND == 0


def test_what_is_known_is_handed_over_whole_in_a_file_that_only_its_owner_reads(shop: Path, tmp_path: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"), *known(OTHER))
        request = opened.requests.open("access", "phone:" + MINJI["phone"], via="cli")
        assert opened.requests.resume(request.id).state == "open", "somebody has to hand it over"
        file = opened.requests.write(request.id, tmp_path / "minji.json")
        assert file.stat().st_mode & 0o777 == 0o600
        said = json.loads(file.read_text())
        assert {one["value"] for one in said["identifiers"]} == {MINJI["email"], MINJI["phone"], MINJI["user_id"]}
        assert [event["data"]["recipient"] for event in said["events"] if "recipient" in event["data"]] == [
            MINJI["name"]
        ]
        assert OTHER["name"] not in file.read_text()
        assert opened.requests.show(request.id).state == "done"
        again = opened.requests.open("port", "phone:" + MINJI["phone"])
        for language, title in (("ko", "내 정보"), ("en", "Your data")):
            page = opened.requests.copy(again.id, language).html
            assert f"<h1>{title}</h1>" in page
            assert MINJI["name"] in page
        with pytest.raises(Refused):
            opened.requests.write(again.id, tmp_path / "minji.json")
        asked = opened.db.connect()
        with asked:
            looks = asked.execute("select reason, subject_count from access_log where question = 'KnownOf'").fetchall()
        assert [(reason.split()[0], count) for reason, count in looks] == [("request", 3)] * 3


def test_what_is_about_no_order_is_kept_each_for_itself(shop: Path) -> None:
    days = ("2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z")
    said = [{"type": "track", "event": "Complaint Received", "timestamp": at, "messageId": at, "userId": MINJI["user_id"],
             "properties": {"order_id": True}} for at in days]  # fmt: skip
    with itda.open(shop) as opened:
        told(opened, *known(MINJI), *said)
        assert erased(opened, f"email:{MINJI['email']}").counts["held complaints"] == 2
        assert [one.records for one in opened.requests.holds()] == [1, 1]


def test_who_asks_for_a_stop_is_left_alone_and_kept(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI), *known(OTHER))
        assert len(opened.export.frame(reason="who is there")) == 2
        request = opened.requests.open("stop", "email:" + MINJI["email"])
        assert opened.requests.resume(request.id).state == "done"
        left = opened.export.frame(reason="who is left")
        assert len(left) == 1
        assert OTHER["email"] in str(left.to_dicts())
        assert opened.customer("email:" + MINJI["email"]).events == 1


class _Looks:
    """In place of the event that ends upkeep: between two looks one of these things happens, then it ends."""

    def __init__(self, *happens: Callable[[], object]) -> None:
        self._happens = iter(happens)

    def wait(self, _seconds: float) -> bool:
        happens = next(self._happens, None)
        if happens is not None:
            happens()
        return happens is None

    def is_set(self) -> bool:
        return False


def test_what_is_asked_for_goes_on_with_the_next_look_and_waiting_leaves_no_row(shop: Path) -> None:
    def nothing() -> None:
        pass

    with itda.open(shop) as opened:
        told(opened, *known(MINJI), *known(OTHER))
        asked: list[str] = []

        def asks(kind: Kind, who: dict[str, str]) -> None:
            asked.append(opened.requests.open(kind, "email:" + who["email"]).id)

        upkeep = opened.upkeep()
        upkeep.run(_Looks(nothing, partial(asks, "stop", OTHER), partial(asks, "erase", MINJI), nothing, nothing))
        assert [opened.requests.show(one).state for one in asked] == ["done", "open"]
        upkeep.run(_Looks(nothing, opened.drain, nothing))
        assert [opened.requests.show(one).state for one in asked] == ["done", "done"]
        with opened.db.connection() as connection:
            rows = connection.execute("select payload from audit_event where actor = 'upkeep' order by seq").fetchall()
        steps = [json.loads(row[0])["steps"] for row in rows if b"steps" in row[0]]
        assert steps == [["done"], ["held"], ["journalled"], ["destroying"], ["done"]]


def test_upkeep_goes_on_with_what_was_interrupted_and_destroys_what_a_law_kept_long_enough(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        request = opened.requests.open("erase", "email:" + MINJI["email"])
        for _ in range(3):
            opened.upkeep().once()
            opened.drain()
        assert opened.requests.show(request.id).state == "done"
        (held,) = opened.requests.holds()
        with pytest.raises(Refused):
            opened.requests.hold(held.id, reason=" ")
        assert MINJI["name"] in opened.requests.hold(held.id, reason="tax office").decode()
        keep_up(opened, held.until)
        assert opened.requests.holds() == []
        with opened.db.connection() as connection:
            assert connection.execute("select count(*) from keyring").fetchone() == (0,)


def test_who_comes_back_years_later_has_nothing_of_what_was_before(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        assert erased(opened, "email:" + MINJI["email"]).state == "done"
        keep_up(opened, opened.app.clock() + SUPPRESSED_FOR + DAY)
        with opened.db.connection() as connection:
            assert connection.execute("select count(*) from suppression").fetchone() == (0,)
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, at="2026-03-02T10:00:00Z"))
        assert opened.customer("email:" + MINJI["email"]).events == 1
        report = opened.replay(verify=True)
        assert report.ok, [str(one) for one in report.differences]


def test_the_terminal_takes_requests(shop: Path) -> None:
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
    who = "email:" + MINJI["email"]
    assert typed("request", "erase", who, cwd=shop).code == 1, "nobody agreed"
    done = typed("request", "erase", who, "--yes", "--json", cwd=shop)
    assert json.loads(done.out)["state"] == "done"
    listed = typed("request", "list", cwd=shop)
    assert "Erase everything" in listed.out
    assert typed("request", "show", json.loads(done.out)["id"][:10], cwd=shop).code == 0
    assert "KR-45" in typed("request", "holds", cwd=shop).out
    assert "Nothing is held of them" in typed("request", "correct", who, "name=X", cwd=shop).out


def test_of_two_who_became_one_customer_one_is_erased_and_the_other_stays(shop: Path) -> None:
    both = {"userId": MINJI["user_id"], "identifiers": {"email": OTHER["email"]}}
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, order="2025-1"))
        told(opened, {"type": "track", "event": "Product Viewed", **both, "timestamp": "2026-03-03T10:00:00Z",
                      "messageId": "m3", "properties": {"product_id": "p1"}},
             {"type": "track", "event": "Product Viewed", "identifiers": {"email": OTHER["email"]}, "messageId": "m4",
              "timestamp": "2026-03-04T10:00:00Z", "properties": {"product_id": "p2"}})  # fmt: skip
        assert opened.history("email:" + OTHER["email"]) is not None
        whole = opened.customer("user_id:" + MINJI["user_id"])
        own = tuple(bytes.fromhex(one.fragment) for one in whole.identifiers if one.value != OTHER["email"])
        command = OpenRequest(kind="erase", who=("user_id", MINJI["user_id"]), via="centre", only=own)
        request = opened.act(command, "she proved her own address")
        assert opened.requests.resume(request.id).state == "done"
        left = opened.customer("email:" + OTHER["email"])
        assert [one.value for one in left.identifiers] == [OTHER["email"]]
        assert traces(opened, MINJI) == set()
        report = opened.replay(verify=True)
        assert report.ok, [str(one) for one in report.differences]
