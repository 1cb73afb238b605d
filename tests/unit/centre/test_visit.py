"""What the privacy centre says and when: even answers, words in both languages, values as people write them."""

from __future__ import annotations

import re
import string
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.centre.pages import Around
from itda.centre.visit import left
from itda.centre.visit_pages import WORDS, Front
from itda.consent import pace, packs
from itda.decisions import rules as own
from itda.engine.questions.views import TraitView


@given(st.floats(0.0, 20.0))
def test_an_answer_goes_after_a_whole_number_of_halves_of_a_second(took: float) -> None:
    waits = left(took)
    assert -1e-9 <= waits <= 0.5
    assert (took + waits) % 0.5 == pytest.approx(0.0, abs=1e-6) or (took + waits) % 0.5 == pytest.approx(0.5, abs=1e-6)


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_with_the_same_parts() -> None:
    ko, en = (msgspec.structs.asdict(WORDS[language]) for language in ("ko", "en"))
    for name, said in ko.items():
        if isinstance(said, str):
            assert names(said) == names(en[name]), name
        elif isinstance(said, dict):
            assert said.keys() == en[name].keys(), name
        else:
            assert len(said) == len(en[name]), name


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_pace_has_words_of_its_own_that_name_it_again(language: str) -> None:
    said = [pace.text(one, language) for one in pace.CHOICES]
    assert len(set(said)) == len(said)
    for one in pace.CHOICES:
        assert pace.named(one.code) == one
        assert pace.of_texts([pace.text_id(one, language)]) == ((one,) if one.most else ())


def view(value: object, **more: str) -> TraitView:
    given = {"name": "x", "kind": "sum", "label_ko": "x", "label_en": "x", **more}
    return TraitView(value=value, **given)


@pytest.mark.parametrize(("language", "shown", "told"), [
    ("ko", view(89000, unit="minor", currency="KRW"), "₩89,000"),
    ("en", view(1250, unit="minor", currency="USD"), "$12.50"),
    ("ko", view(3, unit="days"), "3일"),
    ("en", view(True), "Yes"),
    ("ko", view([]), "없음"),
    ("en", view([{"value": "web", "count": 2}], kind="top"), "Web"),
    ("en", view("2026-11-03T03:00:00.000Z"), "November 3, 2026, 12:00"),
    ("ko", view({"city": "서울"}), "city: 서울"),
    ("ko", view("other", name="email_domain", kind="declared"), "기타"),
    ("ko", view("ko", name="language", kind="declared"), "한국어"),
    ("en", view("ko-KR", name="locale", kind="declared"), "Korean (South Korea)"),
    ("en", view("of a village", name="language", kind="declared"), "of a village"),
])  # fmt: skip
def test_values_are_told_as_people_write_them(language: str, shown: TraitView, told: str) -> None:
    front = Front(around=Around(language=language, sender="이음", zone="Asia/Seoul"), currency="KRW")
    assert front.value(shown) == told


def test_a_derived_trait_is_called_after_what_it_comes_from() -> None:
    front = Front(around=Around(language="ko", sender="이음"))
    derived = TraitView(name="birthday_age_band", kind="declared", value="30-39", label_ko="birthday_age_band",
                        label_en="birthday_age_band")  # fmt: skip
    assert front.trait(derived) == "생년월일 (연령대)"


def codes_that_keep_a_message() -> set[str]:
    """Of every rule of every version of every pack, and of the brand's own rules: what they say as they are written."""
    rules = packs.rules(packs.box())
    found = {one.code for rule in rules for one in rule.examples if one.says in ("block", "hold") and one.code}
    for place in (Path(packs.__file__).parent, Path(own.__file__).parent):
        for file in place.rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            found |= set(re.findall(r'"(?:block|hold)", "([A-Z][A-Z_]+)"', text))
            found |= set(re.findall(r'(?:Drop|Hold)\(.*"([A-Z][A-Z_]+)"', text))
    return found


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_person_reads_words_and_never_the_code_of_a_rule(language: str) -> None:
    codes = codes_that_keep_a_message()
    assert len(codes) > 40
    words = WORDS[language]
    assert codes - words.reasons.keys() == set()
    assert "{" not in words.other_reason
    for said in (*words.reasons.values(), words.other_reason):
        assert not re.search(r"[A-Z]{2,}[_-]", said), said
