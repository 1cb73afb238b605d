"""A large export takes a second person; one for marketing leaves out whoever did not consent to that."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.access.actor import Actor
from itda.base.errors import Misused, Refused
from itda.base.instant import DAY, text
from itda.engine import approvals
from itda.engine.commands.approvals import Approve
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server
HANA = Actor(name="hana", role="privacy_officer", system="console")
WHO = [f"guest{number}@shop.example" for number in range(5)]


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    with (shop / "itda.yaml").open("a", encoding="utf-8") as file:
        file.write("\nstaff: {exports_alone: 3}\n")
    with (shop / "consent.yaml").open("a", encoding="utf-8") as file:
        file.write("\nsender: {name: Corner Shop, country: KR}\n")
    (shop / "sources" / "server.yaml").write_text("kind: tracking\nchannel: web\nkey: secret\n", encoding="utf-8")
    with itda.open(shop) as one:
        now = one.app.clock()

        def told(who: str, name: str, **properties: Any) -> dict[str, Any]:
            return {"identifiers": {"email": who}, "timestamp": text(now - DAY), "type": "track", "event": name,
                    "properties": properties}  # fmt: skip

        tell = [told(who, "Product Viewed", product_id="p") for who in WHO]
        tell += [
            told(who, "Consent Changed", purpose="ad_receive", channel="email", is_given=is_given)
            for who, is_given in ((WHO[0], True), (WHO[1], True), (WHO[2], False))
        ]
        child = {"email": WHO[1]}
        tell.append({"identifiers": child, "timestamp": text(now - DAY), "type": "identify",
                     "traits": {"country": "KR", "age_band": "0-13", "guardian_consent": True}})  # fmt: skip
        one.intake.append([Record("server", "batch", msgspec.json.encode({"batch": tell}))], now)
        one.settle()
        yield one


def proposed(shop: Shop) -> list[approvals.Approval]:
    with shop.db.connection() as connection:
        return approvals.listed(connection, shop.app.clock(), is_open=True)


def test_more_customers_than_one_person_takes_out_wait_for_a_second_and_are_taken_once(
    opened: Shop, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"5 customers are more than one person takes out alone \(3\)") as refused:
        opened.export.profiles(tmp_path / "a.csv", reason="ticket 41")
    assert not (tmp_path / "a.csv").exists()
    (waits,) = proposed(opened)
    assert (
        refused.value.faults[0].cure
        == f"somebody else says so first: itda approvals approve {waits.id.hex()}; then the same once more"
    )
    assert (waits.what, waits.note) == ("export", "customers, all customers, 5 customers now, 5 at most: ticket 41")
    with pytest.raises(Refused, match="another person"):
        opened.act(Approve(waits.id.hex()), "mine")
    opened.app.act(Approve(waits.id.hex()), HANA, "I read it")
    with pytest.raises(Refused, match="alone"):
        opened.export.profiles(tmp_path / "a.csv", reason="something else")
    opened.intake.append([Record("server", "track", msgspec.json.encode(
        {"identifiers": {"email": "sixth@mail.kr"}, "event": "Product Viewed", "properties": {"product_id": "p"}}
    ))], opened.app.clock())  # fmt: skip
    opened.settle()
    with pytest.raises(Refused, match=r"6 customers are more"):
        opened.export.profiles(tmp_path / "a.csv", reason="ticket 41")
    (grown,) = (one for one in proposed(opened) if one.note.endswith("ticket 41"))
    opened.app.act(Approve(grown.id.hex()), HANA, "one more")
    assert opened.export.profiles(tmp_path / "a.csv", reason="ticket 41").customers == 6
    with (
        opened.db.connection() as connection
    ):  # the newer approval is spent, the one for fewer covers no more than it says
        assert connection.execute("select note from approval where spent_at is not null").fetchall() == [(grown.note,)]
    with pytest.raises(Refused, match="alone"):
        opened.export.profiles(tmp_path / "b.csv", reason="ticket 41")
    with pytest.raises(Refused, match="alone"):
        opened.export.audience(tmp_path / "c.csv", platform="google", reason="ticket 41")


def test_what_is_typed_waits_for_a_second_person_just_the_same(opened: Shop, tmp_path: Path) -> None:
    said = typed("-w", opened.path, "export", "profiles", "--to", tmp_path / "a.csv", "--reason", "x", cwd=tmp_path)
    assert said.code == 1
    assert f"itda approvals approve {proposed(opened)[0].id.hex()}" in said.err
    assert not (tmp_path / "a.csv").exists()


def test_of_an_export_for_marketing_each_row_is_judged_and_who_did_not_consent_stays_and_is_counted(
    opened: Shop, tmp_path: Path
) -> None:
    opened.app.workspace = msgspec.structs.replace(
        opened.app.workspace, staff=msgspec.structs.replace(opened.app.workspace.staff, exports_alone=5)
    )
    to = tmp_path / "mail.csv"
    done = opened.export.profiles(
        to, reason="spring", columns=["identifier.email"], purpose="ad_receive", channel="email"
    )
    assert (done.customers, done.stayed) == (1, 4)
    assert done.why == {"KR-02 NO_CONSENT": 3, "KR-40 CHILD": 1}
    assert [row["identifier.email"] for row in csv.DictReader(to.read_text(encoding="utf-8-sig").splitlines())] == [
        WHO[0]
    ]
    with opened.db.connection() as connection:
        ((payload,),) = connection.execute("select payload from audit_event where command = 'DecideExport'").fetchall()
    kept = msgspec.json.decode(payload) if isinstance(payload, str | bytes) else payload
    assert (kept["went"], kept["why"], len(kept["decisions"])) == (1, done.why, 64)
    assert "kr_pipa@" in kept["packs"]
    with pytest.raises(Misused, match="no purpose"):
        opened.export.profiles(tmp_path / "b.csv", reason="x", purpose="adds", channel="email")
    with pytest.raises(Misused, match="goes with a channel"):
        opened.export.profiles(tmp_path / "b.csv", reason="x", purpose="ad_receive")
