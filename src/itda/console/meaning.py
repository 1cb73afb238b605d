"""A segment's definition in words: each test as a sentence in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from itda.console import saying, words
from itda.console.formats import Formats
from itda.console.language import mark as _
from itda.console.traits import COMMON, NO, YES
from itda.console.words import Say
from itda.engine.questions.segment_told import LineView

GROUPS = {"all": _("All of these"), "any": _("At least one of these"), "none": _("None of these")}
_LEAST, _MOST, _EQUALS = _("at least %(value)s"), _("at most %(value)s"), _("exactly %(value)s")
_ONE_OF, _UNLIKE = _("one of %(value)s"), _("anything but %(value)s")
_IS_SET, _IS_UNSET = _("is known"), _("is not known")
_EVER, _WITHIN = _("ever"), _("in the last %(time)s")
_TIMES_LEAST, _TIMES_MOST = _("at least %(count)s times"), _("at most %(count)s times")
_ONCE, _NEVER = _("at least once"), _("not once")
_ON, _FROM = _("on %(channel)s"), _("from %(source)s")
_CONSENT = _("Consent to %(purpose)s by %(channel)s: %(status)s")
_SEGMENT = _("In the segment “%(name)s”")
_DAYS, _HOURS = _("%(count)s days"), _("%(count)s hours")
_SPANS = {"day": _DAYS, "days": _DAYS, "hour": _HOURS, "hours": _HOURS}
_HAPPENED = _("Any event")


def line(told: LineView, language: str, formats: Formats, say: Say) -> str:
    """One line of a definition."""
    match told.word:
        case "trait":
            return _trait(told, language, formats, say)
        case "events":
            return _events(told.test, formats, say)
        case "consent":
            return say(_CONSENT) % {
                "purpose": saying.of(saying.PURPOSES, str(told.test["consent"]), say),
                "channel": words.channel(str(told.test.get("channel", "")), say),
                "status": saying.of(saying.CONSENTS, str(told.test.get("status", "granted")), say),
            }
        case "in_segment":
            return say(_SEGMENT) % {"name": _label(told, language) or str(told.test["in_segment"])}
        case _:
            return say(GROUPS[told.word]) if told.word in GROUPS else told.word


def _label(told: LineView, language: str) -> str:
    return told.label_ko if language == "ko" else told.label_en


def _trait(told: LineView, language: str, formats: Formats, say: Say) -> str:
    name = str(told.test["trait"])
    called = _label(told, language) or (say(COMMON[name]) if name in COMMON else name.replace("_", " "))
    return f"{called}: {_test(told.test, formats, say, told.currency)}"


def _events(test: Mapping[str, Any], formats: Formats, say: Say) -> str:
    about: Mapping[str, Any] = test["events"]
    names = [words.event(name, "", say) for name in _several(about.get("name"))] or [say(_HAPPENED)]
    parts = [" / ".join(names)]
    if about.get("channel"):
        where = ", ".join(words.channel(one, say) for one in _several(about["channel"]))
        parts.append(say(_ON) % {"channel": where})
    if about.get("source"):
        parts.append(say(_FROM) % {"source": ", ".join(_several(about["source"]))})
    for path, asked in (about.get("where") or {}).items():
        tests = asked if isinstance(asked, dict) else {"equals": asked}
        parts.append(f"{path.replace('_', ' ')}: {_test(tests, formats, say)}")
    return " · ".join([*parts, _times(test, formats, say), _window(str(test.get("window", "")), formats, say)])


def _times(test: Mapping[str, Any], formats: Formats, say: Say) -> str:
    least, most = test.get("at_least"), test.get("at_most")
    if most == 0:
        return say(_NEVER)
    found = []
    if least is not None and least > 1:
        found.append(say(_TIMES_LEAST) % {"count": formats.number(least)})
    if most is not None:
        found.append(say(_TIMES_MOST) % {"count": formats.number(most)})
    return ", ".join(found) or say(_ONCE)


def _window(text: str, formats: Formats, say: Say) -> str:
    count, _space, unit = text.partition(" ")
    if not text:
        return say(_EVER)
    span = say(_SPANS[unit]) % {"count": formats.number(int(count))} if unit in _SPANS and count.isdigit() else text
    return say(_WITHIN) % {"time": span}


def _test(test: Mapping[str, Any], formats: Formats, say: Say, currency: str = "") -> str:
    """What a value must be."""
    found: list[str] = []
    for key, words_for in (("at_least", _LEAST), ("at_most", _MOST), ("equals", _EQUALS), ("unlike", _UNLIKE)):
        if test.get(key) is not None:
            found.append(say(words_for) % {"value": _value(test[key], formats, say, currency)})
    if test.get("one_of"):
        shown = ", ".join(_value(one, formats, say, currency) for one in test["one_of"])
        found.append(say(_ONE_OF) % {"value": shown})
    is_there = test.get("set")
    if is_there is not None:
        found.append(say(_IS_SET if is_there else _IS_UNSET))
    return ", ".join(found)


def _value(value: Any, formats: Formats, say: Say, currency: str) -> str:
    if isinstance(value, bool):
        return say(YES if value else NO)
    if isinstance(value, int | float):
        return formats.amount(Decimal(str(value)), currency) if currency else formats.number(value)
    return str(value)


def _several(value: Any) -> list[str]:
    return [] if not value else [str(value)] if isinstance(value, str) else [str(one) for one in value]


def found(value: Any, formats: Formats, say: Say) -> str:
    """What a test looked at: a number, a status, the most frequent values."""
    if isinstance(value, list | tuple):
        return ", ".join(found(one, formats, say) for one in value)
    if isinstance(value, dict):
        return found(value.get("value", ""), formats, say)
    if isinstance(value, str) and value in saying.CONSENTS:
        return say(saying.CONSENTS[value])
    return _value(value, formats, say, "")
