"""Refused events: listed, looked at, replayed once after the cure."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

import itda
from itda.base.errors import Refused
from itda.base.instant import DAY
from itda.engine import shop as shops
from itda.engine.app import App
from itda.engine.bundle import Bundle
from itda.engine.questions.quality import Quality
from itda.engine.questions.quarantine import QuarantineBody, QuarantineList, ReplayQuarantine
from itda.sources import hook
from itda.sources.mapping import USE, Mapper
from itda.store.database import Database
from itda.store.ports import Record
from itda.store.time_keys import QuarantineKeys

from .conftest import batch

STRICT = """
event: Seat Taken
schema:
  type: object
  required: [row]
  properties:
    row: {type: integer, minimum: MINIMUM, class: plain}
"""


def _take(shop: shops.Shop, *rows: int) -> None:
    said = [
        {"type": "track", "event": "Seat Taken", "messageId": f"s{row}", "userId": "u1", "properties": {"row": row}}
        for row in rows
    ]
    shop.intake.append([Record("web", "batch", msgspec.json.encode({"batch": said}))], shops.clock())
    shop.settle()


@pytest.fixture
def refusing(shop: Path) -> Path:
    """A shop whose contract refused three of four events."""
    (shop / "contracts" / "seat_taken.yaml").write_text(STRICT.replace("MINIMUM", "10"))
    with itda.open(shop) as opened:
        _take(opened, 1, 2, 30)
        opened.intake.append([Record("web", "batch", b'{"batch": [7]}')], shops.clock())
        opened.settle()
    return shop


def test_refused_events_are_listed_by_reason_and_page(refusing) -> None:
    with itda.open(refusing) as shop:
        first = shop.ask(QuarantineList(limit=2))
        assert first.by_reason == {"contract": 2, "shape": 1}
        rest = shop.ask(QuarantineList(limit=2, before=first.next))
        assert [len(first.lines), len(rest.lines), rest.next] == [2, 1, None]
        only = shop.ask(QuarantineList(reason="contract"))
        assert {line.name for line in only.lines} == {"Seat Taken"}
        assert all(line.body is None for line in only.lines)


def test_a_body_is_shown_on_request_only(refusing) -> None:
    with itda.open(refusing) as shop:
        position = shop.ask(QuarantineList(reason="contract")).lines[0].position
        assert '"Seat Taken"' in (shop.ask(QuarantineBody(position)).body or "")
        with pytest.raises(Refused, match="no refused event"):
            shop.ask(QuarantineBody(5))


def test_a_body_and_a_replay_take_one_connection_however_few_there_are(refusing) -> None:
    (refusing / "contracts" / "seat_taken.yaml").write_text(STRICT.replace("MINIMUM", "2"))
    with itda.open(refusing) as shop:
        position = shop.ask(QuarantineList(reason="contract")).lines[0].position
        with Database(shop.db.url, shop.db.schema, size=1) as narrow:
            app = App(narrow, shop.workspace, shop.vault, shop.lake, shops.clock)
            assert '"Seat Taken"' in (app.ask(QuarantineBody(position), shop.actor).body or "")
            assert app.act(ReplayQuarantine(), shop.actor, "cured").value == 1


def test_values_that_are_no_identifier_are_in_quality_and_status(shop: Path) -> None:
    said = {"type": "identify", "userId": "u1", "traits": {"email": "no address", "phone": "12"}}
    with itda.open(shop) as opened:
        opened.intake.append([Record("web", "batch", msgspec.json.encode({"batch": [said, said]}))], shops.clock())
        opened.settle()
        assert opened.status().unreadable == 4
        assert opened.ask(Quality()).total.unreadable == {"email": 2, "phone": 2}
        assert opened.replay(verify=True).ok


def test_replay_before_the_cure_moves_nothing(refusing) -> None:
    with itda.open(refusing) as shop:
        assert shop.replay_quarantine() == 0
        assert shop.quarantine().by_reason == {"contract": 2, "shape": 1}


def test_replay_after_the_cure_counts_each_event_once(refusing) -> None:
    (refusing / "contracts" / "seat_taken.yaml").write_text(STRICT.replace("MINIMUM", "2"))
    with itda.open(refusing) as shop:
        assert shop.replay_quarantine(reason="contract") == 1
        assert shop.replay_quarantine(reason="contract") == 0
        shop.settle()
        assert shop.quarantine().by_reason == {"contract": 1, "shape": 1}
        assert sorted(shop.lake.table(["event_id"]).column("event_id").to_pylist()) == ["s2", "s30"]
        assert shop.status().events.accepted == 2
        _take(shop, 2)
        assert shop.status().events.accepted == 2


def test_an_event_of_megabytes_takes_little_room_and_says_that_it_is_cut(opened) -> None:
    said = {"type": "track", "event": "Seat Taken", "userId": "u1", "properties": {"row": "a" * (4 << 20)}}
    opened.intake.append([Record("web", "track", msgspec.json.encode(said))], shops.clock())
    opened.settle()
    view = opened.quarantine()
    line = view.lines[0]
    assert [view.by_reason, view.cut] == [{"size": 1}, 1]
    assert (line.cut_from or 0) > 4 << 20
    assert (opened.ask(QuarantineBody(line.position)).body or "").startswith('{"type":"track"')
    with opened.db.connection() as connection:
        row = connection.execute("select octet_length(sealed) from quarantine").fetchone()
    assert row[0] < 1_000
    assert opened.replay_quarantine() == 0


def test_a_backlog_older_than_its_destroyed_key_is_counted_and_its_refused_events_are_not_kept(shop: Path) -> None:
    past = shops.clock() - 100 * DAY
    with itda.open(shop) as opened:
        opened.intake.append([Record("web", "batch", b'{"batch": [1]}')], past)
        opened.settle()
        QuarantineKeys(opened.db, opened.vault).destroy_due(shops.clock() // DAY)
        opened.intake.append([batch([1, 2]), Record("web", "batch", b'{"batch": [2, 3]}'), batch([3])], past)
        opened.intake.append([Record("web", "batch", b'{"batch": [4]}')], shops.clock())
        opened.settle()
        events = opened.status().events
        assert (events.accepted, events.quarantined) == (3, 4)
        lines = opened.quarantine().lines
        assert [opened.ask(QuarantineBody(line.position)).body for line in lines] == ["4", None, None, None]
        assert opened.replay_quarantine() == 0
        assert opened.replay(verify=True).ok


HOOK = """
kind: webhook
channel: web
webhook: {secret_from: SEATS_SECRET, signature: X-Signature}
mapping:
  event: Seat Taken
  identifiers: {email: MAIL}
  key: id
  properties: {row: row}
"""


def test_what_gave_no_event_of_a_call_is_mapped_anew_after_the_cure(shop: Path) -> None:
    (shop / "contracts" / "seat_taken.yaml").write_text(STRICT.replace("MINIMUM", "2"))
    file = shop / "sources" / "seats.yaml"
    file.write_text(HOOK.replace("MAIL", "mail"))
    seats = [{"id": n, "row": n, "guest": {"mail": f"g{n}@shop.example"}} for n in (1, 2, 30)]
    with itda.open(shop) as opened:
        source = opened.workspace.sources["seats"]
        bundle = Bundle()
        for item in hook.events(
            Mapper(source, "Asia/Seoul", b"", shops.clock(), key=opened.vault.seed(USE)),
            [*seats, 7],
            {"x-signature": "s"},
        ):
            bundle.add(item)
        opened.intake.append(bundle.records("seats"), shops.clock())
        opened.settle()
        assert opened.quarantine().by_reason == {"row": 4}
        body = opened.ask(QuarantineBody(opened.quarantine().lines[1].position)).body or ""
        assert "g30@shop.example" in body
        assert "x-signature" not in body
        assert opened.replay_quarantine() == 0
    file.write_text(HOOK.replace("MAIL", "guest.mail"))
    with itda.open(shop) as opened:
        assert opened.replay_quarantine() == 2, "row 1 is against the contract, and 7 is no object"
        assert opened.replay_quarantine() == 0
        opened.settle()
        assert opened.status().events.accepted == 2
        assert opened.customer("email:g30@shop.example") is not None
        bundle = Bundle()
        for item in hook.events(
            Mapper(opened.workspace.sources["seats"], "Asia/Seoul", b"", shops.clock(), key=opened.vault.seed(USE)),
            seats[1:],
            {},
        ):
            bundle.add(item)
        opened.intake.append(bundle.records("seats"), shops.clock())
        opened.settle()
        assert (opened.status().events.accepted, opened.status().events.duplicate) == (2, 2), "the call came again"


def test_a_large_event_of_a_file_waits_whole(shop: Path) -> None:
    (shop / "contracts" / "seat_taken.yaml").write_text(STRICT.replace("MINIMUM", "10"))
    with itda.open(shop) as opened, opened.db.connection() as connection:
        said = {"type": "track", "event": "Seat Taken", "userId": "u1", "timestamp": "2026-03-01T10:00:00Z",
                "properties": {"row": 5, "seats": [f"seat {n}" for n in range(20_000)]}}  # fmt: skip
        opened.intake.append([Record("web", "track", msgspec.json.encode(said), is_permanent=True)], shops.clock())
        opened.settle()
        assert (opened.quarantine().by_reason, opened.quarantine().cut) == ({"contract": 1}, 0)
        (line,) = opened.quarantine().lines
        body = opened.ask(QuarantineBody(line.position)).body or ""
        assert len(msgspec.json.decode(body)["properties"]["seats"]) == 20_000
        assert connection.execute("select octet_length(sealed) < 100000 from quarantine").fetchone() == (True,)
