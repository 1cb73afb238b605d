"""What an officer's commands refuse is told in Korean: every sentence of those parts has words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from itda.base.errors import Fault
from itda.console import language, refusals

SOURCE = Path(refusals.__file__).parents[1]
HANGUL = re.compile(r"[\uac00-\ud7a3]")
KO = language.load("ko").gettext
PARTS = (
    "cli/approvals.py", "cli/audit.py", "cli/backup.py", "cli/consent.py", "cli/consent_file.py", "cli/duties.py",
    "cli/export.py", "cli/key.py", "cli/keys.py", "cli/messages.py", "cli/options.py", "cli/packs.py",
    "cli/request.py", "cli/retention.py", "cli/staff.py", "cli/terminal.py", "engine/approvals.py",
    "engine/auditing/*.py", "engine/backup/*.py", "engine/commands/approvals.py", "engine/commands/consent.py",
    "engine/commands/consents.py", "engine/commands/duties.py", "engine/commands/keys.py",
    "engine/commands/messages.py", "engine/commands/packs.py", "engine/commands/staff.py", "engine/enacting/*.py",
    "engine/exporting/*.py", "engine/inviting.py", "engine/naming.py", "engine/people/keys.py",
    "engine/questions/consent.py", "engine/questions/whose.py", "engine/requests/*.py", "engine/retaining/*.py",
    "engine/safekeeping.py", "engine/staff.py",
)  # fmt: skip
OUR_OWN = {
    "an approval needs what it is for, and a digest of it", "nobody knows how a 7 goes on from 7",
    "the address was refused: 7", "7: 7 made or changed a login of theirs", "no provider is named in itda.yaml",
}  # fmt: skip
"""What nobody who types is told: faults between our parts, of other doors, and the end of a sentence tried below."""
COMMANDS = re.compile(r"(?:--\w+|itda) [\w -]*")


def written(node: ast.expr) -> str:
    """A text as it may come to be: 7 for every value; empty where it is none of ours."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return ""


def faults() -> Iterator[Fault]:
    for part in PARTS:
        for file in sorted(SOURCE.glob(part)):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    if node.func.id in ("Refused", "Misused"):
                        yield from (Fault(what=written(one)) for one in node.args)
                    elif node.func.id == "Fault":
                        said = {one.arg: written(one.value) for one in node.keywords if one.arg in ("what", "cure")}
                        yield Fault(what=said.get("what", ""), cure=said.get("cure", ""))


def test_every_refusal_of_an_officers_commands_has_words() -> None:
    found = list(faults())
    assert len(found) > 120
    told = [(fault, refusals.told(fault, KO)) for fault in found if fault.what not in OUR_OWN]
    assert [one.what for one, said in told if one.what and not HANGUL.search(said.what)] == []
    assert [one.cure for one, said in told if one.cure and not HANGUL.search(said.cure)
            and not COMMANDS.match(one.cure)] == []  # fmt: skip


@pytest.mark.parametrize(
    ("what", "cure", "korean"),
    [
        ("'phon' is no kind of identifier of this workspace", "did you mean phone?",
         "이 작업 공간에 없는 식별자 종류입니다: 'phon' (이것을 뜻하셨나요? phone)"),
        ("login and password do not fit, or the login is locked for a quarter of an hour", "",
         "아이디나 비밀번호가 맞지 않거나, 아이디가 15분 동안 잠겼습니다"),
        ("no customer has membership:0", "", "고객을 찾을 수 없습니다: membership:0"),
        ("no customer has this id", "", "이 고객 ID를 가진 고객이 없습니다"),
        ("kim, who proposed it, and lee do not count as two people yet: park made or changed a login of theirs", "",
         "제안한 kim, 승인하려는 lee: 아직 서로 다른 두 사람으로 볼 수 없습니다. park 님이 로그인을 만들거나 바꾸었습니다"),
        ("what tomorrow refuses", "do it otherwise", "what tomorrow refuses (do it otherwise)"),
    ],
)  # fmt: skip
def test_a_refusal_keeps_its_values(what: str, cure: str, korean: str) -> None:
    assert str(refusals.told(Fault(what=what, cure=cure), KO)) == korean


def test_the_place_of_a_fault_stays() -> None:
    fault = Fault(what="there is no such folder", file="a.csv", line=3, field="to")
    assert str(refusals.told(fault, KO)) == "a.csv:3: to: 폴더가 없습니다"
