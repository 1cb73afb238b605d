"""The links between identifiers of one customer, each with where and how often it was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from itda.base.instant import day_to_date
from itda.engine.questions.views import EvidenceView, LinkView
from itda.engine.work import Work

SHOWN = 10
"""Latest lines of evidence a link carries; its `count` is of all of them."""

_EDGES = """
select e.a, e.b, e.tier, e.state, e.reason, e.first_at,
       coalesce(sum(v.count), 0)::bigint, coalesce(max(v.last_at), e.first_at)
from edge e left join edge_evidence v on v.a = e.a and v.b = e.b
where e.a = any (%(fragments)s) and e.b = any (%(fragments)s)
group by e.a, e.b order by e.first_at, e.a, e.b
"""
_EVIDENCE = """
select a, b, source, local_date, count, first_at, last_at, sample from (
  select *, row_number() over (partition by a, b order by local_date desc, source) as place
  from edge_evidence where a = any (%(fragments)s) and b = any (%(fragments)s)
) latest where place <= %(shown)s order by a, b, place
"""
_STEERED = """
select action, a, b, steward, at, reason, retracted_at from steered
where a = any (%(fragments)s) and b = any (%(fragments)s) order by at
"""
_TIERS = {0: "must", 1: "observed", 2: "probable"}


def links(work: Work, fragments: Sequence[bytes]) -> list[LinkView]:
    """Every edge among these fragments, and every steward's decision about two of them."""
    if len(fragments) < 2:  # noqa: PLR2004 - it takes two
        return []
    asked = {"fragments": list(fragments), "shown": SHOWN}
    evidence: dict[tuple[bytes, bytes], list[EvidenceView]] = {}
    for a, b, *line in work.connection.execute(_EVIDENCE, asked).fetchall():
        evidence.setdefault((a, b), []).append(_evidence(work, line))
    found = [
        LinkView(
            a=a.hex(),
            b=b.hex(),
            tier=_TIERS.get(tier, "observed"),
            state=state,
            reason=reason,
            count=count,
            first_at=first_at,
            last_at=last_at,
            evidence=evidence.get((a, b), []),
        )
        for a, b, tier, state, reason, first_at, count, last_at in work.connection.execute(_EDGES, asked).fetchall()
    ]
    return found + [_steered(row) for row in work.connection.execute(_STEERED, asked).fetchall()]


def _evidence(work: Work, line: list[Any]) -> EvidenceView:
    source, local_date, count, first_at, last_at, sample = line
    known = work.workspace.sources.get(source)
    return EvidenceView(
        source=source,
        channel=known.channel if known is not None else "",
        local_date=day_to_date(local_date).isoformat(),
        count=count,
        first_at=first_at,
        last_at=last_at,
        position=sample,
    )


def _steered(row: tuple[Any, ...]) -> LinkView:
    action, a, b, steward, at, reason, retracted_at = row
    return LinkView(
        a=a.hex(),
        b=b.hex(),
        tier=action,
        state="active" if retracted_at is None else "retracted",
        reason=f"{steward}: {reason}",
        count=1,
        first_at=at,
        last_at=at if retracted_at is None else retracted_at,
        evidence=[],
    )
