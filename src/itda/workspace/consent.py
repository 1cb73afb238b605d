"""Reads consent.yaml: who sends, purposes, the texts that are shown, values of the packs, the brand's own rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from itda.base.canonical import canonical
from itda.base.errors import Fault
from itda.base.instant import LocalDates, date_to_day
from itda.consent import forms, packs, purposes
from itda.consent.definition import ANY_CHANNEL
from itda.consent.facts import Sender
from itda.consent.forms import Ask, Form
from itda.consent.ledger import YEARLY_TWO
from itda.consent.packs import kr_network
from itda.consent.purposes import Purpose
from itda.consent.rule import Pack
from itda.consent.waiver import Waiver
from itda.decisions import rules
from itda.decisions.policy import Policy, Text
from itda.decisions.rule import Asked
from itda.decisions.rules import holdout
from itda.workspace import shape
from itda.workspace.files import Document

_NAME = re.compile(r"[a-z][a-z0-9_.:-]{0,59}")
_FORM = re.compile(r"[a-z][a-z0-9-]{0,39}")
_COUNTRY = re.compile(r"[A-Z]{2}")
TEXT_CHANNELS = ("lms", "mms", ANY_CHANNEL)
"""Beside the workspace's channels."""


class WrittenSender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sender` in consent.yaml."""

    name: str = ""
    """The brand, as every advertisement shows it."""
    email: str = ""
    """Where people can write to."""
    phone: str = ""
    """Where people can call."""
    address: str = ""
    """The postal address."""
    country: str = ""
    """ISO 3166 code of where the sender is; left out: the shop's."""
    optouts: dict[str, str] = {}
    """Channel → a way out that costs nothing: a number (080-…), a path in the app; of e-mail the link is made."""


class WrittenPurpose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of `purposes` in consent.yaml, by its code."""

    ko: str
    """Its name in Korean."""
    en: str
    """Its name in English."""
    dpv: str = ""
    """Its term in the Data Privacy Vocabulary, such as `dpv:Marketing`."""
    is_optional: bool = True
    """Whether people can do without it."""


class WrittenText(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of `texts` in consent.yaml, by its name. An act names it as NAME@VERSION/LANGUAGE."""

    purpose: str
    """What is consented to."""
    channel: str
    """On which channel; `any` for what concerns none."""
    version: int = 1
    """Counts up with every change of the words."""
    languages: dict[str, str]
    """Language → the words that are shown."""


class WrittenWaiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """One of `waivers` in consent.yaml: an exception from one rule, for a channel, a message or a campaign."""

    rule: str
    """Its id, such as KR-22. Rules marked hard know no exception."""
    basis: str
    """The legal ground."""
    author: str
    """Who asks for it."""
    approver: str
    """Who agreed: somebody else."""
    since: str
    """The first day, as YYYY-MM-DD in the shop's zone."""
    until: str
    """The last day: within a year of the first."""
    channels: list[str] = []
    messages: list[str] = []
    """Each with the digest of its words, NAME@DIGEST: `itda check` says it. For other words it has no effect."""
    campaigns: list[str] = []


class WrittenAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of `asks` of a form. Only `text` can be written and published: the others are why a form is refused."""

    text: str
    """The name of the text that stands beside the box."""
    ticked: bool = False
    """Whether the box is ticked beforehand; a form with such a box is refused."""
    together_with: list[str] = []
    """What else the box would stand for; a form with such a box is refused."""
    required: bool = False
    """Whether the form needs it; a form with such a box is refused."""


class WrittenForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of `forms` in consent.yaml, by its name."""

    asks: list[str | WrittenAsk]
    """Names of texts: an empty box of its own for each."""
    source: str = "web"
    """The source through which what is ticked comes, and which says whether it counts at once."""
    kept: dict[str, str] = {}
    """Language → how long what is told there is kept, as it stands with each box; left out: until they withdraw."""


class WrittenConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """consent.yaml."""

    sender: WrittenSender = WrittenSender()
    """Who sends, as messages must show it."""
    purposes: dict[str, WrittenPurpose] = {}
    """Purposes beside those in the box."""
    texts: dict[str, WrittenText] = {}
    """What is shown where consent is asked for."""
    forms: dict[str, WrittenForm] = {}
    """Forms to be put into pages: `itda consent form NAME`."""
    double_opt_in: bool = False
    """Whether whoever asks for a consent by e-mail gets a mail whose link gives it."""
    packs: dict[str, Any] = {}
    """Pack → values stricter than the law's; all packs hold in any case."""
    waivers: list[WrittenWaiver] = []
    """Exceptions from rules that are not hard."""
    four_eyes: bool = False
    """Whether packs and waivers take a second person before anything was ever sent; afterwards they always do."""
    brand: dict[str, Any] = {}
    """Rule of the brand → its values; left out: it is not asked, but for `waiting` and `information`, always asked."""


class Known(msgspec.Struct, frozen=True):
    """What consent.yaml may name."""

    channels: tuple[str, ...]
    languages: tuple[str, ...]
    country: str
    zone: str
    live: tuple[str, ...] = ()
    """Sources that live events come through."""


def read_consent(document: Document | None, known: Known, faults: list[Fault]) -> Policy:
    """The policy of the file, or the box's where there is none; faults are added to `faults`."""
    if document is None or document.data is None:
        return Policy(sender=Sender(country=known.country))
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", "sender: {name: …}, packs: …, brand: …"))
        return Policy()
    found = shape.faults(document, document.data, WrittenConsent)
    if found:
        faults += found
        return Policy()
    return _Reading(document, known, faults).policy(msgspec.convert(document.data, WrittenConsent))


class _Reading:
    def __init__(self, document: Document, known: Known, faults: list[Fault]) -> None:
        self._document = document
        self._known = known
        self._faults = faults
        self._values: dict[str, str] = {}
        self._parameters: dict[str, msgspec.Struct] = {}

    def fault(self, path: str, what: str, cure: str = "") -> None:
        self._faults.append(self._document.fault(path, what, cure))

    def policy(self, written: WrittenConsent) -> Policy:
        named = self._purposes(written.purposes)
        held = self._packs(written.packs)
        asked, arguments = self._brand(written.brand)
        share = arguments.get("holdout")
        network = self._parameters.get("kr_network")
        return Policy(
            sender=self._sender(written.sender),
            purposes=named,
            texts=self._texts(written.texts, tuple(named)),
            packs=held,
            waivers=self._waivers(written.waivers, held),
            four_eyes=written.four_eyes,
            values=self._values,
            reconfirm=kr_network.reconfirm(network) if isinstance(network, kr_network.KrNetwork) else YEARLY_TWO,
            brand=asked,
            forms=self._forms(written.forms, written.texts),
            is_double_opt_in=written.double_opt_in,
            capped_span=rules.longest(arguments),
            holdout_share=share.percent / 100 if isinstance(share, holdout.Holdout) else 0.0,
        )

    def _sender(self, written: WrittenSender) -> Sender:
        if written.country and not _COUNTRY.fullmatch(written.country):
            self.fault("sender.country", f"{written.country!r} is no country", "an ISO 3166 code, such as KR")
        if written.email and "@" not in written.email:
            self.fault("sender.email", f"{written.email!r} is no address", "such as hello@shop.example")
        self._channels(written.optouts, "sender.optouts")
        return Sender(
            name=written.name.strip(), email=written.email, phone=written.phone, address=written.address.strip(),
            country=written.country or self._known.country, optouts=written.optouts,
        )  # fmt: skip

    def _purposes(self, written: Mapping[str, WrittenPurpose]) -> dict[str, Purpose]:
        named = {one.code: one for one in purposes.BOX}
        for code, one in written.items():
            if not _NAME.fullmatch(code):
                self.fault(f"purposes.{code}", f"{code!r} is no name of a purpose", "small letters, digits and _")
            if code in named:
                self.fault(f"purposes.{code}", f"{code!r} is in the box already", "give it another name")
            named[code] = Purpose(
                code=code, label_ko=one.ko, label_en=one.en, dpv=one.dpv, is_optional=one.is_optional
            )  # fmt: skip
        return named

    def _texts(self, written: Mapping[str, WrittenText], named: tuple[str, ...]) -> dict[str, Text]:
        texts = {}
        for name, one in written.items():
            place = f"texts.{name}"
            if not _NAME.fullmatch(name):
                self.fault(place, f"{name!r} is no name of a text", "small letters, digits, - and _")
            if one.purpose not in named:
                self.fault(f"{place}.purpose", f"{one.purpose!r} is no purpose", shape.nearest(one.purpose, named))
            if one.version < 1:
                self.fault(f"{place}.version", "must be at least 1")
            self._channels((one.channel,), f"{place}.channel")
            for language in self._known.languages:
                if not one.languages.get(language, "").strip():
                    self.fault(f"{place}.languages", f"has no words in {language!r}", f"add {language}: …")
            for language, body in one.languages.items():
                told = f"{name}@{one.version}/{language}"
                texts[told] = Text(id=told, purpose=one.purpose, channel=one.channel, language=language, body=body)
        return texts

    def _forms(self, written: Mapping[str, WrittenForm], texts: Mapping[str, WrittenText]) -> dict[str, Form]:
        found = {}
        for name, one in written.items():
            place = f"forms.{name}"
            if not _FORM.fullmatch(name):
                self.fault(place, f"{name!r} is no name of a form", "small letters, digits and -")
            if one.source not in self._known.live:
                cure = shape.nearest(one.source, self._known.live)
                self.fault(f"{place}.source", f"{one.source!r} is no source of live events", cure)
            asks = tuple(_ask(ask) for ask in one.asks)
            for wrong in forms.faults(asks):
                self.fault(f"{place}.asks", wrong.what, wrong.cure)
            for ask in asks:
                if ask.text not in texts:
                    self.fault(f"{place}.asks", f"{ask.text!r} is no text", shape.nearest(ask.text, tuple(texts)))
            for language in self._known.languages if one.kept else ():
                if not one.kept.get(language, "").strip():
                    self.fault(f"{place}.kept", f"has no words in {language!r}", f"add {language}: …")
            found[name] = Form(name=name, source=one.source, asks=asks, kept=one.kept)
        return found

    def _channels(self, channels: Sequence[str] | Mapping[str, str], place: str) -> None:
        known = (*self._known.channels, *TEXT_CHANNELS)
        for channel in channels:
            if channel not in known:
                self.fault(place, f"{channel!r} is no channel", shape.nearest(channel, known))

    def _packs(self, written: Mapping[str, Any]) -> tuple[Pack, ...]:
        self._parameters = {
            name: found
            for name, values in written.items()
            if (found := self._arguments(f"packs.{name}", name, values, packs.KINDS)) is not None
        }
        for name, values in self._parameters.items():
            for what in packs.KINDS[name].looser(values):
                self.fault(f"packs.{name}", what, "a pack's values may only be stricter than the law")
        return packs.box() if self._faults else packs.box(written)

    def _waivers(self, written: Sequence[WrittenWaiver], held: Sequence[Pack]) -> tuple[Waiver, ...]:
        by_id = {rule.id: rule for rule in packs.rules(held)}
        found = []
        for number, one in enumerate(written):
            place = f"waivers.{number}"
            if one.rule not in by_id:
                self.fault(f"{place}.rule", f"{one.rule!r} is no rule", shape.nearest(one.rule, by_id))
            elif by_id[one.rule].hard:
                self.fault(f"{place}.rule", f"{one.rule} is hard: nothing is excepted from it", "take the waiver out")
            self._channels(one.channels, f"{place}.channels")
            made = self._waiver(one, place)
            found += [made] if made is not None else []
        return tuple(found)

    def _waiver(self, one: WrittenWaiver, place: str) -> Waiver | None:
        days = []
        for name, told in (("from", one.since), ("until", one.until)):
            try:
                days.append(date_to_day(date.fromisoformat(told)))
            except ValueError:
                self.fault(f"{place}.{name}", f"{told!r} is no day", "write it as 2026-11-22")
                return None
        dates = LocalDates(self._known.zone)
        made = Waiver(
            rule=one.rule, basis=one.basis, author=one.author.strip(), approver=one.approver.strip(),
            first_day=days[0], last_day=days[1], starts_at=dates.start(days[0]), ends_at=dates.start(days[1] + 1),
            channels=tuple(one.channels), messages=tuple(one.messages), campaigns=tuple(one.campaigns),
        )  # fmt: skip
        for what in made.faults():
            self.fault(place, what)
        return made

    def _brand(self, written: Mapping[str, Any]) -> tuple[tuple[Asked, ...], dict[str, msgspec.Struct]]:
        asked, arguments = [], {}
        for name, values in written.items():
            found = self._arguments(f"brand.{name}", name, values, rules.KINDS)
            if found is None:
                continue
            arguments[name] = found
            try:
                asked.append(rules.KINDS[name].asked(found, self._known.zone))
            except ValueError as error:
                self.fault(f"brand.{name}", str(error))
        return (*rules.unnamed(written), *asked), arguments

    def _arguments(self, place: str, name: str, values: Any, kinds: Mapping[str, Any]) -> msgspec.Struct | None:
        """The values of a pack or rule as its own struct; None with faults told where they are none."""
        if name not in kinds:
            self.fault(place, f"{name!r} is not known", shape.nearest(name, kinds))
            return None
        wanted: type[msgspec.Struct] = getattr(kinds[name], "parameters", None) or kinds[name].arguments
        values = {} if values is None else values
        if not isinstance(values, dict):
            self.fault(place, "must be a mapping", "name: value")
            return None
        wrong = shape.faults(self._document, values, wanted, place)
        self._faults += wrong
        if wrong:
            return None
        self._values[name] = canonical(values).decode()
        return msgspec.convert(values, wanted)


def _ask(one: str | WrittenAsk) -> Ask:
    if isinstance(one, str):
        return Ask(text=one)
    return Ask(text=one.text, is_ticked=one.ticked, together_with=tuple(one.together_with), is_required=one.required)
