"""How long what is kept, in words: sorts of rules, terms, the laws that keep longer."""

from __future__ import annotations

from collections.abc import Callable

from itda.console import requesting
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


def law(told: str, say: Say, code: str) -> str:
    """A law that keeps longer, `what: source`, in a language."""
    what, _sep, source = told.partition(": ")
    return f"{say(_KEPT.get(what, what))}: {requesting.law(source, code)}"
