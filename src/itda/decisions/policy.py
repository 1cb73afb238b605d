"""All that a workspace says of consent and of what may be sent: who sends, for what, shown what, under which rules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from itda.base.canonical import canonical
from itda.consent import packs, purposes
from itda.consent.facts import Sender
from itda.consent.ledger import YEARLY_TWO, Reconfirm
from itda.consent.purposes import Purpose
from itda.consent.rule import Pack, Rule
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
    values: Mapping[str, str] = MappingProxyType({})
    """Pack or brand rule → its values as canonical JSON, where they are not the box's."""
    reconfirm: Reconfirm = YEARLY_TWO
    brand: tuple[Asked, ...] = rules.unnamed(())
    capped_span: int = rules.longest({})
    """How far back the caps look, in microseconds."""
    holdout_share: float = 0.0

    def letting_out(self, channel: str, way: str) -> Policy:
        """The policy of a sender whose messages on a channel have a way out, unless it names one itself."""
        sender = msgspec.structs.replace(self.sender, optouts={channel: way, **self.sender.optouts})
        return msgspec.structs.replace(self, sender=sender)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All rules of law and providers."""
        return packs.rules(self.packs)

    @cached_property
    def version(self) -> str:
        """What a decision keeps of the rules it was taken under: packs with their versions, and the brand's values."""
        named = {f"{pack.name}@{pack.version}": self.values.get(pack.name, "") for pack in self.packs}
        own = {name: value for name, value in self.values.items() if name not in {pack.name for pack in self.packs}}
        return canonical({**named, **own}).decode()
