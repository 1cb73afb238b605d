"""How often a person lets themselves be written to: a limit of their own, kept in the ledger as what they agreed to.

Each limit is a text that was shown and chosen, so the ledger says word for word what holds, a join keeps every limit
that either had, and a cut leaves each what they chose. Choosing none is an act too: nothing is taken away from others.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from itda.consent.definition import ANY_CHANNEL, SUBJECT_WIDE
from itda.consent.standing import Consents

PACE = "pace"
"""The purpose of these acts, on all channels and of the whole person."""
LANGUAGES = ("ko", "en")


class Pace(msgspec.Struct, frozen=True):
    """So many advertisements in so many days and no more; `most` 0: no limit of one's own."""

    most: int
    days: int

    @property
    def code(self) -> str:
        """How it is named where it is chosen, such as `2-in-7`."""
        return f"{self.most}-in-{self.days}" if self.most else "none"


NONE = Pace(0, 0)
WEEK, MONTH = 7, 30
CHOICES = (NONE, Pace(3, WEEK), Pace(2, WEEK), Pace(1, WEEK), Pace(2, MONTH), Pace(1, MONTH))
LONGEST = MONTH
"""Days that any of them looks back."""
_KO = {WEEK: "일주일에", MONTH: "30일에"}
_EN = {WEEK: "week", MONTH: "30 days"}


def text_id(pace: Pace, language: str) -> str:
    """The id under which the ledger keeps the words of a limit."""
    return f"pace-{pace.code}@1/{language}"


def text(pace: Pace, language: str) -> str:
    """The words of a limit, as they are shown and kept."""
    if language == "ko":
        if not pace.most:
            return "광고 횟수를 따로 제한하지 않습니다. 브랜드가 정한 한도는 그대로 적용됩니다."
        return f"광고를 모든 수단을 합쳐 {_KO[pace.days]} {pace.most}번까지만 받겠습니다."
    if not pace.most:
        return "No limit of my own. The brand's own limit still holds."
    times = "one advertisement" if pace.most == 1 else f"{pace.most} advertisements"
    span = f"a {_EN[WEEK]}" if pace.days == WEEK else f"in {_EN[MONTH]}"
    return f"At most {times} {span}, on all channels together."


_BY_TEXT = {text_id(pace, language): pace for pace in CHOICES for language in LANGUAGES}


def limits(consents: Consents) -> tuple[Pace, ...]:
    """Every limit that the people behind a customer set themselves. All of them hold."""
    found = (states.get((SUBJECT_WIDE, PACE, ANY_CHANNEL)) for states in consents.states.values())
    return of_texts(state.text_id for state in found if state is not None and state.status == "granted")


def of_texts(texts: Iterable[str]) -> tuple[Pace, ...]:
    """The limits that these texts set, the strictest first."""
    chosen = {pace for one in texts if (pace := _BY_TEXT.get(one)) is not None and pace.most}
    return tuple(sorted(chosen, key=lambda pace: (pace.most / pace.days, -pace.days)))


def named(code: str) -> Pace | None:
    """The limit of this code; None where it is none of ours."""
    return next((pace for pace in CHOICES if pace.code == code), None)
