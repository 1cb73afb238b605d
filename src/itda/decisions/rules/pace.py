"""So many advertisements as the person allowed, whatever more the brand would: everybody's own limit only tightens."""

from __future__ import annotations

import msgspec

from itda.base.instant import DAY
from itda.consent import pace
from itda.consent.definition import Finding
from itda.consent.facts import Facts
from itda.decisions.definition import Proposed
from itda.decisions.rule import BrandRule, Check
from itda.decisions.rules.caps import Cap, over


class OwnPace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pace` of the brand: it has nothing to set, and holds also where nobody names it."""


def _check(_arguments: OwnPace, _zone: str) -> Check:
    def check(intent: Proposed, facts: Facts, now: int) -> Finding | None:
        own = pace.limits(facts.consents) if facts.consents is not None and facts.is_advertising else ()
        holds = [found for one in own if (found := over(Cap(most=one.most, per=one.days), intent, facts, now))]
        strictest = max(holds, key=lambda found: found.until or now, default=None)
        return None if strictest is None else msgspec.structs.replace(strictest, code="OWN_PACE")

    return check


RULE = BrandRule(
    name="pace",
    sentence="No person gets more advertising than they themselves chose to, whatever the brand's own cap allows.",
    arguments=OwnPace,
    check=_check,
    span=lambda _arguments: pace.LONGEST * DAY,
    is_always=True,
)
