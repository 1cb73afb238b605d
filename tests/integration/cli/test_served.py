"""One served shop, and all that is done with it while it is: each test goes on where the one before left it."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from tests.fixtures_shop import Said, Serving, place, serving, typed
from tests.integration.cli.importing import begun, ended
from tests.integration.cli.seen import DOOR, accepted, roles, send, until, visit, visits
from tests.integration.sending.world import cart, consent, furnish
from tests.mail_server import Inbox
from tests.mail_server import serving as mail_server
from tests.schemas import Schemas

import itda as house
from itda.engine import setting_up

STRANGER = "a key of `itda keys add`, or a write key of a source with scopes under `profiles`, by Basic or Bearer"
pytestmark = pytest.mark.server

ALL = "people: {events: {name: Order Completed}}\n"
NARROWER = "people: {events: {name: Order Completed}, at_least: 2}\n"
JOURNEY = """\
enter:
  event: {name: Cart Viewed}
steps:
  ask: {send: cart, channel: email}
  done: {exit: mailed}
"""
CHANNEL = """\
email: {{host: 127.0.0.1, port: {port}, tls: none, from: news@shop.example, public_url: "http://127.0.0.1:1"}}
"""


class Served(NamedTuple):
    """A shop that is served, who types in it, and where its mails arrive."""

    folder: Path
    serving: Serving
    inbox: Inbox
    keys: dict[str, str]

    @property
    def url(self) -> str:
        return self.serving.url

    @property
    def pid(self) -> int:
        return self.serving.process.pid


@pytest.fixture(scope="module")
def served(schemas: Schemas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop with a file source, a source that may read profiles, a segment, a journey and a mail server."""
    folder = tmp_path_factory.mktemp("served") / "shop"
    setting_up.make(folder, name="Corner Shop")
    db = schemas.take()
    place(folder, db.url, db.schema)
    furnish(folder)
    inbox = Inbox()
    with mail_server(inbox) as port:
        for name, text in (
            ("sources/door.yaml", DOOR),
            ("sources/erp.yaml", "kind: tracking\nchannel: crm\norders: shop\nprofiles: read\n"),
            ("segments/mine.yaml", ALL),
            ("journeys/rescue.yaml", JOURNEY),
            ("channels.yaml", CHANNEL.format(port=port)),
        ):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        checked = typed("check", cwd=folder)
        assert checked.code == 0, checked
        with serving() as start:
            yield Served(folder, start(folder), inbox, typed("keys", "--json", cwd=folder).json)
    schemas.give_back(db)


@pytest.fixture
def itda(served: Served) -> Callable[..., Said]:
    """`itda ARGUMENTS`, typed inside the served shop."""
    return lambda *arguments: typed(*arguments, cwd=served.folder)


def test_the_first_start_tells_a_login_and_the_console_takes_visitors(served):
    assert served.serving.login == "admin"
    assert len(served.serving.password) >= 16
    with urllib.request.urlopen(f"{served.url}/login", timeout=20) as page:
        assert page.status == 200


def test_what_comes_in_by_the_door_is_counted_while_served(served, itda):
    before = accepted(itda)
    send(served.url, served.keys["web"], *(visit(number) for number in range(5)))
    until(lambda: accepted(itda) == before + 5)
    assert "Served by" in itda("status").out


def test_a_second_serve_is_refused_in_one_line_that_names_the_first_from_another_folder_too(served, itda, tmp_path):
    other = tmp_path / "other"
    setting_up.make(other, name="Corner Shop")
    (other / "itda.yaml").write_bytes((served.folder / "itda.yaml").read_bytes())
    (other / ".itda" / "workspace.key").write_bytes((served.folder / ".itda" / "workspace.key").read_bytes())
    for folder in (served.folder, other):
        said = typed("serve", "--port", "0", cwd=folder)
        assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
        assert f"process {served.pid}" in said.err
    assert served.serving.process.poll() is None


def test_doctor_says_that_all_is_well_while_served(served, itda):
    said = itda("doctor", "--json")
    assert [check for check in said.json["checks"] if not check["ok"]] == []
    assert said.code == 0


def test_each_process_that_is_killed_is_started_again_and_nothing_is_lost(served, itda):
    before = itda("status", "--json").json["events"]
    family = [roles(served.pid, name) for name in ("nursery", "doors", "pipeline", "decider", "compactor")]
    (nursery,), *others = family
    nursery.kill()
    for number, (victim,) in enumerate(others):
        name = victim.name().removeprefix("itda ")
        send(served.url, served.keys["web"], visit(100 + 2 * number))
        victim.kill()
        until(lambda: [one for one in roles(served.pid, name) if one.pid != victim.pid])  # noqa: B023 - run at once
        send(served.url, served.keys["web"], visit(101 + 2 * number))
    until(lambda: accepted(itda) == before["accepted"] + 8)
    assert itda("status", "--json").json["events"] == before | {"accepted": before["accepted"] + 8}
    assert [one.pid != nursery.pid for one in roles(served.pid, "nursery")] == [True], "another stands in for it"


def test_profiles_are_read_by_identifier_and_by_id(served):
    reader, writer = (served.keys["erp"], ""), (served.keys["web"], "")
    traits = {"email": "Minji@Naver.com", "phone": "010-2345-6789", "name": "Kim Minji"}
    with httpx.Client(base_url=served.url, timeout=20) as client:
        told = client.post("/v1/identify", json={"userId": "u-1", "traits": traits}, auth=writer)
        position = int(told.headers["x-itda-position"])
        asked = {"kind": "email", "value": "MINJI@naver.com"}
        for _ in range(30):  # each waits up to a second; the pipeline's process may still be starting
            found = client.post(f"/v1/profiles/lookup?at_least={position}", json=asked, auth=reader)
            if found.status_code != 409:
                break
        assert found.status_code == 200, found.text
        profile = found.json()
        assert {identifier["kind"] for identifier in profile["identifiers"]} == {"user_id", "email", "phone"}
        assert found.headers["cache-control"] == "no-store"
        assert int(found.headers["x-itda-position"]) >= position
        assert client.get(f"/v1/profiles/{profile['id']}", auth=reader).json()["id"] == profile["id"]
        what_may_not_be_read(client, asked, profile["id"], reader, writer)
        behind = client.get(f"/v1/profiles/{profile['id']}?at_least={position + 1000}", auth=reader)
        assert behind.status_code == 409
        assert position <= behind.json()["position"] < position + 1000


def what_may_not_be_read(
    client: httpx.Client, asked: dict[str, str], one: str, reader: tuple[str, str], writer: tuple[str, str]
) -> None:
    """Unknown is 404, wrong is 400, and a stranger is told the same whatever is asked."""
    lookup = "/v1/profiles/lookup"
    for body, status in (({"kind": "email", "value": "no@body.kr"}, 404), ({"kind": "shoe", "value": "9"}, 400)):
        assert client.post(lookup, json=body, auth=reader).status_code == status
    assert client.post(lookup, content=b"{", auth=reader).status_code == 400
    assert client.post(lookup, json=asked, auth=writer).status_code == 401
    assert client.post(lookup, json=asked).status_code == 401
    strangers = [
        client.post(lookup, json={"kind": "shoe", "value": "9"}),
        client.post(lookup, content=b"{", auth=writer),
        client.post(lookup, content=b"x" * 20_000),
        client.get("/v1/profiles/minji@naver.com"),
        client.get(f"/v1/profiles/{one}?at_least=x"),
    ]
    assert {(answer.status_code, answer.text) for answer in strangers} == {(401, f'{{"error":"{STRANGER}"}}')}
    assert client.get("/v1/profiles/minji@naver.com", auth=reader).status_code == 400
    assert client.get(f"/v1/profiles/{one}?at_least=x", auth=reader).status_code == 400


def test_a_served_shop_is_cut_joined_and_verified_from_another_terminal(served, itda):
    two = ("user_id:u-cut", "anonymous_id:a-cut")
    seen = {"type": "track", "event": "Product Viewed", "messageId": "m-cut", "properties": {"product_id": "p1"}}
    before = accepted(itda)
    send(served.url, served.keys["web"], seen | {"userId": "u-cut", "anonymousId": "a-cut"})
    until(lambda: accepted(itda) == before + 1)
    assert not itda("cut", *two, "--reason", "a tablet on the counter", "--yes", "--json").json["is_joined"]
    assert itda("join", *two, "--reason", "her own", "--yes", "--json").json["is_joined"]
    refused = itda("replay", "--yes")
    assert refused.code == 1
    assert "stop it first" in refused.err


def test_an_import_killed_while_the_shop_is_served_and_begun_again_brings_everything_once(served, itda):
    count = 20_000
    visits(served.folder / "v.csv", count)
    before = itda("status", "--json").json
    with house.open(served.folder) as opened, opened.db.connection() as looking:
        looking.autocommit = True
        process = begun(served.folder, "door", "v.csv")
        while not (seen := looking.execute("select events, finished_at from import_file").fetchone()) or not seen[0]:
            assert process.poll() is None, process.communicate()
            time.sleep(0.001)
        process.kill()
        ended(process)
        in_the_log, finished_at = looking.execute("select events, finished_at from import_file").fetchone()
    assert 0 < in_the_log < count
    assert finished_at is None
    again = itda("import", "door", "v.csv", "--json")
    assert (again.code, again.json["events"], again.json["refused"]) == (0, count, 0)
    status = itda("status", "--json").json
    assert status["events"] == before["events"] | {"accepted": before["events"]["accepted"] + count}
    assert status["customers"] == before["customers"] + 97
    assert itda("customer", "membership:c3", "--json").json["events"] == len(range(3, count, 97))
    verified = itda("replay", "--verify")
    assert verified.code == 0, verified


def test_what_is_applied_holds_at_once_in_a_served_shop(served, itda):
    def bought(who: str, number: int) -> None:
        properties = {"order_id": f"{who}-{number}"}
        event = {"type": "track", "event": "Order Completed", "userId": who, "properties": properties}
        send(served.url, served.keys["web"], event)

    def has(members: int) -> bool:
        return itda("segment", "people", "--json").json["members"] == members

    for who, number in (("a", 1), ("b", 1), ("b", 2)):
        bought(who, number)
    until(lambda: has(2), 30)
    (served.folder / "segments" / "mine.yaml").write_text(NARROWER)
    bought("c", 1)
    until(lambda: has(3), 30)
    done = itda("apply", "--yes", "--json").json
    assert (done["is_new"], done["is_carried_out"], has(1)) == (True, True, True)
    bought("c", 2)
    until(lambda: has(2), 30)
    assert itda("apply", "--back", "--yes", "--json").json["is_carried_out"]
    until(lambda: has(3), 30)
    assert served.serving.process.poll() is None


def test_a_served_shop_sends_and_its_doors_refuse_by_one_click(served, itda):
    told = [
        {"type": "identify", "userId": "mina", "traits": {"email": "mina@example.com"}},
        consent("mina", is_given=True),
    ]
    for batch in (told, [cart("mina")]):
        send(served.url, served.keys["web"], *batch)
        time.sleep(0.5)
    until(lambda: served.inbox.mails, 30)
    assert [to for _, to, _ in served.inbox.mails] == [["mina@example.com"]]
    raw = served.inbox.mails[0][2].replace(b"\r\n ", b"").decode()
    path = raw[raw.index("/u/") : raw.index(">", raw.index("/u/"))]
    assert httpx.get(f"{served.url}{path}").status_code == 200
    answer = httpx.post(f"{served.url}{path}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    until(lambda: itda("message", "--json").json["counts"] == {"sent": 1}, 30)
    shown = itda("consent", "show", "email:mina@example.com", "--json")
    assert "withdrawn" in shown.out, shown
