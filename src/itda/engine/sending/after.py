"""What becomes of a message after an attempt. Pure: the same outcome at the same time says the same."""

from __future__ import annotations

from typing import Literal

import msgspec

from itda.base import ids
from itda.base.instant import HOUR, MINUTE
from itda.channels.definition import Outcome

Status = Literal["sent", "bounced", "retry", "dead", "uncertain"]
RESENT = "RESENT_ONCE"
"""Of an informational message that may have gone: it goes once more, under the same Message-ID."""


class Pace(msgspec.Struct, frozen=True):
    """How attempts follow one another. Times are microseconds."""

    first: int = MINUTE
    longest: int = 6 * HOUR
    most: int = 8
    """Attempts that a server may turn away with 4xx; after that the message is dead."""


class After(msgspec.Struct, frozen=True):
    """What a message is after an attempt. `wait`: until it is due again."""

    status: Status
    wait: int = 0
    reasons: str = ""


def after(outcome: Outcome, message: bytes, tries: int, pace: Pace, *, may_repeat: bool) -> After:
    """What becomes of a message after its attempt number `tries`.

    `may_repeat`: should it be uncertain whether it went, it may go once more.
    """
    match outcome.result:
        case "sent":
            return After("sent")
        case "uncertain":
            return After("retry", 0, RESENT) if may_repeat else After("uncertain", 0, outcome.detail)
        case "refused":
            return After("bounced" if outcome.is_address_dead else "dead", 0, said(outcome))
        case _:
            if outcome.is_server_down:
                return After("retry", backed_off(message, 1, pace), said(outcome))
            if tries >= pace.most:
                return After("dead", 0, said(outcome))
            return After("retry", backed_off(message, tries, pace), said(outcome))


def backed_off(message: bytes, tries: int, pace: Pace) -> int:
    """The wait after attempt number `tries`: doubled each time, less up to a half that the id draws."""
    longest = min(pace.first << min(max(tries - 1, 0), 32), pace.longest)
    drawn = int.from_bytes(ids.keyed(message, str(tries))[:4], "big")
    return longest - (longest // 2) * drawn // (1 << 32)


def said(outcome: Outcome) -> str:
    """An outcome in one line."""
    return f"{outcome.code} {outcome.detail}".strip() if outcome.code else outcome.detail
