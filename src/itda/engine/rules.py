"""What the workspace says, as far as the pipeline needs it."""

from __future__ import annotations

import msgspec

from itda.base.instant import LocalDates
from itda.events.contracts import Contracts
from itda.identity.policy import IdentityPolicy
from itda.profiles.fold import Fold


class Rules(msgspec.Struct, frozen=True):
    """The definitions in force."""

    contracts: Contracts
    policy: IdentityPolicy
    fold: Fold
    dates: LocalDates
    country: str = "KR"
    """Of numbers and addresses that do not say theirs."""
