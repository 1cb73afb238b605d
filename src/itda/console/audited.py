"""What stands in the audit beside an act, in words: reasons that the machine writes, tables, faults, what stands out.

A reason that a person wrote is shown as they wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from itda.console import words
from itda.console.language import mark as _
from itda.console.words import Say

REASONS = {
    "console: a consent is taken": _("Page: taking consents"), "console: approvals": _("Page: approvals"),
    "console: audit": _("Page: audit"), "console: broken glass": _("Page: broken glass"),
    "console: customer": _("Page: a customer"),
    "console: customer at a past day": _("Page: a customer as of a past day"),
    "console: data quality": _("Page: data quality"), "console: definitions": _("Page: definitions"),
    "console: duties": _("Page: duties"), "console: enough": _("They had seen enough"),
    "console: history of a customer": _("Page: how a customer came about"), "console: identity": _("Page: identity"),
    "console: journey": _("Page: a journey"), "console: journeys": _("Page: journeys"),
    "console: measure": _("Page: a measure"), "console: measures": _("Page: measures"),
    "console: message": _("Page: a message"), "console: messages": _("Page: messages"),
    "console: overview": _("Page: overview"), "console: packs": _("Page: rules of law"),
    "console: preview": _("Page: preview of a message"), "console: quarantine": _("Page: quarantine"),
    "console: requests": _("Page: requests of people"), "console: retention": _("Page: retention"),
    "console: review": _("Page: who may be one person"), "console: search": _("Page: search"),
    "console: segment": _("Page: a segment"), "console: segments": _("Page: segments"),
    "console: staff": _("Page: staff"), "console: why a message": _("Page: why a message went"),
    "console: why in a segment": _("Page: why in a segment"), "console: why one customer": _("Page: why one customer"),
    "a customer's own look": _("In their own privacy centre"),
    "a form on a page of the brand": _("A form on a page of the brand"),
    "a link of a message": _("A link in a message"), "a term is over": _("A term of retention is over"),
    "an uncertain message is settled": _("An uncertain message was settled"),
    "asked for a code": _("At the door of the privacy centre"),
    "asked in the privacy centre": _("Asked in the privacy centre"), "came in": _("Came into the privacy centre"),
    "carrying requests on": _("Requests are carried on by themselves"),
    "customers put aside are gone on with": _("Customers that stood still go on"),
    "fetch a source": _("A source was fetched"),
    "finding customers who are one person": _("Looking for customers who are one person"),
    "from the terminal": _("At the terminal"), "import a file": _("A file was brought in"),
    "invited from the terminal": _("Invited at the terminal"), "itda duties run": _("itda duties run, at the terminal"),
    "profile API": _("The profile API"), "read a source again": _("A source is read again"),
    "replay after the cure": _("Refused events again, after the cure"),
    "replay of dead messages": _("Dead messages again"), "reports of mail servers": _("Reports of mail servers"),
    "sending": _("Sending"), "telling processors": _("Telling processors"),
    "told by its server": _("Told by the brand's own server"), "upkeep": _("Upkeep"),
    "what somebody said back": _("What a customer answered"),
    "what the law has a sender do by a day": _("What the law has a sender do by a day"),
}  # fmt: skip
"""Reason that the machine writes → words."""
_REQUEST = re.compile(r"request ([0-9a-f]+)")
STREAMS = {
    "access_log": _("Access log"), "audit_event": _("Changes"), "consent_event": _("Ledger of consents"),
}  # fmt: skip
STANDOUTS = {
    "volume": _("Looked at far more people than others"), "night": _("Looked at night"),
    "marked": _("Looked at marked customers"), "export": _("Took out without a campaign"),
    "again": _("Looked at one customer again and again"),
}  # fmt: skip
"""What stands out of a month (engine/auditing/reviewing.py) → words."""
LOOKS = {"view": _("Looked"), "search": _("Searched"), "export": _("Took out"), "change": _("Changed")}
DECISIONS = {"allowed": _("let"), "forbidden": _("not let"), "refused": _("refused")}
BY = {"staff": _("Staff"), "customers": _("Customers"), "machines": _("Machines"), "itself": _("Itda itself")}
"""Sorts of who looks and acts (engine/auditing/searching.py) → words."""
TABLES = {"stream": STREAMS, "standout": STANDOUTS, "look": LOOKS, "decision": DECISIONS, "by": BY}
"""The words by what they are about, as templates ask for them."""

LINES = {
    _("When"): "@", _("Who"): "", _("Role"): "", _("Door"): "", _("Did"): "", _("What"): "", _("Identifiers"): "#",
    _("Decision"): "", _("Reason"): "",
}  # fmt: skip
"""What the columns of the audit's lines are called; `#` where they hold numbers, `@` where times."""
OPERATORS = {
    _("Who"): "", _("Role"): "", _("Looks"): "#", _("People"): "#", _("Exports"): "#", _("Without a campaign"): "#",
    _("At night"): "#", _("Not let"): "#",
}  # fmt: skip
"""The same of a month's operators, of what stands out, and of signatures."""
STOOD_OUT = {_("Who"): "", _("What stands out"): "", _("Count"): "#", _("Customer"): ""}
SIGNED = {_("When"): "@", _("Who"): "", _("What was found"): ""}
CHAINS = {_("Record"): "", _("Rows"): "#", _("Sealed"): "#", _("Never written"): "#"}
"""What the columns of a look through the chains are called."""
DETAILS = {
    "login": _("Login"), "role": _("Role"), "former": _("Former role"), "platform": _("Platform"),
    "segment": _("Segment"), "customers": _("Customers"), "month": _("Month"), "source": _("Source"),
    "processor": _("Processor"), "name": _("Name"),
}  # fmt: skip
"""What a change noted that it was about → words; what is not named here is for files and machines."""
_ROLES = ("role", "former")
SEALED = _("sealed: it is about a person")
MORE = _("There are more; see them with --limit, or --until the last one's time.")
HASHED = _("Looks at more than 1,000 people at once, of whom it is not kept whether this one was among them: %(num)s")
SIGNATURE = _("Signed; the report's fingerprint is %(fingerprint)s.")

_BROKEN = re.compile(r"(?P<table>[a-z_]+), row (?P<row>[0-9,]+): (?P<what>.+)")
_BREAKS = {
    "the head of the chain was taken out, and nobody can say up to where it was sealed": _(
        "%(table)s, row %(row)s: the head of the chain was taken out, and nobody can say up to where it was sealed"
    ),
    "it was altered": _("%(table)s, row %(row)s: it was altered"),
    "it was taken out": _("%(table)s, row %(row)s: it was taken out"),
    "it was put in past the chain, or its link was taken out":
        _("%(table)s, row %(row)s: it was put in past the chain, or its link was taken out"),
    "it was altered, or its link was": _("%(table)s, row %(row)s: it was altered, or its link was"),
    "the root over it and those after it is not theirs":
        _("%(table)s, row %(row)s: the root over it and those after it is not theirs"),
    "from here on the chain is not what its head says":
        _("%(table)s, row %(row)s: from here on the chain is not what its head says"),
}  # fmt: skip
_MISFIT = re.compile(
    r"(?P<table>[a-z_]+): row (?P<row>[0-9,]+) is not the one that was anchored in (?P<place>.+): "
    r"the chain was made anew somewhere after row (?P<since>[0-9,]+)"
)
_MADE_ANEW = _(
    "%(table)s: row %(row)s is not the one that was anchored in %(place)s: "
    "the chain was made anew somewhere after row %(since)s"
)


def reason(text: str, say: Say) -> str:
    """Why somebody looked or acted."""
    if text in REASONS:
        return say(REASONS[text])
    request = _REQUEST.fullmatch(text)
    return say(_("For request %(number)s")) % {"number": request[1][:12]} if request else text


def details(told: Mapping[str, str | int | bool], say: Say) -> list[tuple[str, str]]:
    """What a change was about: what each thing is called, and what it is."""
    found = [(name, str(told[name])) for name in DETAILS if told.get(name) not in (None, "")]
    return [(say(DETAILS[name]), words.role(value, say) if name in _ROLES else value) for name, value in found]


def fault(text: str, say: Say) -> str:
    """What a look at the chains found wrong. What a place outside says of itself stays as it said it."""
    misfit = _MISFIT.fullmatch(text)
    if misfit is not None:
        return say(_MADE_ANEW) % _named(misfit, say)
    broken = _BROKEN.fullmatch(text)
    told = _BREAKS.get(broken["what"]) if broken is not None else None
    return text if broken is None or told is None else say(told) % _named(broken, say)


def _named(found: re.Match[str], say: Say) -> dict[str, str]:
    table = found["table"]
    return found.groupdict() | {"table": say(STREAMS[table]) if table in STREAMS else table}
