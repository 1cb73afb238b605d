"""A trait's value as people read it: amounts with their sign, times in the zone, lists with commas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from itda.base.instant import parse
from itda.console.formats import NOTHING, Formats
from itda.console.language import mark as _
from itda.console.words import Say, channel
from itda.engine.questions.views import TraitView

DAYS = _("%(count)s days")
HOURS = _("%(count)s hours")
COMMON = {
    "name": _("Name"), "email": _("E-mail"), "phone": _("Phone"), "email_domain": _("E-mail domain"),
    "language": _("Language"), "city": _("City"), "age_band": _("Age band"), "gender": _("Gender"),
    "birth_month_day": _("Birthday"), "birth_date": _("Birth date"), "address": _("Address"),
    "postcode": _("Postcode"), "first_name": _("Given name"), "last_name": _("Family name"), "tier": _("Tier"),
}  # fmt: skip
"""Traits that sources often tell and few workspaces name."""
_PARTS = {"age_band": "age_band", "month_day": "birth_month_day", "domain": "email_domain"}
"""What of a sealed value is kept in clear, by how its name ends."""
TOLD = [name for name in COMMON if name not in _PARTS.values()]
"""Those of COMMON that a person tells, so that they can be corrected."""
YES, NO = _("Yes"), _("No")
_MANY = 5
_ISO_SHORTEST = 16


def show(trait: TraitView, formats: Formats, say: Say) -> str:
    """The text of a value; an en dash where nothing is known."""
    value = trait.value
    if value is None or value in ("", [], {}):
        return NOTHING
    if trait.unit == "minor" and isinstance(value, int):
        return formats.money(value, trait.currency)
    if trait.unit == "days" and isinstance(value, int | float):
        return say(DAYS) % {"count": formats.number(value, 1)}
    if trait.unit == "hours" and isinstance(value, int | float):
        return say(HOURS) % {"count": formats.number(value, 1)}
    if trait.name.endswith("channel") and isinstance(value, str):
        return channel(value, say)
    return _text(value, formats, say)


def label(trait: TraitView, language: str, say: Say) -> str:
    """What a trait is called: as the workspace says, else as we know it, else its name in words."""
    said = trait.label_ko if language == "ko" else trait.label_en
    return said if said and said != trait.name else named(trait.name, say)


def named(name: str, say: Say) -> str:
    """What a trait is called of which nothing but its name is known."""
    part = next((word for end, word in _PARTS.items() if name.endswith(f"_{end}")), name)
    known = name if name in COMMON else part
    return say(COMMON[known]) if known in COMMON else name.replace("_", " ")


def meant(text: str, tongues: Iterable[Say]) -> str:
    """The name of the trait that a person calls so, in any of these languages; what is no such word stays."""
    said = text.strip()
    called = {say(word).casefold(): name for say in tongues for name, word in COMMON.items()}
    return called.get(said.casefold(), said)


def _text(value: Any, formats: Formats, say: Say) -> str:
    if isinstance(value, bool):
        return say(YES if value else NO)
    if isinstance(value, int | float):
        return formats.number(value)
    if isinstance(value, list):
        shown = ", ".join(_text(one, formats, say) for one in value[:_MANY])
        return f"{shown} …" if len(value) > _MANY else shown
    if isinstance(value, dict) and value.keys() == {"value", "count"}:
        return f"{_text(value['value'], formats, say)} ({formats.number(value['count'])})"
    if isinstance(value, dict):
        return ", ".join(f"{channel(str(name), say)} {_text(one, formats, say)}" for name, one in value.items())
    return _moment(str(value), formats)


def _moment(text: str, formats: Formats) -> str:
    """An ISO 8601 time in the zone; any other text as it is."""
    if len(text) >= _ISO_SHORTEST and text[4:5] == "-" and text[10:11] == "T":
        try:
            return formats.moment(parse(text))
        except ValueError:
            return text
    return text
