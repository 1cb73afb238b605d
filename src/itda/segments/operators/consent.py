"""`consent`: whether a customer's consent to a purpose on a channel has this status."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.base.instant import NEVER
from itda.consent.definition import Status
from itda.profiles.fold import Fold
from itda.segments.operator import UNKNOWN, Asking, EventKind, Leaf, Seen, Surroundings, Verdict, View
from itda.segments.sql import text


class ConsentTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent: for what, where, and how it stands."""

    purpose: str = msgspec.field(name="consent")
    """What for: a purpose in the box or in consent.yaml."""
    channel: str
    """What it is written to over."""
    status: Status = "granted"
    """How it stands, the least permissive over the customer's identifiers; `unknown` where nobody ever asked."""


class OfConsent:
    """See the file's first line."""

    word = "consent"
    test = ConsentTest

    def matches(self, test: ConsentTest, around: Surroundings) -> Leaf:
        """The ledger's answer for the customer comes with what is seen; only an act changes it."""
        _ = around
        key, wanted = (test.purpose, test.channel), test.status

        def leaf(view: View) -> Verdict:
            return view.seen.consents.get(key, UNKNOWN) == wanted, NEVER

        return leaf

    def listens(self, test: ConsentTest, fold: Fold, kind: EventKind) -> bool:
        """To none: the ledger is asked, see `Resting.by_consent`."""
        _ = test, fold, kind
        return False

    def found(self, test: ConsentTest, fold: Fold, seen: Seen, now: int) -> Any:
        """How it stands."""
        _ = fold, now
        return seen.consents.get((test.purpose, test.channel), UNKNOWN)

    def to_expr(self, test: ConsentTest, asking: Asking) -> str:
        """The ledger's answer for each customer."""
        about = f"purpose = {text(test.purpose)} and channel = {text(test.channel)}"
        joined = asking.batch.join(f"select customer, status from consent_of where {about}")
        return f"coalesce({joined}.status, '{UNKNOWN}') = '{test.status}'"


OPERATOR = OfConsent()
