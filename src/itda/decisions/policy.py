"""All that a workspace says of consent and of what may be sent: who sends, for what, shown what, under which rules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from itda.base.canonical import canonical
from itda.consent import packs, purposes
from itda.consent.facts import Sender
from itda.consent.forms import Form
from itda.consent.ledger import YEARLY_TWO, Reconfirm
from itda.consent.purposes import Purpose
from itda.consent.rule import Pack
from itda.consent.rule_set import RuleSet, in_force
from itda.consent.waiver import Waiver
from itda.decisions import rules
from itda.decisions.rule import Asked

SENDER = "brand"
"""The one sender of a workspace, as the ledger names it."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown where consent is asked for, in one language."""

    id: str
    """name@version/language."""
    purpose: str
    channel: str
    language: str
    body: str


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """consent.yaml, read. Without such a file: all of the law, and of the brand what always holds."""

    sender: Sender = Sender()
    purposes: Mapping[str, Purpose] = MappingProxyType({one.code: one for one in purposes.BOX})
    texts: Mapping[str, Text] = MappingProxyType({})
    """By id."""
    packs: tuple[Pack, ...] = packs.box()
    """Every version of every pack."""
    waivers: tuple[Waiver, ...] = ()
    """Also those whose time is over."""
    four_eyes: bool = False
    """Whether packs and waivers take a second person also before the first decision was taken."""
    values: Mapping[str, str] = MappingProxyType({})
    """Pack or brand rule → its values as canonical JSON, where they are not the box's."""
    reconfirm: Reconfirm = YEARLY_TWO
    brand: tuple[Asked, ...] = rules.unnamed(())
    forms: Mapping[str, Form] = MappingProxyType({})
    """By name."""
    is_double_opt_in: bool = False
    """Whether a request for a consent by e-mail is answered with a mail whose link gives it."""
    capped_span: int = rules.longest({})
    """How far back the caps look, in microseconds."""
    holdout_share: float = 0.0

    def letting_out(self, channel: str, way: str) -> Policy:
        """The policy of a sender whose messages on a channel have a way out, unless it names one itself."""
        sender = msgspec.structs.replace(self.sender, optouts={channel: way, **self.sender.optouts})
        return msgspec.structs.replace(self, sender=sender)

    def at(self, moment: int) -> RuleSet:
        """The rules of law and providers in force at a moment (microseconds UTC)."""
        return self._era(moment)[0]

    def version_at(self, moment: int) -> str:
        """What a decision keeps of the rules it was taken under: packs with versions, waivers, the brand's values."""
        return self._era(moment)[1]

    @cached_property
    def version(self) -> str:
        """The same of every version that may come into force."""
        return self._told(self.packs)

    def _era(self, moment: int) -> tuple[RuleSet, str]:
        """The time between two days on which versions come into force."""
        number = bisect_right(self._turns, moment)
        found = self._eras.get(number)
        if found is None:
            held = in_force(self.packs, moment)
            found = self._eras[number] = RuleSet(held, self.waivers), self._told(held)
        return found

    @cached_property
    def _turns(self) -> list[int]:
        return sorted({pack.since_at for pack in self.packs})

    @cached_property
    def _eras(self) -> dict[int, tuple[RuleSet, str]]:
        return {}

    def _told(self, held: tuple[Pack, ...]) -> str:
        named = {f"{pack.name}@{pack.version}": self.values.get(pack.name, "") for pack in held}
        own = {name: value for name, value in self.values.items() if name not in {pack.name for pack in self.packs}}
        waived = {"waivers": [f"{one.rule} {one.until}" for one in self.waivers]} if self.waivers else {}
        return canonical({**named, **own, **waived}).decode()
