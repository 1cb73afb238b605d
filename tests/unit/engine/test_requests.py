"""By when requests are due, what laws keep and for how long, and the journal of erasures; nothing is stored for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import itda.store
from itda.base.errors import Refused
from itda.base.instant import parse, text
from itda.consent.packs import KINDS, box
from itda.consent.packs.kr_ecommerce import BY_KIND, LAWS_KO
from itda.engine.erasing import journal
from itda.engine.erasing.journal import Entry
from itda.engine.erasing.told import Erasure, decode, record, stripped
from itda.engine.requests import holding
from itda.engine.requests.deadlines import due
from itda.engine.requests.known import Known
from itda.engine.requests.page import STATUSES, html
from itda.profiles import orders
from itda.profiles.orders import Order
from itda.store.vault import Vault

VAULT = Vault(bytes(range(32)))
ZONE = "Asia/Seoul"


@pytest.mark.parametrize(
    ("country", "last"),
    [
        ("KR", "2026-12-02"), ("", "2026-12-02"), ("JP", "2026-12-02"), ("DE", "2026-12-22"), ("gb", "2026-12-22"),
        ("US", "2027-01-06"), ("US-CA", "2027-01-06"),
    ],
)  # fmt: skip
def test_a_request_is_due_by_the_law_of_the_country(country: str, last: str) -> None:
    at = parse("2026-11-22T23:30:00+09:00")
    assert text(due(box(), [country], at, ZONE)[0]) == f"{last}T14:59:59.999Z"


def test_a_month_ends_with_the_month() -> None:
    assert due(box(), ["DE"], parse("2026-01-31T09:00:00Z"), "UTC") == (parse("2026-02-28T23:59:59.999999Z"), "EU-07")


def test_the_strictest_of_the_laws_that_may_hold_says_when_and_a_pack_may_be_stricter() -> None:
    at = parse("2026-11-22T23:30:00+09:00")
    assert due(box(), ["US", "DE"], at, ZONE)[1] == "EU-07"
    assert due(box(), ["DE", "KR"], at, ZONE)[1] == "KR-49"
    sooner = box({"us_ca": {"answer_days": 7}, "eu": {"answer_days": 20}})
    assert due(sooner, ["US", "DE"], at, ZONE) == (parse("2026-11-29T23:59:59.999999+09:00"), "US-09")
    assert due(sooner, ["FR"], at, ZONE) == (parse("2026-12-12T23:59:59.999999+09:00"), "EU-07")


@pytest.mark.parametrize(
    ("pack", "days", "is_looser"),
    [("kr_pipa", 11, True), ("kr_pipa", 0, True), ("eu", 31, True), ("us_ca", 46, True), ("kr_pipa", 3, False),
     ("eu", 28, False), ("us_ca", 45, False)],
)  # fmt: skip
def test_no_pack_gives_more_time_than_its_law(pack: str, days: int, is_looser: bool) -> None:
    kind = KINDS[pack]
    assert bool(kind.looser(kind.parameters(answer_days=days))) is is_looser


def test_what_a_law_keeps_is_kept_for_as_long_as_it_says() -> None:
    assert {law.what: BY_KIND[law.kind].months for law in holding.KOREA} == {"orders": 60, "complaints": 36}
    assert holding.KOREA[0].names == orders.NAMES


def test_an_erasure_is_read_back_from_the_log_and_what_is_none_is_not() -> None:
    told = Erasure("ab" * 16, ("cd" * 16,))
    assert decode(record(told).body) == told
    for body in (b"{}", b'{"request":"ab","fragments":["cd"]}', b'{"request":"x","fragments":[]}'):
        with pytest.raises(ValueError, match=r".+"):
            decode(body)


def test_the_log_of_resolutions_keeps_whose_customer_others_were() -> None:
    a, b, c = b"a", b"b", b"c"
    assert stripped([[a, b], [c]], frozenset((a,))) == [[a, b], [c]]
    assert stripped([[a, b], [c]], frozenset((b, c))) == [[a]]
    assert stripped([[a, b], [c]], frozenset((a, b, c))) == []


def test_an_order_forgets_an_address_and_keeps_the_others() -> None:
    one, other = bytes(range(16)), bytes(range(16, 32))
    order = Order(contacts=orders.contacts([one, other]))
    assert orders.forget(order, [one])
    assert order.contacts == orders.contacts([other])
    assert not orders.forget(order, [one])


def test_the_journal_gives_each_erasure_once_and_survives_a_line_cut_short(tmp_path: Path) -> None:
    first, other = Entry("aa" * 16, 1, ("01",)), Entry("bb", 2, ("02",))
    assert list(journal.noted(tmp_path, VAULT)) == []
    journal.note(tmp_path, VAULT, [first])
    journal.note(tmp_path, VAULT, [first, other])
    path = tmp_path / journal.NAME
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(journal.noted(tmp_path, VAULT)) == [first, other]
    assert b"aa" * 16 not in path.read_bytes()
    path.write_bytes(path.read_bytes() + b"bm90IHdob2xl")
    assert list(journal.noted(tmp_path, VAULT)) == [first, other]
    path.write_bytes(b"damaged\n" + path.read_bytes())
    with pytest.raises(Refused):
        list(journal.noted(tmp_path, VAULT))


def test_what_is_noted_after_a_line_cut_short_is_lost_with_none(tmp_path: Path) -> None:
    first, other = Entry("aa", 1, ("01",)), Entry("bb", 2, ("02",))
    journal.note(tmp_path, VAULT, [first])
    with (tmp_path / journal.NAME).open("ab") as file:
        file.write(b"bm90IHdob2xl")
    journal.note(tmp_path, VAULT, [other])
    assert list(journal.noted(tmp_path, VAULT)) == [first, other]


def test_what_is_handed_over_is_text_and_no_page_of_somebody_elses() -> None:
    known = Known("r", "<Brand>", "2026-11-22T00:00:00Z", [{"kind": "email", "value": "<b>x</b>", "first_at": ""}],
                  [], [], [], [], [], [{"at": "", "name": "n", "channel": "web", "source": "web", "data": {"a": "<i>"}}])  # fmt: skip
    for language in ("ko", "en"):
        page = html(known, language)  # type: ignore[arg-type]
        assert "&lt;b&gt;x&lt;/b&gt;" in page
        assert "<b>" not in page
        assert "<i>" not in page
        assert f'lang="{language}"' in page


def test_a_page_to_read_tells_times_amounts_and_consents_as_people_say_them() -> None:
    spent = {"name": "spent", "value": 89000, "unit": "minor", "currency": "KRW", "source": "web", "at": None}
    act = {"action": "grant", "purpose": "ad_receive", "channel": "sms", "at": "2026-11-22T15:30:00.000Z"}
    event = {"at": "2026-11-22T15:30:00.000Z", "name": "n", "data": {"city": "서울", "is_gift": True}}
    known = Known("r", "에이숍", "2026-11-22T00:00:00.000Z", [], [spent], [], [act], [], [], [event], "Asia/Seoul")
    page = html(known, "ko")
    for told in ("에이숍에서", "2026년 11월 23일 00:30", "₩89,000", "광고성 정보 수신", "문자메시지", "is_gift: 예"):
        assert told in page
    for code in ("grant", "ad_receive", "minor", "T15:30", "{", "이(가)"):
        assert code not in page.partition("</style>")[2]
    assert "You agreed" in html(known, "en")


@pytest.mark.parametrize("told", ["0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-45T99:99:99Z"])
def test_what_only_looks_like_a_time_is_handed_over_as_it_was_told(told: str) -> None:
    event = {"at": "2026-11-22T15:30:00.000Z", "name": "n", "data": {"ends": told}}
    page = html(Known("r", "에이숍", "2026-11-22T00:00:00.000Z", [], [], [], [], [], [], [event], "Asia/Seoul"), "ko")
    assert f"ends: {told}" in page


def test_every_status_of_a_message_has_words_in_both_languages_and_no_other_has() -> None:
    schema = (Path(itda.store.__path__[0]) / "sql" / "schema" / "4_engagement.sql").read_text(encoding="utf-8")
    outbox = schema[schema.index("create table outbox (") :]
    listed = re.search(r"status text not null check \(status in \(([^)]+)\)", outbox)
    assert listed is not None
    real = set(re.findall(r"'(\w+)'", listed[1]))
    for language, words in STATUSES.items():
        assert words.keys() == real, language
        assert all(words.values())


def test_a_page_names_the_law_that_keeps_something_in_its_own_language() -> None:
    held = {
        "law": f"KR-45 {BY_KIND['complaint'].law}",
        "what": "complaints",
        "records": 2,
        "until": "2029-01-01T15:00:00.000Z",
    }
    known = Known("r", "에이숍", "2026-11-22T00:00:00.000Z", [], [], [], [], [], [], [], "Asia/Seoul", [held])
    for told in ("개인정보가 없습니다", "전자상거래법 시행령 제6조 제1항 제4호", "불만과 분쟁 기록", "2029년 1월 2일"):
        assert told in html(known, "ko")
    assert "E-Commerce Act decree art. 6(1)4" in html(known, "en")
    assert len(LAWS_KO) == len(BY_KIND)
