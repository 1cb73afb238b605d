"""What proves that a duty was done, as a person reads it."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.base.instant import parse
from itda.console import saying
from itda.console.formats import Formats
from itda.console.language import mark as _
from itda.console.words import Say

NOTED, SIGNED = _("%(name)s noted: %(proof)s"), _("%(name)s signed report %(report)s")
LOOKED, VOID = _("%(name)s looked at it"), _("It is owed no more")
MAIL, REQUEST, RUN = _("Mail: %(status)s, %(moment)s"), _("Request %(number)s"), _("Run %(number)s of retention")
_WORDS = {
    "proof": NOTED, "report": SIGNED, "reviewed_by": LOOKED, "void": VOID, "request": REQUEST, "run": RUN,
    "status": MAIL,
}  # fmt: skip
"""What tells which kind of proof one is → its words; the first that it has."""
_SHORT = 12


def proof(text: str, formats: Formats, say: Say) -> str:
    """The gist of a proof; the text itself where it is none that the shop writes."""
    try:
        told = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return text
    return _gist({name: one for name, one in told.items() if one}, formats, say) or text


def _gist(told: dict[str, Any], formats: Formats, say: Say) -> str:
    words = next((words for name, words in _WORDS.items() if name in told), "")
    if not words or (words is MAIL and "at" not in told):
        return ""
    return say(words) % {
        "name": told.get("by") or told.get("reviewed_by", ""),
        "proof": told.get("proof", ""),
        "report": told.get("report", "")[:_SHORT],
        "number": str(told.get("request") or told.get("run", ""))[:_SHORT],
        "status": saying.of(saying.STATUSES, told.get("status", ""), say),
        "moment": formats.moment(parse(told["at"])) if "at" in told else "",
    }
