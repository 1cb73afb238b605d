"""What codes of identity are called on a page: what happened to a customer and why, hubs, what a review asks."""

from __future__ import annotations

from typing import NamedTuple

from itda.console.language import mark as _

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
    "replay": _("everything was rebuilt from the lake"),
}  # fmt: skip
HUBS = {
    "suspected": _("Suspected"), "confirmed": _("Confirmed: joins nobody"), "cleared": _("Said to be one customer's"),
}  # fmt: skip
HUB_TONES = {"suspected": "warn", "confirmed": "bad", "cleared": "ok"}

TABLES = {"happened": HAPPENED, "cause": CAUSES, "hub": HUBS}


class Named(NamedTuple):
    """An identifier taken apart. `kind` is empty where it was erased."""

    kind: str
    value: str


def named(text: str) -> Named:
    """`kind:value` in its parts."""
    kind, colon, value = text.partition(":")
    return Named(kind, value) if colon else Named("", text)
