"""What customers read of themselves in the privacy centre, as HTML: values in the words of one language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_currency_precision

from itda.base import instant
from itda.base.instant import to_datetime
from itda.centre import pages
from itda.centre.pages import Around
from itda.centre.visit_en import EN
from itda.centre.visit_ko import KO
from itda.centre.visit_words import VisitWords
from itda.consent import pace, pauses
from itda.engine.questions.mine_told import OwnAct, OwnMessage
from itda.engine.questions.views import TimelineEvent, TraitView

WORDS: Mapping[str, VisitWords] = {"ko": KO, "en": EN}
_WAITING = ("queued", "held", "attempting", "retry")
_WENT = ("sent", "delivered", "complained", "bounced", "uncertain")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_LANGUAGE = ("language", "locale")
_DERIVED = ("age_band", "month_day", "domain")
"""What is kept in clear of a sealed value."""
_LONGEST = 300
"""Letters of a value that a line shows; the download has all of it."""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a visit has. `csrf` is empty before somebody is in."""

    around: Around
    currency: str = ""
    logo: str = ""
    """Where the brand's logo is; empty: its name is shown."""
    look: str = ""
    """Where the brand's colours are; empty: ours."""
    csrf: str = ""
    place: str = ""
    """The path of the page, for the menu and the switch of languages."""

    @property
    def words(self) -> VisitWords:
        """The sentences."""
        return WORDS[self.around.language]

    def date(self, at: int) -> str:
        """A day as people write it."""
        return format_date(self._local(at), "long", locale=self.around.language)

    def moment(self, at: int) -> str:
        """A day and a time."""
        pattern = "y년 M월 d일 HH:mm" if self.around.language == "ko" else "MMMM d, y, HH:mm"
        return format_datetime(self._local(at), pattern, locale=self.around.language)

    def number(self, value: float) -> str:
        """A number with its separators."""
        return format_decimal(value, format="#,##0.##", locale=self.around.language)

    def label(self, view: Any) -> str:
        """What something with a label in both languages is called."""
        return str(view.label_ko if self.around.language == "ko" else view.label_en)

    def trait(self, view: TraitView) -> str:
        """What a trait is called."""
        own = self.label(view)
        if own != view.name:
            return own
        called = self.words.traits_of
        part = derived(view.name)
        name = view.name.removesuffix(f"_{part}") if part else view.name
        told = called.get(name, name.replace("_", " "))
        return f"{told} ({called.get(part, part)})" if part else told

    def value(self, view: TraitView) -> str:
        """What a trait says."""
        if view.unit == "minor" and isinstance(view.value, int):
            return self._money(view.value, view.currency)
        if view.unit in self.words.units and isinstance(view.value, int | float):
            return self.words.units[view.unit].format(n=self.number(view.value))
        if view.kind == "top" and isinstance(view.value, list):
            told = [self._computed(one.get("value") if isinstance(one, dict) else one) for one in view.value]
            return ", ".join(told) or self.words.nothing_here
        if derived(view.name) == "domain" and view.value == "other":
            return self.words.other
        if view.name in _LANGUAGE and isinstance(view.value, str):
            return self._language(view.value)
        return self.told(view.value) if view.kind == "declared" else self._computed(view.value)

    def _language(self, code: str) -> str:
        """A language by its name; the code, where it is of none."""
        try:
            found = Locale.parse(code.strip(), sep="-" if "-" in code else "_")
            return found.get_display_name(self.around.language) or code
        except (ValueError, UnknownLocaleError):
            return code

    def _computed(self, value: Any) -> str:
        """A value of our own making: channels are called by their names."""
        return self.channel(value) if isinstance(value, str) and value in self.words.channels_of else self.told(value)

    def told(self, value: Any, longest: int | None = _LONGEST) -> str:
        """Any value of JSON as a line of text; the whole of it where `longest` is None."""
        match value:
            case bool():
                return self.words.yes if value else self.words.no
            case int() | float():
                return self.number(value)
            case str() if _MOMENT.fullmatch(value):
                return self.moment(instant.parse(value))
            case list() | dict() if not value:
                return self.words.nothing_here
            case list():
                line = ", ".join(self.told(one, longest) for one in value)
            case dict():
                line = ", ".join(f"{name}: {self.told(one, longest)}" for name, one in value.items())
            case None:
                return self.words.nothing_here
            case _:
                line = str(value)
        return line if longest is None or len(line) <= longest else line[:longest] + "…"

    def kind(self, kind: str) -> str:
        """What a kind of identifier is called."""
        return self.words.kinds_of.get(kind, kind.replace("_", " "))

    def channel(self, channel: str) -> str:
        """What a channel is called."""
        return self.words.channels_of.get(channel, channel)

    def event(self, view: TimelineEvent) -> str:
        """What happened, in words."""
        return self.words.events_of.get(view.name, view.name)

    def details(self, view: TimelineEvent, *, is_whole: bool = False) -> list[tuple[str, str]]:
        """What an event says, by its names; `is_whole`: however long."""
        longest = None if is_whole else _LONGEST
        return [(name.replace("_", " "), self.told(value, longest)) for name, value in sorted(view.properties.items())]

    def why(self, message: OwnMessage) -> list[str]:
        """Why a message came, or did not."""
        words = self.words
        is_ko = self.around.language == "ko"
        lines = []
        if message.message_class == "advertising" and message.status in _WENT:
            lines.append(words.why_ad.format(purpose=message.purpose_ko if is_ko else message.purpose_en))
        elif message.message_class != "advertising":
            lines.append(words.why_grounds.get(message.ground, words.why_asked))
        journey = message.journey_ko if is_ko else message.journey_en
        if journey:
            lines.append(words.why_journey.format(journey=journey))
        if message.status not in _WENT:
            codes = [code for reason in message.reasons if (code := reason.rpartition(" ")[2])]
            said = [words.reasons[code] for code in dict.fromkeys(codes) if code in words.reasons]
            said = said or [words.other_reason for _ in codes[:1]]
            lines += [words.why_not.format(reason=one) for one in said]
        return lines

    def became(self, message: OwnMessage) -> str:
        """What became of a message."""
        if message.sent_at is not None:
            return f"{self.words.sent_at}: {self.moment(message.sent_at)}"
        return self.words.waits if message.status in _WAITING else self.words.not_sent

    def act(self, act: OwnAct) -> str:
        """What was done in an act of consent."""
        return self.words.actions.get(act.action, act.action)

    def tongue(self, act: OwnAct) -> str:
        """The language of the words that were shown."""
        told = act.text_id.rpartition("/")[2]
        return told if told in WORDS else self.around.language

    def origin(self, source: str) -> str:
        """Where an act was done."""
        place = source.partition(":")[0]
        return self.words.origins.get(source, self.words.channels_of.get(place, place))

    def paces(self, chosen: str) -> list[tuple[str, str, bool]]:
        """(code, words, whether it is chosen) of each pace."""
        return [(one.code, pace.text(one, self.around.language), one.code == chosen) for one in pace.CHOICES]

    def pause(self, purpose: str, *, is_paused: bool) -> str:
        """The words of a pause, or of its end."""
        return pauses.text(purpose, self.around.language, is_paused=is_paused)

    def _local(self, at: int) -> Any:
        return to_datetime(at).astimezone(ZoneInfo(self.around.zone))

    def _money(self, minor: int, currency: str) -> str:
        code = currency or self.currency
        amount = Decimal(minor).scaleb(-get_currency_precision(code))
        return format_currency(amount, code, locale=self.around.language)


def derived(name: str) -> str:
    """What part of a sealed value a trait keeps in clear; empty where it is a value itself."""
    return next((one for one in _DERIVED if name.endswith(f"_{one}")), "")


def page(template: str, front: Front, **values: Any) -> str:
    """A page of the centre by its template in templates/visit/."""
    return pages.templates().get_template(f"visit/{template}").render(
        language=front.around.language, words=front.around.words, say=front.words, sender=front.around.sender,
        contacts=front.around.contacts, style=f"/p/{pages.STYLE_NAME}", front=front, **values,
    )  # fmt: skip


def told(front: Front, title: str, lines: Iterable[str], *, link: str = "", link_text: str = "") -> str:
    """A page that says one thing, and where to go from there."""
    return page("told.html", front, title=title, lines=list(lines), link=link, link_text=link_text)
