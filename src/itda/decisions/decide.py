"""The one gate in front of every message: the law's verdict first, then the brand's own rules. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from itda.consent.definition import Reason, Verdict
from itda.consent.facts import Facts
from itda.decisions.definition import Decision, Drop, Hold, Proposed, Send
from itda.decisions.rule import Asked

EXPIRED = "EXPIRED_IN_HOLD"


def decide(
    intent: Proposed, facts: Facts, verdicts: Mapping[str, Verdict], now: int, brand: Sequence[Asked] = ()
) -> Decision:
    """What becomes of a message at `now` (microseconds UTC).

    `verdicts`: channel → what the law says of it there, the channel preferred first. The first that may go goes; else
    the message waits for the one that may go soonest; else it is dropped with every reason there is.
    """
    if intent.expires_at is not None and now >= intent.expires_at:
        return Drop(EXPIRED, (Reason("decide", "block", EXPIRED, "its time was over before it could go"),))
    held: list[Hold] = []
    dropped: list[Drop] = []
    for channel, verdict in verdicts.items():
        there = facts if facts.channel == channel else msgspec.structs.replace(facts, channel=channel)
        match _decided(intent, there, channel, verdict, now, brand):
            case Send() as send:
                return send
            case Hold() as hold:
                held.append(hold)
            case Drop() as drop:
                dropped.append(drop)
    if held:
        return min(held, key=lambda hold: hold.until)
    if not dropped:
        return Drop("NO_CHANNEL", (Reason("decide", "block", "NO_CHANNEL", "nothing says on which channel it may go"),))
    return Drop(dropped[0].why, tuple(reason for drop in dropped for reason in drop.reasons))


def _decided(
    intent: Proposed, facts: Facts, channel: str, verdict: Verdict, now: int, brand: Sequence[Asked]
) -> Decision:
    reasons = list(verdict.reasons)
    if verdict.action == "block":
        return Drop(_why(reasons, "block"), tuple(reasons))
    until = verdict.hold_until if verdict.action == "hold" else None
    is_blocked = verdict.action == "hold" and until is None
    for rule in brand:
        found = rule.check(intent, facts, now)
        if found is None:
            continue
        reasons.append(Reason(rule.name, found.action, found.code, found.detail))
        is_blocked = is_blocked or found.action == "block"
        if found.action == "hold":
            is_blocked = is_blocked or found.until is None
            until = max(until or now, found.until or now)
    if is_blocked:
        return Drop(_why(reasons, "block", "hold"), tuple(reasons))
    if until is None:
        return Send(channel, intent.variant, now, verdict.changes, tuple(reasons))
    if intent.expires_at is not None and until >= intent.expires_at:
        expired = Reason("decide", "block", EXPIRED, "its time is over before it may go")
        return Drop(EXPIRED, (*reasons, expired))
    return Hold(until, _why(reasons, "hold"), tuple(reasons))


def _why(reasons: Sequence[Reason], *forces: str) -> str:
    """The code of the first reason of the strongest of these forces."""
    for force in forces:
        for reason in reasons:
            if reason.action == force:
                return reason.code
    return "UNKNOWN"
