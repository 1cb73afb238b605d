"""Consents that were given before come in with what shows them; receipts tell what became of all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

import itda
from itda.access.actor import Actor
from itda.base.errors import Misused
from itda.cli.consent_file import read
from itda.engine import approvals
from itda.engine.commands.consents import ConsentAct, TellConsents, Told
from itda.engine.questions.consent import ConsentOf
from itda.engine.questions.receipts import ConsentReceipt
from itda.engine.shop import Shop

pytestmark = pytest.mark.server
WORDS = """
sender: {name: 브랜드A, email: hello@a.example, phone: 02-123-4567, address: 서울}
texts:
  ads:
    purpose: ad_receive
    channel: email
    languages: {ko: 이메일 광고를 받겠습니다, en: Send me ads by e-mail}
"""
FILE = """\
email,phone,channel,text,evidence,at,key
kim@mail.kr,,email,ads@1/ko,,2026-03-01T10:00:00+09:00,r1
lee@mail.kr,,email,,,2026-03-01T10:00:00+09:00,r2
no-address,,email,ads@1/ko,,2026-03-01T10:00:00+09:00,r3
,010-8264-5937,sms,,scan 2026-117,2026-03-01T10:00:00+09:00,r4
kim@mail.kr,,email,ads@9/ko,,2026-03-01T10:00:00+09:00,r5
kim@mail.kr,,email,ads@1/ko,,,r6
"""


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "consent.yaml").write_text(WORDS, encoding="utf-8")
    with itda.open(shop) as one:
        yield one


def bring(shop: Shop, digest: bytes, acts: list[ConsentAct], *, is_dry: bool = False) -> Told:
    return shop.act(TellConsents(acts=tuple(acts), collector="file:old", is_dry=is_dry, digest=digest), "")


def count(shop: Shop, table: str) -> int:
    with shop.db.connection() as connection:
        row = connection.execute(f"select count(*) from {table}".encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_file_of_old_consents_counts_row_by_row_as_far_as_each_is_shown(opened: Shop, tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_text(FILE, encoding="utf-8")
    rows, digest = read(file)
    assert [(row.line, row.why) for row in rows if row.act is None] == [
        (7, "when it was given is not said: name it in a column `at`")
    ]
    acts = [row.act for row in rows if row.act is not None]
    dry = bring(opened, digest, acts, is_dry=True)
    assert [one.outcome for one in dry.results] == ["logged", "refused", "refused", "refused", "refused"]
    assert (count(opened, "consent_event"), count(opened, "approval")) == (0, 0)

    told = bring(opened, digest, acts)
    assert [one.outcome for one in told.results] == ["logged", "refused", "refused", "refused", "refused"]
    whys = [one.why for one in told.results]
    assert "nothing shows" in whys[1]
    assert "is no email" in whys[2]
    assert "somebody else says so first" in whys[3]
    assert "ads@9/ko" in whys[4]
    view = opened.ask(ConsentOf(("email", "kim@mail.kr")))
    assert view is not None
    assert [(one.action, one.text, one.source) for one in view.acts] == [("import", "ads@1/ko", "file:old")]
    assert [one.status for one in view.standings] == ["granted"]

    with opened.db.connection() as connection:
        waiting = connection.execute("select id from approval").fetchone()
        assert waiting is not None
        other = Actor(name="officer", role="admin", system="console")
        approvals.approve(connection, other, bytes(waiting[0]), opened.app.clock())
    again = bring(opened, digest, acts)
    assert [one.outcome for one in again.results] == ["known", "refused", "refused", "logged", "refused"]
    phone = opened.ask(ConsentOf(("phone", "010-8264-5937")))
    assert phone is not None
    assert [(one.action, one.text) for one in phone.acts] == [("import", "")]
    assert [one.status for one in phone.standings] == ["granted"]
    assert "scan" not in str(opened.ask(ConsentOf(("phone", "010-8264-5937"))))

    schema = json.loads(files("itda.consent").joinpath("receipt_schema.json").read_text(encoding="utf-8"))
    for who in (("email", "kim@mail.kr"), ("phone", "010-8264-5937")):
        receipt = msgspec.to_builtins(opened.ask(ConsentReceipt(who)))
        jsonschema_rs.validator_for(schema).validate(receipt)
    (record,) = opened.ask(ConsentReceipt(("email", "kim@mail.kr")))["dpv:hasRecordOfActivity"]
    assert record["dpv:hasNotice"][0]["dct:description"] == "이메일 광고를 받겠습니다"
    assert record["dpv:hasConsentStatus"][0]["@type"] == "dpv:ConsentGiven"
    assert record["dpv:hasProcess"]["dpv:hasPersonalData"]["schema:value"] == "kim@mail.kr"
    assert record["dpv:hasProcess"]["dpv:hasPurpose"]["@id"] == "dpv:DirectMarketing"


def test_an_act_whose_id_the_database_cannot_hold_as_it_came_is_written_all_the_same(opened: Shop) -> None:
    who, given = {"email": "kim@mail.kr"}, {"text": "ads@1/ko"}
    bring(opened, b"", [ConsentAct(identifiers=who, action="grant", channel="email", key="a", **given)])
    opened.drain()
    acts = [ConsentAct(identifiers=who, action="withdraw", channel="email", key="b\0b")]
    assert [bring(opened, b"", acts).results[0].outcome for _ in range(2)] == ["written", "known"]
    view = opened.ask(ConsentOf(("email", "kim@mail.kr")))
    assert view is not None
    assert [one.status for one in view.standings] == ["withdrawn"]


def test_evidence_of_spaces_shows_no_consent(opened: Shop) -> None:
    act = ConsentAct(identifiers={"email": "kim@mail.kr"}, action="grant", channel="email", evidence=" ")
    (told,) = bring(opened, b"", [act]).results
    assert (told.outcome, "nothing shows" in told.why) == ("refused", True)


@pytest.mark.parametrize("text", ["email,channel\n" + "a" * 140_000 + ",email\n", "a" * 140_000])
def test_a_file_with_a_field_beyond_all_bounds_is_refused_in_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "old.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Misused, match="field larger than field limit"):
        read(file)
