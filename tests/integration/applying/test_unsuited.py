"""What was applied holds as it was meant; where it suits itda.yaml no more nothing leaves, and everybody is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.fixtures_shop import Said

import itda as house
from itda.base.errors import Refused
from itda.channels.definition import EmailChannel
from itda.engine.applying.standing import Watch
from itda.engine.examination import examine
from itda.engine.sending import making
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server

AT_THE_STALL = "stall: {events: {name: Order Completed, channel: stall}}\n"
ANYWHERE = "stall: {events: {name: Order Completed}}\n"
CHANNELS = "\nchannels: [stall]\n"
MAIL = EmailChannel(host="127.0.0.1", port=1, tls="none", address="news@shop.example", base_url="http://127.0.0.1:1")


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    """A shop with a channel of its own, whose definitions were applied."""
    with (shop / "itda.yaml").open("a", encoding="utf-8") as file:
        file.write(CHANNELS)
    (shop / "segments" / "mine.yaml").write_text(AT_THE_STALL)
    with house.open(shop) as one:
        bought(one, "a")
        yield one


def bought(shop: Shop, who: str) -> None:
    body = {"type": "track", "event": "Order Completed", "userId": who, "properties": {"order_id": f"order-{who}"}}
    shop.intake.append([Record("web", "track", json.dumps(body).encode())], shop.app.clock())
    shop.settle()


def without_the_channel(folder: Path) -> None:
    written = (folder / "itda.yaml").read_text()
    (folder / "itda.yaml").write_text(written.replace(CHANNELS, ""))
    (folder / "segments" / "mine.yaml").write_text(ANYWHERE)


def sends(shop: Shop) -> bool:
    workspace = msgspec.structs.replace(shop.workspace, email=MAIL)
    return making.parts(shop.db, shop.lake, shop.intake, workspace, shop.vault, shop.app.clock) is not None


def releases(shop: Shop) -> str:
    """All that was ever kept of what was applied."""
    with shop.db.connection() as connection:
        rows = connection.execute("select body from policy_version where kind = 'workspace'").fetchall()
    return " ".join(body for (body,) in rows)


def told(folder: Path) -> list[str]:
    return [check.what for check in examine(folder, 1) if check.name == "applied" and not check.ok]


def is_superseded(shop: Shop, read_s: float = 0.0) -> bool:
    """Whether a process of the served shop would begin anew; it reads the files every so many seconds."""
    return Watch(shop, lambda: False, read_s).look()


def test_what_does_not_suit_itda_yaml_holds_as_it_was_meant_and_sends_nothing(
    opened: Shop, itda: Callable[..., Said]
) -> None:
    assert sends(opened)
    assert "postgresql" not in releases(opened)
    without_the_channel(opened.path)
    opened.renew()
    bought(opened, "b")
    sizes = {one["name"]: one["members"] for one in itda("segment", "--json").json}
    assert sizes["stall"] == 0
    assert not sends(opened)
    assert "'stall'" in opened.status().unsuited[0]
    assert "itda apply" in opened.status().unsuited[0]
    assert "NOTHING IS SENT" in itda("status").out
    assert "Nothing is sent now" in itda("diff").out
    assert told(opened.path)[0].startswith("nothing is sent: segments/mine.yaml:1")
    assert not is_superseded(opened)
    assert itda("apply", "--yes", "--json").json["is_new"]
    assert is_superseded(opened, 60)
    opened.renew()
    assert sends(opened)
    assert (opened.status().unsuited, told(opened.path)) == ([], [])


def test_once_itda_yaml_is_as_it_was_a_served_shop_goes_on_by_itself(opened: Shop) -> None:
    written = (opened.path / "itda.yaml").read_text()
    without_the_channel(opened.path)
    opened.renew()
    assert not sends(opened)
    (opened.path / "itda.yaml").write_text(written)
    assert not is_superseded(opened, 60)
    assert is_superseded(opened)
    opened.renew()
    assert sends(opened)


def test_what_cannot_be_read_at_all_stops_processing_until_the_files_are_applied(
    opened: Shop, itda: Callable[..., Said]
) -> None:
    with opened.db.connection() as connection:
        connection.execute("update policy_version set body = '[]' where kind = 'workspace'")
    with house.open(opened.path) as again, pytest.raises(Refused, match="cannot be read"):
        bought(again, "c")
    assert told(opened.path) == ["nothing is processed, decided or sent: what was applied last cannot be read"]
    refused = itda("replay", "--yes")
    assert (refused.code, "cannot be read" in refused.err) == (1, True)
    assert itda("apply", "--yes", "--json").json["is_new"]
    assert told(opened.path) == []
    opened.renew()
    assert opened.positions()[0] == opened.positions()[1]
