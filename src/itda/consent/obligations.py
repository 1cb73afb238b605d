"""What the sender owes a person as time passes: to ask whether a consent still holds (Network Act art. 50(8))."""

from __future__ import annotations

import msgspec

from itda.base.ids import keyed
from itda.base.instant import LocalDates
from itda.consent.definition import ADS, ADS_AT_NIGHT, ConsentKey, ConsentState
from itda.consent.ledger import YEARLY_TWO, Reconfirm

RECONFIRM = "reconfirm"
PURPOSES = (ADS, ADS_AT_NIGHT)


class Owed(msgspec.Struct, frozen=True):
    """A task that follows from a state. Its id is the same however often it is found."""

    id: bytes
    kind: str
    due_at: int
    """The end of the last day to ask on, in microseconds UTC."""


def reconfirmation(key: ConsentKey, state: ConsentState, now: int, rules: Reconfirm = YEARLY_TWO) -> Owed | None:
    """The request for a confirmation that is owed at `now` (microseconds UTC): from `lead_days` before its last day."""
    due = state.reconfirm_due
    if state.status != "granted" or due is None or key.purpose not in PURPOSES:
        return None
    dates = LocalDates(rules.zone)
    if dates.of(now) < due - rules.lead_days:
        return None
    made = keyed(b"reconfirm", key.sender, key.fragment.hex(), key.contact.hex(), key.purpose, key.channel, str(due))
    return Owed(made, RECONFIRM, dates.start(due + 1))
