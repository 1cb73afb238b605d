"""What a decision rests on is told in words, never by a code: of every code and every rule there is."""

from __future__ import annotations

import ast
from pathlib import Path

from itda import consent, decisions
from itda.centre.visit_pages import WORDS
from itda.consent.packs import box, rules
from itda.consent.uses import MISMATCH
from itda.console.laws import RULES
from itda.console.saying import REASONS
from itda.decisions.rules import KINDS
from itda.engine.sending import departure


def _codes() -> set[str]:
    """Codes in capitals that a rule of a pack or of the brand gives: `code=…`, or the second argument of a finding."""
    folders = (Path(consent.__file__).parent / "packs", Path(decisions.__file__).parent)
    trees = [ast.parse(file.read_text(encoding="utf-8")) for folder in folders for file in folder.rglob("*.py")]
    given: list[ast.expr] = []
    for call in (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given += [word.value for word in call.keywords if word.arg == "code"]
        if isinstance(call.func, ast.Name) and call.func.id == "Finding":
            given += call.args[1:2]
    texts = {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {text for text in texts if text.isupper()}


def test_every_code_of_a_rule_has_words_in_the_console() -> None:
    codes = _codes()
    assert len(codes) > 50
    assert codes - set(REASONS) == set()


def test_every_rule_has_its_sentence_and_source() -> None:
    assert ({rule.id for rule in rules(box())} | set(KINDS)) - set(RULES) == set()


def test_the_privacy_centre_has_words_for_no_code_that_nobody_gives() -> None:
    ours = {value for value in vars(departure).values() if isinstance(value, str)}
    ours |= {"EXPIRED_IN_HOLD", "NO_ADDRESS", "NO_CHANNEL", MISMATCH}
    assert set(WORDS["ko"].reasons) - _codes() - ours == set()
