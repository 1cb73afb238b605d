"""Asks every rule about a message. Pure and total: a rule more never makes a verdict looser."""

from __future__ import annotations

from collections.abc import Sequence

from itda.consent.definition import FORCES, Change, ConsentEvent, Finding, Reason, Task, Verdict
from itda.consent.facts import Facts
from itda.consent.rule import Rule
from itda.consent.waiver import WAIVED, Waiver

_RANK = {force: rank for rank, force in enumerate(FORCES)}


def judge(
    facts: Facts, rules: Sequence[Rule], now: int, waivers: Sequence[Waiver] = (), *, is_chosen: bool = False
) -> Verdict:
    """What the rules say of this message at `now` (microseconds UTC): block > hold > transform > warn > allow.

    A waiver that covers the message turns what its one rule says into the reason WAIVED; no hard rule is waived.
    `is_chosen`: the rules are those of `RuleSet.asked` for these very facts, so that none is asked whether it speaks.
    """
    strongest, until = 0, None
    reasons: list[Reason] = []
    changes: list[Change] = []
    for rule in rules:
        if not is_chosen and not rule.speaks_of(facts):
            continue
        lacking = _lacking(rule, facts) if rule.needs else None
        if lacking is not None:
            found = None if rule.on_missing == "allow" else Finding("block", "NOT_KNOWN", f"{lacking} is not known")
        else:
            found = rule.check(facts, now) if rule.check is not None else None
        if found is None:
            continue
        if waivers and not rule.hard and found.action != "allow":
            found = _waived(rule, found, facts, now, waivers)
        strongest = max(strongest, _RANK[found.action])
        reasons.append(Reason(rule.id, found.action, found.code, found.detail))
        if found.changes:
            changes += [change for change in found.changes if change not in changes]
        if found.until is not None:
            until = found.until if until is None else max(until, found.until)
    return Verdict(FORCES[strongest], tuple(reasons), until, tuple(changes))


def tasks(event: ConsentEvent, rules: Sequence[Rule]) -> tuple[Task, ...]:
    """What must be done after this act of consent, by every rule that says so."""
    asked = (rule.task(event) for rule in rules if rule.task is not None)
    return tuple(task for task in asked if task is not None)


def _lacking(rule: Rule, facts: Facts) -> str | None:
    """The first fact that it needs and that is not known."""
    for name in rule.needs:
        if getattr(facts, name) is None:
            return name
    return None


def _waived(rule: Rule, found: Finding, facts: Facts, now: int, waivers: Sequence[Waiver]) -> Finding:
    for waiver in waivers:
        if waiver.rule == rule.id and waiver.covers(facts, now):
            return Finding("allow", WAIVED, f"{found.code}: {waiver.basis}, until {waiver.until}")
    return found
