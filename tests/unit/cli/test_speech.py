from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import click
import pytest

from itda.cli import backup, speech, terminal
from itda.cli.options import Given
from itda.engine.backup.gate import Restored


@pytest.fixture
def given() -> Iterator[Given]:
    with click.Context(click.Command("itda")) as context:
        yield context.ensure_object(Given)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LC_ALL": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": ""}, "ko"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_terminal_says_its_language_by_the_first_variable_that_says_anything(
    environment: dict[str, str], language: str
) -> None:
    assert speech.terminals(environment) == language


def test_what_is_asked_for_beats_the_terminal(given: Given) -> None:
    assert (speech.code(), speech.spoken("Done")) == ("en", "Done")
    given.language = "ko"
    assert (speech.code(), speech.spoken("Done")) == ("ko", "완료")
    assert speech.spoken("Request %(number)s", number="6f1c") == "요청 6f1c"
    assert speech.several("%(num)s row", "%(num)s rows", 1200) == "1,200줄"
    given.language = "en"
    assert [speech.several("%(num)s row", "%(num)s rows", n) for n in (1, 2)] == ["1 row", "2 rows"]


def width(text: str) -> int:
    """Columns of a terminal that a text takes: a Hangul syllable takes two (UAX 11)."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def test_columns_of_hangul_stand_below_each_other(given: Given, capsys: pytest.CaptureFixture[str]) -> None:
    given.language = "ko"
    rows = [("삭제", 12, "ab"), ("erase", 3_400, "나"), ("정보 전달", 7, "c")]
    terminal.say(terminal.table([*speech.heads({"State": "", "Records": "#"}), "|"], rows))
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["상태", "건수", "|"]
    right = width(head[: head.index("건수") + 2])
    assert [
        width(line[: line.index(f"{n:,}") + len(f"{n:,}")]) for line, (_, n, _) in zip(lines, rows, strict=True)
    ] == [right] * 3
    assert len({width(line) for line in (head, *lines)}) == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Missing: every event of after that, and 1 act of consent", "2 messages that waited", "3 erasures")),
        ("ko", ("동의 또는 철회 1건", "메시지 2건은 보내지 않습니다", "삭제 3건을 다시 실행했습니다")),
    ],
)
def test_what_was_put_back_is_told_in_both(
    given: Given, capsys: pytest.CaptureFixture[str], language: str, words: tuple[str, ...]
) -> None:
    given.language = language
    done = Restored(made_at=0, restored_at=1, position=1_048_576, is_open=True, erased=3, lost_consents=1, dropped=2)
    backup.say_restored(done)
    out = capsys.readouterr().out
    assert "1,048,576" in out
    assert all(word in out for word in words), out
