"""What codes of people's requests are called on a page: kinds, steps, counts, doors, laws, what one waits for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from itda.consent.packs.kr_ecommerce import LAWS_KO
from itda.console import saying
from itda.console.language import mark as _
from itda.console.words import Say
from itda.engine.requests.views import Request

_PHONE = re.compile(r"[+0][0-9](?:[ ().-]*[0-9]){6,13}")

KINDS = {
    "access": _("See what is known"), "port": _("Take it along"), "correct": _("Correct it"),
    "stop": _("Stop the use"), "erase": _("Erase everything"),
}  # fmt: skip
KIND_ICONS = {"access": "eye", "port": "move-out", "correct": "traits", "stop": "held", "erase": "blocked"}
STEPS = {
    "opened": _("Taken"), "stopped": _("All use stopped"), "held": _("What a law keeps was put apart"),
    "journalled": _("Noted for backups that are put back"), "destroying": _("Told to the log"),
    "destroyed": _("Keys destroyed, rows deleted"), "handed over": _("Handed over"),
    "released": _("Released: they are mailed a link"), "nothing held": _("Looked: nothing is held of them"),
    "corrected": _("Told to the log as they say it"), "overtaken": _("Overtaken by their erasure"),
    "done": _("Done"),
}  # fmt: skip
DOORS = {
    "cli": _("Terminal"), "console": _("Console"), "centre": _("Privacy centre"), "api": _("API"),
    "python": _("Python"), "restore": _("Backup put back"), "engine": _("The shop itself"),
}  # fmt: skip
DEADLINES = {
    "KR-49": _("Korea: ten days"), "EU-07": _("European Union: one month"), "US-09": _("California: 45 days"),
    "KR-43": _("Its time is over: five days"),
}  # fmt: skip
LACKING = {
    "the pipeline reads the log up to it": _("the log is read up to it; a few seconds as a rule"),
    "the decider reads the log up to it": _("journeys are taken up to it; a few seconds as a rule"),
    "somebody hands over what is known": _("somebody hands over what is known"),
    "the mail with the link leaves": _("the mail with the link leaves"),
    "the mail with the link came back":
        _("the mail with the link came back, so the answer did not arrive: hand it over anew"),
    "the mail with the link did not leave": _("the mail with the link did not leave: hand it over anew"),
    "the letter came back: tell them by another way": _("the letter came back: tell them by another way"),
    "no e-mail server: channels.yaml": _("no e-mail server: channels.yaml"),
    "no sender: consent.yaml": _("no sender: consent.yaml"), "no e-mail address": _("no e-mail address"),
    "asked within a day already": _("asked within a day already"),
}  # fmt: skip
HELD = {"orders": _("Orders and payments"), "complaints": _("Complaints and disputes")}
COUNTS = {
    "messages cancelled": _("messages cancelled"), "segments left": _("segments left"),
    "held orders": _("records of orders put apart"), "held complaints": _("records of complaints put apart"),
    "refused events": _("refused events emptied"), "keys": _("keys destroyed"), "evidence": _("evidence of links"),
    "links": _("links"), "decisions": _("decisions of stewards"), "review tasks": _("tasks of review"),
    "identifiers": _("identifiers"), "profiles": _("profiles"), "event references": _("references to events"),
    "names": _("names to find by"), "households": _("marks of households"), "attempts": _("attempts to send"),
    "send decisions": _("decisions on messages"), "messages": _("messages"), "journey moves": _("moves in journeys"),
    "journeys": _("journeys"), "segments": _("segments"), "wake-ups": _("alarms"), "put aside": _("put aside"),
    "consents": _("standing consents"), "duties": _("duties"), "visits": _("visits to the privacy centre"),
    "sign-ins": _("sign-ins to the privacy centre"), "stopped": _("marks of stopped use"), "traits": _("traits"),
    "texts": _("texts shown"), "events": _("events"), "held": _("records that a law keeps"),
}  # fmt: skip
FAULTS = {
    "this names nobody": _(
        "That names nobody: write an e-mail, a phone number, or a kind and its value, as in membership:1."
    ),
    "is no kind of identifier": _("There is no such kind of identifier here."),
    "this is no ": _("That is no value of its kind. Write it as they do, with nothing left out."),
    "many people share this identifier": _(
        "Many people share this identifier, so it does not tell whose request it is. Name another one of theirs."
    ),
    "no customer has this id": _("No customer has this id. Name an identifier of theirs."),
    "this customer was erased": _("This customer was erased."),
    "a correction says what is right": _("A correction says what is wrong and what is right."),
    "nothing of theirs is called": _(
        "Nothing of theirs is called so. Choose from the list, or name it as their page does."
    ),
    "what is right has": _("What is right is too long."),
    "no mail can go": _("No mail can go: the sender of the shop is not complete. Hand the file over yourself."),
    "no e-mail address of theirs is known": _("No e-mail address of theirs is known. Hand the file over yourself."),
    "it was handed over already": _("It was handed over already."),
    "hands nothing over": _("A request of this kind hands nothing over."),
    "nobody said why it leaves": _("Nobody said why it leaves: say how it is handed over, and to whom."),
}
"""What of an error's text tells it from others → words."""
_OVERTAKEN = "overtaken by an erasure"
NOTHING = "nothing held"
"""What a step and the counts say where nobody was meant (engine/requests/nobody.py)."""
_STOPPED = frozenset({"messages cancelled", "segments left"})
_WAYS: Mapping[str, Sequence[str]] = {
    "erase": ("stopped", "held", "journalled", "destroying", "destroyed", "done"), "stop": ("stopped", "done"),
    "correct": ("corrected", "done"), "access": ("handed over", "done"), "port": ("handed over", "done"),
}  # fmt: skip
_OF_NOBODY: Mapping[str, Sequence[str]] = {
    "erase": _WAYS["erase"], "stop": ("done",), "correct": ("done",), "access": _WAYS["access"], "port": _WAYS["port"],
}  # fmt: skip
TABLES = {
    "request": KINDS, "request step": STEPS, "door": DOORS, "deadline": DEADLINES, "lacking": LACKING,
    "held": HELD, "request count": COUNTS, "request fault": FAULTS,
}  # fmt: skip
"""The words by what they are about, as templates ask for them."""


class Step(NamedTuple):
    """A step of a request; `counts` are what it did, where it is done."""

    name: str
    is_done: bool
    counts: dict[str, int]


def steps(request: Request) -> list[Step]:
    """The way of a request, as far as it is and as it goes on."""
    way = ("overtaken", "done") if _OVERTAKEN in request.counts else _WAYS[request.kind]
    way = ("released", *way) if request.step == "released" else way
    if is_of_nobody(request):
        way = (NOTHING, *(step for step in way if step in _OF_NOBODY[request.kind]))
    reached = len(way) if request.state == "done" else way.index(request.step) + 1 if request.step in way else 0
    reached = max(reached, int(way[0] == NOTHING))
    told = [Step(name, place < reached, {}) for place, name in enumerate(way)]
    for what, n in counts(request).items():
        if n or way[0] != NOTHING:
            next(step for step in told if step.name == _of(what, way)).counts[what] = n
    return told


def counts(request: Request) -> dict[str, int]:
    """What it did, without marks of how it went."""
    return {what: n for what, n in request.counts.items() if what not in {_OVERTAKEN, NOTHING}}


def lacking(text: str, say: Say) -> str:
    """What keeps a request or a duty from being done: words of LACKING, or what its letter is, and why."""
    status, colon, reasons = text.partition(": ")
    if text in LACKING or status not in saying.STATUSES:
        return saying.of(LACKING, text, say) if text else ""
    why = " ".join(saying.reason(code, say) for code in saying.hindrances(reasons)) if colon else ""
    return f"{say(saying.STATUSES[status])}: {why}" if why else say(saying.STATUSES[status])


def fault(text: str) -> str:
    """Which of FAULTS an error is; its own text where it is none of them."""
    return next((code for code in FAULTS if code in text), text)


def is_of_nobody(request: Request) -> bool:
    """Whether nothing was held of who asked."""
    return bool(request.counts.get(NOTHING))


def law(name: str, code: str) -> str:
    """What the law by which a record is held is called in a language."""
    return LAWS_KO.get(name, name) if code == "ko" else name


def _of(what: str, way: Sequence[str]) -> str:
    """The step that counted this."""
    if what in _STOPPED:
        wanted = "stopped"
    elif what.startswith("held ") or what == "refused events":
        wanted = "held"
    else:
        wanted = "destroyed"
    return wanted if wanted in way else way[0]


def whom(text: str) -> str:
    """Whom a person at a desk means: an e-mail or a phone as it is spoken gets its kind, anything else stays."""
    said = text.strip()
    if ":" not in said and "@" in said:
        return f"email:{said}"
    return f"phone:{said}" if _PHONE.fullmatch(said) else said
