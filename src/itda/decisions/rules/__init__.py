"""The brand's rules in the box, by their word in consent.yaml. A new one is one file, one test, one line here."""

from __future__ import annotations

from itda.decisions.rule import BrandRule
from itda.decisions.rules import caps, holdout, night_guard, priority, quiet_hours, waiting

KINDS: dict[str, BrandRule] = {
    kind.name: kind
    for kind in (holdout.RULE, waiting.RULE, caps.RULE, quiet_hours.RULE, night_guard.RULE, priority.RULE)
}
