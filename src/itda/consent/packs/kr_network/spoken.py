"""Advertising by voice, which says what it is before anything else (Network Act art. 50(1)2 and 50(4))."""

from __future__ import annotations

from itda.consent.countries import KOREA
from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.consent.rule import Check, Example, Rule

VOICE = ("voice", "call")
_WORD = "광고"


def rules(*, discloses_source: bool) -> tuple[Rule, ...]:
    """KR-10."""
    return (
        Rule(
            id="KR-10",
            sentence=(
                "A call that advertises says 광고 and the sender's name first, then a free way out, and where the"
                " number was got from."
            ),
            source="Network Act art. 50(1)2, 50(4); decree annex 6; Door-to-Door Sales Act",
            mark="M",
            channels=VOICE,
            countries=KOREA,
            needs=("sender", "opening"),
            check=_script(discloses_source=discloses_source),
            examples=(
                Example(
                    "a script that begins with the word and the name",
                    {"channel": "voice", "opening": "광고 브랜드A입니다", "disclosed": "2026년 회원 가입",
                     "sender": {"optouts": {"voice": "080-123-4567"}}},
                ),
                Example(
                    "a script that greets first",
                    {"channel": "voice", "opening": "안녕하세요 브랜드A입니다"},
                    says="block", code="BAD_SCRIPT",
                ),
            ),
        ),
    )  # fmt: skip


def _script(*, discloses_source: bool) -> Check:
    def check(facts: Facts, _now: int) -> Finding | None:
        if facts.sender is None or facts.opening is None:
            return None
        rest = facts.opening.strip().removeprefix("(").removeprefix(_WORD).lstrip("),. ")
        is_said = facts.opening.strip().removeprefix("(").startswith(_WORD)
        if not is_said or not facts.sender.name or not rest.startswith(facts.sender.name):
            return Finding("block", "BAD_SCRIPT", f"it does not begin with {_WORD} and the sender's name")
        if not any(facts.sender.optouts.get(channel) for channel in VOICE):
            return Finding("block", "NO_FREE_OPTOUT", "a call needs a way out that costs nothing")
        if discloses_source and not facts.disclosed:
            return Finding("block", "SOURCE_NOT_TOLD", "its script does not say where the number was got from")
        return None

    return check
