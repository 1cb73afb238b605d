"""`consent`: whether a customer's consent to a purpose on a channel has this status."""

from __future__ import annotations

from typing import Literal

import msgspec

from itda.base.instant import NEVER
from itda.segments.operator import UNKNOWN, Leaf, Surroundings, Verdict, View

Status = Literal["unknown", "pending", "granted", "refused", "withdrawn", "expired", "suspended"]


class ConsentTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A consent: for what, where, and how it stands."""

    purpose: str = msgspec.field(name="consent")
    channel: str
    status: Status = "granted"


class OfConsent:
    """See the file's first line."""

    word = "consent"
    test = ConsentTest

    def matches(self, test: ConsentTest, around: Surroundings) -> Leaf:
        """The ledger's answer for the customer comes with what is seen."""
        _ = around
        key, wanted = (test.purpose, test.channel), test.status

        def leaf(view: View) -> Verdict:
            until = view.seen.consents_until
            return view.seen.consents.get(key, UNKNOWN) == wanted, NEVER if until is None else until

        return leaf


OPERATOR = OfConsent()
