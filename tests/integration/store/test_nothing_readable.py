"""A dump of the database, the lake and the log of a shop that works holds no person whom anybody could read."""

import base64
import gzip

import pytest
import zstandard
from tests.integration.sending.world import Sending, cart, sending
from tests.mail_server import Inbox, serving
from tests.readable import in_database, in_folder, needles, read, told

from itda.engine.app import App
from itda.engine.commands.identity import Cut
from itda.engine.questions.profile import CustomerSearch
from itda.engine.upkeep import Upkeep

pytestmark = pytest.mark.server
PEOPLE = {
    "u-0001": ("황보가람", "010-7731-9042", "garam.hwangbo@mail.example", "서울특별시 마포구 월드컵북로 402, 1507호"),
    "u-0002": (
        "Wilhelmina Quartermaine",
        "010-6620-1187",
        "wilhelmina.q@post.example",
        "17 Ferncliff Crescent, Dunedin",
    ),
    "u-0003": ("제갈미르", "010-5509-3316", "mireu_jegal@mail.example", "부산광역시 해운대구 달맞이길 62번길 8"),
}
NOTES = [
    "배송 전에 010-8814-2275 로 전화 주세요",
    "받는 분: 남궁보라, 문 앞에 두세요",
    "receipt to ottoline.v@post.example please",
    "환불 계좌 국민은행 448702-04-119983",
]
IN_NOTES = ["010-8814-2275", "남궁보라", "ottoline.v@post.example", "448702-04-119983"]
QUARANTINED = "refused.person@mail.example"


def values():
    for name, phone, email, address in PEOPLE.values():
        yield from (name, phone, phone.replace("-", ""), "+82" + phone.replace("-", "")[1:], email, address)
    yield from IN_NOTES
    yield QUARANTINED


def live(world: Sending) -> None:
    """Everything a shop does with people: they come, buy, write, agree, are written to, looked at, parted, refused."""
    for who, (name, phone, email, address) in PEOPLE.items():
        world.tell(
            {
                "type": "identify",
                "userId": who,
                "traits": {"name": name, "phone": phone, "email": email, "address": {"street": address}, "nick": name},
            },
            {
                "type": "track",
                "event": "Consent Changed",
                "userId": who,
                "identifiers": {"email": email, "phone": phone},
                "properties": {
                    "purpose": "ad_receive", "channel": "email", "is_given": True, "text_version": "ads-email@1/ko",
                    "collector": "web:signup",
                },
            },
            cart(who, note=NOTES[0]),
        )  # fmt: skip
    for number, note in enumerate(NOTES):
        bought = {
            "order_id": f"20261102-{number:07}", "total": 39000, "currency": "KRW", "delivery_method": note,
            "products": [{"product_id": "p-1", "name": note, "price": 39000, "quantity": 1}],
        }  # fmt: skip
        world.tell({"type": "track", "event": "Order Completed", "userId": "u-0001", "properties": bought})
        world.tell(
            {
                "type": "track",
                "event": "Products Searched",
                "userId": "u-0002",
                "properties": {"query": note, "filters": [note]},
            }
        )
        world.tell(
            {
                "type": "track",
                "event": "Call Ended",
                "userId": "u-0003",
                "properties": {"call_id": "c", "outcome": note, "topic": "refund", "note": note},
            }
        )
        world.tell(
            {
                "type": "page",
                "userId": "u-0003",
                "context": {"page": {"url": f"https://shop.example/?q={note}"}},
                "properties": {"path": f"/find/{note}"},
            }
        )
    world.tell({"type": "track", "event": "", "userId": QUARANTINED, "properties": {"email": QUARANTINED}})
    world.tell(cart("u-0001"), cart("u-0002"))
    world.send()
    shop = world.shop
    app = App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)
    name, _, email, _ = PEOPLE["u-0001"]
    app.ask(CustomerSearch(name, 10), shop.actor, "looked for by name")
    app.ask(CustomerSearch(email, 10), shop.actor, f"wrote from {email}, call back {PEOPLE['u-0001'][1]}")
    app.act(Cut(("user_id", "u-0001"), ("email", email)), shop.actor, f"{name} called from {PEOPLE['u-0001'][1]}")
    world.process()


@pytest.fixture
def shop_that_lived(shop):
    inbox = Inbox()
    with serving(inbox) as port, sending(shop, port) as world:
        live(world)
        assert inbox.mails
        yield world


def test_no_table_file_or_frame_holds_a_person(shop_that_lived, shop):
    wanted = needles(values())
    world = shop_that_lived
    in_tables, filled = in_database(world.shop.db, wanted)
    assert not in_tables, told(in_tables)
    assert {
        "keyring",
        "intake_key",
        "lake_tail",
        "quarantine",
        "outbox",
        "consent_event",
        "steered",
        "quality",
    } <= filled
    assert any(table.startswith("intake_frame") for table in filled)
    compacted(world.shop.upkeep())
    assert any((shop / ".itda" / "lake").rglob("*.parquet"))
    in_files = in_folder(shop / ".itda", wanted)
    assert not in_files, told(in_files)
    kinds = world.rows(
        "select measure, sum(n)::int from quality where measure like 'concealed:%' group by 1 order by 1"
    )
    assert {measure for measure, _ in kinds} == {f"concealed:{kind}" for kind in ("account", "email", "name", "phone")}


def compacted(upkeep: Upkeep) -> None:
    """The lake's blocks become files."""
    while upkeep._compactor.step(is_final=True):
        pass


def test_a_value_that_lies_open_is_found_however_it_is_coded(shop_that_lived, shop):
    """The search itself: it would find what must not be there."""
    wanted = needles(["황보가람"])
    value = "황보가람".encode()
    for coded in (
        value,
        "황보가람".encode("utf-16-le"),
        base64.b64encode(b"ab" + value + b"c"),
        value.hex().encode(),
        gzip.compress(b"x" * 100 + value),
        b"1234" + zstandard.compress(b"y" * 100 + value),
        zstandard.compress(base64.b64encode(gzip.compress(b"z" * 200 + value))),
    ):
        assert read(coded, wanted) == {"황보가람"}
    with shop_that_lived.shop.db.connection() as connection:
        connection.execute("create table left_open (told bytea)")
        connection.execute("insert into left_open values (%s)", [zstandard.compress(value * 3)])
        connection.commit()
        found, _ = in_database(shop_that_lived.shop.db, wanted)
        connection.execute("drop table left_open")
    assert found.keys() == {"left_open"}
    (shop / ".itda" / "note.txt").write_text("황보가람")
    assert in_folder(shop / ".itda", wanted).keys() == {"note.txt"}
