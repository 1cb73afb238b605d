"""Whatever the audit holds is said in both languages: acts by their names, reasons that the machine writes, faults."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import permissions
import pytest

import itda
from itda.access.actor import ROLES
from itda.console import acts, audited, language, words
from itda.engine.auditing.verifying import _WORDS, Break, Misfit

SOURCE = Path(itda.__file__).parent
HANGUL = range(0xAC00, 0xD7A4)
SAY = {code: language.load(code).gettext for code in language.LANGUAGES}


def is_korean(text: str) -> bool:
    return any(ord(letter) in HANGUL for letter in text)


@cache
def modules() -> tuple[tuple[dict[str, str], tuple[ast.Call, ...]], ...]:
    """Of every file the texts that have names, and the calls."""
    parsed = [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCE.rglob("*.py")]
    return tuple(
        (constants(module), tuple(node for node in ast.walk(module) if isinstance(node, ast.Call))) for module in parsed
    )


def constants(module: ast.Module) -> dict[str, str]:
    found = {}
    for line in module.body:
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
            found |= {target.id: line.value.value for target in line.targets if isinstance(target, ast.Name)}
    return found


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def reasons() -> set[str]:
    """Every reason that the code itself gives: what stands in it as text where something is asked or done."""
    found: set[str] = set()
    for named, calls in modules():
        for call in calls:
            given = call.args[1:] if called(call) in {"ask", "act"} else []
            if called(call) in {"ask", "act", "partial", "Work", "Access", "Change"}:
                given = [*given, *(word.value for word in call.keywords if word.arg == "reason")]
            for part in (part for one in given for part in ast.walk(one)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found.add(part.value)
                elif isinstance(part, ast.Name) and part.id in named:
                    found.add(named[part.id])
    return found - {"", "is_about_people"}


def written() -> set[str]:
    """Every name that is written down without being a question or change: `command="…"`, and the notes of the door."""
    found: set[str] = set()
    for _, calls in modules():
        for call in calls:
            texts = [word.value for word in call.keywords if word.arg == "command"]
            if called(call) == "_note" and len(call.args) > 2:
                texts.append(call.args[1])
            found |= {one.value for one in texts if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


@cache
def asked() -> frozenset[str]:
    return frozenset(one.name for one in permissions.asked())


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_question_and_change_has_words_of_its_own(code: str) -> None:
    names = asked() | written()
    assert {"Profile", "Cut", "Login", "Propose"} <= names
    said = {name: acts.act(name, SAY[code]) for name in names}
    assert [name for name, told in said.items() if told == name or is_korean(told) != (code == "ko")] == []
    again = [told for told in said.values() if list(said.values()).count(told) > 1]
    assert again == []


def test_no_words_are_kept_of_what_nobody_asks_any_more() -> None:
    assert set(acts.ACTS) == asked()
    assert set(acts.AT_THE_DOOR) == written()


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_every_reason_that_the_code_gives_has_words(code: str) -> None:
    given = reasons()
    assert {"console: customer", "from the terminal", "request "} <= given
    assert set(audited.REASONS) == given - {"request "}
    said = [audited.reason(text, SAY[code]) for text in (*audited.REASONS, "request 0f3a")]
    assert [told for told in said if is_korean(told) != (code == "ko")] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_role_that_looks_has_words(role: str) -> None:
    assert is_korean(words.role(role, SAY["ko"]))
    assert words.role(role, SAY["en"]) != role


def test_what_a_person_wrote_stays_as_they_wrote_it() -> None:
    assert audited.reason("ticket 41: asked by the owner", SAY["ko"]) == "ticket 41: asked by the owner"
    assert acts.act("GET /staff", SAY["en"]) == "The page /staff"
    assert acts.act("Unheard", SAY["ko"]) == "Unheard"


@pytest.mark.parametrize("what", _WORDS)
def test_what_is_wrong_with_the_audit_is_said_in_korean_with_its_row(what: str) -> None:
    told = audited.fault(str(Break("access_log", 12_345, what)), SAY["ko"])
    assert is_korean(told)
    assert "접속기록 12,345번 줄" in told
    assert audited.fault(str(Break("access_log", 7, what)), SAY["en"]).startswith("Access log, row 7: ")


def test_an_anchor_that_names_another_row_is_said_with_both_rows() -> None:
    misfit = Misfit(place="anchors.jsonl", at=0, table="audit_event", seq=2_000, since=1_990)
    told = audited.fault(str(misfit), SAY["ko"])
    for part in ("변경 2,000번 줄", "anchors.jsonl", "1,990번"):
        assert part in told
    assert audited.fault("s3://anchors: not reached", SAY["ko"]) == "s3://anchors: not reached"
