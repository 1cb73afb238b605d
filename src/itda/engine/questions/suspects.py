"""Values that look like nobody's: seen with far more than others of their kind, and named by no rule yet.

A value is suspect from ten times the neighbours that nine of ten identifiers of its kind stay within, and from twenty
on. So the threshold is learnt from the shop's own data, and a few such values do not raise it. A hub joins nobody, but
events still count on it where they carry nothing else; a blocked value is left out at the door.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.links import ERASED, standing_of, steered_at
from itda.engine.questions.views import SuspectView
from itda.engine.work import Work
from itda.identity.graph import OBSERVED

LEAST = 20
TIMES = 10
_USUAL = 0.9
_SUSPECTS = """
with ends as (
  select a as fragment from edge where tier = %(tier)s and state <> 'retracted'
  union all
  select b from edge where tier = %(tier)s and state <> 'retracted'
), degree as (
  select i.fragment, i.kind, i.hub, i.is_blocked, count(*) as n
  from ends join identifier i using (fragment) group by i.fragment
), usual as (
  select kind, percentile_disc(%(usual)s) within group (order by n) as most from degree group by kind
)
select fragment, kind, hub, n, most from degree join usual using (kind)
where not is_blocked and n >= greatest(%(least)s, %(times)s * most) order by n desc, fragment limit %(limit)s
"""


class Suspects(msgspec.Struct, frozen=True):
    """Values proposed for `blocked` in identity.yaml, those with the most neighbours first."""

    permission: ClassVar[str] = "identity.read"
    limit: int = 50

    def answer(self, work: Work) -> Answer[list[SuspectView]]:
        """The suspects, `limit` at most; what a steward said to be no hub is none."""
        told = {"tier": OBSERVED, "usual": _USUAL, "least": LEAST, "times": TIMES, "limit": self.limit}
        rows = work.connection.execute(_SUSPECTS, told).fetchall()
        fragments = [row[0] for row in rows]
        decided = standing_of(steered_at(work, fragments)) if fragments else {}
        keys = work.keys(fragments)
        found = []
        for fragment, kind, hub, neighbours, usual in rows:
            about = decided.get((fragment, fragment))
            if about is not None and about.action == "must":
                continue
            value = person.shown(work, kind, work.value(keys[fragment])) if fragment in keys else ERASED
            found.append(SuspectView(kind, value, fragment.hex(), neighbours, usual, hub))
        return Answer(found, subjects=tuple(fragments), count=len(found))
