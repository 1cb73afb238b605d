"""What an officer reads at the terminal: the same in Korean and in English."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_shop import Said, place, typed
from tests.integration.engine.test_requests import MINJI, known, told
from tests.schemas import Schemas

import itda
from itda.base.instant import DAY
from itda.engine import approvals

pytestmark = pytest.mark.server

HANGUL = re.compile(r"[\uac00-\ud7a3]")
FACTS = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d(?::\d\d)?|\b[0-9a-f]{12,}\b")
WORDS = """
sender: {name: A, email: hello@a.example, phone: 02-123-4567, address: Seoul, optouts: {email: "https://a.example/u"}}
texts:
  ads: {purpose: ad_receive, channel: email, languages: {ko: Ads, en: Ads}}
"""
RETENTION = "cookies: {of: identifiers, kinds: [anonymous_id], keep: 13 months, purpose: to know a browser again}"
WHO = "email:" + MINJI["email"]
ONE, TWO = ("junho", "+821055510001"), ("sora", "+821055510002")
"""Somebody for each language."""


def person(name: str, phone: str) -> dict[str, str]:
    return {"email": f"{name}@shop.example", "phone": phone, "user_id": f"{name}-1", "name": name.title()}


@pytest.fixture(scope="module")
def lived(schemas: Schemas, pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A shop in which everything happened that an officer looks at."""
    db = schemas.take()
    folder = shutil.copytree(pristine, tmp_path_factory.mktemp("lived") / "shop")
    place(folder, db.url, db.schema)
    (folder / "consent.yaml").write_text(WORDS, encoding="utf-8")
    (folder / "retention.yaml").write_text(RETENTION, encoding="utf-8")
    with itda.open(folder) as shop:
        for one in (MINJI, person(*ONE), person(*TWO)):
            told(shop, *known(one, order=one["user_id"]))
        told(shop, {"type": "track", "event": "Product Viewed", "userId": "u", "anonymousId": "lost", "messageId": "m",
                    "timestamp": "2020-03-01T10:00:00Z", "properties": {"product_id": "p"}})  # fmt: skip
        shop.requests.open("access", WHO, via="cli")
        shop.requests.open("access", "email:haneul@shop.example", via="cli")
        with shop.db.connection() as connection:
            for n in (1, 2, 3):
                approvals.propose(connection, shop.actor, "export", bytes([n]) * 32, "", shop.app.clock() - n * DAY)
    for made in (
        ("consent", "record", WHO, "--action", "grant", "--channel", "email", "--text", "ads@1/ko", "--key", "f"),
        ("request", "erase", "email:sora@shop.example", "--yes"),
        ("staff", "add", "minji", "--role", "privacy_officer"),
        ("staff", "add", "vera", "--role", "viewer"),
        ("keys", "add", "crm", "--scope", "traits"),
    ):
        done = typed(*made, cwd=folder)
        assert done.code == 0, done
    yield folder
    schemas.give_back(db)


def both(lived: Path, *arguments: str) -> tuple[Said, Said]:
    """What a command says in Korean, and in English; `{who}` is somebody else in each."""
    said = [
        typed(*(part.format(who=name, other=other) for part in arguments), "--lang", language, cwd=lived)
        for language, (name, _), other in (("ko", ONE, "minji"), ("en", TWO, "vera"))
    ]
    return said[0], said[1]


LOOKS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "request list",
        ("요청 번호", "삭제", "열람", "대한민국: 10일", "터미널"),
        ("Request", "Erase everything", "Terminal"),
    ),
    ("request holds", ("주문·결제 기록", "전자상거래법"), ("Orders and payments", "E-Commerce")),
    ("request secrets", ("수탁자", "서명 키"), ("Processor", "Signing secret")),
    ("duties", ("처리 결과 알림", "동의함", "광고 · 이메일"), ("Tell what became", "gave consent", "Advertising")),
    ("duties list --settled", ("정보주체 요청 처리", "증빙"), ("Answer a person's request", "Proof")),
    (f"consent {WHO}", ("동의함", "동의 원장", "광고"), ("Given", "Ledger of consents", "Advertising")),
    (f"decide --channel email --customer {WHO}", ("보내도 됨", "맨 앞"), ("May go", "At its beginning")),
    (
        f"decide --channel sms --customer {WHO}",
        ("보내지 않음", "막음", "물은 적 없음"),
        ("Does not go", "block", "Never asked"),
    ),
    ("packs list", ("개인정보 보호법", "아직 아무도"), ("Personal Information", "Nobody activated")),
    ("packs verify", ("두 사람이 서명합니다",), ("signed by two people",)),
    ("packs show us_ca", ("예외 없음", "내보내기"), ("No waiver", "export")),
    ("packs test us_ca", ("미국 캘리포니아", "실패 0건"), ("California", "0 failed")),
    ("packs diff", ("다른 것이 없습니다", "지난 30일"), ("do not differ", "past 30 days")),
    ("approvals", ("대기", "대량 내보내기"), ("Waiting", "A large export")),
    ("staff", ("개인정보 보호책임자", "초대됨", "아니요"), ("Privacy officer", "Invited", "no")),
    ("retention", ("나타나지 않는 식별자", "13개월"), ("Identifiers not seen", "13 months")),
    ("retention run --dry-run", ("지금 파기 대상",), ("Due now",)),
    ("keys", ("소스", "쓰기 키"), ("Source", "Write key")),
    ("keys list", ("만든 사람", "끝나는 날"), ("Made by", "Ends")),
    ("key status", ("키 파일", "뿌리 키"), ("its file", "the root")),
    ("status", ("수신한 이벤트", "식별 연결률", "0.0초"), ("Accepted events", "Linked share", "0.0 s")),
    ("doctor --port 1", ("정상 작업 공간", "시험한 키", "쓰인 그대로"), ("ok   workspace", "all open", "as they were")),
    ("audit verify", ("접속기록", "쓰인 그대로"), ("Access log", "as it was written")),
    ("audit search", ("터미널", "한 일"), ("Terminal", "Did")),
)


@pytest.mark.parametrize(("command", "korean", "english"), LOOKS, ids=[command for command, _, _ in LOOKS])
def test_a_look_tells_the_same_in_both(
    lived: Path, command: str, korean: tuple[str, ...], english: tuple[str, ...]
) -> None:
    ko, en = both(lived, *command.split(" "))
    assert ko.code == en.code
    assert [word for word in korean if word not in ko.out] == [], ko.out
    assert [word for word in english if word not in en.out] == [], en.out
    if not command.startswith("decide"):  # what the law has added to a message is in Korean
        assert HANGUL.findall(en.out) == []
    if not command.startswith("audit"):  # each look at the audit adds to it
        assert len(ko.out.splitlines()) == len(en.out.splitlines())
        assert FACTS.findall(ko.out) == FACTS.findall(en.out)


def test_every_column_of_a_table_is_called_in_korean(lived: Path) -> None:
    for command in ("request list", "duties", f"consent {WHO}", "packs list", "staff", "retention", "keys list"):
        head = typed(*command.split(" "), "--lang", "ko", cwd=lived).out.splitlines()[0]
        assert [name for name in re.split(r"\s{2,}", head.strip()) if not HANGUL.search(name)] == [], head


def test_the_doctor_finds_nothing_in_english_in_korean(lived: Path) -> None:
    *lines, last = typed("doctor", "--port", "1", "--lang", "ko", cwd=lived).out.splitlines()
    found = [re.sub(r"\S*/\S*", "", line.partition(": ")[2]) for line in lines]
    assert [line for line, said in zip(lines, found, strict=True) if not HANGUL.search(said) and "UTC" not in said
            and "Python" not in said] == []  # fmt: skip
    assert re.search(r"문제가 없습니다|고쳐야 할 것", last)


ACTS: tuple[tuple[str, str, str], ...] = (
    ("request stop email:{who}@shop.example --yes", "처리정지: 완료", "Stop the use: done"),
    ("request correct email:{who}@shop.example name=Kim", "정정", "Correct it"),
    ("request access email:{who}@shop.example --to {who}.html", "본인이 아닌 사람에게", "Hand it to nobody else"),
    ("request port email:{who}@new.example", "보관하고 있는 정보가 없습니다", "Nothing is held of them"),
    (
        "request erase email:{who}@gone.example --yes",
        "처리 증명서: itda request show",
        "Certificate: itda request show",
    ),
    ("request resume", "담당자가 정보를 전달", "somebody hands over"),
    ("consent record {who}@ --action grant --channel email", "", ""),
    ("duties run", "완료한 의무", "settled"),
    ("staff add {who} --role agent", "콜센터 상담원", "Call centre agent"),
    ("staff role {other} analyst", "지금: 분석가", "the role Analyst now"),
    ("staff disable {other}", "접속할 수 없습니다", "is let in no more"),
    ("staff enable {other}", "다시 접속할 수 있습니다", "may come in again"),
    ("staff totp {other} --yes", "일회용 코드를 없앴습니다", "no one-time codes any more"),
    ("staff end {other}", "끝난 세션: 0개", "that ended: 0"),
    ("staff reset {other} --yes", "초대했습니다", "is invited as"),
    ("packs propose --reason x", "", ""),
    ("export profiles --to {who}.csv --reason x", "명, 열 ", "customers, "),
    (
        "export profiles --to {who}-ads.csv --reason x --purpose ad_receive --channel email",
        "수신 동의가 없습니다",
        "is no consent",
    ),
    ("message", "아직 메시지가 없습니다", "No messages yet"),
    ("audit anchor", "고정해 둔 곳", "Anchored in"),
)


@pytest.mark.parametrize(("command", "korean", "english"), ACTS, ids=[command for command, _, _ in ACTS])
def test_an_act_tells_the_same_in_both(lived: Path, command: str, korean: str, english: str) -> None:
    ko, en = both(lived, *command.split(" "))
    assert ko.code == en.code, (ko, en)
    assert korean in ko.out, ko
    assert english in en.out, en
    assert bool(HANGUL.search(ko.out)) is bool(en.out.strip())
    assert HANGUL.findall(en.out) == []


def test_an_approval_and_a_key_are_answered_in_both(lived: Path) -> None:
    waits = typed("approvals", "--json", cwd=lived).json["open"]
    keys = [typed("keys", "add", "crm", "--scope", "traits", "--json", cwd=lived).json["view"]["id"] for _ in range(2)]
    revoked = [
        typed("keys", "revoke", key, "--lang", code, cwd=lived).out
        for key, code in zip(keys, ("ko", "en"), strict=True)
    ]
    assert "폐기했습니다" in revoked[0]
    assert "opens nothing any more" in revoked[1]
    with itda.open(lived) as shop:
        shop.staff.hire("lee", "correct horse battery", "privacy_officer", shop.actor)
    os.environ["ITDA_PASSWORD"] = "correct horse battery"
    try:
        korean = typed("approvals", "refuse", waits[0]["id"], "--as", "lee", "--reason", "x", "--lang", "ko", cwd=lived)
        english = typed(
            "approvals", "refuse", waits[1]["id"], "--as", "lee", "--reason", "x", "--lang", "en", cwd=lived
        )
    finally:
        del os.environ["ITDA_PASSWORD"]
    assert "대량 내보내기: 거절. 처리: lee" in korean.out, korean
    assert "A large export: Refused. Answered by lee" in english.out, english


def test_json_is_the_same_in_both_and_names_stay(lived: Path) -> None:
    for command in ("request list", "duties", "approvals", "staff", "packs list", "keys list"):
        ko, en = both(lived, *command.split(" "), "--json")
        assert ko.json == en.json, command


def test_a_question_is_put_in_both(lived: Path) -> None:
    ko, en = both(lived, "request", "erase", WHO)
    assert (ko.code, en.code) == (1, 1)
    assert "삭제할까요? 되돌릴 수 없습니다. 답할 사람이 없습니다 (--yes로 미리 동의할 수 있습니다)" in ko.err
    assert "It cannot be undone. Nobody is here to answer (agree beforehand with --yes)" in en.err


@pytest.mark.parametrize(
    ("command", "korean", "english"),
    [
        ("request show 77", "이런 요청이 없습니다", "there is no request"),
        ("request erase phon:1 --yes", "이것을 뜻하셨나요? phone", "did you mean phone?"),
        ("duties done 77 --proof x", "남아 있는 의무가 아닙니다", "no duty 77 is open"),
        ("staff role nobody viewer", "이런 아이디가 없습니다: nobody", "there is no login nobody"),
        ("decide --channel email --customer membership:77", "고객을 찾을 수 없습니다", "no customer has"),
    ],
)
def test_what_is_refused_is_told_in_both(lived: Path, command: str, korean: str, english: str) -> None:
    ko, en = both(lived, *command.split(" "))
    assert ko.code == en.code != 0
    assert (ko.out, en.out) == ("", "")
    assert (korean in ko.err, english in en.err) == (True, True), (ko, en)
    assert (len(ko.err.splitlines()), HANGUL.findall(en.err)) == (1, [])


def test_a_terminal_in_korean_is_answered_so(lived: Path) -> None:
    before: Any = os.environ["LC_ALL"]
    os.environ["LC_ALL"] = "ko_KR.UTF-8"
    try:
        assert "개인정보 보호책임자" in typed("staff", cwd=lived).out
        assert "Privacy officer" in typed("staff", "--lang", "en", cwd=lived).out
    finally:
        os.environ["LC_ALL"] = before
