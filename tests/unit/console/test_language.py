from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from starlette.testclient import TestClient
from tests.unit.console.engaged_views import number
from tests.unit.console.gate import INVITATION
from tests.unit.console.identity_views import HUB, fragment, task_id
from tests.unit.console.request_window import ERASED, LATE
from tests.unit.console.window import JIWOO

from itda.access.actor import PERMISSIONS
from itda.console import language
from itda.console.language import CATALOGUES, choose

TWO = f"a={fragment('email')}&b={fragment('anonymous_id')}"
APART = f"a={fragment('email')}&b={HUB}"
CONSOLE = CATALOGUES.parent
TERMINAL = CONSOLE.parent / "cli"
HANGUL = re.compile(r"[\uac00-\ud7a3]")
PAGES = [
    "/", "/customers", f"/customers/{JIWOO}", f"/customers/{JIWOO}/past?day=2026-05-01&view=known",
    f"/customers/{JIWOO}/history", f"/customers/{JIWOO}/why?{TWO}", f"/customers/{JIWOO}/why?{APART}", "/identity", "/identity?part=suspects",
    "/identity/review", *(f"/identity/review?task={task_id(name)}" for name in ("joined", "held", "desk")),
    "/identity/review?view=later", "/segments", "/segments/loyal", f"/segments/loyal/why/{JIWOO}", "/journeys",
    "/journeys/rescue", "/messages", f"/messages/{number('sent')}", f"/messages/{number('dropped')}",
    f"/messages/{number('uncertain')}", "/messages/preview/cart", "/measures", "/measures/attributed_orders?by=channel",
    "/measures/stage_drop_off", "/measures/holdout_difference", "/quality", "/quarantine", "/quarantine/5001",
    "/audit", "/audit/review", "/duties", "/duties?show=done", "/retention", "/consents", "/requests", f"/requests/{ERASED}", f"/requests/{LATE}", "/requests/new", f"/requests/{ERASED}/told/partner", "/approvals", "/packs", "/staff", "/account", "/account/codes", "/account/confirm", "/glass", "/glass/reviews", f"/invitation/{INVITATION}", "/nowhere",
]  # fmt: skip


def in_language(path: str, code: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={code}"


def messages() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(
        CONSOLE,
        [("**.py", "python"), ("**/templates/**.html", "jinja2")],
        options_map={"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}},
        keywords={"_": None, "say": None, "gettext": None, "ngettext": (1, 2)},
    )
    return (
        {message for _, _, message, _, _ in found}
        | set(PERMISSIONS.values())
        | {message for file in TERMINAL.glob("*.py") for message in spoken(file)}
    )


def spoken(file: Path) -> Iterator[str | tuple[str, ...]]:
    """What a command of the terminal says, in f-strings too, which the extraction does not look into."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("_", "spoken", "several")
        ):
            texts = [text.value for text in node.args[:2] if isinstance(text, ast.Constant)]
            if node.func.id == "several":
                yield tuple(texts)
            else:
                yield from texts


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_message_is_in_every_catalogue(code: str) -> None:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    known = {message.id: message for message in catalogue if message.id}
    wanted = messages()
    assert len(wanted) > 200
    assert [message for message in wanted if message not in known] == []
    assert [message for message in known if message not in wanted] == []
    for message in known.values():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), message.id
        assert len(texts) == (catalogue.num_plurals if message.pluralizable else 1), message.id
        assert not message.fuzzy


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_a_sentence_names_the_same_values_in_every_language_and_number(code: str) -> None:
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        for message in read_po(file, locale=code):
            if message.id:
                texts = [one if isinstance(one, tuple) else (one,) for one in (message.id, message.string)]
                named = {frozenset(re.findall(r"%\(\w+\)s", text)) for text in (*texts[0], *texts[1])}
                assert len(named) == 1, message.id


def test_korean_sentences_need_no_particle_after_a_named_value() -> None:
    text = (CATALOGUES / "ko.po").read_text(encoding="utf-8")
    assert re.findall(r"%\(\w+\)s(?:을|를|이|가|은|는|과|와)(?![\uac00-\ud7a3])", text) == []


@pytest.mark.parametrize("path", PAGES)
def test_an_english_page_has_korean_only_where_it_says_so(admin: TestClient, path: str) -> None:
    html = admin.get(in_language(path, "en")).text
    assert '<html lang="en">' in html
    own_words = re.sub(r'<(a|dd) [^>]*lang="ko"[^>]*>한국어</', "", html).replace("(광고)", "")
    data = ["김지우", ">김<", "한강상회", "리넨 셔츠", "양말", "벨트", "강남점", "울 코트", "네이비", "겨울 외투", "가을", "이번 주 당신을 위한 추천",
            "교환 문의", "본인이 전화로 확인함", "서울", "셔츠", "니트", "대표 메일", "가족이 함께 쓰는 번호", "잘못 봄", "다른 사람", "(연계정보)",
            "김민수", "부산", ">지우<", ">김<"]  # fmt: skip
    for value in data:
        own_words = own_words.replace(value, "")
    assert HANGUL.findall(own_words) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_korean_page_speaks_korean_in_its_frame_and_heading(admin: TestClient, path: str) -> None:
    html = admin.get(in_language(path, "ko")).text
    assert '<html lang="ko">' in html
    headings = re.findall(r"<(?:h1|h2|th|summary|label|button)[^>]*>(.*?)</", html, re.DOTALL)
    plain = [re.sub(r"<[^>]+>", "", heading).strip() for heading in headings]
    unsaid = [text for text in plain if text and not HANGUL.search(text) and re.search(r"[a-z]{3,}", text)]
    assert unsaid == ([] if path != "/quarantine/5001" else ["Product Added"])


def test_a_korean_chart_has_korean_labels(admin: TestClient) -> None:
    html = admin.get("/?lang=ko").text
    chart = re.search(r'<span id="hour-data" hidden>(.*?)</span>', html, re.DOTALL)
    assert chart is not None
    assert "웹" in chart[1]
    assert "Web" not in chart[1]


@pytest.mark.parametrize(
    ("asked", "cookie", "setting", "accepted", "chosen"),
    [
        ("en", "ko", "ko", "ko", "en"),
        ("", "en", "ko", "ko", "en"),
        ("", "", "en", "ko", "en"),
        ("", "", "", "en-GB,en;q=0.9,ko;q=0.8", "en"),
        ("", "", "", "fr;q=1,ko-KR;q=0.9,en;q=0.1", "ko"),
        ("", "", "", "fr", "ko"),
        ("fr", "xx", "", "", "ko"),
        ("", "", "", ";q=x,,*;q=0", "ko"),
    ],
)
def test_address_then_cookie_then_setting_then_browser(
    asked: str, cookie: str, setting: str, accepted: str, chosen: str
) -> None:
    assert choose(asked, cookie, setting, accepted, ("ko", "en")) == chosen


def test_a_chosen_language_stays(admin: TestClient) -> None:
    assert '<html lang="en">' in admin.get("/quality").text
    admin.get("/?lang=ko")
    assert '<html lang="ko">' in admin.get("/quality").text


def test_the_language_links_keep_the_rest_of_the_address(admin: TestClient) -> None:
    html = admin.get("/quality?source=web&lang=en").text
    assert 'href="/quality?source=web&amp;lang=ko"' in html


def test_a_catalogue_is_read_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "ko.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Yes"\nmsgstr "네"\n', encoding="utf-8"
    )
    assert language.load("ko", tmp_path).gettext("Yes") == "네"
