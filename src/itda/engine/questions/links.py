"""Identifiers and links as pages show them: values unsealed, every link with its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from itda.access.actor import may
from itda.access.masking import HIDDEN
from itda.base import instant
from itda.engine.questions import person
from itda.engine.questions.views import EvidenceView, IdentifierView, LinkView
from itda.engine.steering import reason_label
from itda.engine.work import Work
from itda.identity.graph import OBSERVED, PROBABLE, Decision, Pair, standing
from itda.store.arrays import byteas
from itda.store.ports import EdgeRow, EvidenceRow, NodeRow, SteeredRow

_NODES = "select fragment, kind, first_at, component, customer, hub, is_blocked from identifier "
_EDGES = "select a, b, tier, first_at, state, reason, only_day, sources from edge where a = any(%b) or b = any(%b)"
_OBSERVED = (
    "select a, b, tier, first_at, state, reason, only_day, sources from edge"
    " where (a = %(end)s or b = %(end)s) and tier = %(tier)s and state <> 'retracted' limit %(most)s"
)
_STEERED = (
    "select id, action, a, b, steward, at, reason_sealed, retracted_at from steered where a = any(%b) or b = any(%b) "
    "order by at, id"
)
_EVIDENCE = (
    "select a, b, source, local_date, count, first_at, last_at, sample from edge_evidence "
    "join unnest(%b, %b) as wanted (a, b) using (a, b) order by a, b, first_at, source"
)
_AMONG = """
    select e.a, e.b, e.tier, e.first_at, e.state, e.reason, e.only_day, e.sources,
      exists (select from steered s where s.a = e.a and s.b = e.b),
      v.source, v.local_date, v.count, v.first_at, v.last_at, v.sample
    from edge e left join edge_evidence v on v.a = e.a and v.b = e.b
    where e.a = any(%b) and e.b = any(%b) order by e.first_at, e.a, e.b, v.first_at, v.source
"""
_OF_EDGE = len(EdgeRow.__struct_fields__)
_EVENTS = "select fragment, events from fragment where fragment = any(%b)"
TIERS = ("must", "observed", "probable")
ERASED = "(erased)"


def nodes_in(work: Work, components: Iterable[bytes]) -> dict[bytes, NodeRow]:
    """The identifiers of these raw components."""
    rows = work.connection.execute(_NODES + "where component = any(%b)", [byteas(list(components))]).fetchall()
    return {row.fragment: row for row in (NodeRow(*values) for values in rows)}


def nodes_of(work: Work, fragments: Iterable[bytes]) -> dict[bytes, NodeRow]:
    """These identifiers, as far as they are stored."""
    rows = work.connection.execute(_NODES + "where fragment = any(%b)", [byteas(list(fragments))]).fetchall()
    return {row.fragment: row for row in (NodeRow(*values) for values in rows)}


def edges_at(work: Work, fragments: Sequence[bytes]) -> dict[Pair, EdgeRow]:
    """Every edge that touches these identifiers."""
    ends = byteas(list(fragments))
    rows = work.connection.execute(_EDGES, [ends, ends]).fetchall()
    return {(row.a, row.b): row for row in (EdgeRow(*values) for values in rows)}


def observed_at(work: Work, fragment: bytes, most: int) -> list[EdgeRow]:
    """Some of the observed edges that touch an identifier: a hub may have a million."""
    rows = work.connection.execute(_OBSERVED, {"end": fragment, "tier": OBSERVED, "most": most}).fetchall()
    return [EdgeRow(*values) for values in rows]


def steered_at(work: Work, fragments: Sequence[bytes]) -> list[SteeredRow]:
    """Every decision about these identifiers, oldest first, the retracted among them."""
    ends = byteas(list(fragments))
    return [SteeredRow(*values) for values in work.connection.execute(_STEERED, [ends, ends]).fetchall()]


def standing_of(steered: Iterable[SteeredRow]) -> dict[Pair, SteeredRow]:
    """The living decision that counts for each pair."""
    by_id = {row.id: row for row in steered if row.retracted_at is None}
    counted = standing(Decision(row.id, row.action, row.a, row.b, row.at) for row in by_id.values())
    return {key: by_id[decision.id] for key, decision in counted.items()}


def identifier_views(work: Work, nodes: Sequence[NodeRow]) -> list[IdentifierView]:
    """The identifiers with their values as who asks may see them, in the order given."""
    fragments = [node.fragment for node in nodes]
    keys = work.keys(fragments)
    events: dict[bytes, int] = dict(work.connection.execute(_EVENTS, [byteas(fragments)]).fetchall())
    return [
        IdentifierView(
            kind=node.kind,
            value=person.shown(work, node.kind, work.value(keys[node.fragment])) if node.fragment in keys else ERASED,
            fragment=node.fragment.hex(),
            first_at=node.first_at,
            events=events.get(node.fragment, 0),
            hub=node.hub,
            is_blocked=node.is_blocked,
        )
        for node in nodes
    ]


def link_views(work: Work, edges: Sequence[EdgeRow], decided: Mapping[Pair, SteeredRow]) -> list[LinkView]:
    """The links with their evidence, in the order given; a steward's join tells who said so and why."""
    evidence = _evidence(work, [(edge.a, edge.b) for edge in edges])
    channels = {source.name: source.channel for source in work.workspace.sources.values()}
    return [
        _link(work, edge, decided.get((edge.a, edge.b)), evidence.get((edge.a, edge.b), []), channels) for edge in edges
    ]


def links_among(work: Work, fragments: Sequence[bytes]) -> list[LinkView]:
    """Every link between two of these with its evidence, the oldest first, by one question where nobody steered."""
    ends = byteas(list(fragments))
    edges: dict[Pair, EdgeRow] = {}
    evidence: dict[Pair, list[EvidenceRow]] = {}
    is_steered = False
    for row in work.connection.execute(_AMONG, [ends, ends]).fetchall():
        pair = row[0], row[1]
        if pair not in edges:
            edges[pair] = EdgeRow(*row[:_OF_EDGE])
            is_steered |= row[_OF_EDGE]
        if row[_OF_EDGE + 1] is not None:
            evidence.setdefault(pair, []).append(EvidenceRow(*pair, *row[_OF_EDGE + 1 :]))
    decided = standing_of(steered_at(work, fragments)) if is_steered else {}
    channels = {source.name: source.channel for source in work.workspace.sources.values()}
    return [_link(work, edge, decided.get(pair), evidence.get(pair, []), channels) for pair, edge in edges.items()]


def cut_view(work: Work, row: SteeredRow) -> LinkView:
    """A steward's cut as a link that holds two apart."""
    return LinkView(
        a=row.a.hex(),
        b=row.b.hex(),
        tier="cannot",
        state="cut",
        reason=told(work, row),
        count=0,
        first_at=row.at,
        last_at=row.at,
        evidence=[],
    )


def reason_of(work: Work, row: SteeredRow) -> str:
    """Why it was decided, unsealed; empty where none was given, its key is gone, or who asks may not be told."""
    if not hears_reasons(work):
        return ""
    lesser = min(row.a, row.b)
    cipher = work.ciphers([lesser]).get(lesser) if row.reason_sealed else None
    return "" if cipher is None else cipher.open(lesser, reason_label(row.id), row.reason_sealed).decode()


def told(work: Work, row: SteeredRow) -> str:
    """Who decided, and why, as far as who asks may be told."""
    reason = reason_of(work, row)
    return f"{who(work, row.steward)}: {reason}" if reason else who(work, row.steward)


def who(work: Work, steward: str) -> str:
    """The steward by name, or that there was one."""
    return steward if hears_reasons(work) else HIDDEN


def hears_reasons(work: Work) -> bool:
    """Whether who asks may be told which steward decided, and why."""
    return may(work.actor, "identity.reasons")


def _evidence(work: Work, pairs: Sequence[Pair]) -> dict[Pair, list[EvidenceRow]]:
    found: dict[Pair, list[EvidenceRow]] = {}
    ends = [byteas([a for a, _ in pairs]), byteas([b for _, b in pairs])]
    for values in work.connection.execute(_EVIDENCE, ends).fetchall():
        row = EvidenceRow(*values)
        found.setdefault((row.a, row.b), []).append(row)
    return found


def _link(
    work: Work,
    edge: EdgeRow,
    decision: SteeredRow | None,
    evidence: Sequence[EvidenceRow],
    channels: Mapping[str, str],
) -> LinkView:
    is_must = decision is not None and decision.action == "must"
    is_told = is_must or edge.tier == PROBABLE
    reason = told(work, decision) if decision is not None and is_told and edge.state == "active" else edge.reason
    return LinkView(
        a=edge.a.hex(),
        b=edge.b.hex(),
        tier="must" if is_must else TIERS[edge.tier],
        state=edge.state,
        reason=reason,
        count=sum(row.count for row in evidence),
        first_at=edge.first_at,
        last_at=max((row.last_at for row in evidence), default=edge.first_at),
        evidence=[
            EvidenceView(
                source=row.source,
                channel=channels.get(row.source, ""),
                local_date=instant.day_to_date(row.local_date).isoformat(),
                count=row.count,
                first_at=row.first_at,
                last_at=row.last_at,
                position=row.sample,
            )
            for row in evidence
        ],
    )
