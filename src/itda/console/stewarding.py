"""What codes of identity are called on a page: what happened to a customer and why, hubs, what a review asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from itda.console.language import mark as _
from itda.console.traits import COMMON
from itda.console.words import KINDS, Say

HAPPENED = {
    "joined": _("Joined"), "parted": _("Parted"), "moved": _("Moved to another customer"),
    "must": _("Said to be one customer"), "cannot": _("Said to be two customers"),
    "linked": _("Linked by the matching"), "retracted": _("Decision taken back"),
    "hub must": _("Said to be one customer's"), "hub cannot": _("Said to be shared by many"),
}  # fmt: skip
"""What a line of a customer's history says; with `hub` in front where a decision is about one identifier."""
HAPPENED_ICONS = {
    "joined": "join", "parted": "part", "moved": "moved", "must": "link", "cannot": "cut", "linked": "link",
    "retracted": "undo", "hub must": "user", "hub cannot": "hub",
}  # fmt: skip
CAUSES = {
    "observed": _("an event carried them together"), "steered": _("a steward decided so"),
    "matched": _("the matching found them alike"), "hub": _("an identifier came to be shared by many, or no longer is"),
    "policy": _("other rules of identity were applied"), "corrected": _("what is stored was set right"),
    "erased": _("somebody was erased"),
    "replay": _("everything was rebuilt from the lake"),
}  # fmt: skip
HUBS = {
    "suspected": _("Suspected"), "confirmed": _("Confirmed: joins nobody"), "cleared": _("Said to be one customer's"),
}  # fmt: skip
HUB_TONES = {"suspected": "warn", "confirmed": "bad", "cleared": "ok"}

TASKS = {
    "pair": _("Look alike"), "check": _("To confirm"), "limit": _("Held back by a limit"), "hub": _("Shared by many?"),
}  # fmt: skip
TASK_ICONS = {"pair": "same", "check": "ok", "limit": "cut", "hub": "hub"}
ASKED = {
    "pair": _("Are these one person?"), "check": _("The matching joined these. Is that right?"),
    "limit": _("A limit keeps these apart. Are they one person?"), "hub": _("Do many people share this?"),
}  # fmt: skip
PUT_OFF, SAME, DIFFERENT = "later", "same", "different"
TOLD = {
    SAME: _("Noted: one customer."), DIFFERENT: _("Noted: not one customer."), PUT_OFF: _("Put off for a week."),
    "undone": _("Taken back: asked again."), "nothing": _("There is nothing of yours to take back."),
    "soon": _("Written down; it counts as soon as it is processed."),
    "gone": _("That one asks nothing any more: it was decided meanwhile, or has become void."),
}  # fmt: skip
"""What came of the last key."""
ANSWERS = {SAME: _("Same"), DIFFERENT: _("Not the same"), PUT_OFF: _("Later")}
PARTS = {"given": _("Name: given part"), "family": _("Name: family part")}
REST = {
    "prior": _("Before anything is compared"), "order": _("Family and given name swapped"),
    "household": _("Could be of one household"),
}  # fmt: skip
"""Parts of the score that are no value compared."""
AGREEMENT = {
    "same": _("the same"), "different": _("different"), "alike": _("alike"), "a little alike": _("a little alike"),
    "short or hidden": _("short or masked"),
    "one letter off or sounds the same": _("one letter off, or sounds the same"),
    "one letter off": _("one letter off"), "one sign off": _("one sign off"), "two signs off": _("two signs off"),
    "one digit off": _("one digit off"), "two digits off": _("two digits off"),
    "last four digits alone": _("the last four digits alone"), "same area": _("the same area"),
    "same street": _("the same street"), "same building, spelt otherwise": _("the same building, spelt otherwise"),
    "same number or alike": _("the same number, or alike"),
    "same before the @, or three letters off": _("the same before the @, or three letters off"),
    "one or two letters off": _("one or two letters off"),
    "one digit off or swapped": _("one digit off, or swapped"), "two parts": _("two of three parts"),
    "in it": _("in the address"), "its first letter": _("its first letter in the address"),
    "not in it": _("not in the address"),
    "within a year": _("within a year"), "within ten years": _("within ten years"),
}  # fmt: skip
"""How two values agree, as the comparisons of the matching say it."""

TABLES = {
    "happened": HAPPENED, "cause": CAUSES, "hub": HUBS, "review": TASKS, "asked": ASKED, "told": TOLD,
    "answer": ANSWERS, "rest": REST, "agreement": AGREEMENT,
}  # fmt: skip


class Named(NamedTuple):
    """An identifier taken apart. `kind` is empty where it was erased."""

    kind: str
    value: str


def label(name: str, labels: Mapping[str, str], say: Say) -> str:
    """What a compared value is called, first as the workspace says (`labels`); of a name which part of it it is."""
    base, _colon, part = name.partition(": ")
    if part in PARTS:
        return say(PARTS[part])
    known = KINDS.get(base) or COMMON.get(base)
    return labels.get(f"trait {base}") or (say(known) if known else base.replace("_", " "))


def named(text: str) -> Named:
    """`kind:value` in its parts."""
    kind, colon, value = text.partition(":")
    return Named(kind, value) if colon else Named("", text)
