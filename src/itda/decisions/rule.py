"""A rule of the brand: one file in rules/, one constant `RULE`, its arguments as consent.yaml writes them.

Such rules can only hold or drop what the law lets through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed

Check = Callable[[Proposed, Facts, int], Finding | None]
"""Message, facts and the time now, in microseconds UTC → a hold or a block; None where the rule says nothing."""


class Asked(msgspec.Struct, frozen=True):
    """A rule with the brand's arguments, ready to be asked."""

    name: str
    check: Check


class BrandRule(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of rule."""

    name: str
    """The word in consent.yaml under `brand:`."""
    sentence: str
    arguments: type[msgspec.Struct]
    check: Callable[[Any, str], Check]
    """Arguments and the workspace's zone → the check; `ValueError` says what is wrong with the arguments."""
    span: Callable[[Any], int] = lambda _arguments: 0
    """Arguments → how far back it looks at what was sent, in microseconds."""
    is_always: bool = False
    """It is asked, with the values that it has of itself, also where the brand does not name it."""

    def asked(self, arguments: msgspec.Struct, zone: str) -> Asked:
        """The rule with these arguments."""
        return Asked(self.name, self.check(arguments, zone))
