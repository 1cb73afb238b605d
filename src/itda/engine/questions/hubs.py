"""Identifiers that too many share: hubs, suspected and confirmed, and what a steward said of them."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.links import ERASED, reason_of, standing_of, steered_at, who
from itda.engine.questions.views import HubView
from itda.engine.work import Work
from itda.identity.graph import OBSERVED

_HUBS = """
    select fragment, kind, hub, first_at,
           (select count(*) from edge where (a = fragment or b = fragment) and tier = %s and state <> 'retracted')
    from identifier where hub in ('suspected', 'confirmed') order by hub desc, kind, fragment limit %s
"""
_CLEARED = "select distinct a from steered where a = b and action = 'must' and retracted_at is null order by a limit %s"
_ROWS = """
    select fragment, kind, case when hub = '' then 'cleared' else hub end, first_at,
           (select count(*) from edge where (a = fragment or b = fragment) and tier = %s and state <> 'retracted')
    from identifier where fragment = any(%s) and hub = '' order by kind, fragment
"""


class Hubs(msgspec.Struct, frozen=True):
    """Every hub, the suspected first, and what stewards cleared."""

    permission: ClassVar[str] = "identity.read"
    limit: int = 200

    def answer(self, work: Work) -> Answer[list[HubView]]:
        """The hubs, `limit` of them at most."""
        rows = work.connection.execute(_HUBS, [OBSERVED, self.limit]).fetchall()
        cleared = [row[0] for row in work.connection.execute(_CLEARED, [self.limit]).fetchall()]
        rows += work.connection.execute(_ROWS, [OBSERVED, cleared]).fetchall() if cleared else []
        rows = rows[: self.limit]
        fragments = [row[0] for row in rows]
        decided = standing_of(steered_at(work, fragments)) if fragments else {}
        keys = work.keys(fragments)
        found = []
        for fragment, kind, hub, first_at, neighbours in rows:
            told = decided.get((fragment, fragment))
            value = person.shown(work, kind, work.value(keys[fragment])) if fragment in keys else ERASED
            reason = "" if told is None else reason_of(work, told)
            steward = "" if told is None else who(work, told.steward)
            found.append(HubView(kind, value, fragment.hex(), hub, neighbours, first_at, steward, reason))
        return Answer(found, subjects=tuple(fragments), count=len(found))
