"""The pages of the centre as HTML: what is known of a person's choices, in the words of one language."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from itda.base.instant import to_datetime
from itda.centre.words import LANGUAGES, Words
from itda.consent.definition import ADS, ADS_AT_NIGHT
from itda.engine.questions.centre import Choice, Choices

_HERE = Path(__file__).parent
STYLE = (_HERE / "style.css").read_bytes()
STYLE_NAME = f"style-{hashlib.sha256(STYLE).hexdigest()[:10]}.css"
ADS_PURPOSES = (ADS, ADS_AT_NIGHT)


class Shown(msgspec.Struct, frozen=True):
    """One line of the page of choices."""

    id: str
    name: str
    channel: str
    standing: str
    text: str
    is_on: bool
    can_change: bool
    is_final: bool
    """Once it is off it cannot be put on here again."""


class Group(msgspec.Struct, frozen=True):
    """A purpose with its channels."""

    label: str
    choices: list[Shown]


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What every page has."""

    language: str
    sender: str
    contacts: tuple[str, ...] = ()
    zone: str = "UTC"

    @property
    def words(self) -> Words:
        """The sentences."""
        return LANGUAGES[self.language]


def unsubscribe(around: Around, found: Choices, path: str, preferences: str, *, is_done: bool) -> str:
    """Asks whether to refuse, or says that it is done."""
    return page_of(
        "unsubscribe.html", around, address=found.address, path=path, preferences=preferences, is_done=is_done,
        is_stopped=found.is_stopped,
    )  # fmt: skip


def preferences(around: Around, found: Choices, path: str, told: str = "") -> str:
    """All choices, by purpose and channel."""
    return page_of(
        "preferences.html", around, address=found.address, path=path, told=told, groups=groups(around, found),
        can_save=any(choice.can_change for choice in found.choices),
        can_stop=any(choice.is_on and choice.purpose in ADS_PURPOSES for choice in found.choices),
    )  # fmt: skip


def groups(around: Around, found: Choices) -> list[Group]:
    """The choices of each purpose, in their order."""
    shown = [(choice, _shown(around, choice, index)) for index, choice in enumerate(found.choices)]
    labels = {choice.purpose: choice.label_ko if around.language == "ko" else choice.label_en for choice, _ in shown}
    return [
        Group(label, [line for choice, line in shown if choice.purpose == purpose]) for purpose, label in labels.items()
    ]


def plain(around: Around, title: str, lines: Iterable[str]) -> str:
    """A page that says one thing and knows nobody."""
    return page_of("missing.html", around, title=title, lines=list(lines))


def name_of(choice: Choice) -> str:
    """A choice as its box names it."""
    return f"{choice.purpose} {choice.channel}"


def _shown(around: Around, choice: Choice, index: int) -> Shown:
    text = choice.texts.get(around.language)
    return Shown(
        id=f"choice-{index}",
        name=name_of(choice),
        channel=around.words.channels.get(choice.channel, choice.channel),
        standing=_standing(around, choice),
        text=text.body if text is not None else "",
        is_on=choice.is_on,
        can_change=choice.is_on or text is not None,
        is_final=choice.is_on and text is None,
    )


def _standing(around: Around, choice: Choice) -> str:
    words = around.words
    if choice.status == "unknown":
        return words.is_on if choice.is_on else words.never
    at = to_datetime(choice.since).astimezone(ZoneInfo(around.zone))
    date = format_date(at, "long", locale=around.language) if choice.since else "-"
    said = words.on_since if choice.status == "granted" else words.off_since
    return said.format(date=date, status=words.statuses.get(choice.status, choice.status))


def page_of(template: str, around: Around, **values: Any) -> str:
    """A page of this template, with what every page has."""
    return templates().get_template(template).render(
        language=around.language, words=around.words, sender=around.sender, contacts=around.contacts,
        style=f"/p/{STYLE_NAME}", **values,
    )  # fmt: skip


@cache
def templates() -> Environment:
    """The templates of the centre, escaping everything."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
