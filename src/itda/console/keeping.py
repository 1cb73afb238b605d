"""How long what is kept, in words: sorts of rules, terms, the laws that keep longer."""

from __future__ import annotations

from collections.abc import Callable

from itda.console import requesting, traits, words
from itda.console.language import mark as _
from itda.console.words import Say
from itda.engine.retaining.views import RuleView

SORTS = {
    "events": _("Events"), "field": _("A field of events"), "trait": _("An attribute"),
    "persons": _("Inactive people"), "identifiers": _("Identifiers not seen"),
}  # fmt: skip
TABLES = {"sort": SORTS}
"""The words by what they are about, as templates ask for them."""
_KEPT = {"orders": _("orders"), "complaints": _("complaints and disputes"), "advertisements": _("advertisements")}


def term(one: RuleView, ngettext: Callable[[str, str, int], str]) -> str:
    """How long a rule keeps, in whole years where it is such."""
    if one.keep_months and one.keep_months % 12 == 0:
        n = one.keep_months // 12
        told = ngettext("%(num)s year", "%(num)s years", n)
    elif one.keep_months:
        n = one.keep_months
        told = ngettext("%(num)s month", "%(num)s months", n)
    else:
        n = one.keep_days
        told = ngettext("%(num)s day", "%(num)s days", n)
    return told % {"num": f"{n:,}"}


def about(sort: str, name: str, say: Say) -> str:
    """What a rule is about: an event, an attribute, a kind of identifier; a field is named as it is."""
    match sort:
        case "events":
            return words.event(name, "track", say)
        case "trait":
            return traits.named(name, say)
        case "identifiers":
            return words.kind(name, say)
        case _:
            return name


def law(told: str, say: Say, code: str) -> str:
    """A law that keeps longer, `what: source`, in a language."""
    what, _sep, source = told.partition(": ")
    return f"{say(_KEPT.get(what, what))}: {requesting.law(source, code)}"
